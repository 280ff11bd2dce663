"""Finds 64-bit hashes within a few bits of each other, every pair, without comparing all with all.

The bits are cut into r + 2 blocks. Two hashes that differ in r bits at most agree on two blocks at least, and
the first of these is one of the first r + 1: so each hash travels under r + 1 keys (a block's number and bits),
and in the bucket where the rows of a key meet, a second block on which they agree is sought by sorting. Only
hashes that agree on two blocks, some 21 bits for r = 4, are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from m3w_builder.classes import dataclass
from m3w_builder.dedup.sinks import FAR, Groups, Nearest, Sink

_TABLE = np.uint64(15)
"""The low bits of a near key: its block's number."""

_LONG = 256
"""Runs of more hashes than this that agree on two blocks are cut finer instead of being compared throughout; where
nothing is left to cut by, a hash is compared with so many before it."""
_ALL = (1 << 64) - 1


def cuts(radius: int) -> list[tuple[int, int]]:
    """The blocks of a hash for Hamming distance `radius`: (lowest bit, bits), radius + 2 of them."""
    ends = [64 * block // (radius + 2) for block in range(radius + 3)]
    return [(low, high - low) for low, high in pairwise(ends)]


def _bits(values: np.ndarray, block: tuple[int, int]) -> np.ndarray:
    low, width = block
    bits: np.ndarray = (values >> np.uint64(low)) & np.uint64((1 << width) - 1)
    return bits


def mix(numbers: np.ndarray) -> np.ndarray:
    """Spread 64-bit numbers over all 64-bit numbers, one to one (splitmix64's last step)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = numbers ^ (numbers >> np.uint64(31))
    return mixed


def near_keys(values: np.ndarray, radius: int, within: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """The radius + 1 keys of each hash: hashes within `radius`, and of one `within` where given, share at least one."""
    for table, block in enumerate(cuts(radius)[:-1]):
        name = mix(_bits(values, block) | np.uint64((table + 1) << 56))
        yield ((name if within is None else mix(name ^ within)) & ~_TABLE) | np.uint64(table)


@dataclass(frozen=True, slots=True)
class Hashes:
    """Hashes among which those within `radius` bits of each other are sought, best first."""

    values: np.ndarray
    """64 bits each, distinct or repeated."""
    radius: int
    within: np.ndarray | None = None
    """Where given, for each hash the 64-bit name of what its neighbours must be in too."""
    also: np.ndarray | None = None
    """Where given, a second hash of each, of which neighbours may differ in `also_radius` bits at most."""
    also_radius: int = 64
    names: np.ndarray | None = None
    """The numbers under which the sink knows them, rising; None: as they stand here."""
    itself: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    """Where given, tells of pairs by index whether both are one and the same, told twice, and so no neighbours."""

    def add(self, sink: Sink, one: np.ndarray, other: np.ndarray, distance: np.ndarray) -> None:
        """Tell the sink of neighbours."""
        if self.names is not None:
            one, other = self.names[one], self.names[other]
        sink.add(one, other, distance)

    def columns(self, members: np.ndarray) -> list[np.ndarray]:
        """What equal hashes are equal in."""
        return [one[members] for one in (self.values, self.also, self.within) if one is not None]


def lesser_neighbours(
    values: np.ndarray, keys: np.ndarray, owner: np.ndarray, radius: int, within: np.ndarray | None = None
) -> np.ndarray:
    """For each hash a lesser one (by index) within `radius`: distance << 32 | its index; NONE where there is none."""
    nearest = Nearest(len(values))
    search(Hashes(values, radius, within), keys, owner, nearest)
    return nearest.best


def search(hashes: Hashes, keys: np.ndarray, owner: np.ndarray, sink: Sink) -> None:
    """Tell the sink of each hash's lesser neighbours: of all, or of one at least, as it asks.

    keys, owner: rows of near keys and the index of the hash that each belongs to.
    The answer rests on which hashes share a key, not on what else lies in the bucket.
    """
    blocks = cuts(hashes.radius)
    masks = [((1 << width) - 1) << low for low, width in blocks]
    tables = (keys & _TABLE).astype(np.uint8)
    for table in range(hashes.radius + 1):
        present = np.zeros(len(hashes.values), bool)
        present[owner[tables == table]] = True
        # Equal hashes share all their keys: that of the first table tells of them.
        members = _distinct(hashes, np.flatnonzero(present), sink, table == 0)
        if not hashes.radius and hashes.also is None:
            break
        values = hashes.values[members]
        within = None if hashes.within is None else hashes.within[members]
        for other in range(table + 1, hashes.radius + 2):
            order, runs = _grouped(values, blocks[table], blocks[other], within)
            # Who agrees on an earlier block too is told of there, by whichever bucket has that key.
            earlier = [mask for block, mask in enumerate(masks[:other]) if block != table and not sink.once]
            _compare(hashes, members[order], runs, masks[table] | masks[other], sink, earlier)


def _distinct(hashes: Hashes, members: np.ndarray, sink: Sink, tell: bool) -> np.ndarray:
    """The members without those equal to an earlier one, which are neighbours at distance 0, told where asked."""
    again, first = _repeated(hashes.columns(members))
    if not len(again):
        return members
    if tell:
        one, other = members[again], members[first]
        if hashes.itself is not None:
            two = ~hashes.itself(one, other)
            one, other = one[two], other[two]
        hashes.add(sink, one, other, np.zeros(len(one), np.uint8))
    kept = np.ones(len(members), bool)
    kept[again] = False
    return members[kept]


def _repeated(columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(rows equal to an earlier one, the first such row of each)."""
    heads = mix(columns[0])
    for column in columns[1:]:
        heads = mix(heads ^ column)
    # One sort of numbers that hold the upper bits and the index is several times faster than an argsort.
    below = np.uint64(len(heads).bit_length())
    packed = (heads >> below << below) | np.arange(len(heads), dtype=np.uint64)
    packed.sort()
    starts = np.ones(len(packed), bool)
    starts[1:] = (packed[1:] ^ packed[:-1]) >> below != 0
    spots = np.flatnonzero(~starts)
    order = (packed & np.uint64((1 << int(below)) - 1)).astype(np.int64)
    if any((column[order[spots]] != column[order[spots - 1]]).any() for column in columns):
        # Others of the same upper bits lie between.
        order = np.lexsort(columns)
        starts[1:] = np.logical_or.reduce([column[order][1:] != column[order][:-1] for column in columns])
        spots = np.flatnonzero(~starts)
    firsts = np.flatnonzero(starts)
    return order[spots], order[firsts[np.searchsorted(firsts, spots) - 1]]


def _grouped(
    hashes: np.ndarray, one: tuple[int, int], other: tuple[int, int], within: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Those that agree with another on the bits of two blocks, by index within a run: which, and the runs' names."""
    names = (_bits(hashes, one) << np.uint64(other[1])) | _bits(hashes, other)
    if within is not None:
        names = mix(mix(names + np.uint64(1)) ^ within)
    if within is not None or one[1] + other[1] > 32 or len(hashes) >= 1 << 32:
        order = np.argsort(names, kind="stable")
        names = names[order]
    else:
        packed = np.sort((names << np.uint64(32)) | np.arange(len(hashes), dtype=np.uint64))
        order, names = packed.view(np.int64) & 0xFFFFFFFF, packed >> np.uint64(32)
    same = names[1:] == names[:-1]
    shared = np.zeros(len(names), bool)
    shared[1:] = same
    shared[:-1] |= same
    return order[shared], names[shared]


def _compare(
    hashes: Hashes, members: np.ndarray, runs: np.ndarray, used: int, sink: Sink, earlier: list[int] | None = None
) -> None:
    """Compare the hashes of each run, best first within it, and tell the sink of those that are near.

    used: mask of the bits on which the hashes of a run agree.
    earlier: masks of blocks; who agrees on one of these too need not be told. None: this is a long run's finer cut.
    """
    values = hashes.values[members]
    also = None if hashes.also is None else hashes.also[members]
    starts = np.flatnonzero(np.concatenate([[True], runs[1:] != runs[:-1]])) if len(runs) else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, len(runs)))
    depth = np.arange(len(runs)) - np.repeat(starts, lengths)  # how many stand before each in its run
    long = lengths > _LONG
    if long.any() and used != _ALL:
        for start, length in zip(starts[long], lengths[long], strict=True):
            stretch = members[start : start + length]
            if sink.once or earlier is None:
                _cut_finer(hashes, stretch, used, sink)
            else:
                _group(hashes, stretch, used, sink)
            depth[start : start + length] = 0
    elif long.any():
        np.minimum(depth, _LONG, out=depth)
    active = np.flatnonzero(depth)
    step = 1
    while len(active):
        who = active
        if not sink.once and 8 * len(active) > len(values):
            # All side by side are compared sooner than most are picked out.
            close = np.bitwise_count(values[step:] ^ values[:-step]) <= hashes.radius
            who = np.flatnonzero(close & (depth[step:] >= step)) + step
        differing = values[who] ^ values[who - step]
        distance = np.bitwise_count(differing)
        hit = distance <= hashes.radius
        if also is not None:
            hit &= np.bitwise_count(also[who] ^ also[who - step]) <= hashes.also_radius
        told = np.flatnonzero(hit)
        for mask in earlier or ():
            told = told[differing[told] & np.uint64(mask) != 0]
        if len(told):
            one = who[told]
            hashes.add(sink, members[one], members[one - step], distance[told])
        if sink.once:  # a tight cluster of n hashes then costs about n, not n squared
            active = active[~hit]
        step += 1
        active = active[depth[active] >= step]


