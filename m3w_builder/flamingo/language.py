"""A small causal language model, read top to bottom: what stands where no pretrained one can be had.

Shape letters: B sequences, T tokens, D width, A heads, E width of a head, K vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from m3w_builder.flamingo.config import LanguageConfig

Before = Callable[[int, Tensor], Tensor]
"""Called with a layer's index and its input (B, T, D); gives what the layer gets instead."""


class SelfAttention(nn.Module):
    """Causal self-attention."""

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.head_width = config.head_width or config.width // config.heads
        inner = self.heads * self.head_width
        self.to_qkv = nn.Linear(config.width, 3 * inner, bias=False)
        self.to_out = nn.Linear(inner, config.width, bias=False)
        self.relative = config.positions == "relative"
        if self.relative:
            self.to_r = nn.Linear(config.width, inner, bias=False)
            self.content_AE = nn.Parameter(torch.zeros(self.heads, 1, self.head_width))
            self.place_AE = nn.Parameter(torch.zeros(self.heads, 1, self.head_width))

    def forward(self, x_BTD: Tensor, places_TD: Tensor) -> Tensor:
        """places_TD: `rotations` or `sinusoids` of the T places."""
        q, k, v = (self.split(part) for part in self.to_qkv(x_BTD).chunk(3, dim=-1))  # (B, A, T, E) each
        if self.relative:
            bias_BATT = self.relative_bias(q + self.place_AE, places_TD)
            y = F.scaled_dot_product_attention(q + self.content_AE, k, v, attn_mask=bias_BATT)
        else:
            y = F.scaled_dot_product_attention(rotate(q, places_TD), rotate(k, places_TD), v, is_causal=True)
        return self.to_out(y.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def split(self, x: Tensor) -> Tensor:
        heads: Tensor = x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # type: ignore[no-untyped-call]
        return heads

    def relative_bias(self, q_BATE: Tensor, places_TD: Tensor) -> Tensor:
        """What distance alone adds to the scores, -inf ahead of a token: (B, A, T, T)."""
        length = q_BATE.shape[2]
        r_ATE = self.to_r(places_TD).unflatten(-1, (self.heads, -1)).transpose(0, 1)
        by_distance = q_BATE @ r_ATE.transpose(1, 2) / math.sqrt(self.head_width)  # last axis: distance 0 … T-1
        index = torch.arange(length, device=q_BATE.device)
        distance_TT = index.unsqueeze(1) - index
        bias: Tensor = by_distance.gather(-1, distance_TT.clamp(min=0).expand_as(by_distance))
        return bias.masked_fill(distance_TT < 0, -math.inf)


def rotate(x_BATE: Tensor, places_TE: Tensor) -> Tensor:
    """Turn pairs of channels by an angle that grows with the place."""
    cos, sin = places_TE.chunk(2, dim=-1)
    a, b = x_BATE.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def rotations(length: int, head_width: int, device: torch.device) -> Tensor:
    """Cosines, then sines, of the rotary angles: (T, E)."""
    frequencies = 10_000.0 ** (-torch.arange(0, head_width, 2, device=device) / head_width)
    angles = torch.arange(length, device=device).unsqueeze(1) * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def sinusoids(length: int, width: int, device: torch.device) -> Tensor:
    """Sines, then cosines, of distances 0 … T-1: (T, D)."""
    return rotations(length, width, device).roll(width // 2, dims=-1)


class Layer(nn.Module):
    """Attention, then feed-forward, each after its norm."""

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.width)
        self.attention = SelfAttention(config)
        self.feed_forward = nn.Sequential(
            nn.RMSNorm(config.width),
            nn.Linear(config.width, 4 * config.width, bias=False),
            nn.GELU(),
            nn.Linear(4 * config.width, config.width, bias=False),
        )

    def forward(self, x_BTD: Tensor, places_TD: Tensor) -> Tensor:
        x_BTD = x_BTD + self.attention(self.attention_norm(x_BTD), places_TD)
        return x_BTD + self.feed_forward(x_BTD)  # type: ignore[no-any-return]


class Language(nn.Module):
    """Decoder-only transformer with tied embeddings."""

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.config = config
        self.width = config.width
        self.head_width = config.head_width or config.width // config.heads
        self.depth = config.layers
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width)
        self.apply(self.start)

    def start(self, module: nn.Module) -> None:
        """GPT-2's starting values: normal with deviation 0.02."""
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)

    def forward(self, tokens_BT: Tensor, before: Before | None = None) -> Tensor:
        """Logits of the next token at each place: (B, T) to (B, T, K)."""
        x_BTD = self.embedding(tokens_BT)
        length, device = tokens_BT.shape[1], tokens_BT.device
        if self.config.positions == "relative":
            places_TD = sinusoids(length, self.width, device)
        else:
            places_TD = rotations(length, self.head_width, device)
        for index, layer in enumerate(self.layers):
            if before is not None:
                x_BTD = before(index, x_BTD)
            x_BTD = layer(x_BTD, places_TD.to(x_BTD.dtype))
        return F.linear(self.norm(x_BTD), self.embedding.weight)
