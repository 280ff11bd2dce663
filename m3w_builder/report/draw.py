"""Draws documents at random from any number of bundles, by their counts alone; then reads those drawn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pyarrow as pa

from m3w_builder import shards, storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document

Asked = TypeVar("Asked")
Found = TypeVar("Found")

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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sample stands, and in which language."""

    tar: str
    """Its URL."""
    offset: int
    bytes: int
    language: str


def read(build: str, drawn: Iterable[Drawn]) -> Iterator[tuple[Document, dict[str, bytes]]]:
    """The documents that were drawn, with their pictures' bytes by part, in this order."""
    return _each(build, _places(build, drawn), lambda one: shards.read_sample(one.tar, one.offset, one.bytes))


def texts(
    build: str, drawn: Iterable[Drawn], chosen: Callable[[Iterable[str]], Collection[str]]
) -> Iterator[tuple[str, str]]:
    """(language, text) of the documents that were drawn; of those languages that `chosen` takes, given each one's."""
    places = list(_places(build, drawn))
    languages = chosen(one.language for one in places)
    wanted = (one for one in places if one.language in languages)
    return _each(build, wanted, lambda one: (one.language, shards.read_text(one.tar, one.offset, one.bytes)))


def _places(build: str, drawn: Iterable[Drawn]) -> Iterator[Place]:
    """Where those that were drawn stand, in this order."""

    @lru_cache(maxsize=HELD)
    def index(name: str) -> pa.Table:
        url = storage.join(build, "shards", f"{name}.parquet")
        return storage.read_table(url, ["shard", "offset", "bytes", "language"])

    def look(one: Drawn) -> Place | None:
        return _place(build, one, index)

    asked = list(drawn)
    # Drawn at random, they would ask for each of many indexes again and again.
    order = sorted(range(len(asked)), key=lambda number: asked[number].shards)
    found = dict(zip(order, _each(build, (asked[number] for number in order), look), strict=True))
    return (one for number in range(len(asked)) if (one := found[number]) is not None)


def _place(build: str, one: Drawn, index: Callable[[str], pa.Table]) -> Place | None:
    start = 0
    for name in one.shards:
        table = index(name)
        if one.number < start + table.num_rows:
            shard, *rest = (column[one.number - start].as_py() for column in table.columns)
            return Place(storage.join(build, "shards", shard), *rest)
        start += table.num_rows
    return None  # a takedown has written the shards anew since


def _each(build: str, asked: Iterable[Asked], look: Callable[[Asked], Found]) -> Iterator[Found]:
    """What `look` finds for each, in this order; many at a time in far stores."""
    if storage.is_local(build):
        yield from map(look, asked)
        return
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(look, asked)
