"""Finds pictures that look like one, among those that a build stored, the dropped duplicates included."""

from __future__ import annotations

import time
from dataclasses import field
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from m3w_builder import storage
from m3w_builder.classes import dataclass

BITS = 10
"""Bits, of 64, up to which a picture is shown as alike; the build drops within `dedup.max_distance`."""
SHOWN = 24
SECONDS = 2.0
"""Longest time of a search: of a large build, the partitions that it came to are told."""


@dataclass(slots=True)
class Alike:
    """What was found, nearest first, and how many of the partitions were looked through."""

    pictures: list[dict[str, Any]] = field(default_factory=list)
    """Each with url, width, height, format, bytes, sha256, distance in bits, partition and row."""
    looked: int = 0
    total: int = 0


def alike(build: str, phash: str, but: str) -> Alike:
    """Stored pictures whose perceptual hash is within `BITS` of `phash` (16 hex digits); not that at the URL `but`."""
    found = Alike()
    if not phash:
        return found
    folder = storage.join(build, "pictures")
    files = [name for name in storage.names(folder) if name.endswith(".parquet") and name.count(".") == 1]
    found.total = len(files)
    mine, end = np.uint64(int(phash, 16)), time.monotonic() + SECONDS
    for name in files:
        if time.monotonic() > end:
            break
        table = storage.read_table(storage.join(folder, name))
        bits = np.bitwise_count(table["phash"].to_numpy() ^ mine)
        for row in np.flatnonzero(bits <= BITS):
            picture = table.slice(int(row), 1).to_pylist()[0]
            if picture["url"] != but:
                place = {"distance": int(bits[row]), "partition": name.split(".", 1)[0], "row": int(row)}
                found.pictures.append({**picture, **place})
        found.looked += 1
    found.pictures = sorted(found.pictures, key=lambda one: (one["distance"], one["url"]))[:SHOWN]
    return found


def stored(build: str, partition: str, row: int) -> tuple[bytes, str] | None:
    """The bytes and format of a stored picture by its partition (6 digits) and row; None where there is none."""
    url = storage.join(build, "pictures", f"{partition}.parquet")
    if not (partition.isdecimal() and storage.exists(url)):
        return None
    with storage.open_read(url) as stream:
        table = pq.read_table(stream, columns=["offset", "bytes", "format"])
    if not 0 <= row < table.num_rows:
        return None
    place = table.slice(row, 1).to_pylist()[0]
    start, end = place["offset"], place["offset"] + place["bytes"]
    return storage.read_bytes(storage.join(build, "pictures", f"{partition}.bin"), start, end), place["format"]
