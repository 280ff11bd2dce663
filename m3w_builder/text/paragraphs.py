"""Takes single paragraphs out of documents: the line rules of C4 and the node rules of OBELICS."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from math import isqrt
from typing import ClassVar

from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Text
from m3w_builder.stage import Drop
from m3w_builder.text.quality import ENDS
from m3w_builder.text.repetition import characters_a_word
from m3w_builder.text.words import listed
from m3w_builder.words import words

_POLICY = re.compile(
    r"terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies|enable javascript",
    re.IGNORECASE,
)

_MARKS = ",;:?!.，、；：？！。．،؛؟।"
"""OBELICS' six, and what stands for them in other scripts."""

_SENTENCE = re.compile(r"""[.!?…؟۔।։]+["'”’»)\]]*(?=\s|$)|[。！？]+""")


@dataclass(frozen=True, slots=True)
class C4:
    """C4's line rules (arXiv 1910.10683, section 2.2), on paragraphs: headings, lists, code and tables stay.

    C4 takes out every line that says JavaScript; here those that ask to enable it.
    """

    name: ClassVar[str] = "c4"
    reasons: ClassVar[Mapping[str, str]] = {
        "lorem_ipsum": "the text holds 'lorem ipsum'",
        "curly_bracket": "the text outside code holds a curly bracket",
        "few_sentences": "fewer than min_sentences sentences are left",
    }

    min_words: int = 5
    """Paragraphs of fewer words go."""
    sentence_end: bool = True
    """Paragraphs that do not end as a sentence does go. FineWeb found this rule to cost more than it gives."""
    curly_bracket: bool = False
    """Drop documents with a curly bracket outside code, as C4 does: most pages about programming go with it."""
    min_sentences: int = 1
    """Documents left with fewer sentences go, by the marks at their ends; a paragraph that stays is one at least
    (3: C4; 5: datatrove, with which FineWeb was made)."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        texts = [item for item in document.items if isinstance(item, Text)]
        if any("lorem ipsum" in item.text.lower() for item in texts):
            return Drop("lorem_ipsum")
        if self.curly_bracket and any("{" in item.text for item in texts if item.kind not in ("code", "formula")):
            return Drop("curly_bracket")
        gone = {id(item) for item in texts if item.kind == "paragraph" and self._poor(item.text)}
        left = sum(sentences(item) for item in texts if id(item) not in gone)
        if texts and left < self.min_sentences:
            return Drop("few_sentences", f"{left} sentences left", left, self.min_sentences)
        document.items = [item for item in document.items if id(item) not in gone]
        return document

    def _poor(self, text: str) -> bool:
        if self.sentence_end and not text.rstrip().endswith(ENDS):
            return True
        return len(words(text)) < self.min_words or _POLICY.search(text) is not None


@dataclass(frozen=True, slots=True)
class Obelics:
    """OBELICS' rules for paragraphs and for documents (arXiv 2306.16527, A.2), without perplexity and common words.

    Paragraphs that fail are taken out; captions, headings, code, tables and formulas are not asked. Stop words are
    asked of English alone, flagged words are the filter `bad_words`'.
    """

    name: ClassVar[str] = "obelics"
    reasons: ClassVar[Mapping[str, str]] = {
        "too_few_words": "fewer than min_words words are left",
        "too_many_words": "more than max_words words are left",
        "repeated_characters": "more than max_repeated_characters of the 10-character runs are the same few",
        "repeated_words": "more than max_repeated_words of the 5-word runs stand more than once",
        "special_characters": "more than max_special of the characters are no letters",
        "few_stop_words": "less than min_stop_words of the words are function words",
        "little_punctuation": "less than min_punctuation of the words and marks are punctuation marks",
    }

    min_words: int = 10
    """Fewest words of a document."""
    max_words: int = 2000
    """Most words of a document."""
    max_repeated_characters: float = 0.1
    """Largest share of runs of 10 characters that are among the most frequent ones and repeated."""
    max_repeated_words: float = 0.2
    """Largest share of runs of 5 words that stand more than once."""
    max_special: float = 0.275
    """Largest share of a document's characters that are no letters: digits, marks, spaces."""
    min_punctuation: float = 0.03
    """Least share of punctuation marks among a document's words and marks."""
    min_stop_words: float = 0.35
    """Least share of function words among an English document's words; by our list, not OBELICS'."""
    paragraph_min_words: int = 4
    """Fewest words of a paragraph."""
    paragraph_max_words: int = 1000
    """Most words of a paragraph."""
    paragraph_max_repeated: float = 0.1
    """Largest share of repeated runs of 10 characters, and of 5 words, in a paragraph."""
    paragraph_max_special: float = 0.3
    """Largest share of a paragraph's characters that are no letters: digits, marks, spaces."""
    paragraph_min_punctuation: float = 0.001
    """Least share of punctuation marks among a paragraph's words and marks; asked from 12 words up."""

    paragraph_min_stop_words: float = 0.3
    """Least share of function words among an English paragraph's words; asked from 12 words up."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        english = document.language == "en"
        document.items = [item for item in document.items if not (isinstance(item, Text) and self._poor(item, english))]
        text = document.text
        tokens = words(text)
        if len(tokens) < self.min_words:
            return Drop("too_few_words", f"{len(tokens)} words", len(tokens), self.min_words)
        if len(tokens) > self.max_words:
            return Drop("too_many_words", f"{len(tokens)} words", len(tokens), self.max_words)
        for reason, share, limit in (
            ("repeated_characters", character_repetition(text), self.max_repeated_characters),
            ("repeated_words", word_repetition(tokens), self.max_repeated_words),
            ("special_characters", special(text), self.max_special),
        ):
            if share > limit:
                return Drop(reason, f"{share:.1%}", share, limit)
        if english and (share := stop_words(tokens)) < self.min_stop_words:
            return Drop("few_stop_words", f"{share:.1%}", share, self.min_stop_words)
        if punctuation(text) < self.min_punctuation:
            return Drop("little_punctuation", f"{punctuation(text):.1%}", punctuation(text), self.min_punctuation)
        return document

    def _poor(self, item: Text, english: bool) -> bool:
        if item.kind not in ("paragraph", "list", "quote"):
            return False
        tokens = words(item.text)
        number = len(tokens)
        return (
            not self.paragraph_min_words <= number <= self.paragraph_max_words
            or special(item.text) > self.paragraph_max_special
            or character_repetition(item.text) > self.paragraph_max_repeated
            or word_repetition(tokens) > self.paragraph_max_repeated
            or (number >= 12 and punctuation(item.text) < self.paragraph_min_punctuation)
            or (number >= 12 and english and stop_words(tokens) < self.paragraph_min_stop_words)
        )


def sentences(item: Text) -> int:
    """Sentences of a text, by the marks at their ends; none of headings, code, tables and formulas."""
    if item.kind in ("heading", "code", "table", "formula"):
        return 0
    return max(len(_SENTENCE.findall(item.text)), item.kind == "paragraph")


def character_repetition(text: str, length: int = 10) -> float:
    """The share of runs of `length` characters that are among the √n most frequent and stand more than once.

    As the ROOTS corpus measures it (arXiv 2303.03915, appendix), on whose filters OBELICS builds.
    """
    counts = Counter(text[start : start + length] for start in range(len(text) - length + 1))
    frequent = [number for _, number in counts.most_common(isqrt(len(counts))) if number > 1]
    return sum(frequent) / max(1, counts.total())


def word_repetition(tokens: Sequence[str], length: int = 5) -> float:
    """The share of runs of `length` words that stand more than once (same source); twice as long without spaces."""
    tokens = [token.lower() for token in tokens]
    length *= characters_a_word(tokens)
    counts = Counter(zip(*(tokens[start:] for start in range(length)), strict=False))
    return sum(number for number in counts.values() if number > 1) / max(1, counts.total())


def stop_words(tokens: Sequence[str]) -> float:
    """The share of English function words among the words."""
    whole, _ = listed(("stop",), "en")
    return sum(token.lower() in whole for token in tokens) / max(1, len(tokens))


def special(text: str) -> float:
    """The share of characters that are no letters: spaces count, as in the ROOTS corpus' list of special characters."""
    return sum(unicodedata.category(character)[0] not in "LM" for character in text) / max(1, len(text))


def punctuation(text: str) -> float:
    """The share of punctuation marks among words and punctuation marks together, as OBELICS' code counts them: hyphens,
    quotes and brackets are none."""
    marks = sum(map(text.count, _MARKS))
    return marks / max(1, marks + len(words(text)))
