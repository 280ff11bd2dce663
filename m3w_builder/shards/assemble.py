"""What a document must still hold when its duplicate pictures are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from m3w_builder.classes import dataclass
from m3w_builder.document import Document
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class Assemble:
    """Keeps documents of `min_pictures` to `max_pictures` pictures that have text."""

    name: ClassVar[str] = "assemble"
    reasons: ClassVar[Mapping[str, str]] = {
        "bad_picture": "a filter of drop_with dropped one of its pictures",
        "no_pictures": "fewer than min_pictures pictures are left",
        "too_many_pictures": "more than max_pictures pictures are left",
        "no_text": "no text is left",
    }

    min_pictures: int = 1
    """Documents left with fewer pictures go; M3W drops pages without any (arXiv 2204.14198, A.3.1). 0 keeps all."""
    max_pictures: int = 0
    """Documents left with more pictures go; OBELICS takes 30 (arXiv 2306.16527, section 3.2). 0 means no limit."""

    drop_with: tuple[str, ...] = ()
    """Names of picture filters, such as nsfw: a document of which one of these drops a picture goes as a whole, as
    OBELICS does with unsafe pictures (arXiv 2306.16527, A.1.5)."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        pictures = len(document.images)
        if pictures < self.min_pictures:
            return Drop("no_pictures", f"{pictures} left, {self.min_pictures} wanted", pictures, self.min_pictures)
        if self.max_pictures and pictures > self.max_pictures:
            return Drop("too_many_pictures", f"{pictures} left", pictures, self.max_pictures)
        return document if document.text.strip() else Drop("no_text")
