"""Asks a Flamingo about each picture, text or document, and drops by what it finds the likelier answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Literal

from m3w_builder.align.sample import Sample
from m3w_builder.classes import dataclass
from m3w_builder.document import Document
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class AskFlamingo:
    """Asks a model that `m3w train` made: where `drop` is the likelier answer to `prompt` than `keep`, it goes.

    The answers' log-likelihoods decide, as in closed-ended evaluation (arXiv 2204.14198, section 3.3); filtering toxic
    pictures and texts is a use that the paper's datasheet names. The score `asked` is the difference in nats.
    """

    name: ClassVar[str] = "flamingo"
    reasons: ClassVar[Mapping[str, str]] = {
        "answered": "the model finds the answer `drop` likelier than `keep` by more than min_margin nats",
        "undecodable": "the whole picture cannot be decoded, though its reduced scale could",
    }

    checkpoint: str
    """Folder of the model, as `m3w train` and `m3w validate` write it, any fsspec URL."""
    prompt: str
    """What is asked, such as "Question: Is this safe to show to a child? Answer:"."""
    drop: str
    """The answer that drops, such as "no"."""
    keep: str
    """The answer that keeps, such as "yes"."""
    about: Literal["picture", "text", "document"] = "picture"
    """Of each picture alone; of the document's text alone; or of its first pictures and text together."""
    min_margin: float = 0.0
    """By how many nats `drop` must be the likelier."""
    max_pictures: int = 5
    """Most pictures of a document that are shown at once (5 in the paper's training)."""
    max_characters: int = 600
    """Characters of a document's text that are shown, from its beginning."""

    def check(self) -> None:
        """Load the model; raises ConfigError where that cannot be."""
        _load(self.checkpoint)

    def __call__(self, batch: Sequence[Sample], /) -> list[Sample | Drop]:
        return [self.judge(one) for one in batch]

    def judge(self, one: Sample) -> Sample | Drop:
        if self.about == "text":
            return self._whole(one, [])
        pictures = self._pictures(one)
        if self.about == "document":
            return self._whole(one, pictures[: self.max_pictures])
        gone: dict[int, Drop] = {}
        for place, (image, pixels) in enumerate(zip(one.document.images, pictures, strict=True)):
            margin = self.margin([pixels, self.prompt])
            image.scores["asked"] = margin
            if margin > self.min_margin:
                gone[place] = self._answered(margin)
        one.take_out(gone)
        return one

    def margin(self, pieces: list[Any]) -> float:
        """Log-likelihood of `drop` less that of `keep` after pictures and texts, in nats."""
        from m3w_builder.flamingo.evaluate import spaced
        from m3w_builder.flamingo.prompt import lay_out, score

        model, tokenizer = _load(self.checkpoint)
        drop, keep = score(model, tokenizer, lay_out(model, tokenizer, pieces), spaced([self.drop, self.keep]))
        return drop - keep

    def _whole(self, one: Sample, pictures: list[Any]) -> Sample | Drop:
        margin = self.margin([*pictures, f"{self._text(one.document)}\n\n{self.prompt}"])
        one.document.scores["asked"] = margin
        return self._answered(margin) if margin > self.min_margin else one

    def _answered(self, margin: float) -> Drop:
        return Drop("answered", f"{self.drop} by {margin:.2f} nats", margin, self.min_margin)

    def _text(self, document: Document) -> str:
        return document.text[: self.max_characters]

    def _pictures(self, one: Sample) -> list[Any]:
        """The pictures as the model takes them; those that cannot be decoded are taken out."""
        from m3w_builder.flamingo.corpus import decode

        side = _load(self.checkpoint)[0].vision.side
        seen = [decode(body, side) for body in one.bodies]
        bad = {
            place: Drop("undecodable", one.document.images[place].format)
            for place, pixels in enumerate(seen)
            if pixels is None
        }
        one.take_out(bad)
        return [pixels for pixels in seen if pixels is not None]


@lru_cache(maxsize=2)
def _load(folder: str) -> Any:
    """The model and its tokenizer, loaded once a process. Raises ConfigError where there is no checkpoint."""
    from m3w_builder.flamingo import checkpoint

    return checkpoint.load(folder)
