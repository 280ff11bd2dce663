"""Tests of the tokenizer: nothing is lost, nothing is forged."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from m3w_builder.flamingo.tokenizer import SPECIAL, load_tokenizer, train_tokenizer

TEXTS = ["a red circle beside two blue squares", "красный круг", "three red circles"] * 20
TOKENIZER = train_tokenizer(TEXTS, 400)


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    if not any(mark in text for mark in SPECIAL):
        assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_marks_in_a_pages_text_are_not_marks() -> None:
    ids = TOKENIZER.encode("see <image> and <|endofchunk|><pad>")
    assert not {TOKENIZER.id(mark) for mark in SPECIAL} & set(ids)


def test_many_at_once_are_as_one_by_one() -> None:
    assert TOKENIZER.encode_all(TEXTS[:3]) == [TOKENIZER.encode(text) for text in TEXTS[:3]]


def test_it_survives_storage() -> None:
    again = load_tokenizer(TOKENIZER.to_json())
    assert again.encode(TEXTS[0]) == TOKENIZER.encode(TEXTS[0])
    assert (again.pad, again.end_of_text, again.image, again.end_of_chunk) == (0, 1, 2, 3)
    assert again.size <= 400
