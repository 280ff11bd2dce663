"""Near hashes: every pair that comparing all with all finds, and no other."""

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from m3w_builder.dedup.near import cuts, lesser_neighbours, near_keys
from m3w_builder.dedup.sinks import NONE


def hashes_with_neighbours(number: int, seed: int, most: int = 7) -> np.ndarray:
    """Random hashes, half of them others with up to `most` bits turned."""
    random = np.random.default_rng(seed)
    values = random.integers(0, 1 << 64, number, dtype=np.uint64)
    for index in range(number // 2, number):
        value = int(values[random.integers(0, index)])
        for bit in random.choice(64, random.integers(0, most + 1), replace=False):
            value ^= 1 << int(bit)
        values[index] = value
    return random.permutation(values)


def search(values: np.ndarray, radius: int) -> np.ndarray:
    keys = list(near_keys(values, radius))
    owner = np.tile(np.arange(len(values)), len(keys))
    return lesser_neighbours(values, np.concatenate(keys), owner, radius)


def all_with_all(values: np.ndarray, radius: int) -> np.ndarray:
    """Whether each hash has one before it within `radius`."""
    distance = np.bitwise_count(values[:, None] ^ values[None, :])
    return (np.tril(distance <= radius, -1)).any(axis=1)


@pytest.mark.parametrize("radius", range(9))
def test_every_neighbour_is_found_and_nothing_else(radius: int) -> None:
    values = hashes_with_neighbours(1500, seed=radius, most=radius + 3)
    best = search(values, radius)
    assert ((best != NONE) == all_with_all(values, radius)).all()
    gone = np.flatnonzero(best != NONE)
    neighbour = (best[gone] & np.uint64(0xFFFFFFFF)).astype(int)
    assert (neighbour < gone).all()
    assert (np.bitwise_count(values[gone] ^ values[neighbour]) == best[gone] >> np.uint64(32)).all()


@given(st.lists(st.integers(0, 63), max_size=4, unique=True), st.integers(0, (1 << 64) - 1), st.integers(4, 8))
def test_hashes_within_the_radius_share_a_key(bits: list[int], value: int, radius: int) -> None:
    other = value
    for bit in bits:
        other ^= 1 << bit
    one, two = (np.concatenate(list(near_keys(np.array([v], np.uint64), radius))) for v in (value, other))
    assert (one == two).any()


@pytest.mark.parametrize("radius", range(9))
def test_blocks_cover_all_bits_once(radius: int) -> None:
    assert sum(width for _, width in cuts(radius)) == 64
    assert all(low + width == following for (low, width), (following, _) in pairwise(cuts(radius)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_keys_of_other_buckets_change_nothing(seed: int) -> None:
    values = hashes_with_neighbours(200, seed)
    keys = np.concatenate(list(near_keys(values, 4)))
    owner = np.tile(np.arange(200), 5)
    together = lesser_neighbours(values, keys, owner, 4)
    apart = np.full(200, NONE)
    for bucket in range(4):
        mine = keys >> np.uint64(62) == bucket
        here, rows = np.unique(owner[mine], return_inverse=True)
        found = lesser_neighbours(values[here], keys[mine], rows, 4)
        hit = found != NONE
        neighbour = here[(found[hit] & np.uint64(0xFFFFFFFF)).astype(int)].astype(np.uint64)
        entry = (found[hit] >> np.uint64(32) << np.uint64(32)) | neighbour
        apart[here[hit]] = np.minimum(apart[here[hit]], entry)
    assert (apart == together).all()


def test_long_runs_are_cut_finer() -> None:
    # All agree on 40 bits, so every run of two blocks is long; 24 bits are random.
    random = np.random.default_rng(0)
    values = random.integers(0, 1 << 24, 3000, dtype=np.uint64) << np.uint64(20)
    assert ((search(values, 4) != NONE) == all_with_all(values, 4)).all()


def test_many_pictures_of_one_hash_cost_no_square() -> None:
    values = np.full(200_000, 12345, np.uint64)
    start = time.process_time()
    best = search(values, 4)
    assert (best[1:] == 0).all() and best[0] == NONE
    assert time.process_time() - start < 30  # all pairs would be 2e10 comparisons


@pytest.mark.parametrize("number", [0, 1])
def test_none_and_one(number: int) -> None:
    assert (search(np.zeros(number, np.uint64), 4) == NONE).all()


@pytest.mark.parametrize("radius", [0, 3, 8])
def test_neighbours_are_of_one_group_where_groups_are_given(radius: int) -> None:
    values = hashes_with_neighbours(800, seed=radius)
    within = np.random.default_rng(1).integers(0, 3, len(values)).astype(np.uint64)
    keys = list(near_keys(values, radius, within))
    owner = np.tile(np.arange(len(values)), len(keys))
    best = lesser_neighbours(values, np.concatenate(keys), owner, radius, within)
    near = np.bitwise_count(values[:, None] ^ values[None, :]) <= radius
    expected = np.tril(near & (within[:, None] == within[None, :]), -1).any(axis=1)
    assert ((best != NONE) == expected).all()
