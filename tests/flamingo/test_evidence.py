"""Tests of the verdict: effect size decides, leaks and faults have their names, small corpora decide nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from m3w_builder.flamingo.align import Scan
from m3w_builder.flamingo.config import ValidateConfig
from m3w_builder.flamingo.evidence import Verdict, course, gain, judge

CONFIG = ValidateConfig(least_gain=0.02)
SOUND = Scan(500, {0: 450, -1: 50}, {"following": 0.9}, "", "90 % of pictures belong to the text that follows them")


def figures(net: float, half: float = 0.005, leaked: int = 0, documents: int = 5000) -> dict[str, Any]:
    g = {"nats": net, "low": net - half, "high": net + half}
    return {
        "gains": {"net": g, "swapped": g, "blank": g, "within": g},
        "losses": {"own": 1.0, "swapped": 1.1, "blank": 1.1, "control": 1.05, "within": 1.1},
        "held_out": 300,
        "documents": documents,
        "leaked": leaked,
        "tokens": 9000,
        "words": [{"word": " red", "nats": 1.2, "times": 3}],
    }


@pytest.mark.parametrize(
    ("net", "leaked", "scan", "expected"),
    [
        (0.08, 0, SOUND, "sound"),
        (0.001, 0, SOUND, "weak"),  # significant, and worthless
        (0.08, 100, SOUND, "leaked"),
        (0.08, 0, Scan(500, {-1: 500}, {}, "shifted", "shifted by one"), "shifted"),
        (0.08, 0, Scan(500, {0: 500}, {"following": 0.7}, "", "70 % of pictures"), "mispaired"),
        (0.01, 0, Scan(500, {0: 500}, {"following": 0.7, "settled": 0.9}, "", "70 % of pictures"), "mispaired"),
        (0.01, 0, Scan(500, {0: 500}, {"following": 0.3, "settled": 0.4}, "", "30 % of pictures"), "weak"),
    ],
)
def test_the_verdict(net: float, leaked: int, scan: Scan, expected: str) -> None:
    verdict = judge(figures(net, leaked=leaked), scan, CONFIG)
    assert (verdict.verdict, verdict.ok) == (expected, expected == "sound")
    assert verdict.reason in verdict.text


def test_the_verdict_tells_gains_histogram_and_words() -> None:
    text = judge(figures(0.08), SOUND, CONFIG).text
    for wanted in ("net gain", "+0.080 [+0.075, +0.085]", "90.0 %", "red +1.20", "sound (pass)"):
        assert wanted in text


def test_the_gain_over_training_is_the_controls_loss_less_the_true_models_part_by_part() -> None:
    training = {"true": [4.0, 3.0, 2.0, 1.0], "control": [4.0, 3.1, 2.2, 1.4]}
    assert course(training) == pytest.approx([0.0, 0.1, 0.2, 0.4])
    assert "+0.000 +0.100 +0.200 +0.400" in judge(figures(0.08) | {"training": training}, SOUND, CONFIG).text
    assert "quarters" not in judge(figures(0.08) | {"training": {"true": [], "control": []}}, SOUND, CONFIG).text


def test_a_small_corpus_may_pass_but_is_not_blamed() -> None:
    assert judge(figures(0.08, documents=400), SOUND, CONFIG).verdict == "sound"
    verdict = judge(figures(0.001, documents=400), SOUND, CONFIG)
    assert verdict.verdict == "undecided" and not verdict.ok and "build from more pages" in verdict.reason
    shifted = Scan(500, {-1: 500}, {}, "shifted", "shifted by one")
    assert judge(figures(0.001, documents=400), shifted, CONFIG).verdict == "shifted"


def test_an_undecided_verdict_is_no_pass() -> None:
    assert "not passed" in Verdict(False, "undecided", "too small", {}).text


def test_the_interval_is_over_documents_and_holds_the_gain() -> None:
    generator = np.random.default_rng(1)
    tokens = generator.integers(10, 100, 400).astype(float)
    better = generator.normal(2.0, 0.2, 400) * tokens
    found = gain(better + 0.1 * tokens + generator.normal(0, 3, 400), better, tokens, seed=0)
    assert found.low < 0.1 < found.high and found.high - found.low < 0.02


def test_documents_without_tokens_are_not_counted() -> None:
    assert gain(np.zeros(3), np.zeros(3), np.zeros(3), 0).nats == 0
