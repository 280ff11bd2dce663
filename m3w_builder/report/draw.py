"""Draws documents at random from any number of bundles, by their counts alone; then reads those drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pyarrow as pa

from m3w_builder import shards, storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document

Taken = TypeVar("Taken")

READERS = 16
"""Samples that are read at once: far stores answer slowly, and many at a time."""
HELD = 64
"""Shards whose places of samples are held at once."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One document that was drawn: its number among those of some shards, taken one after the other."""

    shards: tuple[str, ...]
    """Names of a bundle's tars, without ending."""
    number: int


@dataclass(slots=True)
class Draw:
    """A uniform sample of at most `keep` documents without replacement; a bundle is offered by its count.

    Each document gets a random number, and the least are kept: nothing is held but these.
    """

    keep: int
    seed: int = 0
    held: list[tuple[float, Drawn]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self._limit = 1.0

    def offer(self, names: Iterable[str], count: int) -> None:
        """Take a bundle of `count` documents in these shards into account."""
        numbers = self._random.random(count)
        bundle = tuple(names)
        for place in np.flatnonzero(numbers < self._limit):
            self.held.append((float(numbers[place]), Drawn(bundle, int(place))))
        if len(self.held) > 2 * self.keep:
            self._shrink()

    def _shrink(self) -> None:
        self.held = sorted(self.held, key=lambda one: one[0])[: self.keep]
        if len(self.held) == self.keep:
            self._limit = self.held[-1][0]

    def drawn(self) -> list[Drawn]:
        """What was drawn, in random order: any first part of it is a uniform sample too."""
        self._shrink()
        return [one for _, one in self.held]

    _random: np.random.Generator = field(init=False, repr=False)
    _limit: float = field(init=False, repr=False)


def read(build: str, drawn: Iterable[Drawn]) -> Iterator[tuple[Document, dict[str, bytes]]]:
    """The documents that were drawn, with their pictures' bytes by part, in this order."""
    return _each(build, drawn, shards.read_sample)


def _each(build: str, drawn: Iterable[Drawn], take: Callable[[str, int, int], Taken]) -> Iterator[Taken]:
    """What `take` makes of each by its tar's URL, offset and bytes, in this order."""

    @lru_cache(maxsize=HELD)
    def index(name: str) -> pa.Table:
        return storage.read_table(storage.join(build, "shards", f"{name}.parquet"), ["shard", "offset", "bytes"])

    def look(one: Drawn) -> Taken | None:
        return _read(build, one, index, take)

    if storage.is_local(build):
        yield from (sample for one in drawn if (sample := look(one)) is not None)
        return
    with ThreadPoolExecutor(READERS) as pool:
        yield from (sample for sample in pool.map(look, drawn) if sample is not None)


def texts(build: str, drawn: Iterable[Drawn]) -> Iterator[tuple[str, str]]:
    """(language, text) of the documents that were drawn."""
    return _each(build, drawn, shards.read_text)


def _read(
    build: str, one: Drawn, index: Callable[[str], pa.Table], take: Callable[[str, int, int], Taken]
) -> Taken | None:
    start = 0
    for name in one.shards:
        table = index(name)
        if one.number < start + table.num_rows:
            shard, offset, size = (table[name][one.number - start].as_py() for name in ("shard", "offset", "bytes"))
            return take(storage.join(build, "shards", shard), offset, size)
        start += table.num_rows
    return None  # a takedown has written the shards anew since
