"""Flamingo: a frozen language model that looks at pictures through gated cross-attention (arXiv 2204.14198, section 2).

Shape letters
    B sequences    T text tokens     D text width          K vocabulary
    P pictures (or videos) of a sequence      F frames of one      N vision tokens of a frame     V their width
    L latents of a picture     M their width     S things attended to     A heads     E width of a head
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from m3w_builder.flamingo.config import ModelConfig


def feed_forward(width: int, config: ModelConfig) -> nn.Sequential:
    """LayerNorm, up, activation, down, without biases."""
    hidden = config.expansion * width
    activation = SquaredReLU() if config.activation == "squared_relu" else nn.GELU()
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, hidden, bias=False), activation, nn.Linear(hidden, width, bias=False)
    )


class SquaredReLU(nn.Module):
    """max(x, 0)², as in Primer (arXiv 2109.08668)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x).square()


class Attention(nn.Module):
    """Multi-head attention without biases: queries from `x`, keys and values from `seen`."""

    def __init__(self, width: int, seen_width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, heads * head_width, bias=False)
        self.to_kv = nn.Linear(seen_width, 2 * heads * head_width, bias=False)
        self.to_out = nn.Linear(heads * head_width, width, bias=False)

    def forward(self, x_BTD: Tensor, seen_BSM: Tensor, mask_BTS: Tensor | None = None) -> Tensor:
        return self.attend(x_BTD, self.to_kv(seen_BSM), mask_BTS)

    def attend(self, x_BTD: Tensor, kv_BSE: Tensor, mask_BTS: Tensor | None = None) -> Tensor:
        """The same where keys and values were made before: (B, S, 2·A·E)."""
        q_BATE = self.split(self.to_q(x_BTD))
        k_BASE, v_BASE = (self.split(half) for half in kv_BSE.chunk(2, dim=-1))
        mask = None if mask_BTS is None else mask_BTS.unsqueeze(1)  # the same for all heads
        y_BATE = F.scaled_dot_product_attention(q_BATE, k_BASE, v_BASE, attn_mask=mask)
        out_BTD: Tensor = self.to_out(y_BATE.transpose(1, 2).flatten(2))
        return out_BTD  # type: ignore[no-any-return]

    def split(self, x: Tensor) -> Tensor:
        """(B, T, A·E) to (B, A, T, E)."""
        heads: Tensor = x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # type: ignore[no-untyped-call]
        return heads


class ResamplerLayer(nn.Module):
    """Latents look at the media and at themselves, then think."""

    def __init__(self, width: int, config: ModelConfig) -> None:
        super().__init__()
        self.norm_media = nn.LayerNorm(width)
        self.norm_latents = nn.LayerNorm(width)
        self.attention = Attention(width, width, config.resampler_heads, config.resampler_head_width)
        self.feed_forward = feed_forward(width, config)

    def forward(self, latents_BLM: Tensor, standard_BSM: Tensor) -> Tensor:
        """standard_BSM: the media of mean 0 and deviation 1, which is what all layers' norms of them share."""
        normed_BLM = self.norm_latents(latents_BLM)
        to_kv, norm = self.attention.to_kv, self.norm_media
        # The norm's scale and shift go into the projection: where the tower is frozen, no gradient has to go to the
        # many media then, a twentieth of a whole step.
        media_kv = F.linear(standard_BSM, to_kv.weight * norm.weight, to_kv.weight @ norm.bias)
        # Keys and values come from media and latents together: the paper found it slightly better (section 2.1).
        kv_BSE = torch.cat([media_kv, to_kv(normed_BLM)], dim=1)
        latents_BLM = latents_BLM + self.attention.attend(normed_BLM, kv_BSE)
        thought_BLM: Tensor = self.feed_forward(latents_BLM)
        return latents_BLM + thought_BLM


