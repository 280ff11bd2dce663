"""Statistics merge to what they would be in one go, and quantiles are off by no more than they say."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.document import Document, Image, Source, Text, Video
from m3w_builder.report import statistics
from m3w_builder.report.statistics import STEPS, Histogram, Statistics

NUMBERS = st.lists(st.integers(1, 10**7), min_size=1, max_size=200)


def page(number: int) -> Document:
    items = [
        Text("one two three"),
        Image("a", width=100 + number, height=50, bytes=1000, format="jpeg"),
        Text("four"),
        Video("v"),
    ]
    return Document(
        f"u{number}", items * (1 + number % 3), host=f"h{number % 4}", language="en", source=Source(fetched="2024-05")
    )


def of(pages):
    made = Statistics()
    for one in pages:
        made.add_document(one)
    return made


@given(st.integers(0, 20), st.integers(0, 20))
def test_two_halves_merge_to_the_whole(first, second):
    pages = [page(number) for number in range(first + second)]
    merged = of(pages[:first])
    merged.merge(Statistics.from_json(json.loads(json.dumps(of(pages[first:]).to_json()))))
    assert merged.to_json() == of(pages).to_json()


@given(NUMBERS, st.sampled_from([0.05, 0.5, 0.95]))
def test_a_quantile_is_within_its_stated_error(numbers, share):
    histogram = Histogram()
    for number in numbers:
        histogram.add(number)
    exact = sorted(numbers)[max(0, -int(-share * len(numbers) // 1) - 1)]
    assert exact / 2 ** (0.5 / STEPS) * 0.999 <= histogram.quantile(share) <= exact * 2 ** (0.5 / STEPS) * 1.001


def test_what_is_counted_of_a_document():
    made = of([page(0)]).to_json()
    assert made["sums"] == {
        "characters": 17, "documents": 1, "images": 1, "picture_bytes": 1000, "texts": 2, "videos": 1, "words": 4,
    }  # fmt: skip
    assert made["counters"]["years"] == {"2024": 1}
    assert made["histograms"]["words_between_pictures"] == {"50": 1}


@given(st.lists(st.lists(st.sampled_from([f"{name}.test" for name in range(30)]), max_size=40), max_size=8))
def test_names_of_many_partitions_are_counted_too_low_by_no_more_than_stated(parts):
    total, truth = Statistics(), Counter(name for part in parts for name in part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "TOP", 5)
        for part in parts:
            one = Statistics()
            one.counters["hosts"].update(part)
            total.merge(one)
    assert len(total.counters["hosts"]) <= 2 * 5
    for name, number in truth.items():
        assert number - total.errors["hosts"] <= total.counters["hosts"][name] <= number
