"""The small frozen models for machines without pretrained ones: both are trained on the corpus itself, first.

Shape letters: N texts, I pictures, T tokens, E the shared space.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from m3w_builder.flamingo.align import Texts
from m3w_builder.flamingo.config import LanguageConfig, PretrainConfig, TowerConfig
from m3w_builder.flamingo.language import Language
from m3w_builder.flamingo.model import mean_loss
from m3w_builder.flamingo.sequences import NOTHING, Windows, batches
from m3w_builder.flamingo.vision import Headed, Tower, pixels, pooled, small_clip


def schedule(step: int, steps: int, warm: int = 20) -> float:
    """Share of the learning rate: a short warm-up, then a cosine down to a tenth."""
    if step < warm:
        return (step + 1) / warm
    return 0.1 + 0.45 * (1 + float(np.cos(np.pi * (step - warm) / max(1, steps - warm))))


def adam(module: nn.Module, rate: float, decay: float = 0.1) -> torch.optim.AdamW:
    """AdamW with decay on matrices alone."""
    wanted = [p for p in module.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in wanted if p.ndim >= 2], "weight_decay": decay},
        {"params": [p for p in wanted if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99), fused=True)


def step(optimiser: torch.optim.Optimizer, loss: Tensor, module: nn.Module, rate: float) -> None:
    """One step: backwards, clip at 1, update."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_((p for p in module.parameters() if p.grad is not None), 1.0)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()


def train_language(
    windows: Windows, sizes: LanguageConfig, config: PretrainConfig, seed: int
) -> tuple[Language, list[float]]:
    """A language model trained on the windows' tokens, marks included, and its loss at each step."""
    torch.manual_seed(seed)
    model = Language(sizes)
    optimiser = adam(model, config.language_rate)
    lengths = windows.lengths_W
    order = batches(lengths, config.batch_tokens, seed)
    losses = []
    for number in range(config.language_steps):
        rows = next(order)
        tokens = torch.from_numpy(windows.tokens_WT[rows, : lengths[rows].max()])
        labels = tokens.masked_fill(tokens == 0, NOTHING)  # padding is token 0
        loss = mean_loss(model(tokens), labels)
        step(optimiser, loss, model, config.language_rate * schedule(number, config.language_steps))
        losses.append(float(loss.detach()))
    return model.eval(), losses


def train_tower(
    images: NDArray[Any],
    owners_I: NDArray[np.int64],
    texts: Texts,
    sizes: TowerConfig,
    vocabulary: int,
    config: PretrainConfig,
    seed: int,
) -> tuple[Any, list[float]]:
    """An open_clip CLIP whose pictures find a text of their own page among the texts of a batch of pages.

    images: pictures (I, 3, H, W) uint8, or a frozen tower's mean tokens (I, V), on which a head alone is trained then.
    """
    torch.manual_seed(seed)
    given = images.dtype != np.uint8
    clip = Headed(images.shape[1], sizes, vocabulary) if given else small_clip(sizes, vocabulary)
    with torch.no_grad():
        clip.logit_scale.fill_(float(np.log(1 / config.temperature)))
    optimiser = adam(clip, config.tower_rate)
    generator = np.random.default_rng(seed)
    images_of, texts_of = grouped(owners_I), grouped(texts.pages_N)
    both = np.array([page for page in images_of if page in texts_of])
    losses = []
    for number in range(config.tower_steps):
        chosen = generator.choice(both, min(config.batch_pages, len(both)), replace=False)
        chosen_I = np.concatenate([images_of[page][:6] for page in chosen])
        lines = np.concatenate([generator.permutation(texts_of[page])[:12] for page in chosen])
        image_IE, text_NE = embed(clip, images[chosen_I], texts.tokens_NT[lines], texts.pad)
        own_IN = torch.from_numpy(owners_I[chosen_I][:, None] == texts.pages_N[lines][None])
        loss = contrast(clip.logit_scale.exp() * image_IE @ text_NE.T, own_IN)
        step(optimiser, loss, clip, config.tower_rate * schedule(number, config.tower_steps))
        with torch.no_grad():
            clip.logit_scale.clamp_(0, float(np.log(100)))
        losses.append(float(loss.detach()))
    return clip.eval(), losses


def contrast(scores_IN: Tensor, own_IN: Tensor) -> Tensor:
    """A picture finds some text of its page among all; the text that it likes best finds it among all pictures.

    The first half is MIL-NCE (arXiv 1912.06430), which needs no pairs; the second parts the pictures of one page.
    """
    hidden = scores_IN.masked_fill(~own_IN, -torch.inf)
    found = scores_IN.logsumexp(1) - hidden.logsumexp(1)
    best_I = hidden.argmax(1)
    back = F.cross_entropy(scores_IN.T[best_I], torch.arange(len(scores_IN)))
    return (found.mean() + back) / 2


def embed(clip: Any, images: NDArray[Any], tokens_NT: NDArray[np.int64], pad: int) -> tuple[Tensor, Tensor]:
    """Pictures (or their mean tokens) and texts in the shared space, of length 1: (I, E) and (N, E)."""
    tokens = torch.from_numpy(tokens_NT)
    given = torch.from_numpy(images)
    image_IE = clip.encode_image(pixels(given) if given.dtype == torch.uint8 else given.float(), normalize=True)
    return image_IE, pooled(clip.encode_text(tokens), tokens, pad)


def grouped(numbers: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """The places of each number."""
    ordered = np.argsort(numbers, kind="stable")
    values, starts = np.unique(numbers[ordered], return_index=True)
    return {int(v): part for v, part in zip(values, np.split(ordered, starts[1:]), strict=True)}


@torch.no_grad()
def similarities(
    clip: Any, images: NDArray[Any], owners_I: NDArray[np.int64], texts: Texts
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.int64]], list[NDArray[np.float32]]]:
    """What the alignment scan asks: for each page its pictures × its texts, the chunks of these, and its pictures ×
    the texts of another page."""
    images_of, texts_of = grouped(owners_I), grouped(texts.pages_N)
    pages = sorted(set(images_of) & set(texts_of))
    shared = [embed(clip, images[images_of[page]], texts.tokens_NT[texts_of[page]], texts.pad) for page in pages]
    tables = [(image_IE @ text_NE.T).numpy() for image_IE, text_NE in shared]
    others = [
        (image_IE @ text_NE.T).numpy()
        for (image_IE, _), (_, text_NE) in zip(shared, shared[1:] + shared[:1], strict=True)
    ]
    return tables, [texts.chunks_N[texts_of[page]] for page in pages], others


@torch.no_grad()
def features(tower: Tower, pictures_u8: NDArray[np.uint8], batch: int = 64) -> Tensor:
    """The frozen tower's tokens of every picture, kept so that training runs it once: (n, N, V), half precision."""
    parts = [
        tower(pixels(torch.from_numpy(pictures_u8[at : at + batch]))).half() for at in range(0, len(pictures_u8), batch)
    ]
    return torch.cat(parts)


def timed(started: float) -> float:
    """Seconds since."""
    return round(time.monotonic() - started, 1)
