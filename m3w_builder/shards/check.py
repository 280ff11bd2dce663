"""Checks a shard sample by sample: pairing, order, hashes, pictures that decode, and the index beside it."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from m3w_builder import storage
from m3w_builder.document import Document, Image, from_json
from m3w_builder.shards.read import groups


@dataclass(slots=True)
class Checked:
    """What a shard holds, and what is wrong with it, a line each."""

    faults: list[str] = field(default_factory=list)
    samples: int = 0
    pictures: int = 0


def check(url: str) -> Checked:
    """Read a tar and its index whole; never raises about what they hold."""
    found = Checked()
    rows: dict[str, dict[str, Any]] = {}
    try:
        table = storage.read_table(url.removesuffix(".tar") + ".parquet")
        rows = {row["key"]: row for row in table.to_pylist()}
    except (OSError, ValueError) as error:
        found.faults.append(f"index: {error}")
    try:
        with storage.open_read(url) as stream:
            for key, parts in groups(stream):
                found.samples += 1
                found.pictures += len(parts) - 1
                found.faults += [f"{key}: {fault}" for fault in _sample(key, parts, rows.pop(key, None))]
    except (tarfile.TarError, EOFError) as error:
        found.faults.append(f"the tar is cut off or broken: {error}")
    found.faults += [f"{key}: stands in the index, not in the tar" for key in rows]
    return found


def _sample(key: str, parts: dict[str, bytes], row: dict[str, Any] | None) -> Iterator[str]:
    try:
        one = from_json(json.loads(parts.pop("json")))
    except (ValueError, KeyError, TypeError) as error:
        yield f"its JSON is no document: {type(error).__name__}: {error}"
        return
    if one.key != key:
        yield f"its JSON is that of {one.key}"
    yield from _pictures(one, parts)
    if row is None:
        yield "not in the index"
    elif (row["url"], row["images"]) != (one.url, len(one.images)):
        yield "the index tells another URL or number of pictures"


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
    import cv2

    try:
        return cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_REDUCED_COLOR_8) is not None or _pillow(body)
    except cv2.error:
        return _pillow(body)


def _pillow(body: bytes) -> bool:
    """Formats that OpenCV does not read here (GIF, AVIF on some systems)."""
    import io

    from PIL import Image as Pillow

    try:
        with Pillow.open(io.BytesIO(body)) as picture:
            picture.load()
        return True
    except (OSError, ValueError, Pillow.DecompressionBombError):
        return False
