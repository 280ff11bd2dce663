"""Assignment: the best sum there is, every picture with a text, and the texts in halves that stay whole."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from m3w_builder.align import assign
from m3w_builder.document import Document, Image, Text, by_similarity


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(4, 5)), elements=st.floats(-1, 1, width=16)))
def test_no_other_assignment_has_a_larger_sum(matrix) -> None:
    matched = assign.bipartite(matrix)
    assert len(set(matched)) == len(matched)
    best = max(
        sum(matrix[row, column] for row, column in enumerate(columns))
        for columns in permutations(range(matrix.shape[1]), len(matrix))
    )
    assert sum(matrix[row, column] for row, column in enumerate(matched)) == pytest.approx(best, abs=1e-5)


@given(arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 4)), elements=st.floats(-1, 1, width=16)))
def test_no_text_is_given_a_second_picture_before_each_has_one(matrix) -> None:
    matched = assign.bipartite(matrix)
    times = [matched.count(text) for text in range(matrix.shape[1])]
    assert max(times) - min(times) <= 1


@given(st.integers(0, 9), st.integers(0, 4))
def test_more_pictures_than_texts_leave_none_without(pictures: int, texts: int) -> None:
    matched = assign.bipartite(np.zeros((pictures, texts), np.float32))
    assert len(matched) == pictures
    if texts:
        assert max((matched.count(text) for text in set(matched)), default=0) <= -(-pictures // texts)
        assert all(0 <= text < texts for text in matched)
    else:
        assert set(matched) <= {-1}


def test_pictures_follow_the_page_or_the_similarity() -> None:
    one, two, three = (Image(f"{n}") for n in range(3))
    page = Document("u", [one, Text("a"), two, Text("b"), three])
    assert assign.following(page) == [0, 1, 1]
    one.matched, two.matched, three.matched = 1, 0, 1
    assert by_similarity(page) == [two, Text("a"), one, three, Text("b")]
    two.matched = -1
    assert by_similarity(page) == [Text("a"), two, one, three, Text("b")]
    assert assign.following(Document("u", [one])) == [-1]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "no." Then he left.', ['He said "no.', "Then he left."]),
        ("船回来了。港口很安静！", ["船回来了。", "港口很安静！"]),
        ("It costs 3.50 here", ["It costs 3.50 here"]),
        ("", [""]),
    ],
)
def test_a_text_is_cut_into_sentences(text: str, parts: list[str]) -> None:
    assert assign.sentences(text) == parts


def test_a_text_is_as_similar_as_its_best_sentence() -> None:
    scores = np.array([[0.1, 0.9, 0.3], [0.5, 0.2, -0.4]], np.float32)
    assert assign.by_text(scores, [0, 0, 2], 3).round(2).tolist() == [
        pytest.approx([0.9, -1.0, 0.3]),
        pytest.approx([0.5, -1.0, -0.4]),
    ]
