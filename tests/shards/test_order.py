"""Every sample is read once an epoch by one reader, in an order that is new each time and the same when asked again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.shards import order

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=8)


def given_out(units, seed, epoch, reader, readers, buffer):
    steps = order.epoch(units, seed, epoch, reader, readers, buffer)
    return [(shard, row) for shard, row, enters in steps if not enters]


@given(COUNTS, st.integers(1, 12), st.integers(0, 40), st.integers(0, 3))
def test_readers_share_the_samples_without_gap_or_overlap(counts, readers, buffer, epoch):
    units = order.units(counts, readers)
    read = [row for reader in range(readers) for row in given_out(units, 7, epoch, reader, readers, buffer)]
    assert sorted(read) == [(shard, row) for shard, count in enumerate(counts) for row in range(count)]


@given(COUNTS, st.integers(1, 12))
def test_no_reader_is_without_work_where_there_is_some_for_each(counts, readers):
    units = order.units(counts, readers)
    if sum(count >= readers for count in counts):
        assert len(units) >= readers


def test_shards_stay_whole_where_there_are_enough():
    assert order.units([5, 0, 9], 2) == [order.Unit(0, 0, 5), order.Unit(2, 0, 9)]


@given(COUNTS, st.integers(0, 40))
def test_the_buffer_never_holds_more_than_it_may(counts, buffer):
    held = 0
    for _, _, enters in order.epoch(order.units(counts, 1), 0, 0, 0, 1, buffer):
        held += 1 if enters else -1
        assert 0 <= held <= max(buffer, 1)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [((0, 0, 0), (0, 0, 0), True), ((0, 0, 0), (0, 1, 0), False), ((0, 0, 0), (1, 0, 0), False)],
    ids=["again", "another epoch", "another seed"],
)
def test_orders_differ_by_seed_and_epoch_and_by_nothing_else(one, two, same):
    units = order.units([40] * 6, 2)
    assert (given_out(units, *one, 2, 20) == given_out(units, *two, 2, 20)) is same


def test_two_readers_shuffle_alike_shards_unlike():
    units = order.units([50, 50], 2)
    first, second = ([row for _, row in given_out(units, 0, 0, reader, 2, 20)] for reader in (0, 1))
    assert first != second


def test_without_a_buffer_the_order_is_that_of_the_shards():
    assert given_out(order.units([2, 3], 1), 0, 5, 0, 1, 0) == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
