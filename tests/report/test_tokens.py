"""Tokens are counted as the named tokenizer counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from m3w_builder.errors import ConfigError
from m3w_builder.report import tokens
from m3w_builder.words import letters

needs_letters = pytest.mark.skipif(letters() is None, reason="nothing is compiled: installed without a C compiler")

PLAIN = "The keeper's lamp, lit at 6:45 (or 18:45?), wasn't seen from 12 nautical miles; snake_case = f(x)."


def test_plain_text_has_the_tokens_that_open_clip_counts():
    open_clip = pytest.importorskip("open_clip")
    assert tokens.counter("clip")(PLAIN) == len(open_clip.tokenizer.SimpleTokenizer().encode(PLAIN))


@pytest.mark.parametrize(
    "text", ["Москва — столица", "灯台は海を照らす。", "مرحبا بالعالم", "don’t “quote” me", "e\u0301te\u0301 ½ ³"]
)
def test_texts_of_other_scripts_are_within_some_tokens_of_it(text):
    open_clip = pytest.importorskip("open_clip")
    theirs = len(open_clip.tokenizer.SimpleTokenizer().encode(text))
    assert abs(tokens.counter("clip")(text) - theirs) <= 0.1 * theirs + 2


@given(st.text(st.characters(codec="ascii"), max_size=60) | st.text("aB'slvrdm_9 .\x1c\n", max_size=60))
def test_texts_of_ascii_have_the_pieces_that_they_would_have_among_others(text):
    assert sorted([*tokens.pieces(text), "é"]) == sorted(tokens.pieces(f"{text} é"))


@needs_letters
@given(
    st.text(max_size=40)
    | st.text(
        "aB'slvrdm_9 .\x1c\n\u2018\u2019\u201a\u201c\u201d\u00e9\u0130\u03a3\ud800\u00a0\u00bd\u0661\U00010400",
        max_size=40,
    )
)
def test_compiled_loops_count_the_same_tokens(text):
    pytest.importorskip("open_clip")
    assert tokens.counter("clip")(text) == sum(map(tokens._known().__getitem__, tokens.pieces(text)))


@needs_letters
@pytest.mark.parametrize("piece", ["a" * 511, "no" * 300, "\u00e9" * 300, "." * 2000, "unbelievable" * 8])
def test_compiled_loops_count_long_pieces_by_the_model(piece):
    pytest.importorskip("open_clip")
    assert tokens.counter("clip")(piece) == tokens._known()[piece]


@needs_letters
@pytest.mark.parametrize("merges", [b"a b", b"a b\na b\n", b"ab c\n", b"a b c\n", b"\n", b"a b\n" * 70_000])
def test_merges_that_are_no_list_of_them_are_refused(merges):
    with pytest.raises(ValueError, match=r"merges|symbol"):
        letters().Pairs(merges, "".join(tokens._byte_letters().values()), len)


def test_words_that_are_known_from_the_start_are_one_token_each():
    pytest.importorskip("open_clip")
    model, known = tokens._clip_model()
    assert len(known) > 30_000
    assert {word for word, number in known.items() if len(model.tokenize(word)) != number} == set()


def test_a_tokenizer_of_a_file_is_used(tmp_path):
    made = Tokenizer(models.WordLevel({"one": 0, "two": 1, "?": 2}, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.save(str(tmp_path / "tokenizer.json"))
    assert tokens.counter(str(tmp_path / "tokenizer.json"))("one two three") == 3


def test_what_is_no_tokenizer_is_told(tmp_path):
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"t\.json: cannot be read"):
        tokens.counter(str(tmp_path / "t.json"))
    assert tokens.counter("") is None
