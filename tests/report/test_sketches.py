"""Sketches merge, and are off by no more than they state."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.report.sketches import STEPS, Distinct, Frequent, Histogram, Sample

NAMES = st.lists(st.sampled_from([f"n{number}" for number in range(40)]), max_size=400)


@pytest.mark.parametrize("number", [0, 1, 30, 1000, 5000, 20_000, 100_000])
def test_distinct_names_are_counted_within_four_standard_errors(number):
    sketch = Distinct()
    for name in range(number):
        sketch.add(f"http://example.org/{name}")
        sketch.add(f"http://example.org/{name}")
    assert abs(sketch.count() - number) <= max(1, 4 * 0.0163 * number)


def test_distinct_names_of_two_halves_are_those_of_the_whole():
    whole, halves = Distinct(), [Distinct(), Distinct()]
    for name in range(3000):
        whole.add(str(name))
        halves[name % 3 == 0].add(str(name))
    halves[0].merge(Distinct(json.loads(json.dumps(halves[1].to_json()))))
    assert halves[0].to_json() == whole.to_json()


def test_an_empty_sketch_is_small_to_keep():
    assert len(Distinct().to_json()) < 100


@given(st.lists(NAMES, min_size=1, max_size=5), st.integers(1, 30))
def test_frequent_names_are_too_low_by_no_more_than_the_stated_error(parts, keep):
    truth = Counter(name for part in parts for name in part)
    merged = Frequent(keep)
    for part in parts:
        sketch = Frequent(keep)
        for start in range(0, len(part), 10):
            sketch.update(part[start : start + 10])
        merged.merge(Frequent(keep, **json.loads(json.dumps(sketch.to_json(keep)))))
    for name, number in truth.items():
        assert number - merged.error <= merged.counts[name] <= number


def test_few_names_are_counted_exactly():
    sketch = Frequent(10)
    sketch.update("abracadabra")
    assert sketch.to_json(2) == {"error": 2, "counts": {"a": 5, "b": 2}}
    assert sketch.error == 0


@given(st.sets(st.integers(0, 200)), st.sets(st.integers(0, 200)))
def test_the_overlap_of_two_small_sets_is_exact(one, two):
    first, second = (sampled(names, 500) for names in (one, two))
    assert first.common(second) == (len(one & two), len(one - two), len(two - one))
    assert first.exact and first.count() == len(one)


def test_the_overlap_of_two_large_sets_is_near_and_the_same_by_way_of_parts():
    one, two = sampled(range(30_000), 2000), sampled(range(10_000, 40_000), 2000)
    both, first, second = one.common(two)
    assert not one.exact
    assert abs(both / (both + first + second) - 0.5) < 4 * 0.5 / 2000**0.5
    assert abs(one.count() - 30_000) < 4 * 30_000 / 2000**0.5
    parts = Sample(2000)
    for start in range(0, 30_000, 10_000):
        packed = json.loads(json.dumps(sampled(range(start, start + 10_000), 5000).to_json(2000)))
        parts.merge(Sample(2000, packed))
    assert parts.common(one)[1:] == (0, 0)
    assert abs(parts.count() - 30_000) < 4 * 30_000 / 2000**0.5


def sampled(names, keep):
    sample = Sample(keep)
    for name in names:
        sample.add(str(name))
    return sample


@given(st.lists(st.integers(0, 3000), min_size=1))
def test_the_most_of_a_histogram_is_no_less_than_any_value_and_near(values):
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    assert max(values) <= histogram.most <= max(values) * 1.1 + 1


VALUES = {
    "log-normal": lambda chance: chance.lognormal(6, 1.2, 40_000),
    "Pareto": lambda chance: chance.pareto(1.1, 40_000) * 10 + 1,
    "whole numbers": lambda chance: chance.geometric(0.02, 40_000),
}
SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)


@pytest.mark.parametrize("kind", VALUES)
def test_quantiles_merged_of_parts_are_no_worse_than_those_of_kll(kind):
    kll = pytest.importorskip("datasketches").kll_doubles_sketch
    values = VALUES[kind](np.random.default_rng(1))
    # A sketch of KLL leaves to chance what it keeps, and is a lucky one once in a hundred times: the middle one counts.
    merged, peers = Histogram(), [kll(200) for _ in range(5)]
    for part in np.split(values, 20):
        mine = Histogram()
        for value in part.tolist():
            mine.add(value)
        merged.merge(Histogram(json.loads(json.dumps(mine.to_json()))))
        for peer in peers:
            other = kll(200)
            other.update(part.astype(float))
            peer.merge(other)
    values.sort()
    exact = values[[int(share * len(values)) - 1 for share in SHARES]]

    def errors(found):
        in_value = max(abs(value / truth - 1) for value, truth in zip(found, exact, strict=True))
        low, high = (np.searchsorted(values, found, side) / len(values) for side in ("left", "right"))
        return in_value, max(np.maximum(0, np.maximum(low - SHARES, np.array(SHARES) - high)))

    ours = errors([merged.quantile(share) for share in SHARES])
    theirs = sorted(errors(peer.get_quantiles(list(SHARES))) for peer in peers)[2]
    assert ours[0] <= 2 ** (0.5 / STEPS) - 1 + 1e-9
    assert ours[0] < theirs[0]
    assert ours[1] < peers[0].normalized_rank_error(False)


def test_whole_numbers_up_to_45_are_read_exactly():
    for number in range(46):
        histogram = Histogram()
        histogram.add(number)
        assert round(histogram.quantile(0.5)) == number
