"""Tests of the model: the media mask, the gates, the Resampler, the paper's sizes."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from m3w_builder.flamingo.config import LanguageConfig, ModelConfig
from m3w_builder.flamingo.language import Language
from m3w_builder.flamingo.model import Flamingo, Resampler, mean_loss, media_mask
from m3w_builder.flamingo.sizes import SIZES, VISION_MODEL, VISION_WIDTH

LANGUAGE = LanguageConfig(vocabulary=50, width=32, layers=3, heads=2)
MODEL = ModelConfig(heads=2, head_width=8, resampler_heads=2, resampler_head_width=8, latents=3, gate=0.7)


class Patches(nn.Module):
    """A tower that gives each 8 × 8 patch's pixels."""

    width = 192

    def forward(self, pictures_nCHW: Tensor) -> Tensor:
        return nn.functional.unfold(pictures_nCHW, 8, stride=8).transpose(1, 2)


def small(config: ModelConfig = MODEL) -> Flamingo:
    torch.manual_seed(0)
    return Flamingo(Patches(), Language(LANGUAGE), config).eval()


def inputs(length: int = 12, pictures: int = 3, frames: int = 1) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.randint(4, 50, (1, length)), torch.randn(1, pictures, frames, 3, 16, 16)


def influences(model: Flamingo, tokens: Tensor, looks: Tensor, pixels: Tensor) -> Tensor:
    """Which picture's pixels change which token's logits: (T, P) bool."""
    features = model.look(pixels).requires_grad_()
    logits = model(tokens, looks, features)
    rows = [
        torch.autograd.grad(logits[0, t].sum(), features, retain_graph=True)[0].abs().sum((0, 2, 3, 4)) > 0
        for t in range(tokens.shape[1])
    ]
    return torch.stack(rows)


def test_each_token_attends_to_the_last_picture_before_it_as_in_figure_7() -> None:
    # <BOS> Cute pics of my pets! <EOC> <image> My puppy <EOC> <image> My cat <EOC>
    looks = torch.tensor([[-1, -1, -1, 0, 0, 0, 1, 1, 1]])
    mask, blind = media_mask(looks, pictures=2, latents=2)
    assert blind[0].tolist() == [True] * 3 + [False] * 6
    assert mask[0].int().tolist() == [[1, 1, 1, 1]] * 3 + [[1, 1, 0, 0]] * 3 + [[0, 0, 1, 1]] * 3


def test_a_blind_token_is_changed_by_no_picture_and_others_by_what_came_before() -> None:
    model = small(dataclasses.replace(MODEL, every=3))  # one block before the first layer
    tokens, pixels = inputs()
    looks = torch.tensor([[-1, -1, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]])
    seen = influences(model, tokens, looks, pixels)
    # Self-attention carries what earlier tokens saw: a token is changed by every picture up to its own.
    expected = [[p <= look for p in range(3)] for look in looks[0].tolist()]
    assert seen.tolist() == expected


def test_cross_attention_itself_sees_the_last_picture_only() -> None:
    model = small()
    tokens, pixels = inputs(6)
    looks = torch.tensor([[-1, 0, 0, 1, 2, 2]])
    media = model.project(model.resampler(model.look(pixels))).detach().requires_grad_()
    mask, blind = media_mask(looks, 3, MODEL.latents)
    out = model.before(media.flatten(1, 2), mask, blind)(0, model.language.embedding(tokens))
    for t, look in enumerate(looks[0].tolist()):
        (gradient,) = torch.autograd.grad(out[0, t].sum(), media, retain_graph=True)
        assert (gradient.abs().sum((0, 2, 3)) > 0).tolist() == [p == look for p in range(3)]


def test_all_previous_is_an_option() -> None:
    mask, _ = media_mask(torch.tensor([[-1, 0, 2]]), 3, 1, "all")
    assert mask[0].tolist() == [[True] * 3, [True, False, False], [True] * 3]


def test_looking_at_a_picture_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="picture 2 of 2"):
        media_mask(torch.tensor([[0, 2]]), 2, 4)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-1, 2), min_size=2, max_size=8))
def test_no_mask_makes_nan_forwards_or_backwards(looks: list[int]) -> None:
    model = small().train()
    tokens, pixels = inputs(len(looks))
    logits = model(tokens, torch.tensor([looks]), model.look(pixels))
    mean_loss(logits, tokens).backward()
    assert torch.isfinite(logits).all()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_gates_at_zero_leave_the_language_model_unchanged() -> None:
    model = small(dataclasses.replace(MODEL, gate=0.0))
    tokens, pixels = inputs()
    looks = torch.arange(12).div(4, rounding_mode="floor").unsqueeze(0)
    assert torch.equal(model(tokens, looks, model.look(pixels)), model.language(tokens))


