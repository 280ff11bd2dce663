"""Finds 64-bit hashes within a few bits of each other, every pair, without comparing all with all.

The bits are cut into r + 2 blocks. Two hashes that differ in r bits at most agree on two blocks at least, and
the first of these is one of the first r + 1: so each hash travels under r + 1 keys (a block's number and bits),
and in the bucket where the rows of a key meet, a second block on which they agree is sought by sorting. Only
hashes that agree on two blocks, some 21 bits for r = 4, are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

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

    def add(self, sink: Sink, one: np.ndarray, other: np.ndarray, distance: np.ndarray) -> None:
        """Tell the sink of neighbours."""
        if self.names is not None:
            one, other = self.names[one], self.names[other]
        sink.add(one, other, distance)


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
    firsts = _collapse(hashes, sink)
    blocks = cuts(hashes.radius)
    tables = (keys & _TABLE).astype(np.uint8)
    for table in range(hashes.radius + 1) if hashes.radius or hashes.also is not None else ():
        present = np.zeros(len(hashes.values), bool)
        present[owner[tables == table]] = True
        members = firsts[present[firsts]]
        values = hashes.values[members]
        within = None if hashes.within is None else hashes.within[members]
        for other in range(table + 1, hashes.radius + 2):
            order, runs = _grouped(values, blocks[table], blocks[other], within)
            used = _mask(blocks[table]) | _mask(blocks[other])
            _compare(hashes, members[order], runs, used, sink)


def _collapse(hashes: Hashes, sink: Sink) -> np.ndarray:
    """Enter hashes equal to an earlier one as neighbours at distance 0; the indices of the first of each, rising."""
    names = [one for one in (hashes.values, hashes.also, hashes.within) if one is not None]
    order = np.argsort(names[0], kind="stable") if len(names) == 1 else np.lexsort(names)
    starts = np.ones(len(order), bool)
    starts[1:] = np.logical_or.reduce([name[order][1:] != name[order][:-1] for name in names])
    first = order[starts]
    of_each = first[np.cumsum(starts) - 1]
    again = ~starts
    hashes.add(sink, order[again], of_each[again], np.zeros(int(again.sum()), np.uint8))
    return np.sort(first)


def _mask(block: tuple[int, int]) -> int:
    return ((1 << block[1]) - 1) << block[0]


def _grouped(
    hashes: np.ndarray, one: tuple[int, int], other: tuple[int, int], within: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Sorted by the bits of two blocks, by index within a run: the order, and the runs' names in this order."""
    names = (_bits(hashes, one) << np.uint64(other[1])) | _bits(hashes, other)
    if within is not None:
        names = mix(mix(names + np.uint64(1)) ^ within)
        order = np.argsort(names, kind="stable")
        return order, names[order]
    if one[1] + other[1] > 32 or len(hashes) >= 1 << 32:
        order = np.argsort(names, kind="stable")
        return order, names[order]
    # One sort of numbers that hold name and index is several times faster than an argsort.
    packed = np.sort((names << np.uint64(32)) | np.arange(len(hashes), dtype=np.uint64))
    return (packed & np.uint64(0xFFFFFFFF)).astype(np.int64), packed >> np.uint64(32)


def _compare(
    hashes: Hashes, members: np.ndarray, runs: np.ndarray, used: int, sink: Sink, inside: bool = False
) -> None:
    """Compare the hashes of each run, best first within it, and tell the sink of those that are near.

    used: mask of the bits on which the hashes of a run agree.
    inside: whether this is a long run's finer cut.
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
            if sink.once or inside:
                _cut_finer(hashes, stretch, used, sink)
            else:
                _group(hashes, stretch, used, sink)
            depth[start : start + length] = 0
    elif long.any():
        np.minimum(depth, _LONG, out=depth)
    active = np.flatnonzero(depth)
    step = 1
    while len(active):
        distance = np.bitwise_count(values[active] ^ values[active - step])
        hit = distance <= hashes.radius
        if also is not None:
            hit &= np.bitwise_count(also[active] ^ also[active - step]) <= hashes.also_radius
        who = active[hit]
        if len(who):
            hashes.add(sink, members[who], members[who - step], distance[hit])
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
        _compare(hashes, members[order], names[order], used | mask if mask else _ALL, sink, inside=True)


def _group(hashes: Hashes, members: np.ndarray, used: int, sink: Sink) -> None:
    """The groups of a long run: first by one neighbour of each, which most often joins them all, then by every one."""
    also = None if hashes.also is None else hashes.also[members]
    here = Hashes(hashes.values[members], hashes.radius, None, also, hashes.also_radius)
    groups, every = Groups(len(members)), np.arange(len(members))
    for groups.once in (True, False):
        _cut_finer(here, every, used, groups)
        if groups.settled().together(every):
            break
    linked = np.flatnonzero(groups.nearest != FAR)
    hashes.add(sink, members[linked], members[groups.least[linked]], groups.nearest[linked])
