"""In which order samples are read: shares of shards a reader, shuffled anew each epoch, to be taken up at any place.

Numbers only, no bytes: the order is a pure function of seed, epoch and reader, so a place in it is one number.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

from m3w_builder.classes import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """Rows `first` to before `last` of a shard: what one reader reads of it in an epoch."""

    shard: int
    first: int
    last: int


def units(counts: Sequence[int], readers: int) -> list[Unit]:
    """Whole shards where each reader can have one; else every shard is cut in equal ranges until there are enough.

    `counts` are the samples of each shard.
    """
    for cuts in range(1, max(readers, 1) + 1):
        made = []
        for shard, count in enumerate(counts):
            bounds = [count * cut // cuts for cut in range(cuts + 1)]
            made += [Unit(shard, first, last) for first, last in pairwise(bounds) if first < last]
        if len(made) >= readers:
            break
    return made


def epoch(
    all_units: Sequence[Unit], seed: int, number: int, reader: int, readers: int, buffer: int
) -> Iterator[tuple[int, int, bool]]:
    """(shard, row, taken up or given out) for one reader's epoch.

    True: the row enters the buffer, in the order of the shard; False: it leaves it, which is the order of training.
    A `buffer` of 1 or less shuffles nothing but the shards; 0 not even these.
    """
    mine = list(all_units)
    if buffer:
        random.Random(f"{seed}/{number}").shuffle(mine)
    generator = random.Random(f"{seed}/{number}/{reader}")
    held: list[tuple[int, int]] = []
    for unit in mine[reader::readers]:
        for row in range(unit.first, unit.last):
            yield unit.shard, row, True
            if len(held) < buffer - 1:
                held.append((unit.shard, row))
                continue
            place = int(generator.random() * (len(held) + 1))
            out = (unit.shard, row)
            if place < len(held):
                out, held[place] = held[place], out
            yield *out, False
    generator.shuffle(held)
    for shard, row in held:
        yield shard, row, False
