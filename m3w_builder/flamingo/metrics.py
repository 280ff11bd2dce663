"""Metrics of answers: VQA accuracy, CIDEr, ROC AUC, and intervals."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_ARTICLES = {"a", "an", "the"}


def normalised(answer: str) -> str:
    """An answer as VQA compares it: lower case, no punctuation, no articles."""
    return " ".join(word for word in _WORD.findall(answer.lower()) if word not in _ARTICLES)


def vqa_accuracy(answer: str, right: Sequence[str]) -> float:
    """VQAv2's accuracy: the mean over leaving out one annotator of min(1, agreeing others / 3)."""
    given, others = normalised(answer), [normalised(one) for one in right]
    if len(others) == 1:
        return float(given == others[0])
    scores = []
    for left_out in range(len(others)):
        agreeing = sum(other == given for at, other in enumerate(others) if at != left_out)
        scores.append(min(1.0, agreeing / 3))
    return sum(scores) / len(scores)


def grams(text: str, size: int) -> Counter[tuple[str, ...]]:
    """Counts of a text's runs of words."""
    words = _WORD.findall(text.lower())
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def weights(text: str, size: int, frequency: Counter[tuple[str, ...]], top: float) -> dict[tuple[str, ...], float]:
    """tf-idf of a text's runs of words; `top` is the logarithm of the number of pictures."""
    return {g: n * (top - math.log(max(1, frequency[g]))) for g, n in grams(text, size).items()}


def cider(
    given: Sequence[str], right: Sequence[Sequence[str]], sizes: int = 4, sigma: float = 6.0
) -> NDArray[np.float64]:
    """CIDEr-D of each caption (arXiv 1411.5726): tf-idf cosines of 1- to 4-grams, a length penalty, times 10."""
    total = np.zeros(len(given))
    for size in range(1, sizes + 1):
        frequency: Counter[tuple[str, ...]] = Counter()
        for references in right:
            frequency.update({gram for text in references for gram in grams(text, size)})
        documents = math.log(max(2, len(right)))

        for at, (answer, references) in enumerate(zip(given, right, strict=True)):
            mine = weights(answer, size, frequency, documents)
            scores = []
            for text in references:
                theirs = weights(text, size, frequency, documents)
                dot = sum(min(value, theirs[g]) * theirs[g] for g, value in mine.items() if g in theirs)
                norm = math.sqrt(sum(v * v for v in mine.values()) * sum(v * v for v in theirs.values()))
                # Lengths are compared in words, as the reference implementation does.
                apart = len(_WORD.findall(answer)) - len(_WORD.findall(text))
                scores.append(dot / norm * math.exp(-(apart**2) / (2 * sigma**2)) if norm else 0.0)
            total[at] += 10 * sum(scores) / len(scores) / sizes
    return total


def interval(values: NDArray[np.float64], seed: int = 0, draws: int = 1000) -> tuple[float, float]:
    """The 95 % interval of the mean, by bootstrap."""
    if not len(values):
        return 0.0, 0.0
    drawn = values[np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))].mean(1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def roc_auc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The chance that one of the positive scores is above one of the others, equal ones counted half (Mann-Whitney's U
    over all pairs); NaN where all are of one kind."""
    from scipy.stats import rankdata

    many, others = int(positive.sum()), int((~positive).sum())
    if not many or not others:
        return float("nan")
    return float((rankdata(scores)[positive].sum() - many * (many + 1) / 2) / (many * others))


def roc_auc_interval(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], seed: int = 0, draws: int = 1000
) -> tuple[float, float]:
    """Its 95 % interval, by bootstrap over the questions; draws of one kind alone are left out."""
    rows = np.random.default_rng(seed).integers(0, len(scores), (draws, len(scores)))
    low, high = np.nanquantile([roc_auc(scores[row], positive[row]) for row in rows], [0.025, 0.975])
    return float(low), float(high)