class Resampler(nn.Module):
    """Perceiver Resampler: any number of vision tokens to a fixed number of latents (section 2.1, figure 5)."""

    def __init__(self, vision_width: int, config: ModelConfig) -> None:
        super().__init__()
        width = config.resampler_width or vision_width
        self.width = width
        self.project = nn.Linear(vision_width, width, bias=False) if width != vision_width else nn.Identity()
        self.latents_LM = nn.Parameter(torch.randn(config.latents, width))
        # Time embeddings alone: the frames' order is new, places inside a frame are known to the tower.
        self.times_FM = nn.Parameter(torch.zeros(config.max_frames, width))
        self.layers = nn.ModuleList(ResamplerLayer(width, config) for _ in range(config.resampler_layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, features_BPFNV: Tensor) -> Tensor:
        """Latents of each picture or video: (B, P, F, N, V) to (B, P, L, M). Raises ValueError beyond `max_frames`."""
        batch, pictures, frames = features_BPFNV.shape[:3]
        if frames > len(self.times_FM):
            raise ValueError(f"{frames} frames, and max_frames is {len(self.times_FM)}")
        media = self.project(features_BPFNV)
        if frames > 1:
            media = media + self.times_FM[:frames].unsqueeze(1)
        standard_BSM = F.layer_norm(media, (self.width,)).flatten(0, 1).flatten(1, 2)
        latents_BLM = self.latents_LM.expand(batch * pictures, -1, -1)
        for layer in self.layers:
            latents_BLM = layer(latents_BLM, standard_BSM)
        return self.norm(latents_BLM).unflatten(0, (batch, pictures))  # type: ignore[no-any-return]


class GatedBlock(nn.Module):
    """Gated cross-attention and feed-forward, before a layer of the language model (section 2.2, figure 4)."""

    def __init__(self, width: int, media_width: int, config: ModelConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = Attention(width, media_width, config.heads, config.head_width)
        self.attention_gate = nn.Parameter(torch.tensor([config.gate]))
        self.feed_forward = feed_forward(width, config)
        self.feed_forward_gate = nn.Parameter(torch.tensor([config.gate]))

    def forward(self, x_BTD: Tensor, media_BSM: Tensor, mask_BTS: Tensor, blind_BT: Tensor) -> Tensor:
        """Add to each token what its picture says: (B, T, D) to (B, T, D).

        blind_BT marks tokens with no picture before them: their rows of the mask let all through, since a softmax
        over nothing is NaN, and what they saw is erased here.
        """
        seen_BTD = self.attention(self.norm(x_BTD), media_BSM, mask_BTS)
        seen_BTD = seen_BTD.masked_fill(blind_BT.unsqueeze(-1), 0.0)
        x_BTD = x_BTD + self.attention_gate.tanh() * seen_BTD
        thought_BTD: Tensor = self.feed_forward(x_BTD)
        return x_BTD + self.feed_forward_gate.tanh() * thought_BTD


def media_mask(looks_at_BT: Tensor, pictures: int, latents: int, sees: str = "last") -> tuple[Tensor, Tensor]:
    """Which latents each token may see, as (mask_BTS, blind_BT), both bool, S = pictures × latents.

    looks_at_BT: index of the picture that a token looks at, -1 where none stands before it. Rows of blind tokens
    are all true. Raises ValueError where a token looks at a picture that is not there.
    """
    if looks_at_BT.numel() and int(looks_at_BT.max()) >= pictures:
        raise ValueError(f"a token looks at picture {int(looks_at_BT.max())} of {pictures}, counted from 0")
    index_P = torch.arange(pictures, device=looks_at_BT.device)
    looks = looks_at_BT.unsqueeze(-1)
    mask_BTP = looks == index_P if sees == "last" else looks >= index_P
    blind_BT = looks_at_BT < 0
    mask_BTP = mask_BTP | blind_BT.unsqueeze(-1)
    return mask_BTP.repeat_interleave(latents, dim=-1), blind_BT


class Flamingo(nn.Module):
    """Two frozen models and what is trained between them.

    vision: pictures (n, 3, H, W) to tokens (n, N, V); has `width` (V).
    language: `language(tokens_BT, before)` to logits (B, T, K), calling `before(i, x_BTD)` ahead of layer i; has
    `width` (D) and `depth` (its layers).
    """

    vision: Any
    language: Any

    def __init__(self, vision: nn.Module, language: nn.Module, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.vision = vision.requires_grad_(False)
        self.language = language.requires_grad_(False)
        self.resampler = Resampler(self.vision.width, config)
        width = config.media_width or self.resampler.width
        self.project: nn.Module = nn.Identity()
        if width != self.resampler.width:
            self.project = nn.Linear(self.resampler.width, width, bias=False)
        places = range(config.first, self.language.depth, config.every)
        self.blocks = nn.ModuleDict({str(i): GatedBlock(self.language.width, width, config) for i in places})

    def train(self, mode: bool = True) -> Flamingo:
        """Frozen parts stay in evaluation mode: their dropout and batch statistics are frozen too. So does a language
        model of which but some rows of the embeddings are trained."""
        super().train(mode)
        rows = {id(parameter) for parameter in getattr(self.language, "rows", ())}
        for part in (self.vision, self.language):
            part.train(mode and any(p.requires_grad and id(p) not in rows for p in part.parameters()))
        return self

    def look(self, pictures_BPFCHW: Tensor) -> Tensor:
        """The tower's tokens of every frame, (B, P, F, N, V); without gradient unless the tower was unfrozen."""
        frozen = not any(p.requires_grad for p in self.vision.parameters())
        with torch.no_grad() if frozen else torch.enable_grad():
            tokens: Tensor = self.vision(pictures_BPFCHW.flatten(0, 2))
        return tokens.reshape(*pictures_BPFCHW.shape[:3], *tokens.shape[1:])

    def media(self, features_BPFNV: Tensor) -> Tensor:
        """What the text attends to: a few latents of each picture or video, (B, P, L, M)."""
        return self.project(self.resampler(features_BPFNV))  # type: ignore[no-any-return]

    def forward(self, tokens_BT: Tensor, looks_at_BT: Tensor, seen: Tensor) -> Tensor:
        """Logits (B, T, K). `seen` are pictures (B, P, F, C, H, W); or `look`'s features of them (B, P, F, N, V), kept
        by a caller where the tower is frozen, so that it runs once; or `media` of them (B, P, L, M), kept by a prompt.
        """
        features = self.look(seen) if seen.ndim == 6 else seen
        media_BPLM = self.media(features) if features.ndim == 5 else features
        pictures, latents = media_BPLM.shape[1:3]
        mask_BTS, blind_BT = media_mask(looks_at_BT, pictures, latents, self.config.sees)
        media_BSM = media_BPLM.flatten(1, 2)
        return self.language(tokens_BT, self.before(media_BSM, mask_BTS, blind_BT))  # type: ignore[no-any-return]

    def before(self, media_BSM: Tensor, mask_BTS: Tensor, blind_BT: Tensor) -> Callable[[int, Tensor], Tensor]:
        """What the language model calls ahead of each of its layers."""

        def block(layer: int, x_BTD: Tensor) -> Tensor:
            if str(layer) not in self.blocks:
                return x_BTD
            return self.blocks[str(layer)](x_BTD, media_BSM, mask_BTS, blind_BT)  # type: ignore[no-any-return]

        return block

    def trained(self) -> dict[str, Tensor]:
        """The state of all that is trained: what a checkpoint holds."""
        wanted = {name for name, parameter in self.named_parameters() if parameter.requires_grad}
        return {name: value for name, value in self.state_dict().items() if name in wanted}


def token_losses(logits_BTK: Tensor, labels_BT: Tensor) -> Tensor:
    """Nats lost on each next token, (B, T - 1); 0 where the label is -100. Labels stand at the token itself."""
    labels = labels_BT[:, 1:]
    flat = logits_BTK[:, :-1].flatten(0, 1).float()  # rows of K: over a middle axis the loss is slower
    return F.cross_entropy(flat, labels.flatten(), ignore_index=-100, reduction="none").view_as(labels)


def mean_loss(logits_BTK: Tensor, labels_BT: Tensor) -> Tensor:
    """Mean over the labelled tokens; 0, with a gradient of 0, where there is none (open_flamingo #215 gave NaN)."""
    counted = (labels_BT[:, 1:] != -100).sum()
    return token_losses(logits_BTK, labels_BT).sum() / counted.clamp(min=1)
