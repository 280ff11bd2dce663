"""Drops pictures that stand in an evaluation set, or on a block list, by perceptual hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from m3w_builder import storage
from m3w_builder.pictures.hashes import phash
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class Contamination:
    """Drops pictures whose perceptual hash is within `max_distance` bits of a listed one.

    Flamingo's authors took the pictures near to evaluation sets out of their pair sets and not out of M3W
    (arXiv 2204.14198, A.3). A list is a text file: `p` and 16 hex digits a line, as `decontaminate.index` writes it.
    Comparing with all of a list costs about 3 ms a picture for a million hashes.
    """

    name: ClassVar[str] = "picture_contamination"
    reasons: ClassVar[Mapping[str, str]] = {"listed_picture": "a list holds a picture that looks the same"}

    lists: tuple[str, ...] = ()
    """Hash lists, any fsspec URL; a list's file name without its ending is the set's name."""
    max_distance: int = 4
    """Largest Hamming distance, of 64 bits, at which two pictures are the same one."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        assert picture.array is not None
        mine = np.uint64(phash(picture.array, picture.box))
        for name in self.lists:
            listed = _read(name)
            distance = int(np.bitwise_count(listed ^ mine).min(initial=65))
            if distance <= self.max_distance:
                stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
                return Drop("listed_picture", stem, distance, self.max_distance)
        return picture


@lru_cache(maxsize=16)
def _read(name: str) -> np.ndarray:
    lines = storage.read_bytes(name).decode().splitlines()
    hashes = {int(line[2:18], 16) for line in lines if line.startswith("p ")}
    return np.array(sorted(hashes), np.uint64)
