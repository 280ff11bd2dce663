"""Drops documents of which a classifier finds too much offensive, where its package is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import ClassVar

from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Text
from m3w_builder.errors import ConfigError
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class Toxicity:
    """Drops English documents by alt-profanity-check's linear model (pip install 'm3w-builder[toxicity]').

    Each paragraph is asked; the score `toxic` is the share of the text in paragraphs that the model finds offensive.
    """

    name: ClassVar[str] = "toxicity"
    reasons: ClassVar[Mapping[str, str]] = {"toxic": "more than max_share of the text is in offensive paragraphs"}

    max_share: float = 0.1
    """Largest share of the characters in paragraphs that are offensive; ours."""
    min_probability: float = 0.8
    """Probability from which a paragraph is offensive, 0 to 1; ours."""
    languages: tuple[str, ...] = ("en",)
    """Languages that are asked: the model was trained on English."""

    def check(self) -> None:
        """Raises ConfigError where the package is not installed."""
        if find_spec("profanity_check") is None:
            raise ConfigError("the model is not installed; pip install 'm3w-builder[toxicity]'")

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        from profanity_check import predict_prob

        texts = [item.text for item in document.items if isinstance(item, Text) and item.text.strip()]
        if not texts or document.language not in self.languages:
            return document
        found = predict_prob(texts)
        bad = sum(len(text) for text, chance in zip(texts, found, strict=True) if chance >= self.min_probability)
        share = bad / sum(map(len, texts))
        document.scores["toxic"] = share
        if share > self.max_share:
            return Drop("toxic", f"{share:.0%} of the text", share, self.max_share)
        return document
