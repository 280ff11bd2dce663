"""Documents as the windows that Flamingo is trained on (arXiv 2204.14198, section 3.1 and appendix A.3.1).

`<BOS>text<EOC><image>text<EOC><image>text<EOC>`: a mark at each picture's place, an end of chunk before every picture
and at the end. Of a document a random window of L tokens is taken, with the first N pictures in it. Pure: neither torch
nor files. Shape letters: T tokens.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Image, Text, by_similarity

NOTHING = -100
"""The label of a token on which no loss is counted."""


class Tokenizer(Protocol):
    """What is asked of a tokenizer; `Marked` makes one of any callable."""

    @property
    def pad(self) -> int: ...

    @property
    def end_of_text(self) -> int: ...

    @property
    def image(self) -> int: ...

    @property
    def end_of_chunk(self) -> int: ...

    def encode(self, text: str) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Marked:
    """A tokenizer of any callable, such as a Hugging Face one's, and the numbers of the four marks."""

    encode: Callable[[str], list[int]]
    pad: int
    end_of_text: int
    """Begins a document."""
    image: int
    """Stands at a picture's place."""
    end_of_chunk: int
    """Stands before each picture and at the end."""


def of_hugging_face(
    tokenizer: Any,
    *,
    image: str = "<image>",
    end_of_chunk: str = "<|endofchunk|>",
    end_of_text: str = "<|endoftext|>",
    pad: str = "<|pad|>",
) -> Marked:
    """A Hugging Face tokenizer, of `tokenizers` or a fast one of `transformers`, with the marks that it lacks added.

    A model's embedding must then have `get_vocab_size()` (or `len(tokenizer)`) rows.
    """
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    backend.add_special_tokens([image, end_of_chunk, end_of_text, pad])
    numbers = {name: backend.token_to_id(name) for name in (image, end_of_chunk, end_of_text, pad)}

    def encode(text: str) -> list[int]:
        return list(backend.encode(text, add_special_tokens=False).ids)

    return Marked(encode, numbers[pad], numbers[end_of_text], numbers[image], numbers[end_of_chunk])


@dataclass(frozen=True, slots=True)
class Sampling:
    """How windows are drawn."""

    length: int = 256
    """Tokens of a window, marks included (L in the paper)."""
    max_pictures: int = 5
    """Most pictures of a window (N in the paper); it ends before the next one."""
    next_probability: float = 0.5
    """Share of documents whose text looks at the next picture instead of the previous one (p_next in the paper)."""
    blind_labels: bool = False
    """Whether loss is counted on tokens that see no picture, such as those before the first."""
    order: Literal["page", "similarity"] = "page"
    """Pictures where they stand on the page, or, where the build aligned them, before the text they belong to."""

    def __post_init__(self) -> None:
        if self.length < 4 or self.max_pictures < 1:
            raise ValueError("a window wants 4 tokens or more and 1 picture or more")
        if not 0 <= self.next_probability <= 1:
            raise ValueError(f"next_probability is {self.next_probability}, wants 0 to 1")


@dataclass(slots=True)
class Line:
    """A whole document in tokens: `places` are where its `<image>` marks stand, `parts` are the pictures' parts."""

    tokens: list[int]
    places: list[int]
    parts: list[str]


@dataclass(slots=True)
class Window:
    """A part of a document to train on, before padding."""

    tokens_T: NDArray[np.int64]
    looks_at_T: NDArray[np.int64]
    """Which of `parts` a token sees; -1 for none."""
    labels_T: NDArray[np.int64]
    """The tokens themselves (a model shifts them), -100 on `<image>` and where no picture is seen."""
    parts: list[str]
    """The window's pictures in order, as the document's items name them."""


