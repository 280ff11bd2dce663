"""Tests of the layout of documents as sequences: marks, what each token looks at, labels, windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from m3w_builder.flamingo.corpus import Page
from m3w_builder.flamingo.sequences import NOTHING, batches, lay_out
from m3w_builder.flamingo.tokenizer import train_tokenizer

TOKENIZER = train_tokenizer(["Cute pics of my pets! My puppy My cat"] * 5, 300)
PIECES = st.lists(st.one_of(st.text("abc ", min_size=1, max_size=20), st.none()), min_size=1, max_size=12)


def page(*pieces: str | int) -> Page:
    return Page("0" * 32, "host", list(pieces), [])


def test_the_papers_example() -> None:
    windows = lay_out([page("Cute pics", 0, "My puppy", 1, "My cat")], TOKENIZER, 64)
    marks = {
        TOKENIZER.end_of_text: "BOS",
        TOKENIZER.image: "image",
        TOKENIZER.end_of_chunk: "EOC",
        TOKENIZER.pad: "pad",
    }
    told, looks = [], []
    for token, look in zip(windows.tokens_WT[0], windows.looks_at_WT[0], strict=True):
        name = marks.get(int(token), "text")
        if name != "pad" and told[-1:] != [name]:
            told.append(name)
            looks.append(int(look))
    assert told == ["BOS", "text", "EOC", "image", "text", "EOC", "image", "text", "EOC"]
    # An end-of-chunk closes what stands before it: it still looks at the picture before.
    assert looks == [-1, -1, -1, 0, 0, 0, 1, 1, 1]
    assert windows.pictures_WP.tolist() == [[0, 1, -1, -1, -1]]


def test_no_loss_on_marks_of_pictures_padding_and_what_no_picture_precedes() -> None:
    windows = lay_out([page("Cute", 0, "My cat")], TOKENIZER, 32)
    silent = windows.labels_WT == NOTHING
    expected = (windows.looks_at_WT < 0) | (windows.tokens_WT == TOKENIZER.image) | (windows.tokens_WT == TOKENIZER.pad)
    assert (silent == expected).all() and not silent.all()


@settings(max_examples=60, deadline=None)
@given(PIECES, st.integers(12, 40), st.integers(1, 5))
def test_windows_hold_every_picture_once_and_count_them_right(pieces: list[str | None], length: int, most: int) -> None:
    numbers = iter(range(len(pieces)))
    laid = page(*(next(numbers) if piece is None else piece for piece in pieces))
    pictures = [piece for piece in laid.pieces if isinstance(piece, int)]
    windows = lay_out([laid], TOKENIZER, length, most, near=16)
    assert [p for row in windows.pictures_WP.tolist() for p in row if p >= 0] == pictures
    for tokens, looks, row in zip(windows.tokens_WT, windows.looks_at_WT, windows.pictures_WP, strict=True):
        used = tokens != TOKENIZER.pad
        marks = np.cumsum(tokens == TOKENIZER.image) - 1
        assert (looks[used] == marks[used]).all()
        assert (looks[~used] == -1).all()
        assert (tokens == TOKENIZER.image).sum() == (row >= 0).sum()


def test_every_window_comes_once_a_round_and_the_rounds_differ() -> None:
    lengths = np.random.default_rng(0).integers(5, 60, 40)
    order = batches(lengths, 200, 0)
    first: list[int] = []
    while len(first) < 40:
        first += next(order).tolist()
    assert sorted(first) == list(range(40))
    second: list[int] = []
    while len(second) < 40:
        second += next(order).tolist()
    assert sorted(second) == list(range(40)) and second != first


@pytest.mark.parametrize("longest", [20, 128])
def test_a_batch_is_bounded_with_its_padding_where_short_windows_are_among_long_ones(longest: int) -> None:
    lengths = np.array([3] * 5 + [4] + [longest] * 300 + [5] * 100, np.int64)
    order = batches(lengths, 512, 0)
    seen: list[int] = []
    while len(seen) < len(lengths):
        rows = next(order)
        assert len(rows) * lengths[rows].max() <= 1.5 * 512 or len(rows) == 1
        seen += rows.tolist()
    assert sorted(seen) == list(range(len(lengths)))


def test_a_window_longer_than_a_batch_is_one() -> None:
    assert [len(rows) for rows, _ in zip(batches(np.array([90, 95]), 64, 0), range(4), strict=False)] == [1] * 4
