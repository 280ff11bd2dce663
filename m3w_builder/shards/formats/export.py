"""Writes a build's shards again in another project's layout, shard by shard."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import pyarrow as pa

from m3w_builder import storage
from m3w_builder.document import Document
from m3w_builder.errors import BuildError, ConfigError
from m3w_builder.shards.formats import rows
from m3w_builder.shards.read import samples

ROWS_A_TABLE = 200
"""Rows held at once: whole samples may weigh megabytes."""


def export(build: str, format: str, out: str) -> list[str]:
    """Write all samples of a build into `out`; the names of the files, in order.

    Raises ConfigError at an unknown format, BuildError where the build has no shard.
    """
    if format not in FORMATS:
        raise ConfigError(f"format: '{format}' is not known; there are {', '.join(sorted(FORMATS))}")
    folder = storage.join(build, "shards")
    names = [name.removesuffix(".tar") for name in storage.names(folder) if name.endswith(".tar")]
    if not names:
        raise BuildError(f"{build}: no shard lies in its folder `shards`; finish `m3w build` first")
    storage.make_folder(out)
    write, suffix = FORMATS[format]
    made = []
    for name in names:
        write(storage.join(folder, f"{name}.tar"), storage.join(out, name + suffix))
        made.append(name + suffix)
    if format == "energon":
        made += _energon_metadata(out, made)
    return made


def _table(schema: pa.Schema, row: Callable[[Document, dict[str, bytes]], dict[str, Any]]) -> Any:
    def write(url: str, out: str) -> None:
        held: list[dict[str, Any]] = []
        with storage.table_writer(out, schema) as writer:
            for one, parts in samples(url):
                held.append(row(one, parts))
                if len(held) == ROWS_A_TABLE:
                    writer.write_table(pa.Table.from_pylist(held, schema=schema))
                    held = []
            writer.write_table(pa.Table.from_pylist(held, schema=schema))

    return write


def _lines(url: str, out: str) -> None:
    with storage.atomic(out) as stream:
        for one, parts in samples(url):
            stream.write(json.dumps(rows.mmc4(one, parts), ensure_ascii=False).encode() + b"\n")


def _energon(url: str, out: str) -> None:
    def members() -> Iterator[tuple[str, bytes]]:
        for one, parts in samples(url):
            yield f"{one.key}.json", _json(rows.energon(one, parts))
            for image in one.images:
                yield f"{one.key}.{image.part}", parts[image.part]

    _tar(out, members())


def _energon_metadata(out: str, names: list[str]) -> list[str]:
    """What Energon asks beside the tars: which class reads a sample, and which shard is of which split."""
    dataset = (
        "__module__: megatron.energon\n__class__: CrudeWebdataset\nsubflavors:\n  m3w: interleaved\n"
        "# cook a sample into megatron.energon.InterleavedSample: `images` name members, `texts` are as they stand\n"
    )
    parts = {"train": "train", "val": "validation"}
    split = "split_parts:\n" + "".join(
        f"  {ours}:\n" + "".join(f"  - {name}\n" for name in names if name.startswith(f"{theirs}-"))
        if any(name.startswith(f"{theirs}-") for name in names)
        else f"  {ours}: []\n"
        for ours, theirs in parts.items()
    )
    files = {
        ".nv-meta/dataset.yaml": dataset,
        ".nv-meta/split.yaml": split + "exclude: []\n",
    }
    for name, text in files.items():
        storage.write_bytes(storage.join(out, name), text.encode())
    return list(files)


def _img2dataset(url: str, out: str) -> None:
    def members() -> Iterator[tuple[str, bytes]]:
        for one, parts in samples(url):
            for number, image in enumerate(one.images):
                key = f"{one.key}{number:04d}"
                yield f"{key}.{image.part.partition('.')[2]}", parts[image.part]
                yield f"{key}.txt", (image.caption or image.alt).encode()
                yield f"{key}.json", _json(rows.img2dataset(image, key))

    _tar(out, members())


def _tar(out: str, members: Iterator[tuple[str, bytes]]) -> None:
    with storage.atomic(out) as stream, _open(stream) as tar:
        for name, body in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(body), 0o644, 0
            tar.addfile(info, io.BytesIO(body))


def _open(stream: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


FORMATS: dict[str, tuple[Callable[[str, str], None], str]] = {
    "obelics": (_table(rows.OBELICS, rows.obelics), ".parquet"),
    "omnicorpus": (_table(rows.OMNICORPUS, rows.omnicorpus), ".parquet"),
    "parquet": (_table(rows.PARQUET, rows.parquet), ".parquet"),
    "mmc4": (_lines, ".jsonl"),
    "energon": (_energon, ".tar"),
    "img2dataset": (_img2dataset, ".tar"),
}
"""By name: what writes a shard of it, and its suffix."""
