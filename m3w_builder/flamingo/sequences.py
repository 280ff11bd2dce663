"""Documents as the sequences that Flamingo reads (arXiv 2204.14198, section 3 and appendix A.1), windowed and padded.

`<|endoftext|> text <|endofchunk|><image> text <|endofchunk|><image> text <|endofchunk|>`: a picture's mark stands at
its place, an end-of-chunk before each picture and at the end. A token looks at the last picture before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from m3w_builder.flamingo.corpus import Page
from m3w_builder.flamingo.tokenizer import Tokenizer

NOTHING = -100
"""The label of a token that no loss is counted on."""


@dataclass(slots=True)
class Windows:
    """Padded windows of documents: W windows of at most T tokens and P pictures."""

    tokens_WT: NDArray[np.int64]
    looks_at_WT: NDArray[np.int64]
    """Place among the window's pictures of the one that a token sees; -1 before any."""
    labels_WT: NDArray[np.int64]
    pictures_WP: NDArray[np.int64]
    """Numbers of the window's pictures, -1 where there are fewer."""
    pages_W: NDArray[np.int64]
    """The page of each window."""

    def __len__(self) -> int:
        return len(self.tokens_WT)

    @property
    def lengths_W(self) -> NDArray[np.int64]:
        """Tokens of each window up to its last label or mark."""
        used = (self.looks_at_WT >= 0) | (self.labels_WT != NOTHING)
        return self.tokens_WT.shape[1] - used[:, ::-1].argmax(1)  # type: ignore[no-any-return]


@dataclass(slots=True)
class Window:
    """One window before padding."""

    tokens: list[int]
    looks_at: list[int]
    pictures: list[int]


def chunks(page: Page, tokenizer: Tokenizer, near: int) -> list[tuple[int, list[int]]]:
    """(picture, the first `near` tokens of the text up to the next picture); picture -1 is the document's beginning.

    Of the beginning only the end is kept, a quarter of that: no loss is counted where no picture was seen.
    """
    found: list[tuple[int, list[str]]] = [(-1, [])]
    for piece in page.pieces:
        if isinstance(piece, int):
            found.append((piece, []))
        else:
            found[-1][1].append(piece)
    encoded = [(picture, tokenizer.encode("\n\n".join(texts))) for picture, texts in found]
    return [(picture, tokens[:near] if picture >= 0 else tokens[-(near // 4) :]) for picture, tokens in encoded]


def windows(page: Page, tokenizer: Tokenizer, length: int, most: int, near: int) -> Iterator[Window]:
    """A document's windows: each begins at its beginning or at a picture, and no picture stands in two."""
    current = Window([tokenizer.end_of_text], [-1], [])
    for picture, tokens in chunks(page, tokenizer, near):
        added = tokens if picture < 0 else [tokenizer.image, *tokens]
        full = len(current.tokens) + len(added) + 2 > length or len(current.pictures) == most
        if picture >= 0 and full and current.pictures:
            current.tokens.append(tokenizer.end_of_chunk)
            current.looks_at.append(len(current.pictures) - 1)
            yield current
            current = Window([tokenizer.end_of_text], [-1], [])
        if picture >= 0:
            if len(current.tokens) > 1:
                current.tokens.append(tokenizer.end_of_chunk)
                current.looks_at.append(len(current.pictures) - 1)
            current.pictures.append(picture)
        room = length - 1 - len(current.tokens)
        current.tokens += added[:room]
        current.looks_at += [len(current.pictures) - 1] * len(added[:room])
    current.tokens.append(tokenizer.end_of_chunk)
    current.looks_at.append(len(current.pictures) - 1)
    if current.pictures:
        yield current


def lay_out(pages: Sequence[Page], tokenizer: Tokenizer, length: int = 128, most: int = 5, near: int = 64) -> Windows:
    """The windows of all pages; text longer than `near` tokens after a picture is cut there."""
    found = [
        (index, window) for index, page in enumerate(pages) for window in windows(page, tokenizer, length, most, near)
    ]
    shape = (len(found), length)
    tokens, looks = np.full(shape, tokenizer.pad, np.int64), np.full(shape, -1, np.int64)
    pictures = np.full((len(found), most), -1, np.int64)
    for row, (_, window) in enumerate(found):
        used = len(window.tokens)
        tokens[row, :used] = window.tokens
        looks[row, :used] = window.looks_at
        pictures[row, : len(window.pictures)] = window.pictures
    labels = np.where((looks < 0) | (tokens == tokenizer.image) | (tokens == tokenizer.pad), NOTHING, tokens)
    return Windows(tokens, looks, labels, pictures, np.array([index for index, _ in found], np.int64))


def batches(lengths_W: NDArray[np.int64], tokens: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Endless batches of window numbers, about `tokens` each, of windows alike in length; each round is new."""
    generator = np.random.default_rng(seed)
    while True:
        # A little noise on the length mixes neighbours anew each time, and costs little padding.
        ordered = np.argsort(lengths_W + generator.uniform(0, 16, len(lengths_W)))
        in_order = lengths_W[ordered]
        cuts, start = [], 0
        while start < len(ordered):
            end = batch_end(in_order, start, tokens)
            cuts.append(ordered[start:end])
            start = end
        for index in generator.permutation(len(cuts)):
            yield cuts[index]


SLACK = 1.5
"""Tokens that a batch may have with its padding, in those that it was to have."""


def batch_end(lengths_W: NDArray[np.int64], start: int, tokens: int) -> int:
    """Where a batch ends that begins at `start`, of windows that stand in about the order of their lengths.

    It has as many as the first one's length allows, and fewer where those after it are much longer: padded to the
    longest, all windows of a corpus could else be one batch, because one of them is short.
    """
    most, widest, end = max(1, tokens // max(1, int(lengths_W[start]))), 0, start
    while end < min(len(lengths_W), start + most):
        widest = max(widest, int(lengths_W[end]))
        if end > start and (end + 1 - start) * widest > SLACK * tokens:
            break
        end += 1
    return end
