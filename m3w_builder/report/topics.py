"""What a corpus is about: a simple topic model (non-negative matrix factorisation) of a random sample, seeded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from m3w_builder.document import words

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


def topics(texts: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """For each of the languages: documents looked at, and topics with their share of these and their first words."""
    by_language: defaultdict[str, list[str]] = defaultdict(list)
    for language, text in texts:
        by_language[language or "unknown"].append(text[:LETTERS])
    ranked = sorted(by_language.items(), key=lambda item: (-len(item[1]), item[0]))[:LANGUAGES]
    return [
        {"language": language, "documents": len(found), "topics": of_language(found)}
        for language, found in ranked
        if len(found) >= LEAST
    ]


def of_language(texts: list[str]) -> list[dict[str, Any]]:
    """Topics of documents of one language, largest share first."""
    import numpy as np
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(tokenizer=terms, token_pattern=None, lowercase=False, max_df=0.25, min_df=4,
                              max_features=4000, sublinear_tf=True)  # fmt: skip
    try:
        table = vectors.fit_transform(texts)
    except ValueError:  # no word stands in some documents and not in most
        return []
    number = min(MOST_TOPICS, len(texts) // 25, min(table.shape))
    model = NMF(number, init="nndsvd", random_state=0, max_iter=500, tol=1e-3)
    shares = model.fit_transform(table)
    said = shares.max(axis=1) > 0
    counts = np.bincount(shares[said].argmax(axis=1), minlength=number)
    names = vectors.get_feature_names_out()
    return [
        {"share": round(float(counts[topic]) / len(texts), 4),
         "words": [str(names[place]) for place in model.components_[topic].argsort()[::-1][:SHOWN]]}
        for topic in counts.argsort(kind="stable")[::-1]
        if counts[topic]
    ]  # fmt: skip


def terms(text: str) -> list[str]:
    """The words that can say what a text is about: of three letters or more, or pairs where no spaces are written."""
    found = words(text.lower())
    plain = [word for word in found if len(word) > 2 and not word.isdigit()]
    pairs = [a + b for a, b in pairwise(found) if len(a) == len(b) == 1 and ord(min(a, b)) > 0x2E80]
    return plain + pairs
