"""Drops documents by words of lists: URLs that announce what they are, and texts full of listed words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from m3w_builder import storage
from m3w_builder.document import Document, words
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class BadWords:
    """Drops documents whose URL or text holds words of lists; whole words only, so that Sussex is no hit."""

    name: ClassVar[str] = "bad_words"
    reasons: ClassVar[Mapping[str, str]] = {
        "url_word": "a word of url_words stands in the URL",
        "text_words": "more than max_share of the words are listed",
    }

    url_words: tuple[str, ...] = ("porn", "xxx", "sex", "nsfw")
    """Words that drop a page where they stand in its URL between marks, in any case (OBELICS bans porn, xxx and
    sex in picture URLs: arXiv 2306.16527, A.1.4, there also inside other words)."""
    lists: tuple[str, ...] = ()
    """Files of words, one a line, any fsspec URL: a list for your language."""
    max_share: float = 0.01
    """Largest share of listed words among a text's words (flagged words in OBELICS: 0.01)."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        parts = set(re.split(r"[^a-z0-9]+", document.url.lower()))
        hit = next((word for word in self.url_words if word in parts), None)
        if hit:
            return Drop("url_word", hit)
        if not self.lists:
            return document
        listed = _read(self.lists)
        tokens = words(document.text.lower())
        share = sum(token in listed for token in tokens) / max(1, len(tokens))
        if share > self.max_share:
            return Drop("text_words", f"{share:.1%} of the words", share, self.max_share)
        return document


@lru_cache(maxsize=4)
def _read(lists: tuple[str, ...]) -> frozenset[str]:
    """The words of some list files, in lower case; lines that begin with # are comments."""
    lines = (line.strip() for name in lists for line in storage.read_bytes(name).decode().splitlines())
    return frozenset(line.lower() for line in lines if line and not line.startswith("#"))
