"""One host's samples stand apart, and none is lost or doubled."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.shards import spread

HOSTS = st.lists(st.sampled_from("abcdefg"), max_size=60)


def spread_out(hosts, seed=0):
    return spread(list(enumerate(hosts)), lambda one: one[1], seed)


@given(HOSTS, st.integers(0, 5))
def test_no_two_neighbours_are_of_one_host_where_that_can_be(hosts, seed):
    found = spread_out(hosts, seed)
    assert sorted(found) == sorted(enumerate(hosts))
    most = max(Counter(hosts).values(), default=0)
    same = sum(one[1] == two[1] for one, two in pairwise(found))
    assert same == max(0, 2 * most - len(hosts) - 1)


def test_a_large_host_is_spaced_evenly_over_the_whole():
    found = spread_out("a" * 100 + "bcdefghij" * 100)
    tenths = [sum(host == "a" for _, host in found[start : start + 100]) for start in range(0, 1000, 100)]
    assert all(9 <= number <= 11 for number in tenths)


def test_the_order_is_the_same_again_and_another_with_another_seed():
    hosts = "abcd" * 20
    assert spread_out(hosts) == spread_out(hosts)
    assert spread_out(hosts) != spread_out(hosts, 1)
