"""The versions of a build: what each run that changed it made, and of what it took over the work of earlier runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from m3w_builder import storage
from m3w_builder.errors import BuildError
from m3w_builder.report import figures
from m3w_builder.shards import cards

FIGURES = ("sums", "quantiles", "histograms", "counters", "distinct", "scores", "samples", "shard_bytes")
"""What a version keeps of a build's figures."""


def record(build: str, about: Mapping[str, Any], splits: Mapping[str, Any], found: Mapping[str, Any]) -> int:
    """Write BUILD/versions/NNNN.json where shards, inputs or config are others than the latest version's; its number.

    `about` is as in the manifest, `splits` its totals, `found` what `figures.gather` gives.
    """
    numbers = _numbers(build)
    inputs = storage.sha256(storage.join(build, "plan.parquet"))
    now = {"shards": digest(build), "inputs": inputs, "config": dict(about["config"])}
    if numbers:
        last = load(f"{build}@{numbers[-1]}")
        if all(last[name] == value for name, value in now.items()):
            return numbers[-1]
    number = (numbers[-1] if numbers else 0) + 1
    made = datetime.now(UTC).isoformat(timespec="seconds")
    kept = {name: found[name] for name in FIGURES}
    version = {"version": number, "made": made, **about, **now, "splits": dict(splits), **kept}
    storage.write_json(_url(build, number), version)
    return number


def digest(build: str) -> str:
    """A sha256 of all shards' names and sums: the same for builds whose shards are the same to the byte."""
    whole = hashlib.sha256()
    for receipt in cards.receipts(build, "shards"):
        for name, entry in sorted(receipt["outputs"].items()):
            if name.endswith(".tar"):
                whole.update(f"{name} {entry['sha256']}\n".encode())
    return whole.hexdigest()


def load(place: str) -> dict[str, Any]:
    """The figures of BUILD as it is, or of BUILD@NUMBER, one of its versions; raises BuildError where there is none."""
    build, number = folder(place), place.rpartition("@")[2]
    if build == place:
        found = figures.gather(place)
        splits = cards.totals(place) if found["shards"] else {}
        return {"splits": splits, "shards": digest(place), **{name: found[name] for name in ("ledger", *FIGURES)}}
    if int(number) not in _numbers(build):
        known = ", ".join(map(str, _numbers(build))) or "none"
        raise BuildError(f"{build}: it has no version {number}; it has {known}")
    return dict(storage.read_json(_url(build, int(number))))


def folder(place: str) -> str:
    """The build's folder in BUILD or BUILD@NUMBER."""
    build, at, number = place.rpartition("@")
    return build if at and number.isdigit() else place


def listing(build: str) -> list[str]:
    """A line for each version: when it was made, why, what is in it, and how much work was used again."""
    lines = []
    for number in _numbers(build):
        one = load(f"{build}@{number}")
        tasks, reused = (sum(counts[name] for counts in one["passes"].values()) for name in ("tasks", "reused"))
        work = f"{tasks - reused} of {tasks} tasks done, {reused} reused" if tasks else "shards rewritten in place"
        lines.append(
            f"{number:4}  {one['made']}  {one['cause']:8}  {one['sources']['partitions']} partitions, "
            f"{one['sums']['documents']:,} documents, {one['sums']['images']:,} pictures; {work}; "
            f"shards {one['shards'][:12]}"
        )
    if not lines:
        raise BuildError(f"{build}: no version lies there; finish `m3w build` first")
    return lines


def _url(build: str, number: int) -> str:
    return storage.join(build, "versions", f"{number:04d}.json")


def _numbers(build: str) -> list[int]:
    names = storage.names(storage.join(build, "versions"))
    return sorted(int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdigit())
