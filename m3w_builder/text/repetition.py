"""Drops documents that say the same again and again: the repetition rules of MassiveText."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from m3w_builder.document import Document, Text, words
from m3w_builder.stage import Drop

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

    def _measures(self, text: str, tokens: list[str]) -> list[tuple[str, str, float, float]]:
        """(reason, detail, measured share, limit), the cheap ones first."""
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
        line_share, line_characters = repeated(lines)
        paragraph_share, paragraph_characters = repeated(paragraphs)
        lengths = [len(token) for token in tokens]
        total = sum(lengths)
        times = characters_a_word(tokens)
        return [
            ("duplicate_lines", "", line_share, 0.30),
            ("duplicate_line_characters", "", line_characters, 0.20),
            ("duplicate_paragraphs", "", paragraph_share, 0.30),
            ("duplicate_paragraph_characters", "", paragraph_characters, 0.20),
            *(("top_ngram", f"{n}-gram", top_share(tokens, n * times, total), most) for n, most in TOP),
            *(
                ("duplicate_ngrams", f"{n}-grams", repeated_share(tokens, lengths, n * times, total), most)
                for n, most in DUPLICATE
            ),
        ]


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


def top_share(tokens: list[str], n: int, total: int) -> float:
    """The share of characters that the most frequent n-gram covers; one that stands once covers nothing."""
    grams = Counter(zip(*(tokens[start:] for start in range(n)), strict=False))
    gram, number = grams.most_common(1)[0] if grams else ((), 0)
    return number * sum(map(len, gram)) / max(1, total) if number > 1 else 0.0


def repeated_share(tokens: list[str], lengths: list[int], n: int, total: int) -> float:
    """The share of characters in n-grams that stand more than once, each token counted once."""
    grams = list(zip(*(tokens[start:] for start in range(n)), strict=False))
    counts = Counter(grams)
    covered, end = 0, 0
    for start, gram in enumerate(grams):
        if counts[gram] > 1:
            covered += sum(lengths[max(start, end) : start + n])
            end = start + n
    return covered / max(1, total)
