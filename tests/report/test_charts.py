"""Charts count everything once and escape what they say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.report import charts
from m3w_builder.report.charts import Bar
from m3w_builder.report.sketches import Histogram


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=50), st.sampled_from(["count", "size", "ratio"]))
def test_every_value_is_in_one_bar(values, scale):
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    assert sum(bar.count for bar in charts.bars(histogram.to_json(), scale)) == len(values)


def test_small_whole_numbers_have_a_bar_each():
    histogram = Histogram()
    for value in (1, 2, 2, 3, 4, 5, 6, 7, 8):
        histogram.add(value)
    bars = charts.bars(histogram.to_json(), "count")
    assert [(bar.tick, bar.count) for bar in bars][:7] == [
        ("1", 1), ("2", 2), ("3", 1), ("4", 1), ("5", 1), ("6", 1), ("7", 1),
    ]  # fmt: skip
    assert bars[-1].label == "8 to 11"


def test_ratios_under_one_have_bars_too():
    histogram = Histogram()
    for value in (0.5, 1, 2.9):
        histogram.add(value)
    assert sum(bar.count for bar in charts.bars(histogram.to_json(), "ratio")) == 3


def test_a_chart_tells_its_bars_in_words_and_escapes_them():
    drawn = charts.svg('<b>"', [Bar("<i>", "1", 5)])
    assert 'aria-label="&lt;b&gt;&quot;. &lt;i&gt;: 5"' in drawn
    assert not re.search(r"<(b|i)>", drawn)


def test_bars_are_as_high_as_what_they_count_and_marks_lie_within():
    drawn = charts.svg("One", [Bar("a", "a", 10), Bar("b", "b", 5), Bar("c", "c", 0)])
    heights = [float(height) for height in re.findall(r"v(-?[0-9.]+)h", drawn)]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.02) and heights[2] == 0
    assert re.findall(r">([^<]+)</text>", drawn) == ["0", "5", "10", "a", "b", "c"]


@given(st.floats(1e-3, 1e12), st.booleans())
def test_marks_are_few_and_start_at_nothing(highest, whole):
    marks = charts._marks(highest, whole)
    assert marks[0] == 0 and marks[-1] <= highest * 1.001 and len(marks) <= 4
    assert len(marks) > 1 or (whole and highest < 1)


def test_two_series_stand_side_by_side_in_percent():
    drawn = charts.pair_svg("Both", [Bar("a", "a", 1), Bar("b", "b", 3)], [Bar("a", "a", 0), Bar("b", "b", 0)])
    assert "A, b: 75.00 %" in drawn and drawn.count("var(--bad)") == 2


@pytest.mark.parametrize(
    ("value", "told"), [(0, "0"), (3, "3"), (0.35, "0.35"), (999, "999"), (1536, "1.5k"), (141e6, "141M")]
)
def test_short_numbers(value, told):
    assert charts.short(value) == told


def test_sizes_have_a_space_and_a_unit():
    assert [charts.size(value) for value in (12, 28_100_000)] == ["12 B", "28 MB"]
