"""Checks a shard sample by sample: pairing, order, hashes, pictures that decode, and the index beside it."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

import numpy as np

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Image, Text, from_json
from m3w_builder.shards.read import groups, parsed
from m3w_builder.shards.write import index_row, size_of, split_of


@dataclass(slots=True)
class Checked:
    """What a shard holds, and what is wrong with it, a line each."""

    faults: list[str] = field(default_factory=list)
    samples: int = 0
    pictures: int = 0


Shape = list[tuple[str, Any]]
"""A document's items in their order, light: a text by the hashes of its lines, any other by its URL."""


def shape(one: Document) -> Shape:
    """What `check` holds a sample against."""
    return [
        ("text", tuple(map(hash, item.text.split("\n")))) if isinstance(item, Text) else (type(item).__name__, item.url)
        for item in one.items
    ]


def check(url: str, validation: float | None = None, originals: Mapping[str, Shape] | None = None) -> Checked:
    """Read a tar and its index whole; never raises about what they hold.

    `validation` is the build's share of hosts in that split, to hold each host against the shard's. `originals` are
    the shapes of the documents as they were extracted, by key: a sample may lack items and lines of them, never have
    others or another order.
    """
    found = Checked()
    rows: dict[str, dict[str, Any]] = {}
    try:
        table = storage.read_table(url.removesuffix(".tar") + ".parquet")
        rows = {row["key"]: row for row in table.to_pylist()}
        if len(rows) < table.num_rows:
            found.faults.append("index: a key stands there twice")
    except (OSError, ValueError) as error:
        found.faults.append(f"index: {error}")
    name = url.rsplit("/", 1)[-1]
    offset = 0
    try:
        with storage.open_read(url) as stream:
            for key, parts in groups(stream):
                found.samples += 1
                found.pictures += len(parts) - 1
                place = (name, offset)
                offset += sum(size_of(len(body), ()) for body in parts.values())
                one = _parsed(key, parts.get("json", b""))
                if isinstance(one, Document):
                    faults = [
                        *_pictures(one, {part: body for part, body in parts.items() if part != "json"}),
                        *_indexed(one, parts, rows.pop(key, None), place),
                        *_followed(one, name, validation, originals),
                    ]
                else:
                    faults = [one]
                    rows.pop(key, None)
                found.faults += [f"{key}: {fault}" for fault in faults]
    except (tarfile.TarError, EOFError) as error:
        found.faults.append(f"the tar is cut off or broken: {error}")
    found.faults += [f"{key}: stands in the index, not in the tar" for key in rows]
    return found


def _parsed(key: str, text: bytes) -> Document | str:
    """The sample's document, or what is wrong with its JSON."""
    try:
        one = from_json(parsed(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"its JSON is no document: {type(error).__name__}: {error}"
    return one if one.key == key else f"its JSON is that of {one.key}"


def _indexed(
    one: Document, parts: Mapping[str, bytes], row: dict[str, Any] | None, place: tuple[str, int]
) -> Iterator[str]:
    """Faults of a sample's row in the index; `place` is its tar's name and its offset there."""
    if row is None:
        yield "not in the index, or twice in the tar"
        return
    if list(parts) != ["json", *(image.part for image in one.images)]:
        return  # that is a fault of its own, and nothing can be said of places
    starts = [place[1]]
    for body in parts.values():
        starts.append(starts[-1] + size_of(len(body), ()))
    bodies = [start + tarfile.BLOCKSIZE for start in starts[1:-1]]
    said = index_row(one, place[0], place[0].split("-", 1)[0], place[1], starts[-1] - place[1], bodies)
    wrong = [column for column, value in said.items() if column != "scores" and row[column] != value]
    if wrong:
        yield f"the index tells another {wrong[0]}: {str(row[wrong[0]])[:80]!r}, not {str(said[wrong[0]])[:80]!r}"


def _followed(
    one: Document, name: str, validation: float | None, originals: Mapping[str, Shape] | None
) -> Iterator[str]:
    """Faults of a document against its host's split and against what was extracted."""
    if validation is not None and name.split("-", 1)[0] != split_of(one.host, validation):
        yield f"its host {one.host} belongs to the split {split_of(one.host, validation)}"
    if originals is None:
        return
    original = iter(originals.get(one.key, ()))
    for kind, value in shape(one):
        # Each item must stand behind the one before it there too: the iterator is never set back.
        if not any(kind == other and (value == said or _lines_of(kind, value, said)) for other, said in original):
            yield f"its items are not those of the page in their order: {kind} {str(value)[:80]}"
            return


def _lines_of(kind: str, lines: Any, original: Any) -> bool:
    """Whether a text is an original one with lines taken out."""
    there = iter(original)
    return kind == "text" and all(line in there for line in lines)


def _pictures(one: Document, parts: dict[str, bytes]) -> Iterator[str]:
    named = [item.part for item in one.items if isinstance(item, Image)]
    if named != list(parts):
        missing = [part for part in named if part not in parts]
        yield f"an item names {missing[0]}, which is missing" if missing else "its members are not its items in order"
    for image in one.images:
        body = parts.get(image.part)
        if body is None:
            continue
        if hashlib.sha256(body).hexdigest() != image.sha256:
            yield f"{image.part}: its bytes are not those of its item (sha256)"
        elif not _decodes(body):
            yield f"{image.part}: does not decode"


def _decodes(body: bytes) -> bool:
    if body.startswith(b"\x89PNG"):
        return _pillow(body)  # libpng, by which OpenCV reads them, warns on the terminal of colour profiles
    import cv2

    try:
        return cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_REDUCED_COLOR_8) is not None or _pillow(body)
    except cv2.error:
        return _pillow(body)


def _pillow(body: bytes) -> bool:
    """PNG, and formats that OpenCV does not read here (GIF, AVIF on some systems)."""
    import io

    from PIL import Image as Pillow

    try:
        with Pillow.open(io.BytesIO(body)) as picture:
            picture.load()
        return True
    except (OSError, ValueError, Pillow.DecompressionBombError):
        return False
