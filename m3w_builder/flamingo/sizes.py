"""The paper's three models (arXiv 2204.14198, tables 4 and 5), to be built on the meta device and counted.

The tables disagree about the middle one: 40 layers of width 4096 with 10 gated blocks are 8.7 and 2.0 billion
parameters, and its row says 7.1 and 1.6. 32 layers with 8 blocks give both figures, and so stand here. Chinchilla's
relative positions (13 widths² a layer), keys from media as wide as the text (12 widths² a block) and heads of 128
with a projection from the tower's 3072 channels in the Resampler are what its other rows add up to.
"""

from __future__ import annotations

from dataclasses import dataclass

from m3w_builder.flamingo.config import LanguageConfig, ModelConfig

VISION_MODEL = "dm_nfnet_f6"
"""timm's name of the paper's tower; its last feature map has 3072 channels."""

VISION_WIDTH = 3072


@dataclass(frozen=True, slots=True)
class Size:
    """One of the paper's models: the frozen language model and what is trained."""

    language: LanguageConfig
    model: ModelConfig


def _size(layers: int, width: int, every: int) -> Size:
    heads = width // 128
    return Size(
        LanguageConfig(32_000, width, layers, heads, 128, "relative"),
        ModelConfig(
            every=every,
            heads=heads,
            head_width=128,
            resampler_layers=6,
            resampler_width=1536,
            resampler_heads=16,
            resampler_head_width=128,
            latents=64,
            media_width=width,
        ),
    )


SIZES = {
    "flamingo-3b": _size(24, 2048, 1),
    "flamingo-9b": _size(32, 4096, 4),
    "flamingo-80b": _size(80, 8192, 7),
}
