"""A document as the sequence that Flamingo reads: a random window, its first pictures, and who looks at what.

`<BOS>text<EOC><image>text<EOC><image>text<EOC>` (arXiv 2204.14198, section 3.1 and appendix A.3.1).
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from m3w_builder.document import Document, Image, Text

NO_LOSS = -100
"""The label of a token on which no loss is counted."""


class Tokenizer(Protocol):
    """What is asked of a tokenizer: text to numbers, and the numbers of four marks."""

    end_of_text: int
    image: int
    end_of_chunk: int
    pad: int

    def encode(self, text: str) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class SequenceConfig:
    """The paper's sampling."""

    tokens: int = 256
    """Most tokens of a sequence (L, appendix A.3.1)."""
    pictures: int = 5
    """Most pictures of a sequence (N, appendix A.3.1)."""
    next_probability: float = 0.5
    """Chance, drawn once a document, that texts look at the picture after them instead of the one before (A.3.1)."""
    loss_before_pictures: bool = False
    """Whether tokens that see no picture count in the loss."""


@dataclass(slots=True)
class Sequence:
    """T tokens of one document: `looks_at` is the place in `images` of the picture that a token sees, -1 for none."""

    tokens: list[int] = field(default_factory=list)
    looks_at: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)


def sequence(document: Document, tokenizer: Tokenizer, random: Random, config: SequenceConfig) -> Sequence:
    """A random window of the document. A window without a picture begins at one, if the document has any."""
    tokens, images = laid_out(document, tokenizer)
    marks = [place for place, token in enumerate(tokens) if token == tokenizer.image]
    start = random.randrange(max(1, len(tokens) - config.tokens + 1))
    if marks and not any(start <= mark < start + config.tokens for mark in marks):
        start = random.choice(marks)
    end = min(len(tokens), start + config.tokens)
    inside = [number for number, mark in enumerate(marks) if start <= mark < end]
    if len(inside) > config.pictures:
        end = marks[inside[config.pictures]]
        inside = inside[: config.pictures]
    window = tokens[start:end]
    ahead = random.random() < config.next_probability
    looks_at = looked_at(window, tokenizer.image, ahead)
    silent = (tokenizer.image, tokenizer.pad)
    labels = [
        NO_LOSS if token in silent or (seen < 0 and not config.loss_before_pictures) else token
        for token, seen in zip(window, looks_at, strict=True)
    ]
    return Sequence(window, looks_at, labels, [images[number] for number in inside])


def laid_out(document: Document, tokenizer: Tokenizer) -> tuple[list[int], list[Image]]:
    """The whole document as tokens, and its pictures in the order of their marks."""
    tokens = [tokenizer.end_of_text]
    images: list[Image] = []
    gathered: list[str] = []
    for item in document.items:
        if isinstance(item, Text):
            gathered.append(item.text)
        elif isinstance(item, Image):
            tokens += tokenizer.encode("\n\n".join(gathered)) if gathered else []
            gathered = []
            if len(tokens) > 1:
                tokens.append(tokenizer.end_of_chunk)
            tokens.append(tokenizer.image)
            images.append(item)
    tokens += tokenizer.encode("\n\n".join(gathered)) if gathered else []
    return [*tokens, tokenizer.end_of_chunk], images


def looked_at(tokens: Items[int], image: int, ahead: bool = False) -> list[int]:
    """For each token the picture that it sees: the last one up to it, or with `ahead` the first after it; -1 for none.

    A mark sees its own picture either way (section 2.4 and figure 7).
    """
    seen, place = [], -1
    for token in tokens:
        place += token == image
        seen.append(place)
    if not ahead:
        return seen
    last = place
    moved = [number if token == image else number + 1 for number, token in zip(seen, tokens, strict=True)]
    return [number if number <= last else -1 for number in moved]
