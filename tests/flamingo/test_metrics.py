"""Tests of the metrics of answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from m3w_builder.flamingo.metrics import cider, interval, normalised, roc_auc, roc_auc_interval, vqa_accuracy


@pytest.mark.parametrize(
    ("answer", "right", "expected"),
    [
        ("red", ["red"] * 10, 1.0),
        ("The red.", ["red"] * 10, 1.0),
        ("blue", ["red"] * 10, 0.0),
        # Three of ten agree: leaving one of these three out leaves two.
        ("red", ["red"] * 3 + ["blue"] * 7, (3 * 2 / 3 + 7 * 1) / 10),
        ("red", ["red"] + ["blue"] * 9, 9 * (1 / 3) / 10),
        ("red", ["Red"], 1.0),
    ],
)
def test_vqa_accuracy_is_the_papers(answer: str, right: list[str], expected: float) -> None:
    assert vqa_accuracy(answer, right) == pytest.approx(expected)


def test_answers_are_compared_without_case_articles_and_punctuation() -> None:
    assert normalised("A  cat, on the Mat!") == "cat on mat"


def test_cider_of_the_reference_itself_is_ten_and_of_other_words_nothing() -> None:
    right = [["a red ball on green grass"], ["two blue boats at sea today"], ["one white moon at night here"]]
    same = cider([texts[0] for texts in right], right)
    assert same == pytest.approx([10.0] * 3)
    assert cider(["nothing of this was said before"] * 3, right) == pytest.approx([0.0] * 3)


def test_cider_by_hand_for_single_words() -> None:
    # Two pictures: each word stands with one of them, weight log 2, or with none, which counts as one.
    values = cider(["red ball", "a box"], [["blue ball"], ["a box"]])
    one_gram = math.log(2) ** 2 / (math.sqrt(2) * math.log(2) * math.sqrt(2) * math.log(2))
    assert values[0] == pytest.approx(10 * one_gram / 4)


def test_cider_is_what_pycocoevalcap_1_2_gives() -> None:
    right = [
        ["a red ball lies on the grass", "the grass bears one red ball", "a ball on green grass"],
        ["two small boats at sea under a grey sky", "two boats sail the sea"],
        ["a brick house with a blue door", "the house of brick has a door that is blue", "a blue door", "house"],
        ["a cat sleeps on a chair"],
        ["three stars in the night sky", "the night sky shows three stars"],
    ]
    given = [
        "a red ball on the grass",
        "two boats at sea",
        "a house with a red door and a red door",
        "a dog sleeps on a chair by the door",
        "three stars in the night sky",
    ]
    assert cider(given, right) == pytest.approx([3.393164, 2.52683, 0.690013, 3.634183, 7.024704], abs=1e-6)


def test_the_interval_holds_the_mean() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, 300)
    low, high = interval(values)
    assert low < values.mean() < high and high - low < 0.05


@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75),  # the example of scikit-learn's documentation
        ([1, 2, 3, 4], [0, 0, 1, 1], 1.0),
        ([4, 3, 2, 1], [0, 0, 1, 1], 0.0),
        ([5, 5, 5], [0, 1, 1], 0.5),
    ],
)
def test_roc_auc_of_known_values(scores: list[float], positive: list[int], expected: float) -> None:
    assert roc_auc(np.array(scores, np.float64), np.array(positive, bool)) == pytest.approx(expected)


def test_roc_auc_is_scikit_learns_and_lies_in_its_interval() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    for _ in range(20):
        positive = np.append(rng.random(38) < 0.3, [True, False])
        scores = np.round(rng.normal(size=40) + positive, 1)  # with ties
        value = roc_auc(scores, positive)
        assert value == pytest.approx(metrics.roc_auc_score(positive, scores))
    low, high = roc_auc_interval(scores, positive, draws=200)
    assert low <= value <= high
    assert math.isnan(roc_auc(np.arange(3.0), np.ones(3, bool)))
