"""Writes a build's shards again in another project's layout, shard by shard."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from array import array
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
    made = []
    for number, name in enumerate(names):
        # img2dataset numbers its shards, and its readers ask for them by number.
        stem = f"{number:05d}" if format == "img2dataset" else name
        written = FORMATS[format](storage.join(folder, f"{name}.tar"), storage.join(out, stem))
        made += [stem + ending for ending in written]
    if format == "energon":
        made += _energon_metadata(out, [name for name in made if name.endswith(".tar")])
    return made


def _table(schema: pa.Schema, row: Callable[[Document, dict[str, bytes]], dict[str, Any]]) -> Write:
    def write(url: str, stem: str) -> list[str]:
        held: list[dict[str, Any]] = []
        with storage.table_writer(f"{stem}.parquet", schema) as writer:
            for one, parts in samples(url):
                held.append(row(one, parts))
                if len(held) == ROWS_A_TABLE:
                    writer.write_table(pa.Table.from_pylist(held, schema=schema))
                    held = []
            writer.write_table(pa.Table.from_pylist(held, schema=schema))
        return [".parquet"]

    return write


def _lines(url: str, stem: str) -> list[str]:
    with storage.atomic(f"{stem}.jsonl") as stream:
        for one, parts in samples(url):
            stream.write(_json(rows.mmc4(one, parts)) + b"\n")
    return [".jsonl"]


def _open_flamingo(url: str, stem: str) -> list[str]:
    """What open_flamingo trains on: tars of MMC4's JSON with every picture in it, as a JPEG in base64."""

    def members() -> Iterator[tuple[str, bytes]]:
        for one, parts in samples(url):
            row = rows.mmc4(one, parts)
            for about, image in zip(row["image_info"], one.images, strict=True):
                about["image_base64"] = base64.b64encode(_jpeg(parts[image.part], image.format)).decode()
            yield f"{one.key}.json", _json(row)

    _tar(f"{stem}.tar", members())
    return [".tar"]


def _jpeg(body: bytes, format: str) -> bytes:
    """A picture as JPEG: its own bytes where it is one."""
    if format == "jpeg":
        return body
    from PIL import Image as Pillow

    out = io.BytesIO()
    with Pillow.open(io.BytesIO(body)) as picture:
        picture.convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def _energon(url: str, stem: str) -> list[str]:
    """A tar, and the offsets of its samples (64 bits each, and that of the end), by which Energon reads any of them."""

    def members() -> Iterator[tuple[str, bytes]]:
        for one, parts in samples(url):
            yield f"{one.key}.json", _json(rows.energon(one, parts))
            for image in one.images:
                yield f"{one.key}.{image.part}", parts[image.part]

    offsets, end = _tar(f"{stem}.tar", members(), ".json")
    storage.write_bytes(f"{stem}.tar.idx", array("Q", [*offsets, end]).tobytes())
    return [".tar", ".tar.idx"]


def _energon_metadata(out: str, names: list[str]) -> list[str]:
    """What Energon asks beside the tars: how a sample is read, how many there are, which shard is of which split."""
    parts = {"train": "train-", "val": "validation-"}
    split = "split_parts:\n"
    for part, prefix in parts.items():
        mine = [f"  - {name}\n" for name in names if name.startswith(prefix)]
        split += f"  {part}:\n{''.join(mine)}" if mine else f"  {part}: []\n"
    counts = {name: storage.size(storage.join(out, f"{name}.idx")) // 8 - 1 for name in names}
    files = {
        ".nv-meta/dataset.yaml": _ENERGON_DATASET,
        ".nv-meta/sample_loader.py": _ENERGON_LOADER,
        ".nv-meta/split.yaml": split + "exclude: []\n",
        ".nv-meta/.info.json": json.dumps({"energon_version": "7.0.0", "shard_counts": counts}, indent=2) + "\n",
    }
    for name, text in files.items():
        storage.write_bytes(storage.join(out, name), text.encode())
    return list(files)


_ENERGON_DATASET = """sample_type:
  __module__: megatron.energon
  __class__: InterleavedSample
part_filter: sample_loader.py:part_filter
sample_loader: sample_loader.py:sample_loader
"""

_ENERGON_LOADER = '''"""Reads a sample as Energon's InterleavedSample: texts and decoded pictures in their order."""


def sample_loader(raw):
    places = zip(raw["json"]["images"], raw["json"]["texts"])
    return {"__key__": raw["__key__"], "sequence": [text if image is None else raw[image] for image, text in places]}


def part_filter(part):
    return True
'''


def _img2dataset(url: str, stem: str) -> list[str]:
    """A tar with a picture, its caption and JSON a sample; the JSON's fields as Parquet; and the shard's counts."""
    told: list[dict[str, Any]] = []

    def members() -> Iterator[tuple[str, bytes]]:
        for one, parts in samples(url):
            for image in one.images:
                key = f"{stem.rsplit('/', 1)[-1]}{len(told):04d}"
                told.append(rows.img2dataset(image, key))
                yield f"{key}.{image.part.partition('.')[2]}", parts[image.part]
                yield f"{key}.txt", (image.caption or image.alt).encode()
                yield f"{key}.json", _json(told[-1])

    _tar(f"{stem}.tar", members())
    storage.write_table(f"{stem}.parquet", pa.Table.from_pylist(told, schema=rows.IMG2DATASET))
    counts = {"count": len(told), "successes": len(told), "failed_to_download": 0, "failed_to_resize": 0}
    storage.write_json(f"{stem}_stats.json", {**counts, "status_dict": {"success": len(told)}})
    return [".tar", ".parquet", "_stats.json"]


def _tar(out: str, members: Iterator[tuple[str, bytes]], first: str = "") -> tuple[list[int], int]:
    """Write a tar; the offsets of the members whose names end with `first`, and that behind the last member."""
    offsets = []
    with storage.atomic(out) as stream, _open(stream) as tar:
        for name, body in members:
            if first and name.endswith(first):
                offsets.append(tar.offset)
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(body), 0o644, 0
            tar.addfile(info, io.BytesIO(body))
        return offsets, tar.offset


def _open(stream: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


Write = Callable[[str, str], list[str]]
"""Writes the shard of a URL under a stem; the endings of the files that it made."""

FORMATS: dict[str, Write] = {
    "obelics": _table(rows.OBELICS, rows.obelics),
    "omnicorpus": _table(rows.OMNICORPUS, rows.omnicorpus),
    "parquet": _table(rows.PARQUET, rows.parquet),
    "mmc4": _lines,
    "open_flamingo": _open_flamingo,
    "energon": _energon,
    "img2dataset": _img2dataset,
}
"""By name: what writes a shard of it."""
