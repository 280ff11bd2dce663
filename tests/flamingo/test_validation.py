"""Tests of the whole validation, small: a sound corpus gains, shuffled pictures do not, a small one decides nothing."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import scenes

from m3w_builder.flamingo import processes, side, validate, validation
from m3w_builder.flamingo.config import LanguageConfig, PretrainConfig, TowerConfig, ValidateConfig
from m3w_builder.flamingo.sequences import Windows

SMALL = ValidateConfig(
    steps=60,
    canary=0.0,
    vocabulary=400,
    undecided=40,
    enough=100,
    least_aligned=0.5,
    least=60,
    least_gain=0.004,
    swaps=1,
    language=LanguageConfig(width=64),
    tower=TowerConfig(width=48, layers=2),
    pretrain=PretrainConfig(language_steps=60, tower_steps=60, batch_tokens=1024, batch_pages=24),
)


@pytest.fixture(scope="module")
def documents() -> list[scenes.Sample]:
    return [scenes.document(number) for number in range(500)]


def test_a_sound_corpus_gains_and_leaves_its_verdict(tmp_path: Path, documents: list[scenes.Sample]) -> None:
    verdict = validate(scenes.write_build(tmp_path, documents), SMALL, lambda _: None)
    assert verdict.ok, verdict.reason
    stored = json.loads((tmp_path / "validate" / "verdict.json").read_text())
    assert stored["verdict"] == "sound" and stored["figures"]["gains"]["net"]["low"] > 0
    assert (tmp_path / "validate" / "verdict.txt").read_text().strip() == verdict.text
    word = verdict.figures["words"][0]
    assert (tmp_path / "validate" / word["places"][0]["file"]).read_bytes().startswith(b"\x89PNG")
    assert f"<th>{word['word']}</th>" in (tmp_path / "validate" / "words.html").read_text()


def test_shuffled_pictures_do_not_pass(tmp_path: Path) -> None:
    dealt = scenes.shuffle([scenes.document(number) for number in range(300)])
    config = dataclasses.replace(SMALL, steps=30)
    verdict = validation.validate(scenes.write_build(tmp_path, dealt), config, lambda _: None, crew=processes.Alone)
    assert not verdict.ok and verdict.verdict in ("unrelated", "weak"), verdict.reason
    assert abs(verdict.figures["gains"]["net"]["nats"]) < 0.004


def test_a_small_corpus_is_undecided_with_what_to_do(tmp_path: Path, documents: list[scenes.Sample]) -> None:
    verdict = validate(scenes.write_build(tmp_path, documents[:30]), SMALL, lambda _: None)
    assert not verdict.ok and verdict.verdict == "undecided" and "build from more pages" in verdict.reason


def test_leaks_are_found_by_hash_before_any_training(tmp_path: Path) -> None:
    trained = [scenes.document(number) for number in range(80)]
    copies = [scenes.document(number) for number in range(80)]
    for page, _ in copies:
        page.key = page.key[::-1]
    build = scenes.write_build(tmp_path, copies + trained, validation=0.5)
    verdict = validate(build, SMALL, lambda _: None)
    assert verdict.verdict == "leaked" and not verdict.ok and "gains" not in verdict.figures


def test_copies_among_what_is_trained_on_are_told_from_leaks(tmp_path: Path) -> None:
    copies = [scenes.document(number % 40) for number in range(80)]
    for number, (page, _) in enumerate(copies):
        page.key = f"{number:032x}"
    held_out = [scenes.document(number, seed=1) for number in range(80)]
    verdict = validate(scenes.write_build(tmp_path, held_out + copies, validation=0.5), SMALL, lambda _: None)
    assert verdict.verdict == "duplicated" and verdict.figures["leaked"] == 0, verdict.reason


def test_pictures_of_one_colour_are_no_evidence(tmp_path: Path) -> None:
    black = [scenes.document(number) for number in range(150)]
    for number, (page, parts) in enumerate(black):
        for image in page.images:
            parts[image.part] = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes() + bytes([number])
            parts[image.part] += image.part.encode()  # decoders pass over what stands after the end
            image.sha256 = hashlib.sha256(parts[image.part]).hexdigest()
    assert validate(scenes.write_build(tmp_path, black), SMALL, lambda _: None).verdict == "blank"


def windows(pictures: list[list[int]]) -> Windows:
    shape = (len(pictures), 4)
    zeros = np.zeros(shape, np.int64)
    return Windows(zeros, zeros, zeros, np.array(pictures), np.arange(len(pictures)))


def test_swapped_pictures_come_from_other_documents_each_once() -> None:
    owners = np.array([0, 0, 1, 1, 1, 2, 3])
    laid = windows([[0, 1, -1], [2, 3, 4], [5, -1, -1], [6, -1, -1]])
    for seed in range(20):
        moved = side.swapped(laid, owners, seed)
        assert ((moved >= 0) == (laid.pictures_WP >= 0)).all()
        assert sorted(moved[moved >= 0].tolist()) == list(range(7))
        assert (owners[moved[moved >= 0]] != owners[laid.pictures_WP[laid.pictures_WP >= 0]]).all()


def test_rotation_stays_within_the_window() -> None:
    assert side.rotated(windows([[3, 4, 5], [6, -1, -1]])).tolist() == [[5, 3, 4], [6, -1, -1]]
