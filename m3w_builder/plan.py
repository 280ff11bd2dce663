"""The plan of a build: which partitions there are, under numbers that stay when input is added."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from m3w_builder import sources, storage
from m3w_builder.classes import dataclass
from m3w_builder.config import Config
from m3w_builder.stage import Function

SCHEMA = pa.schema(
    [("number", pa.int64()), ("label", pa.string()), ("fingerprint", pa.string()), ("input", pa.string())]
)


@dataclass(frozen=True, slots=True)
class Partition:
    """One row of the plan; `input` is what `sources.read` wants."""

    number: int
    label: str
    fingerprint: str
    input: dict[str, Any]


def make(build: str, config: Config) -> int:
    """Write `plan.parquet`; returns the number of partitions.

    An input known from before keeps its number, a new one gets the next that was never used.
    """
    url = storage.join(build, "plan.parquet")
    known: dict[str, int] = {}
    if storage.exists(url):
        table = storage.read_table(url, ["fingerprint", "number"])
        known = dict(zip(table["fingerprint"].to_pylist(), table["number"].to_pylist(), strict=True))
    free = max(known.values(), default=-1) + 1
    rows = []
    for part in sources.plan(config.source, storage.join(build, "crawl")):
        number = known.pop(part.fingerprint, None)
        if number is None:
            number, free = free, free + 1
        rows.append((number, part.label, part.fingerprint, json.dumps(part.input, sort_keys=True)))
    rows.sort()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    storage.write_table(
        url, pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)
    )
    return len(rows)


def count(build: str) -> int:
    """How many partitions the plan has."""
    return int(storage.read_table(storage.join(build, "plan.parquet"), ["number"]).num_rows)


def partitions(build: str) -> Iterator[Partition]:
    """The plan's partitions by rising number."""
    for table in storage.iter_tables(storage.join(build, "plan.parquet")):
        for row in table.to_pylist():
            yield Partition(row["number"], row["label"], row["fingerprint"], json.loads(row["input"]))


def write_config(build: str, config: Config) -> None:
    """Keep the config, every default written out and no secret, beside what it made."""
    kept = storage.without_secrets(plain(config))
    storage.write_yaml(storage.join(build, "config.yaml"), kept)


def plain(value: Any) -> Any:
    """A config as plain YAML data that `config.parse` takes again."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {name: entry for name, entry in fields.items() if entry is not None}
    if isinstance(value, (list, tuple)):
        return [_stage(entry) if hasattr(entry, "reasons") else plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    return value


def _stage(entry: Any) -> dict[str, Any]:
    return {stage_name(entry): plain(entry.settings if isinstance(entry, Function) else entry)}


def stage_name(stage: Any) -> str:
    """Under which name a stage stands in a config: its own, or module:Class for a plugin's."""
    if isinstance(stage, Function):
        return stage.place
    cls = type(stage)
    return stage.name if cls.__module__.startswith("m3w_builder.") else f"{cls.__module__}:{cls.__qualname__}"


def sweep(build: str, folder: str, keep: Callable[[str], bool]) -> None:
    """Remove the files of a folder that the present plan does not name: left by a kill, or by an earlier config."""
    for name in storage.names(storage.join(build, folder)):
        if not keep(name):
            storage.remove(storage.join(build, folder, name))
