"""Tests against OpenFlamingo itself: its weights give its outputs (tools/open_flamingo_reference.py made them)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import open_flamingo
from m3w_builder.flamingo.config import LanguageConfig
from m3w_builder.flamingo.language import Language
from m3w_builder.flamingo.model import Flamingo, media_mask

CONFIG = replace(open_flamingo.sizes(every=2), resampler_layers=2)
MEDIA = 39


@pytest.fixture(scope="module")
def stored() -> dict[str, Tensor]:
    with np.load(Path(__file__).parent / "open_flamingo.npz") as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


@pytest.fixture(scope="module")
def state(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    found = {name.removeprefix("state/"): v for name, v in stored.items() if name.startswith("state/")}
    return {name: v.float() if v.is_floating_point() else v for name, v in found.items()}


class Given(nn.Module):
    """A tower of the reference's width: its tokens are given."""

    width = 16


def ours(language: Any = None) -> Flamingo:
    return Flamingo(Given(), language or Language(LanguageConfig(40, 32, 4, 2)), CONFIG).eval()


def looks_at(tokens_BT: Tensor) -> Tensor:
    return (tokens_BT == MEDIA).cumsum(1) - 1


def test_the_resampler_gives_its_latents(stored: dict[str, Tensor], state: dict[str, Tensor]) -> None:
    model = ours()
    open_flamingo.load(model, state)
    with torch.no_grad():
        latents = model.resampler(stored["pictures"].float().flatten(2, 3))
    assert torch.allclose(latents, stored["latents"], atol=1e-4)


def test_a_gated_block_gives_its_output(stored: dict[str, Tensor], state: dict[str, Tensor]) -> None:
    model = ours()
    open_flamingo.load(model, state)
    mask, blind = media_mask(looks_at(stored["tokens"]), 3, 64)
    with torch.no_grad():
        out = model.blocks["1"](stored["block_in"], stored["latents"].flatten(1, 2), mask, blind)
    assert torch.allclose(out, stored["block_out"], atol=1e-4)


def test_the_whole_model_gives_its_logits(stored: dict[str, Tensor], state: dict[str, Tensor]) -> None:
    transformers = pytest.importorskip("transformers")
    from m3w_builder.flamingo.hugging_face import HuggingFace

    config = transformers.GPTNeoXConfig(
        vocab_size=40, hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64
    )
    language = HuggingFace(transformers.GPTNeoXForCausalLM(config))
    model = ours(language)
    rest = open_flamingo.load(model, state)
    head = "lm_head.weight" if hasattr(language.model, "lm_head") else "embed_out.weight"  # its name since and until 5
    rest[head] = rest.pop("embed_out.weight")
    missing, unexpected = language.model.load_state_dict(rest, strict=False)
    # Newer versions of transformers compute what older ones stored, and do not know it any more.
    assert not missing and all("rotary" in name or name.endswith(".bias") for name in unexpected)
    features = stored["pictures"].float().flatten(2, 3)
    with torch.no_grad():
        logits = model(stored["tokens"], looks_at(stored["tokens"]), features)
    assert torch.allclose(logits, stored["logits"], atol=1e-4)


@pytest.mark.parametrize("wrap", [dict, lambda s: {"epoch": 3, "model_state_dict": s}])
def test_checkpoints_come_bare_and_wrapped_and_with_prefixes(state: dict[str, Tensor], wrap: Any) -> None:
    model = ours()
    open_flamingo.load(model, wrap({f"module.{name}": value for name, value in state.items()}))
    assert torch.equal(model.resampler.latents_LM, state["perceiver.latents"])


def test_layers_of_every_language_model_are_found(state: dict[str, Tensor]) -> None:
    gate = "gated_cross_attn_layer.attn_gate"
    for layers in ("gpt_neox.layers", "transformer.blocks", "model.layers", "transformer.h", "model.decoder.layers"):
        named, _ = open_flamingo.translate({f"lang_encoder.{layers}.3.{gate}": torch.tensor([0.5])})
        assert list(named) == ["blocks.3.attention_gate"]


def test_a_wrong_every_and_unknown_names_are_told(state: dict[str, Tensor]) -> None:
    model = Flamingo(Given(), Language(LanguageConfig(40, 32, 4, 2)), replace(CONFIG, every=1, first=0))
    with pytest.raises(ConfigError, match="is `every` right"):
        open_flamingo.load(model, state)
    with pytest.raises(ConfigError, match=r"unknown name 'perceiver\.extra'"):
        open_flamingo.load(ours(), {**state, "perceiver.extra": torch.zeros(1)})
