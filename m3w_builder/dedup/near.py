"""Finds 64-bit hashes within a few bits of each other, every pair, without comparing all with all.

The bits are cut into r + 2 blocks. Two hashes that differ in r bits at most agree on two blocks at least, and
the first of these is one of the first r + 1: so each hash travels under r + 1 keys (a block's number and bits),
and in the bucket where the rows of a key meet, a second block on which they agree is sought by sorting. Only
hashes that agree on two blocks, some 21 bits for r = 4, are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

NONE = np.uint64((1 << 64) - 1)
"""No neighbour."""

_TABLE = np.uint64(15)
"""The low bits of a near key: its block's number."""

_LONG = 256
"""Runs of more hashes than this that agree on two blocks are cut finer instead of being compared throughout."""


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


def lesser_neighbours(
    values: np.ndarray, keys: np.ndarray, owner: np.ndarray, radius: int, within: np.ndarray | None = None
) -> np.ndarray:
    """For each hash a lesser one (by index) within `radius`: distance << 32 | its index; NONE where there is none.

    values: distinct or repeated 64-bit hashes, best first: a hash looks for neighbours before it only.
    keys, owner: rows of near keys and the index of the hash that each belongs to.
    within: where given, for each hash the 64-bit name of what its neighbours must be in too.
    The answer rests on which hashes share a key, not on what else lies in the bucket.
    """
    best = np.full(len(values), NONE)
    firsts = _collapse(values, best, within)
    blocks = cuts(radius)
    tables = (keys & _TABLE).astype(np.uint8)
    for table in range(radius + 1) if radius else ():
        present = np.zeros(len(values), bool)
        present[owner[tables == table]] = True
        members = firsts[present[firsts]]
        hashes = values[members]
        for other in range(table + 1, radius + 2):
            order, runs = _grouped(hashes, blocks[table], blocks[other], None if within is None else within[members])
            used = _mask(blocks[table]) | _mask(blocks[other])
            _compare(hashes[order], members[order], runs, used, radius, best)
    return best


def _collapse(values: np.ndarray, best: np.ndarray, within: np.ndarray | None) -> np.ndarray:
    """Enter hashes equal to an earlier one as neighbours at distance 0; the indices of the first of each, rising."""
    order = np.argsort(values, kind="stable") if within is None else np.lexsort([values, within])
    ordered = values[order]
    starts = np.ones(len(values), bool)
    starts[1:] = ordered[1:] != ordered[:-1]
    if within is not None:
        starts[1:] |= within[order][1:] != within[order][:-1]
    first = order[starts]
    of_each = first[np.cumsum(starts) - 1]
    best[order[~starts]] = of_each[~starts].astype(np.uint64)
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
    hashes: np.ndarray, members: np.ndarray, runs: np.ndarray, used: int, radius: int, best: np.ndarray
) -> None:
    """Compare the hashes of each run, best first within it, and enter the nearest hit before each in `best`.

    used: mask of the bits on which the hashes of a run agree.
    """
    starts = np.flatnonzero(np.concatenate([[True], runs[1:] != runs[:-1]])) if len(runs) else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, len(runs)))
    depth = np.arange(len(runs)) - np.repeat(starts, lengths)  # how many stand before each in its run
    long = lengths > _LONG
    if long.any() and used != (1 << 64) - 1:
        for start, length in zip(starts[long], lengths[long], strict=True):
            stretch = slice(start, start + length)
            _cut_finer(hashes[stretch], members[stretch], used, radius, best)
            depth[stretch] = 0
    active = np.flatnonzero(depth)
    step = 1
    while len(active):
        distance = np.bitwise_count(hashes[active] ^ hashes[active - step])
        hit = distance <= radius
        who = members[active[hit]]
        found = (distance[hit].astype(np.uint64) << np.uint64(32)) | members[active[hit] - step].astype(np.uint64)
        best[who] = np.minimum(best[who], found)
        # Being dropped once is enough: a tight cluster of n hashes costs about n, not n squared.
        active = active[~hit]
        step += 1
        active = active[depth[active] >= step]


def _cut_finer(hashes: np.ndarray, members: np.ndarray, used: int, radius: int, best: np.ndarray) -> None:
    """Cut the bits left into radius + 1 parts: hashes within `radius` agree on at least one."""
    left = [bit for bit in range(64) if not used >> bit & 1]
    for part in range(radius + 1):
        bits = left[len(left) * part // (radius + 1) : len(left) * (part + 1) // (radius + 1)]
        mask = sum(1 << bit for bit in bits)
        names = hashes & np.uint64(mask)
        order = np.argsort(names, kind="stable")
        _compare(hashes[order], members[order], names[order], used | mask if mask else (1 << 64) - 1, radius, best)