def line(document: Document, tokenizer: Tokenizer, order: Literal["page", "similarity"] = "page") -> Line:
    """All of a document in tokens. Marks that its text forges are left out; blocks are parted by a blank line."""
    marks = (tokenizer.image, tokenizer.end_of_chunk, tokenizer.end_of_text, tokenizer.pad)
    found = Line([tokenizer.end_of_text], [], [])
    texts: list[str] = []

    def flush() -> None:
        if texts:
            found.tokens += [token for token in tokenizer.encode("\n\n".join(texts)) if token not in marks]
            texts.clear()

    for item in document.items if order == "page" else by_similarity(document):
        if isinstance(item, Text):
            texts.append(item.text)
        elif isinstance(item, Image):
            flush()
            if len(found.tokens) > 1:  # an end of chunk ends something: not the bare beginning
                found.tokens.append(tokenizer.end_of_chunk)
            found.places.append(len(found.tokens))
            found.parts.append(item.part)
            found.tokens.append(tokenizer.image)
    flush()
    found.tokens.append(tokenizer.end_of_chunk)
    return found


def looks_at(places: list[int], length: int, to_next: bool) -> NDArray[np.int64]:
    """Which picture each of `length` tokens sees, where `places` are the marks: figure 7 of the paper.

    A mark and all up to the next mark see the mark's picture; what stands before the first mark sees none (-1). With
    `to_next` every index moves by one, the marks' too, since the first word behind a mark is predicted at the mark:
    what stands before a mark sees its picture, what stands from the last mark on sees none.
    """
    seen = np.searchsorted(np.array(places, np.int64), np.arange(length), side="right") - 1
    if to_next:
        seen += 1
        seen[seen == len(places)] = -1
    return seen.astype(np.int64)


def window(whole: Line, start: int, to_next: bool, sampling: Sampling, image: int) -> Window:
    """The window of a document that begins at token `start`; `image` is the mark's number."""
    first = bisect_left(whole.places, start)
    end = min(start + sampling.length, len(whole.tokens))
    last = bisect_left(whole.places, end)
    if last - first > sampling.max_pictures:
        # Text behind a picture that is left out must not look at another one: the window ends there.
        last = first + sampling.max_pictures
        end = whole.places[last]
    tokens = np.array(whole.tokens[start:end], np.int64)
    seen = looks_at([place - start for place in whole.places[first:last]], len(tokens), to_next)
    blind = tokens == image
    if not sampling.blind_labels:
        blind |= seen < 0
    return Window(tokens, seen, np.where(blind, NOTHING, tokens), whole.parts[first:last])


def draw(whole: Line, sampling: Sampling, seed: str, image: int) -> Window | None:
    """A random window with a picture and a label in it, the same for the same seed; None where there is none.

    The start is uniform over those that leave the window full and a picture inside; where what was drawn has nothing
    to learn from (its only mark stands last, say), it is drawn again.
    """
    generator = random.Random(seed)
    to_next = generator.random() < sampling.next_probability
    starts = _starts(whole.places, max(0, len(whole.tokens) - sampling.length), sampling.length)
    for _ in range(16 if starts else 0):
        drawn = window(whole, _pick(starts, generator), to_next, sampling, image)
        # The first token is never predicted: a label there alone is none.
        if (drawn.labels_T[1:] != NOTHING).any():
            return drawn
    return None


def _starts(places: list[int], latest: int, length: int) -> list[tuple[int, int]]:
    """Ranges of starts (both included, apart from each other) whose window holds a mark."""
    ranges: list[tuple[int, int]] = []
    for place in places:
        low, high = max(0, place - length + 1), min(place, latest)
        if ranges and low <= ranges[-1][1]:
            low = ranges[-1][1] + 1
        if low <= high:
            ranges.append((low, high))
    return ranges


def _pick(ranges: list[tuple[int, int]], generator: random.Random) -> int:
    """A number of the ranges, each as likely as any other."""
    number = int(generator.random() * sum(high - low + 1 for low, high in ranges))
    for low, high in ranges:
        if number <= high - low:
            return low + number
        number -= high - low + 1
    return ranges[-1][1]
