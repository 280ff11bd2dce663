"""The paper's sampling: windows, marks, and what each token looks at."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.document import Document, Image, Text
from m3w_builder.shards.sequence import NO_LOSS, SequenceConfig, laid_out, looked_at, sequence


class Letters:
    """One token a letter."""

    end_of_text, image, end_of_chunk, pad = 0, 1, 2, 3

    def encode(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]


START, MARK, END = Letters.end_of_text, Letters.image, Letters.end_of_chunk


def document(pattern: str) -> Document:
    """'a' to 'z' are texts of one letter, '*' a picture."""
    items = [Image(f"u{place}") if letter == "*" else Text(letter) for place, letter in enumerate(pattern)]
    return Document("http://a/", items)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a*b*c", [START, ord("a"), END, MARK, ord("b"), END, MARK, ord("c"), END]),
        ("*a*", [START, MARK, ord("a"), END, MARK, END]),
        ("**", [START, MARK, END, MARK, END]),
        ("a", [START, ord("a"), END]),
        ("", [START, END]),
    ],
)
def test_an_end_of_chunk_stands_before_every_picture_and_at_the_end(pattern, expected):
    assert laid_out(document(pattern), Letters())[0] == expected


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(False, [-1, -1, -1, 0, 0, 0, 1, 1, 1]), (True, [0, 0, 0, 0, 1, 1, 1, -1, -1])],
)
def test_text_looks_at_the_last_picture_before_it_or_at_the_next_one(ahead, expected):
    tokens = [START, ord("a"), END, MARK, ord("b"), END, MARK, ord("c"), END]
    assert looked_at(tokens, MARK, ahead) == expected


PATTERNS = st.text("abc*", max_size=60)


@given(PATTERNS, st.integers(4, 40), st.integers(1, 4), st.integers())
def test_a_window_is_a_run_of_the_document_with_its_first_pictures(pattern, tokens, pictures, seed):
    one = document(pattern)
    whole, images = laid_out(one, Letters())
    got = sequence(one, Letters(), Random(seed), SequenceConfig(tokens, pictures))
    assert 0 < len(got.tokens) <= tokens
    assert any(whole[start : start + len(got.tokens)] == got.tokens for start in range(len(whole)))
    assert got.tokens.count(MARK) == len(got.images) <= pictures
    assert all(-1 <= seen < len(got.images) for seen in got.looks_at)
    assert bool(got.images) == bool(images)
    if got.images:
        first = next(place for place, image in enumerate(images) if image is got.images[0])
        assert [id(image) for image in got.images] == [id(image) for image in images[first : first + len(got.images)]]


@given(PATTERNS, st.integers())
def test_no_loss_is_counted_on_marks_and_on_what_sees_no_picture(pattern, seed):
    got = sequence(document(pattern), Letters(), Random(seed), SequenceConfig())
    for token, seen, label in zip(got.tokens, got.looks_at, got.labels, strict=True):
        assert label == (NO_LOSS if token == MARK or seen < 0 else token)


def test_half_of_the_documents_look_ahead():
    one = document("a*b*c*d")
    ahead = sum(sequence(one, Letters(), Random(seed), SequenceConfig()).looks_at[0] == 0 for seed in range(400))
    assert 150 < ahead < 250
