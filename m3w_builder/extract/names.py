"""What tags, class names and ids say for or against content: a table of words, learned by tools/train_extract.py."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[a-z]{2,20}")
PREFIX = 5
"""Letters of a word that is not in the table by which its kin may be."""


def words(tag: str, name: str) -> list[str]:
    """The words of an element: its tag as "<div>", and the words of its class and id, humps parted, in lower case."""
    if not name:
        return [f"<{tag}>"]
    return [f"<{tag}>", *dict.fromkeys(_WORD.findall(_HUMP.sub("-", name).lower()))]


@lru_cache(1)
def table() -> dict[str, float]:
    """Weights by word, or by the PREFIX letters that words begin with, as "relat*"."""
    weights: dict[str, float] = json.loads((Path(__file__).parent / "names.json").read_text())
    return weights


@lru_cache(50_000)
def weight_of(tag: str, name: str) -> float:
    """Log-odds, added up, that what stands in such an element is content; 0 where nothing is known of it."""
    weights = table()
    total = 0.0
    for word in words(tag, name):
        weight = weights.get(word)
        if weight is None and len(word) > PREFIX:
            weight = weights.get(word[:PREFIX] + "*")
        if weight is not None:
            total += weight
    return total
