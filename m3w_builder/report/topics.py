"""What a corpus is about: a simple topic model (non-negative matrix factorisation) of a random sample, seeded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from m3w_builder.report import factors
from m3w_builder.words import letter_pairs, tally

DOCUMENTS = 1500
"""Documents that are drawn for the model."""
LEAST = 100
"""Fewest drawn documents of a language for which topics are told: of fewer they tell chance."""
LANGUAGES = 3
"""Languages, most documents first, whose topics are told: words of several would make topics of themselves."""
MOST_TOPICS = 8
SHOWN = 8
"""Words of a topic."""
LETTERS = 20_000
"""Characters of a document that are looked at."""
_UNSPACED = "\u2e80"
"""Above it stand the scripts that write no spaces."""


def spoken(languages: Iterable[str]) -> set[str]:
    """The languages whose topics are told, of each document's."""
    counts = Counter(languages)
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:LANGUAGES]
    return {language for language, number in ranked if number >= LEAST}


def topics(texts: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """For each of the languages: documents looked at, and topics with their share of these and their first words."""
    by_language: defaultdict[str, list[str]] = defaultdict(list)
    for language, text in texts:
        by_language[language].append(text[:LETTERS])
    chosen = spoken(language for language, found in by_language.items() for _ in found)
    return [
        {"language": language or "unknown", "documents": len(found), "topics": of_language(found)}
        for language, found in sorted(by_language.items(), key=lambda one: (-len(one[1]), one[0]))
        if language in chosen
    ]


def of_language(texts: list[str]) -> list[dict[str, Any]]:
    """Topics of documents of one language, largest share first."""
    table, names = factors.weighed((terms(text) for text in texts), least=4, share=0.25, most=4000)
    number = min(MOST_TOPICS, len(texts) // 25, *table.shape)
    if not number:  # no word stands in some documents and not in most
        return []
    shares, told = factors.factors(table, number)
    said = shares.max(axis=1) > 0
    counts = np.bincount(shares[said].argmax(axis=1), minlength=number)
    return [
        {"share": round(float(counts[topic]) / len(texts), 4),
         "words": [names[place] for place in told[:, topic].argsort()[::-1][:SHOWN]]}
        for topic in counts.argsort(kind="stable")[::-1]
        if counts[topic]
    ]  # fmt: skip


def terms(text: str) -> Counter[str]:
    """The words that can say what a text is about: of three letters or more, or pairs where no spaces are written."""
    counted = tally()
    counted.add(text)
    found = counted.taken()
    plain: Counter[str] = Counter()
    dict.update(plain, {word: number for word, number in found.items() if len(word) > 2 and not word.isdigit()})
    if found and max(found) > _UNSPACED:  # which is seldom so, and soon seen
        plain.update(letter_pairs(text.lower(), _UNSPACED))
    return plain
