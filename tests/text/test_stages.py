"""What each text filter keeps and drops."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.document import Document, Text
from m3w_builder.stage import Drop
from m3w_builder.text.language import Language
from m3w_builder.text.length import Length
from m3w_builder.text.repetition import Repetition, ends_of, numbered, repeated, repeated_share, top_share

ENGLISH = "The harbour was quiet when the boats came back, and nobody on the pier said a word about the storm."
RUSSIAN = "Гавань была тихой, когда лодки вернулись, и никто на пирсе не сказал ни слова о шторме."
CHINESE = "船回来的时候，港口很安静，码头上没有人说起那场风暴。"
VARIED = " ".join(
    f"{a} {b}{a}" for a, b in zip(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"] * 20, range(120), strict=True)
)


def document(*texts: str) -> Document:
    return Document("http://a.example/", [Text(text) for text in texts])


def judged(stage, *texts):
    (answer,) = stage([document(*texts)])
    return answer.reason if isinstance(answer, Drop) else "kept"


@pytest.mark.parametrize(
    ("languages", "text", "expected"),
    [
        (("en",), ENGLISH, "kept"),
        (("en",), RUSSIAN, "other_language"),
        (("en", "zh"), CHINESE, "kept"),
        ((), RUSSIAN, "kept"),
        (("en",), "", "kept"),
    ],
)
def test_language_keeps_the_wanted_ones(languages, text, expected):
    assert judged(Language(languages), text) == expected


def test_language_is_that_of_the_prose_around_code():
    code = "for index, value in enumerate(values):\n    print(index, value)\n" * 20
    document = Document("http://a.example/", [Text(RUSSIAN), Text(code, kind="code"), Text(RUSSIAN)])
    assert Language(("ru",), 0.8)([document]) == [document]
    alone = Document("http://a.example/", [Text(code, kind="code")])
    assert Language()([alone]) == [alone] and "language" in alone.scores


def test_language_writes_what_it_found_on_the_document():
    (answer,) = Language()([document(RUSSIAN)])
    assert answer.language == "ru"
    assert answer.scores["language"] > 0.9


def test_an_unsure_detector_is_told_with_its_score():
    (answer,) = Language(min_score=1.1)([document(ENGLISH)])
    assert answer.reason == "unsure"
    assert answer.limit == 1.1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("word " * 49, "too_short"),
        ("word " * 50, "kept"),
        ("word " * 60, "kept"),
        ("word " * 61, "too_long"),
        ("", "too_short"),
    ],
)
def test_length_counts_its_limits_in(text, expected):
    assert judged(Length(50, 60), text) == expected


def test_length_needs_no_spaces():
    assert judged(Length(20, 100), CHINESE) == "kept"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([VARIED], "kept"),
        (["the same line " + str(n % 3) for n in range(40)], "duplicate_lines"),
        (["buy now " * 60], "top_ngram"),
        ([" ".join([ENGLISH] * 2 + [VARIED[:400]])], "duplicate_ngrams"),
        (["short " * 10], "kept"),
    ],
)
def test_repetition_names_what_repeats(texts, expected):
    assert judged(Repetition(), *texts) == expected


def test_repetition_is_as_lenient_as_its_scale():
    text = " ".join([ENGLISH] * 2 + [VARIED[:400]])
    assert judged(Repetition(scale=8), text) == "kept"


WORDS = st.lists(st.sampled_from(["a", "bb", "ccc", "dddd"]), max_size=40)


@given(WORDS, st.integers(2, 6))
def test_shares_are_those_of_counting_the_ngrams_themselves(tokens, n):
    grams = list(zip(*(tokens[start:] for start in range(n)), strict=False))
    counts, total = Counter(grams), max(1, sum(map(len, tokens)))
    covered = {at for start, gram in enumerate(grams) if counts[gram] > 1 for at in range(start, start + n)}
    gram, most = counts.most_common(1)[0] if counts else ((), 0)
    top = most * sum(map(len, gram)) if most > 1 else 0
    numbers, ends = numbered(tokens), ends_of(tokens)
    assert repeated_share(numbers, ends, n, total) == sum(len(tokens[at]) for at in covered) / total
    assert top_share(numbers, ends, n, total) == top / total
    assert all(0 <= share <= 1 for share in repeated(tokens))
