"""Tests of reading a build's shards: what is held out, what leaked, what can't be decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scenes

from m3w_builder.errors import BuildError
from m3w_builder.flamingo.corpus import Corpus, decode, halves, samples


def test_samples_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = [scenes.document(n) for n in range(5)]
    build = scenes.write_build(tmp_path, written)
    assert list(samples(build, "train")) == written


def test_hosts_are_held_out_where_there_are_enough(tmp_path: Path) -> None:
    build = scenes.write_build(tmp_path, [scenes.document(n) for n in range(40)], validation=0.5)
    parted = halves(build, 16, most=100, least=10, held_out=100)
    assert (len(parted.train.pages), len(parted.held_out.pages) + parted.leaked) == (20, 20)
    assert parted.how.startswith("by host")


def test_documents_are_held_out_by_key_where_there_are_not_the_same_in_every_run(tmp_path: Path) -> None:
    build = scenes.write_build(tmp_path, [scenes.document(n) for n in range(40)], validation=0.1)
    first, second = (halves(build, 16, most=100, least=10, held_out=100) for _ in range(2))
    held_out = {page.key for page in first.held_out.pages}
    assert len(held_out) + first.leaked == 10
    assert held_out == {page.key for page in second.held_out.pages}
    assert not held_out & {page.key for page in first.train.pages}
    assert first.how.startswith("by document")


def test_a_document_with_a_known_picture_is_no_evidence(tmp_path: Path) -> None:
    twins = [scenes.document(n % 20) for n in range(40)]
    for number, (document, _) in enumerate(twins):
        document.key = f"{number:032x}"
    parted = halves(scenes.write_build(tmp_path, twins, validation=0.5), 16, most=100, least=5, held_out=100)
    assert (len(parted.train.pages), len(parted.held_out.pages), parted.leaked) == (20, 0, 20)


def test_pictures_know_their_page_and_stand_in_reading_order() -> None:
    corpus = Corpus()
    for number in range(4):
        corpus.add(*scenes.document(number), side=16)
    assert corpus.array.shape == (len(corpus.owners), 3, 16, 16)
    assert [n for page in corpus.pages for n in page.pieces if isinstance(n, int)] == list(range(len(corpus.owners)))
    for index, page in enumerate(corpus.pages):
        assert all(corpus.owners[n] == index for n in page.pieces if isinstance(n, int))


def test_a_broken_picture_is_left_out_and_a_document_of_none_too() -> None:
    corpus = Corpus()
    document, parts = scenes.document(1)
    corpus.add(document, dict.fromkeys(parts, b"no picture"), 16)
    assert not corpus.pages and decode(b"", 16) is None


def test_pixels_are_rgb_and_channels_first() -> None:
    import cv2

    red = np.zeros((20, 30, 3), np.uint8)
    red[..., 2] = 200  # OpenCV's order is blue, green, red
    pixels = decode(cv2.imencode(".png", red)[1].tobytes(), 8)
    assert pixels is not None and pixels.shape == (3, 8, 8) and pixels[0].min() == 200 and pixels[1:].max() == 0


def test_a_build_without_shards_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no sample"):
        halves(str(tmp_path), 16, 10, 10, 10)