def test_only_what_stands_between_the_frozen_models_is_trained() -> None:
    model = small().train()
    tokens, pixels = inputs()
    mean_loss(model(tokens, torch.zeros_like(tokens), model.look(pixels)), tokens).backward()
    trained = {name.split(".")[0] for name, p in model.named_parameters() if p.grad is not None}
    assert trained == {"resampler", "blocks"}
    assert set(model.trained()) == {name for name, p in model.named_parameters() if p.requires_grad}


def test_labels_of_nothing_give_no_nan() -> None:
    logits = torch.randn(1, 4, 9, requires_grad=True)
    loss = mean_loss(logits, torch.full((1, 4), -100))
    loss.backward()
    assert loss.item() == 0.0 and torch.isfinite(logits.grad).all()


def test_blocks_stand_before_every_kth_layer() -> None:
    assert list(small(dataclasses.replace(MODEL, every=2)).blocks) == ["0", "2"]
    assert list(small(dataclasses.replace(MODEL, every=2, first=1)).blocks) == ["1"]


def test_the_order_of_frames_counts_and_a_picture_needs_no_time() -> None:
    torch.manual_seed(0)
    resampler = Resampler(16, MODEL)
    nn.init.normal_(resampler.times_FM)
    video = torch.randn(1, 1, 4, 5, 16)
    assert not torch.allclose(resampler(video), resampler(video.flip(2)), atol=1e-4)
    picture = video[:, :, :1]
    before = resampler(picture)
    nn.init.zeros_(resampler.times_FM)
    assert torch.equal(resampler(picture), before)
    assert torch.allclose(resampler(video), resampler(video.flip(2)), atol=1e-5)
    with pytest.raises(ValueError, match="9 frames"):
        resampler(torch.randn(1, 1, 9, 5, 16))


def test_any_number_of_vision_tokens_becomes_the_same_number_of_latents() -> None:
    resampler = Resampler(16, dataclasses.replace(MODEL, resampler_width=24))
    for tokens in (1, 7, 50):
        assert resampler(torch.randn(2, 3, 1, tokens, 16)).shape == (2, 3, 3, 24)


def test_language_models_do_not_see_ahead() -> None:
    for positions in ("rotary", "relative"):
        torch.manual_seed(0)
        language = Language(dataclasses.replace(LANGUAGE, positions=positions))
        tokens, _ = inputs()
        changed = tokens.clone()
        changed[0, 6:] = 1
        assert torch.allclose(language(tokens)[0, :6], language(changed)[0, :6], atol=1e-6)
        assert not torch.allclose(language(tokens)[0, 6:], language(changed)[0, 6:], atol=1e-4)


PARTS = {  # the paper's table 4, millions: language model, gated blocks, all with the 435 of the tower
    "flamingo-3b": (1_400, 1_200, 3_200),
    "flamingo-9b": (7_100, 1_600, 9_300),
    "flamingo-80b": (70_000, 10_000, 80_000),
}


@pytest.mark.parametrize("name", SIZES)
def test_the_papers_sizes_have_the_papers_parameter_counts(name: str) -> None:
    def millions(module: nn.Module) -> float:
        return sum(p.numel() for p in module.parameters()) / 1e6

    class Tower(nn.Module):
        width = VISION_WIDTH

    size = SIZES[name]
    with torch.device("meta"):
        model = Flamingo(Tower(), Language(size.language), size.model)
    language, blocks, total = PARTS[name]
    assert millions(model.language) == pytest.approx(language, rel=0.02)
    # 10 billion is printed to one digit: 9.66 is what 12 blocks of 12 · 8192² hold.
    assert millions(model.blocks) == pytest.approx(blocks, rel=0.02 if name != "flamingo-80b" else 0.035)
    assert millions(model.resampler) == pytest.approx(194, rel=0.02)
    assert millions(model) + 435 == pytest.approx(total, rel=0.02)


def test_the_papers_tower_has_the_papers_parameter_count() -> None:
    import timm

    with torch.device("meta"):
        tower = timm.create_model(VISION_MODEL, num_classes=0)
    assert tower.num_features == VISION_WIDTH
    assert sum(p.numel() for p in tower.parameters()) == pytest.approx(435e6, rel=0.02)
