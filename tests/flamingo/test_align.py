"""Tests of the alignment scan: each fault has its name."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from m3w_builder.flamingo.align import scan, short_texts
from m3w_builder.flamingo.corpus import Page
from m3w_builder.flamingo.tokenizer import train_tokenizer


def tables(
    belongs: str, noise: float = 0.1, documents: int = 60
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.int64]], list[NDArray[np.float32]]]:
    """Documents of 3 to 5 pictures with a text before and one after each; similarity is 1 where a picture belongs, and
    0 with the texts of other documents."""
    generator = np.random.default_rng(0)
    found, chunks, others = [], [], []
    for _ in range(documents):
        count = int(generator.integers(3, 6))
        places = np.arange(count)
        chunk = np.arange(-1, count)
        to = {
            "following": places,
            "shifted back": (places - 1) % count,
            "shifted on": (places + 1) % count,
            "mirrored": places[::-1],
            "mirrored, heading last": count - 2 - places,
            "anywhere": generator.permutation(count),
            "two in three": np.where(places % 3 < 2, places, 99),
            "nowhere": np.full(count, 99),
        }[belongs]
        found.append(((chunk == to[:, None]) + generator.normal(0, noise, (count, count + 1))).astype(np.float32))
        chunks.append(chunk)
        others.append(generator.normal(0, noise, (count, count + 1)).astype(np.float32))
    return found, chunks, others


@pytest.mark.parametrize(
    ("belongs", "fault"),
    [
        ("following", ""),
        ("shifted back", "shifted"),
        ("shifted on", "shifted"),
        ("mirrored", "reversed"),
        ("mirrored, heading last", "reversed"),
        ("anywhere", "disordered"),
        ("two in three", ""),
        ("nowhere", "unrelated"),
    ],
)
def test_each_fault_has_its_name(belongs: str, fault: str) -> None:
    found = scan(*tables(belongs))
    assert found.fault == fault, found.words


def test_the_histogram_counts_every_picture() -> None:
    similarity, chunks, others = tables("shifted back", noise=0)
    found = scan(similarity, chunks, others)
    assert sum(found.offsets.values()) == found.pictures == sum(len(table) for table in similarity)
    assert max(found.offsets, key=lambda offset: found.offsets[offset]) == -1


def test_few_pictures_name_nothing() -> None:
    found = scan(*tables("shifted back", documents=5))
    assert found.fault == "" and "too few" in found.words


def test_documents_of_one_picture_are_not_asked() -> None:
    table = [np.ones((1, 3), np.float32)] * 99
    assert scan(table, [np.arange(-1, 2)] * 99, table).pictures == 0


def test_of_pictures_that_know_their_document_it_says_how_many_know_their_place() -> None:
    mixed = scan(*tables("two in three")).shares
    assert mixed["home"] < 0.9 and mixed["settled"] > 0.8
    assert scan(*tables("anywhere")).shares["settled"] < 0.5


def test_texts_are_cut_short_and_know_their_chunk() -> None:
    tokenizer = train_tokenizer(["one two three four five six"], 300)
    page = Page("0" * 32, "host", ["one two", 4, "three " * 40, 7, "six"], [])
    texts = short_texts([page], tokenizer, 8, 2)
    assert texts.chunks_N.tolist() == [-1, 0, 0, 0, 1]
    assert texts.tokens_NT.shape == (5, 8)
