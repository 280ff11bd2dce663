"""Small pictures for the report: documents drawn at random, and the pictures that repeat most."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa

from m3w_builder import storage
from m3w_builder.document import Text
from m3w_builder.pictures import jpeg, png
from m3w_builder.pictures.scaling import Px, reduced
from m3w_builder.report import draw
from m3w_builder.words import words

CARD, REPEATED = 220, 120
"""Longer side of a thumbnail, px: of a document's picture, of a repeated one."""


def cards(build: str, drawn: Iterable[draw.Drawn]) -> Iterator[dict[str, Any]]:
    """Documents: title, host, how the text begins, first picture as a thumbnail."""
    for document, parts in draw.read(build, drawn):
        image = next((item for item in document.images if item.part in parts), None)
        text = next((item.text for item in document.items if isinstance(item, Text) and len(words(item.text)) > 12), "")
        yield {
            "title": document.title or document.url,
            "host": document.host,
            "text": cut(text or document.text, 220),
            "alt": image.alt[:200] if image else "",
            "thumbnail": thumbnail(parts[image.part], CARD) if image else "",
            "pictures": len(document.images),
            "words": len(words(document.text)),
        }


def repeated(build: str, most: Sequence[tuple[int, str, int]]) -> Iterator[dict[str, Any]]:
    """(documents, picture, partition) of the most repeated pictures, each with its thumbnail, address and size."""

    @lru_cache(maxsize=1)  # the most repeated are often of the same partition
    def kept(partition: int) -> tuple[pa.Table, list[str]]:
        table = storage.join(build, f"pictures/{partition:06d}.parquet")
        if not storage.exists(table):
            return pa.table({}), []
        found = storage.read_table(table, ["url", "sha256", "width", "height", "offset", "bytes"])
        return found, found["sha256"].to_pylist()

    for documents, picture, partition in most:
        table, names = kept(partition)
        place = next((place for place, name in enumerate(names) if name.startswith(picture)), len(names))
        for row in table.slice(place, 1).to_pylist():
            end = row["offset"] + row["bytes"]
            body = storage.read_bytes(storage.join(build, f"pictures/{partition:06d}.bin"), row["offset"], end)
            yield {**row, "documents": documents, "thumbnail": thumbnail(body, REPEATED)}


def cut(text: str, most: int) -> str:
    """The text's beginning, with an ellipsis where it is cut."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0].rstrip() + "…"


def thumbnail(body: bytes, side: int) -> str:
    """A small JPEG of a picture as a data URI, encoded anew; empty where it can't be decoded."""
    from PIL import Image

    try:
        try:
            px = _small(body, side)
        except png.Broken:
            px = _opened(body, side)
        picture = Image.fromarray(px)
        picture.thumbnail((side, side), Image.Resampling.HAMMING)  # as sharp as by bicubic weights, of half as many px
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=68)
    except Exception:  # a picture is shown or it is not; the report is written all the same
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


def _small(body: bytes, side: int) -> Px:
    """A picture's px, scaled by the largest power of two that leaves `side` of them or more; may raise png.Broken."""
    if rows := png.plain(body):
        return reduced(rows, _factor((rows.width, rows.height), side))
    if frame := jpeg.plain(body):
        factor = _factor((frame.width, frame.height), side)
        px = frame.scaled(max(1, frame.width // factor), max(1, frame.height // factor))
        if px is not None:
            return px
    return _opened(body, side)


def _opened(body: bytes, side: int) -> Px:
    """The like of whatever Pillow opens, upright."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(body)) as opened:
        opened.draft("RGB", (side, side))
        picture = ImageOps.exif_transpose(opened)
        return reduced(picture, _factor(picture.size, side))


def _factor(size: tuple[int, int], side: int) -> int:
    """The largest power of two by which the longer side can be divided without falling below `side`."""
    return 1 << max(0, (max(size) // side).bit_length() - 1)
