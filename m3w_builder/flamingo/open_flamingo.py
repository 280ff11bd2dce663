"""OpenFlamingo's checkpoints: their names as ours, and the sizes that its models have (arXiv 2308.01390)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo.config import ModelConfig
from m3w_builder.flamingo.model import Flamingo

SIZES = ModelConfig(
    heads=8,
    head_width=64,
    resampler_layers=6,
    resampler_heads=8,
    resampler_head_width=64,
    latents=64,
    activation="gelu",
)
"""What all its models have in common."""

NAMES = (
    (r"perceiver\.latents", "resampler.latents_LM"),
    (r"perceiver\.norm\.(weight|bias)", r"resampler.norm.\1"),
    (r"perceiver\.layers\.(\d+)\.0\.(norm_media|norm_latents)\.(weight|bias)", r"resampler.layers.\1.\2.\3"),
    (r"perceiver\.layers\.(\d+)\.0\.(to_q|to_kv|to_out)\.weight", r"resampler.layers.\1.attention.\2.weight"),
    (r"perceiver\.layers\.(\d+)\.1\.(\d)\.(weight|bias)", r"resampler.layers.\1.feed_forward.\2.\3"),
    (r".*layers?\.(\d+)\.gated_cross_attn_layer\.attn_gate", r"blocks.\1.attention_gate"),
    (r".*layers?\.(\d+)\.gated_cross_attn_layer\.ff_gate", r"blocks.\1.feed_forward_gate"),
    (r".*layers?\.(\d+)\.gated_cross_attn_layer\.attn\.norm\.(weight|bias)", r"blocks.\1.norm.\2"),
    (r".*layers?\.(\d+)\.gated_cross_attn_layer\.attn\.(to_q|to_kv|to_out)\.weight", r"blocks.\1.attention.\2.weight"),
    (r".*layers?\.(\d+)\.gated_cross_attn_layer\.ff\.(\d)\.(weight|bias)", r"blocks.\1.feed_forward.\2.\3"),
)
"""Its names, as patterns, and ours. MPT's layers are called `blocks`, others' `layers`, `h` or `layer`."""

LAYERS = re.compile(r"\.(?:blocks|h)\.(\d+)\.gated_cross_attn_layer")

COPIES = ("lang_encoder.gated_cross_attn_layers.", "lang_encoder.old_decoder_blocks.", "vision_encoder.")
"""Second names of the same weights, and the tower, which was never trained."""


def sizes(every: int) -> ModelConfig:
    """The model's sizes where a block stands before each `every`th layer, at the end of each such group."""
    return replace(SIZES, every=every, first=every - 1)


def translate(stored: Mapping[str, object]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """A checkpoint's weights under our names, and what is the language model's own (embeddings that were trained).

    Takes `{"model_state_dict": …}` and bare state dicts, with or without `module.` before each name. Raises
    ConfigError at a name that is not known.
    """
    state = stored.get("model_state_dict", stored)
    if not isinstance(state, Mapping):
        raise ConfigError("no state dict of OpenFlamingo: model_state_dict is no mapping")
    ours: dict[str, Tensor] = {}
    language: dict[str, Tensor] = {}
    for name, value in state.items():
        name = name.removeprefix("module.")
        if name.startswith(COPIES):
            continue
        plain = LAYERS.sub(r".layers.\1.gated_cross_attn_layer", name)
        for pattern, target in NAMES:
            if match := re.fullmatch(pattern, plain):
                new = match.expand(target)
                ours[new] = value.reshape(1) if new.endswith("_gate") else value
                break
        else:
            if not name.startswith("lang_encoder.") or "gated_cross_attn_layer" in name:
                raise ConfigError(f"no state dict of OpenFlamingo: unknown name '{name}'")
            language[name.removeprefix("lang_encoder.").replace(".decoder_layer.", ".")] = value
    return ours, language


def load(model: Flamingo, stored: Mapping[str, object]) -> dict[str, Tensor]:
    """Put a checkpoint's weights into a model of `sizes`; returns the language model's own, by their names there.

    Raises ConfigError where weights are missing, too many, or of other shapes.
    """
    ours, language = translate(stored)
    wanted = {name: p for name, p in model.trained().items() if name.startswith(("resampler.", "blocks."))}
    wanted.pop("resampler.times_FM")  # OpenFlamingo has none: ours stay zero
    if missing := sorted(wanted.keys() - ours.keys()):
        raise ConfigError(f"the checkpoint lacks {len(missing)} weights, such as {missing[0]}: is `every` right?")
    if extra := sorted(ours.keys() - wanted.keys()):
        raise ConfigError(f"the checkpoint has {len(extra)} weights too many, such as {extra[0]}: is `every` right?")
    for name, value in ours.items():
        if value.shape != wanted[name].shape:
            raise ConfigError(f"{name}: {tuple(value.shape)} in the checkpoint, {tuple(wanted[name].shape)} here")
    model.load_state_dict(ours, strict=False)
    return language
