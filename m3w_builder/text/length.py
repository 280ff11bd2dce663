"""Drops documents with too few or too many words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from m3w_builder.classes import dataclass
from m3w_builder.document import Document
from m3w_builder.stage import Drop
from m3w_builder.words import word_count


@dataclass(frozen=True, slots=True)
class Length:
    """Keeps documents of `min_words` to `max_words` words, both included; scripts without spaces count by character."""

    name: ClassVar[str] = "length"
    reasons: ClassVar[Mapping[str, str]] = {
        "too_short": "fewer than min_words words",
        "too_long": "more than max_words words",
    }

    min_words: int = 50
    """Fewest words (MassiveText, arXiv 2112.11446, appendix A.1.1)."""
    max_words: int = 100_000
    """Most words (MassiveText, arXiv 2112.11446, appendix A.1.1)."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        number = word_count(document.text)
        if number < self.min_words:
            return Drop("too_short", f"{number} words", number, self.min_words)
        if number > self.max_words:
            return Drop("too_long", f"{number} words", number, self.max_words)
        return document
