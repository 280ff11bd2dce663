"""The vision tower: any open_clip model, or a small one built from open_clip's own classes."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from m3w_builder.flamingo.config import TowerConfig

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""Mean and deviation of the channels, 0 to 1, that CLIP's pictures are normalised by (open_clip's default)."""


class Tower(nn.Module):
    """The vision half of an open_clip model as a giver of tokens: (n, 3, H, W) to (n, N, V), pooled or not.

    OpenFlamingo was trained when open_clip gave tokens without the final norm: `normed=False` gives these.
    """

    def __init__(self, visual: Any, normed: bool = True) -> None:
        super().__init__()
        # A shallow copy: the weights are shared, the two switches set below are the tower's own.
        self.visual = visual = copy.copy(visual)
        if hasattr(visual, "trunk"):  # a timm model
            self.kind, self.width = "timm", int(visual.trunk.num_features)
        elif hasattr(visual, "attnpool"):  # CLIP's own ResNet
            self.kind, self.width = "resnet", int(visual.attnpool.positional_embedding.shape[1])
        else:
            self.kind, self.width = "vit", int(visual.ln_post.normalized_shape[0])
            visual.output_tokens = True
            if not normed:
                visual.final_ln_after_pool = True

    @property
    def side(self) -> int:
        """Side of the pictures that the tower takes, px."""
        size: Any = self.visual.image_size
        return int(size[0] if isinstance(size, tuple | list) else size)

    def forward(self, pictures_nCHW: Tensor) -> Tensor:
        visual: Any = self.visual
        if self.kind == "vit":
            return visual(pictures_nCHW)[1]  # type: ignore[no-any-return]
        if self.kind == "timm":
            tokens: Tensor = visual.trunk.forward_features(pictures_nCHW)
        else:
            tokens = visual.layer4(visual.layer3(visual.layer2(visual.layer1(visual.stem(pictures_nCHW)))))
        # Convolutions give maps, transformers give tokens.
        return tokens.flatten(2).transpose(1, 2) if tokens.ndim == 4 else tokens


def small_clip(config: TowerConfig, vocabulary: int) -> Any:
    """An untrained open_clip CLIP of the config's sizes; its text half gives every token, to be averaged (`pooled`)."""
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    vision = CLIPVisionCfg(
        layers=config.layers,
        width=config.width,
        head_width=config.head_width,
        patch_size=config.patch,
        image_size=config.side,
        pool_type="avg",
    )
    text = CLIPTextCfg(
        context_length=config.context,
        vocab_size=vocabulary,
        width=config.text_width,
        heads=config.text_heads,
        layers=config.text_layers,
        no_causal_mask=True,
        pool_type="none",
    )
    return CLIP(config.embedding, vision, text)


def load_clip(name: str, weights: str = "") -> Any:
    """An open_clip model by its name, with a tag of pretrained weights or the path of a file; without, untrained."""
    import open_clip

    return open_clip.create_model(name, pretrained=weights or None)


def pixels(pictures_u8: Tensor) -> Tensor:
    """Pictures (…, 3, H, W) uint8 as the tower wants them: float, normalised."""
    mean = torch.tensor(CLIP_MEAN, device=pictures_u8.device).view(3, 1, 1)
    std = torch.tensor(CLIP_STD, device=pictures_u8.device).view(3, 1, 1)
    return (pictures_u8.float() / 255 - mean) / std


def pooled(tokens_BTE: Tensor, texts_BT: Tensor, pad: int) -> Tensor:
    """The mean of a text's tokens, padding left out, of length 1: (B, E). Short runs learn it sooner than one token."""
    real_BT1 = (texts_BT != pad).unsqueeze(-1)
    return nn.functional.normalize((tokens_BTE * real_BT1).sum(1) / real_BT1.sum(1).clamp(min=1), dim=-1)
