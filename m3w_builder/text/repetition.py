"""Drops documents that say the same again and again: the repetition rules of MassiveText."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
import xxhash

from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Text
from m3w_builder.stage import Drop
from m3w_builder.words import words

TOP = ((2, 0.20), (3, 0.18), (4, 0.16))
"""(n, most): share of the characters in the most frequent n-gram (arXiv 2112.11446, table A1)."""

DUPLICATE = ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
"""(n, most): share of the characters in n-grams that stand more than once (arXiv 2112.11446, table A1)."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """Keeps documents whose repeated lines, paragraphs and n-grams stay under MassiveText's limits, times `scale`.

    Prose is judged: code and tables repeat by nature. Where words are single characters, since the script writes no
    spaces, n-grams are twice as long: a word of Chinese or Japanese has about two characters.
    """

    name: ClassVar[str] = "repetition"
    reasons: ClassVar[Mapping[str, str]] = {
        "duplicate_lines": "share of lines that repeat an earlier one",
        "duplicate_line_characters": "share of characters in such lines",
        "duplicate_paragraphs": "share of paragraphs that repeat an earlier one",
        "duplicate_paragraph_characters": "share of characters in such paragraphs",
        "top_ngram": "share of characters in the most frequent 2-, 3- or 4-gram",
        "duplicate_ngrams": "share of characters in 5- to 10-grams that stand more than once",
    }

    scale: float = 1.0
    """Every limit is multiplied by this: 2 is twice as lenient."""
    min_words: int = 50
    """Documents of fewer words are not judged: their shares say nothing."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        prose = [item.text for item in document.items if isinstance(item, Text) and item.kind not in ("code", "table")]
        text = "\n\n".join(prose)
        tokens = words(text.lower())
        if len(tokens) < self.min_words:
            return document
        for reason, detail, value, limit in self._measures(text, tokens):
            if value > limit * self.scale:
                return Drop(reason, detail, round(value, 4), limit * self.scale)
        return document

    def _measures(self, text: str, tokens: list[str]) -> Iterator[tuple[str, str, float, float]]:
        """(reason, detail, measured share, limit), the cheap ones first."""
        share, characters = repeated([line.strip() for line in text.split("\n") if line.strip()])
        yield "duplicate_lines", "", share, 0.30
        yield "duplicate_line_characters", "", characters, 0.20
        share, characters = repeated([part.strip() for part in text.split("\n\n") if part.strip()])
        yield "duplicate_paragraphs", "", share, 0.30
        yield "duplicate_paragraph_characters", "", characters, 0.20
        numbers, ends = numbered(tokens), ends_of(tokens)
        total, times = int(ends[-1]), characters_a_word(tokens)
        for n, most in TOP:
            yield "top_ngram", f"{n}-gram", top_share(numbers, ends, n * times, total), most
        for n, most in DUPLICATE:
            yield "duplicate_ngrams", f"{n}-grams", repeated_share(numbers, ends, n * times, total), most


def ends_of(tokens: Sequence[str]) -> np.ndarray:
    """Characters up to and with each token, after a leading 0."""
    return np.cumsum([0, *map(len, tokens)])


def characters_a_word(tokens: list[str]) -> int:
    """2 where most tokens are single characters, as in scripts that write no spaces; else 1."""
    return 2 if sum(map(len, tokens)) < 2 * len(tokens) else 1


def repeated(parts: list[str]) -> tuple[float, float]:
    """The share of parts, and of their characters, that repeat an earlier part."""
    seen: set[str] = set()
    number = characters = 0
    for part in parts:
        if part in seen:
            number += 1
            characters += len(part)
        seen.add(part)
    return number / max(1, len(parts)), characters / max(1, sum(map(len, parts)))


def numbered(tokens: Sequence[str]) -> np.ndarray:
    """64 bits for each token, the same for the same token."""
    names: dict[str, int] = {}
    for token in tokens:
        if token not in names:
            names[token] = xxhash.xxh3_64_intdigest(token.encode("utf-8", "surrogatepass"))
    return np.fromiter((names[token] for token in tokens), np.uint64, len(tokens))


def _grams(numbers: np.ndarray, n: int) -> np.ndarray:
    """64 bits for each n-gram; two that differ share them with the chance of a collision, some 1e-13 a document."""
    grams = np.zeros(max(0, len(numbers) - n + 1), np.uint64)
    for start in range(n if len(grams) else 0):
        grams = grams * np.uint64(0x9E3779B97F4A7C15) + numbers[start : start + len(grams)]
    return grams


def top_share(numbers: np.ndarray, ends: np.ndarray, n: int, total: int) -> float:
    """The share of characters that the most frequent n-gram covers; one that stands once covers nothing.

    numbers: of `numbered`. ends: characters up to and with each token, after a leading 0.
    """
    grams = _grams(numbers, n)
    if not len(grams):
        return 0.0
    _, first, counts = np.unique(grams, return_index=True, return_counts=True)
    most = int(counts.max())
    start = int(first[counts == most].min())  # of several, the one that stands first
    return most * int(ends[start + n] - ends[start]) / max(1, total) if most > 1 else 0.0


def repeated_share(numbers: np.ndarray, ends: np.ndarray, n: int, total: int) -> float:
    """The share of characters in n-grams that stand more than once, each token counted once; see `top_share`."""
    _, inverse, counts = np.unique(_grams(numbers, n), return_inverse=True, return_counts=True)
    covered, end = 0, 0
    for start in np.flatnonzero(counts[inverse] > 1).tolist() if len(counts) < len(inverse) else ():
        covered += int(ends[start + n] - ends[max(start, end)])
        end = start + n
    return covered / max(1, total)
