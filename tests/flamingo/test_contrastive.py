"""Tests of the contrastive pretraining of a tower: pairs, both losses, and the tower that a folder gives back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import scenes
import torch

from m3w_builder.errors import BuildError, ConfigError
from m3w_builder.flamingo import contrastive, vision
from m3w_builder.flamingo.config import ContrastConfig, TowerConfig
from m3w_builder.flamingo.corpus import Corpus, Page

TINY = ContrastConfig(steps=40, batch=48, rate=3e-3, vocabulary=400, tower=TowerConfig(width=48, layers=1))


def test_a_picture_goes_with_the_first_text_after_it() -> None:
    corpus = Corpus([Page("k", "h", ["before", 0, "a", "more", 1, 2, "b"], [])])
    pictures, texts = contrastive.pairs(corpus)
    assert pictures.tolist() == [0, 2] and texts == ["a", "b"]


def test_the_tower_learns_to_find_texts_and_comes_back_from_its_folder(tmp_path: Path) -> None:
    build = scenes.write_build(tmp_path, [scenes.document(number) for number in range(150)])
    said: list[str] = []
    folder = contrastive.pretrain(build, TINY, said.append)
    share = float(said[1].split(": ")[1].split(" %")[0])
    assert share > 5  # chance is 1 to 3: some scenes are told alike
    given = vision.tower(TowerConfig(pretrained=folder), 0)
    stored = torch.load(Path(folder) / "weights.pt", weights_only=True)
    assert torch.equal(given.visual.conv1.weight, stored["visual.conv1.weight"])
    empty = vision.tower(TowerConfig(pretrained=folder), 0, weights=False)
    assert not torch.equal(empty.visual.conv1.weight, stored["visual.conv1.weight"])


def test_coca_trains_by_contrast_and_caption(tmp_path: Path) -> None:
    build = scenes.write_build(tmp_path, [scenes.document(number) for number in range(60)])
    said: list[str] = []
    folder = contrastive.pretrain(build, replace(TINY, model="coca", steps=12, batch=16), said.append)
    first, last = (float(word) for word in said[0].split("loss ")[1].split(" to "))
    assert last < first
    with pytest.raises(ConfigError, match="only the small 'clip'"):
        vision.tower(TowerConfig(pretrained=folder), 0)


def test_a_causal_tower_sees_no_later_patch() -> None:
    tower = vision.tower(TowerConfig(causal=True, layers=2), 100).eval()
    pictures = torch.randn(1, 3, 32, 32)
    changed = pictures.clone()
    changed[..., 24:, 24:] += 1  # the last patch
    with torch.no_grad():
        a, b = tower(pictures), tower(changed)
    assert torch.allclose(a[:, :15], b[:, :15], atol=1e-5) and not torch.allclose(a[:, 15], b[:, 15], atol=1e-3)


@pytest.mark.parametrize("name", ["nonsense", "ViT-B-32:nonsense"])
def test_a_model_that_open_clip_does_not_know_is_named_in_a_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: open_clip makes no model of that") as raised:
        vision.tower(TowerConfig(pretrained=name), 0)
    assert len(str(raised.value)) < 300 and "\n" not in str(raised.value)


def test_a_folder_without_samples_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no sample in its shards"):
        contrastive.pretrain(str(tmp_path), TINY, lambda _: None)