def _cut_finer(hashes: Hashes, members: np.ndarray, used: int, sink: Sink) -> None:
    """Cut the bits left into radius + 1 parts: hashes within `radius` agree on at least one."""
    if sink.together(members):
        return
    left = [bit for bit in range(64) if not used >> bit & 1]
    parts = hashes.radius + 1
    for part in range(parts):
        bits = left[len(left) * part // parts : len(left) * (part + 1) // parts]
        mask = sum(1 << bit for bit in bits)
        names = hashes.values[members] & np.uint64(mask)
        order = np.argsort(names, kind="stable")
        _compare(hashes, members[order], names[order], used | mask if mask else _ALL, sink)


def _group(hashes: Hashes, members: np.ndarray, used: int, sink: Sink) -> None:
    """The groups of a long run: first by one neighbour of each, which most often joins them all, then by every one."""
    # In an order of their own, since the members' may be that of their arrival.
    members = members[np.lexsort(hashes.columns(members)[::-1])]
    also = None if hashes.also is None else hashes.also[members]
    here = Hashes(hashes.values[members], hashes.radius, None, also, hashes.also_radius)
    groups, every = Groups(len(members)), np.arange(len(members))
    for groups.once in (True, False):
        _cut_finer(here, every, used, groups)
        if groups.settled().together(every):
            break
    linked = np.flatnonzero(groups.nearest != FAR)
    hashes.add(sink, members[linked], members[groups.least[linked]], groups.nearest[linked])
