"""Drops documents that do not read like prose: the quality rules of MassiveText and FineWeb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Text
from m3w_builder.stage import Drop
from m3w_builder.text.repetition import repeated
from m3w_builder.words import words

BULLETS = ("•", "‣", "◦", "⁃", "*", "-", "–", "·", "●", "■", "▪")
ENDS = (".", "!", "?", "…", '"', "”", "'", "’", "»", ")", ":", "。", "！", "？", "」", "』", "؟", "۔", "।", "။", "։")
"""What a line ends with when it is a sentence, in the scripts that have marks for it."""

STOP_WORDS = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})


def prose_of(document: Document) -> str:
    """The text without code, tables and formulas, which rules made for sentences misjudge."""
    blocks = (item for item in document.items if isinstance(item, Text))
    return "\n\n".join(block.text for block in blocks if block.kind not in ("code", "table", "formula"))


def lines_of(text: str) -> list[str]:
    """The lines that are not blank, without space at their ends."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def spaced(tokens: Sequence[str]) -> bool:
    """Whether the script writes spaces: where a fifth of the tokens are single characters of one that does not, no.

    A page about programming in Chinese or Japanese is half Latin: its mean word length says nothing either.
    """
    return sum(len(token) == 1 and token >= "\u0e00" for token in tokens) <= len(tokens) / 5


@dataclass(frozen=True, slots=True)
class Quality:
    """Keeps documents whose prose passes MassiveText's quality rules (arXiv 2112.11446, appendix A.1.1), length apart.

    Mean word length and stop words are asked of the scripts and the language that they were made for.
    """

    name: ClassVar[str] = "quality"
    reasons: ClassVar[Mapping[str, str]] = {
        "word_length": "mean word length is outside min_word_length to max_word_length",
        "symbols": "more than max_symbols hashes or ellipses a word",
        "bullets": "more than max_bullets of the lines begin with a bullet",
        "ellipses": "more than max_ellipses of the lines end with an ellipsis",
        "few_letters": "fewer than min_letters of the words have a letter",
        "few_stop_words": "fewer than min_stop_words different English stop words",
    }

    min_word_length: float = 3.0
    """Least mean length of a word in characters; not asked of scripts that write no spaces."""
    max_word_length: float = 10.0
    """Largest mean length of a word in characters; not asked of scripts that write no spaces."""
    max_symbols: float = 0.1
    """Most hash signs a word, and most ellipses a word."""
    max_bullets: float = 0.9
    """Largest share of lines that begin with a bullet."""
    max_ellipses: float = 0.3
    """Largest share of lines that end with an ellipsis."""
    min_letters: float = 0.8
    """Least share of words with a letter."""
    min_stop_words: int = 2
    """Fewest different words of the, be, to, of, and, that, have, with; asked of English documents only."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        text = prose_of(document)
        lines = lines_of(text)
        tokens = words(text)
        if not tokens:
            return document
        number = len(tokens)
        if spaced(tokens):
            mean = sum(map(len, tokens)) / number
            if not self.min_word_length <= mean <= self.max_word_length:
                limit = self.min_word_length if mean < self.min_word_length else self.max_word_length
                return Drop("word_length", f"{mean:.1f} characters", mean, limit)
        symbols = max(text.count("#"), text.count("...") + text.count("…")) / number
        bullets = sum(line.startswith(BULLETS) for line in lines) / len(lines)
        ellipses = sum(line.endswith(("...", "…")) for line in lines) / len(lines)
        for reason, share, limit in (
            ("symbols", symbols, self.max_symbols),
            ("bullets", bullets, self.max_bullets),
            ("ellipses", ellipses, self.max_ellipses),
        ):
            if share > limit:
                return Drop(reason, f"{share:.2f}", share, limit)
        # A number counts as a word here, as it does in the paper's tokens.
        letters = sum(any(map(str.isalpha, token)) for token in tokens) / number
        if letters < self.min_letters:
            return Drop("few_letters", f"{letters:.0%} of the words", letters, self.min_letters)
        found = len(STOP_WORDS.intersection(token.lower() for token in tokens))
        if document.language == "en" and found < self.min_stop_words:
            return Drop("few_stop_words", f"{found} of them", found, self.min_stop_words)
        return document


@dataclass(frozen=True, slots=True)
class FineWeb:
    """Keeps documents that pass the three rules that FineWeb added (arXiv 2406.17557, section 3.5)."""

    name: ClassVar[str] = "fineweb"
    reasons: ClassVar[Mapping[str, str]] = {
        "few_sentences": "at most min_line_ends of the lines end as a sentence does",
        "duplicate_line_characters": "max_duplicates of the characters or more stand in repeated lines",
        "short_lines": "max_short_lines of the lines or more have fewer than 30 characters",
    }

    min_line_ends: float = 0.12
    """Share of lines that end with a mark of a sentence's end; as much or less drops the document."""
    max_duplicates: float = 0.1
    """Share of characters in lines that repeat an earlier one; as much or more drops the document."""
    max_short_lines: float = 0.67
    """Share of lines of fewer than 30 characters (15 in scripts without spaces); as much or more drops it."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        text = prose_of(document)
        lines = lines_of(text)
        if not lines:
            return document
        ends = sum(line.endswith(ENDS) for line in lines) / len(lines)
        if ends <= self.min_line_ends:
            return Drop("few_sentences", f"{ends:.0%} of the lines", ends, self.min_line_ends)
        duplicates = repeated(lines)[1]
        if duplicates >= self.max_duplicates:
            return Drop("duplicate_line_characters", f"{duplicates:.0%}", duplicates, self.max_duplicates)
        enough = 30 if spaced(words(text)) else 15
        short = sum(len(line) < enough for line in lines) / len(lines)
        if short >= self.max_short_lines:
            return Drop("short_lines", f"{short:.0%} of the lines", short, self.max_short_lines)
        return document
