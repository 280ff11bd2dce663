"""Words of every script are found, counted and hashed."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder import words as module
from m3w_builder.words import letter_pairs, plain_hash, tally, word_count, word_hashes, words


@contextlib.contextmanager
def without_letters():
    """What nothing is compiled for."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "letters", lambda: None)
        yield


def counted(text):
    held = tally()
    numbers = [held.add("a 5 A"), held.add(text), held.add(text)]
    return numbers, len(held), list(held.taken().items()), len(held), held.taken()


def hashed(text):
    return word_hashes(text).tolist()


needs_letters = pytest.mark.skipif(
    module.letters() is None, reason="nothing is compiled: installed without a C compiler"
)
TEXTS = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("aéÉ_ .\n\u3000\x1c中\u0301\u05b0ª²\ud800𝔘İΣ")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two words, here.", ["Two", "words", "here"]),
        ("日本語 text", ["日", "本", "語", "text"]),
        ("Привет мир", ["Привет", "мир"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("ภาษา", list("ภาษา")),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("مُحَمَّد رسول", ["مُحَمَّد", "رسول"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),
        ("", []),
    ],
)
def test_words_need_no_spaces_where_a_script_writes_none(text, expected):
    assert words(text) == expected


@given(TEXTS)
def test_pairs_of_letters_are_neighbours_among_the_words(text):
    found = words(text)
    expected = [a + b for a, b in pairwise(found) if len(a) == len(b) == 1 and min(a, b) > "\u2e80"]
    assert letter_pairs(text, "\u2e80") == expected


@given(TEXTS)
def test_words_are_the_same_in_a_long_text_as_alone(text):
    alone = words(f"{text}\nж")[:-1]  # short and not ASCII: by the pattern
    assert words(text) == alone
    assert words(f"{text}\n" + "ж " * 300)[: len(alone)] == alone


@given(TEXTS)
def test_words_are_counted_as_they_are_made(text):
    assert word_count(text) == len(words(text))


@given(TEXTS, TEXTS)
def test_a_tally_holds_the_words_of_all_texts_until_it_is_taken(text, other):
    held = tally()
    found = [words(one.lower()) for one in (text, other)]
    assert [held.add(text), held.add(other)] == [len(one) for one in found]
    both = found[0] + found[1]
    assert len(held) == len(set(both))
    assert list(held.taken().items()) == [(word, both.count(word)) for word in dict.fromkeys(both)]
    assert (len(held), held.taken()) == (0, {})


def test_a_tally_holds_more_words_than_it_has_room_for_at_first():
    held = tally()
    assert held.add(" ".join(f"w{number} W{number}" for number in range(5000))) == 10_000
    assert held.taken() == {f"w{number}": 2 for number in range(5000)}


@given(TEXTS)
def test_words_are_hashed_as_they_are_made_wherever_they_stand(text):
    alone = [int(word_hashes(word)[0]) for word in words(text.lower())]
    assert word_hashes(text).tolist() == alone


def test_hashes_of_words_differ_as_the_words_do_and_are_the_same_for_ever():
    made = {f"{a}{b}{c}" for a in "aábzж" for b in ["", *"abyz09_é"] for c in ["", *"abyz09_éß"]}
    assert len({int(word_hashes(word)[0]) for word in made}) == len(made)
    assert word_hashes("The keeper's LAMP").tolist() == [
        8240565404119455892,
        6807089368704268793,
        18045006151347707887,
        14659452202618239132,
    ]


@given(TEXTS, TEXTS)
def test_texts_are_the_same_whatever_their_case_and_white_space(text, other):
    plain, more = (" ".join(one.split()).casefold() for one in (text, other))
    assert (plain_hash(text) == plain_hash(other)) is (plain == more)
    assert plain_hash(plain) == plain_hash(f"\u3000{text}\n") == plain_hash(" \t".join(text.split(" ")))


def test_behind_the_table_a_character_is_folded_to_its_small_form():
    assert all(chr(code).casefold() == chr(code).lower() for code in range(0x10000, 0x110000))


def test_no_white_space_stands_behind_the_last_that_is_looked_up():
    assert not any(chr(code).isspace() for code in range(0x3001, 0x110000))


@needs_letters
@pytest.mark.parametrize("ask", [word_count, hashed, plain_hash, counted])
@given(TEXTS)
def test_compiled_loops_say_the_same_of_a_text(ask, text):
    with without_letters():
        plain = ask(text)
    assert ask(text) == plain


@needs_letters
@pytest.mark.parametrize("ask", [word_count, hashed, plain_hash, counted])
def test_compiled_loops_say_the_same_of_every_character(ask):
    for start in range(0, 0x11000, 0x400):
        text = "a".join(map(chr, range(start, start + 0x400)))
        with without_letters():
            plain = ask(text)
        assert ask(text) == plain, f"U+{start:04X}"
