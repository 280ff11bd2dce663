"""Tests of two builds trained on alike: what is held out, and that the better data win."""

from __future__ import annotations

from pathlib import Path

import pytest
import scenes

from m3w_builder.document import Image, Text
from m3w_builder.errors import BuildError
from m3w_builder.flamingo import contest
from m3w_builder.flamingo.config import LanguageConfig, PretrainConfig, TowerConfig, ValidateConfig
from m3w_builder.flamingo.evidence import Gain

TINY = ValidateConfig(
    steps=4,
    vocabulary=320,
    undecided=10,
    held_out=40,
    language=LanguageConfig(width=32, layers=1, heads=2),
    tower=TowerConfig(width=24, layers=1),
    pretrain=PretrainConfig(language_steps=4, tower_steps=3, batch_tokens=512, batch_pages=8),
)


def test_no_document_held_out_is_trained_on_by_either_and_both_give_some(tmp_path: Path) -> None:
    a = scenes.write_build(tmp_path / "a", [scenes.document(number) for number in range(80)])
    b = scenes.write_build(tmp_path / "b", [scenes.document(number) for number in range(40, 120)])
    trained, held_out = contest.part((a, b), TINY)
    held = {page.key for page in held_out.pages}
    assert len(held) == len(held_out.pages) > 10
    assert not held & {page.key for corpus in trained for page in corpus.pages}
    only = [{page.key for page in trained[side].pages} - {p.key for p in trained[1 - side].pages} for side in (0, 1)]
    assert all(len(keys) > 10 for keys in only)


def test_a_build_against_itself_makes_no_difference_at_all(tmp_path: Path) -> None:
    a, b = (scenes.write_build(tmp_path / name, [scenes.document(n) for n in range(120)]) for name in ("a", "b"))
    found = contest.compare(a, b, TINY, [0], lambda _: None)
    assert found.held_out >= 10 and found.documents[0] == found.documents[1] > 50
    assert found.seeds == [0.0] and found.difference == Gain(0.0, 0.0, 0.0)
    assert found.lines[-1].strip() == "no difference can be told"


def matched_to_the_text_before(number: int) -> scenes.Sample:
    """A document each of whose pictures belongs to the text that stands before it."""
    one, parts = scenes.document(number)
    texts = 0
    for item in one.items:
        if isinstance(item, Text):
            texts += 1
        elif isinstance(item, Image):
            item.matched = max(0, texts - 1)
    return one, parts


def test_one_build_is_read_in_two_orders(tmp_path: Path) -> None:
    build = scenes.write_build(tmp_path, [matched_to_the_text_before(number) for number in range(100)])
    trained, held_out = contest.part((build, build), TINY, ("page", "similarity"))
    pages, other = ({page.key: page.pieces for page in corpus.pages} for corpus in trained)
    assert pages.keys() == other.keys() and not pages.keys() & {page.key for page in held_out.pages}

    def shape(pieces: list) -> list:
        return ["picture" if isinstance(piece, int) else piece for piece in pieces]

    assert all(sorted(shape(pages[key])) == sorted(shape(other[key])) for key in pages)
    assert sum(shape(pages[key]) != shape(other[key]) for key in pages) > len(pages) // 2


def test_an_order_by_similarity_is_asked_of_an_aligned_build_alone(tmp_path: Path) -> None:
    build = scenes.write_build(tmp_path, [scenes.document(number) for number in range(60)])
    with pytest.raises(BuildError, match="build with `similarity` in `align`"):
        contest.part((build, build), TINY, ("page", "similarity"))


def test_too_few_documents_are_said(tmp_path: Path) -> None:
    build = scenes.write_build(tmp_path, [scenes.document(number) for number in range(20)])
    with pytest.raises(BuildError, match="can be held out of both"):
        contest.compare(build, build, TINY, [0], lambda _: None)


def test_the_interval_is_the_wider_of_documents_and_seeds() -> None:
    narrow = Gain(0.01, 0.009, 0.011)
    assert contest.widest(narrow, [0.01]) == narrow
    found = contest.widest(narrow, [0.0, 0.01, 0.02])
    assert found.low == pytest.approx(0.01 - 4.303 * 0.01 / 3**0.5, abs=1e-4) and found.high > 0.03


@pytest.mark.parametrize("sides", [(0, 120), (120, 0), (1, 120), (120, 1)])
def test_a_folder_without_samples_and_a_build_of_nearly_none_are_named(tmp_path: Path, sides: tuple[int, int]) -> None:
    builds = [
        scenes.write_build(tmp_path / name, [scenes.document(number) for number in range(count)])
        for name, count in zip("ab", sides, strict=True)
    ]
    small = builds[sides.index(min(sides))]
    with pytest.raises(BuildError, match=f"{small}: no sample|documents with pictures are left of {small} to train on"):
        contest.compare(*builds, TINY, [0], lambda _: None)
