"""Tests of kept features: the tower is asked once about a picture, the file is bounded, and belongs to one tower."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from test_train import CONFIG, Feed, mixture, model

from m3w_builder.flamingo.features import Features
from m3w_builder.flamingo.train import fit
from m3w_builder.shards.loader import Mixture


def drawn(count: int, seed: int = 0) -> torch.Tensor:
    """(1, count, 1, 3, 16, 16)"""
    return torch.randn(1, count, 1, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


def test_features_are_the_towers_and_it_is_asked_once_about_each_picture(tmp_path: Path) -> None:
    flamingo = model()
    kept = Features(str(tmp_path / "kept"), flamingo, 1.0)
    pictures = drawn(5)[:, [0, 1, 2, 1, 0, 3, 4]]
    first, again = kept(pictures), kept(pictures.flip(1)).flip(1)
    assert torch.allclose(first.float(), flamingo.look(pictures), atol=2e-3) and torch.equal(first, again)
    assert (kept.asked, kept.looked) == (10, 5)
    videos = drawn(6, seed=1).view(1, 2, 3, 3, 16, 16)
    assert torch.allclose(kept(videos).float(), flamingo.look(videos), atol=2e-3)


def test_a_file_that_is_full_stays_as_it_is_and_features_come_all_the_same(tmp_path: Path) -> None:
    flamingo, pictures = model(), drawn(6)
    body = flamingo.look(pictures)[0, 0].numel() * 2
    for _ in range(2):  # the second takes up the first one's file
        kept = Features(str(tmp_path / "kept"), flamingo, 2.5 * body / 1e9)
        assert torch.allclose(kept(pictures).float(), flamingo.look(pictures), atol=2e-3)
        assert kept.file.execute("SELECT count(*) FROM kept").fetchone()[0] == 2
        kept.close()
    assert kept.looked == 4


def test_features_of_another_tower_and_a_spoilt_file_are_not_used(tmp_path: Path) -> None:
    path, pictures = tmp_path / "kept", drawn(3)
    of_one = Features(str(path), model(), 1.0)
    of_one(pictures)
    of_one.close()
    other = model()
    with torch.no_grad():
        other.vision.visual.conv1.weight.mul_(2)
    kept = Features(str(path), other, 1.0)
    assert torch.allclose(kept(pictures).float(), other.look(pictures), atol=2e-3) and kept.looked == 3
    kept.close()
    path.write_bytes(b"no database" * 1000)
    kept = Features(str(path), other, 1.0)
    kept(pictures)
    assert kept.looked == 3


class Round(Feed):
    """Two batches again and again."""

    def __iter__(self):  # type: ignore[no-untyped-def]
        while True:
            batch = next(iter(Feed(self.offset, self.step % 2)))
            self.step += 1
            yield batch


def test_a_training_asks_a_frozen_tower_once_even_when_it_is_taken_up_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def trained(folder: str, **changes: object) -> torch.Tensor:
        flamingo = model()
        flamingo.vision.register_forward_pre_hook(lambda _, given: asked.append(len(given[0])))
        feed = Mixture({"a": (Round(), 1.0)})  # type: ignore[dict-item]
        fit(flamingo, feed, replace(CONFIG, **changes), str(tmp_path / folder), lambda _: None)  # type: ignore[arg-type]
        return flamingo.resampler.latents_LM.detach()

    straight = trained("straight")
    assert sum(asked) == 8  # two batches of four pictures, in six steps
    trained("stopped", steps=3)
    assert torch.equal(trained("stopped"), straight) and sum(asked) == 16
    without = trained("without", keep_features=0.0)
    assert sum(asked) == 16 + 6 * 4 and torch.allclose(without, straight, atol=1e-3)
    assert not list((tmp_path / "without").glob("features*"))


def test_a_tower_that_learns_is_asked_in_every_step(tmp_path: Path) -> None:
    fit(model(), mixture(a=1.0), replace(CONFIG, unfreeze=("vision",)), str(tmp_path), lambda _: None)
    assert not list(tmp_path.glob("features*"))
