"""One side of the comparison: a Flamingo trained with the pictures' features kept, and its losses on held-out windows.

Shape letters: W windows, T tokens, P pictures of a window, n pictures in all, N vision tokens, V their width.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from m3w_builder.flamingo.model import Flamingo, mean_loss, token_losses
from m3w_builder.flamingo.pretrain import adam, schedule, step
from m3w_builder.flamingo.sequences import Windows, batch_end, batches


def take(
    windows: Windows, rows: NDArray[np.int64], features_nNV: Tensor, lengths_W: NDArray[np.int64]
) -> tuple[Tensor, ...]:
    """Tokens, looks, labels of some windows, their pictures' features (n, N, V), and which of these each place shows.

    Absent pictures take the last row, which is the blank one. Each picture is there once, however many places show it.
    """
    longest = int(lengths_W[rows].max())
    most = max(1, int(windows.looks_at_WT[rows].max()) + 1)
    shown, places_BP = np.unique(windows.pictures_WP[rows, :most], return_inverse=True)
    tokens, looks, labels = (
        torch.from_numpy(array[rows, :longest]) for array in (windows.tokens_WT, windows.looks_at_WT, windows.labels_WT)
    )
    places = torch.from_numpy(places_BP.reshape(len(rows), most))
    return tokens, looks, labels, features_nNV[torch.from_numpy(shown)].float(), places


def logits(model: Flamingo, tokens: Tensor, looks: Tensor, features_nNV: Tensor, places_BP: Tensor) -> Tensor:
    """The model's logits, each picture resampled once."""
    media_nLM = model.media(features_nNV[None, :, None])[0]
    return model(tokens, looks, media_nLM[places_BP])  # type: ignore[no-any-return]


def train(
    model: Flamingo,
    windows: Windows,
    features_nNV: Tensor,
    steps: int,
    rate: float,
    tokens: int,
    seed: int,
    tell: Callable[[int, float], None] | None = None,
) -> list[float]:
    """Train what is not frozen; returns the loss of each step."""
    torch.manual_seed(seed)
    model.train()
    optimiser = adam(model, rate)
    lengths = windows.lengths_W
    order = batches(lengths, tokens, seed)
    losses = []
    for number in range(steps):
        ids, looks, labels, features, places = take(windows, next(order), features_nNV, lengths)
        loss = mean_loss(logits(model, ids, looks, features, places), labels)
        step(optimiser, loss, model, rate * schedule(number, steps))
        losses.append(float(loss.detach()))
        if tell:
            tell(number, losses[-1])
    model.eval()
    return losses


@torch.no_grad()
def losses(model: Flamingo, windows: Windows, features_nNV: Tensor, tokens: int = 8192) -> NDArray[np.float32]:
    """Nats lost on each labelled token, 0 on others: (W, T), at the token that was to be told."""
    lengths = windows.lengths_W
    found = np.zeros(windows.tokens_WT.shape, np.float32)
    ordered = np.argsort(lengths)
    in_order = lengths[ordered]
    start = 0
    while start < len(ordered):
        end = batch_end(in_order, start, tokens)
        rows = ordered[start:end]
        ids, looks, labels, features, places = take(windows, rows, features_nNV, lengths)
        lost = token_losses(logits(model, ids, looks, features, places), labels)
        found[rows, 1 : 1 + lost.shape[1]] = lost.numpy()
        start = end
    return found


def swapped(windows: Windows, owners_n: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Pictures of other documents in the windows' places, as evenly as chance allows: a new `pictures_WP`."""
    generator = np.random.default_rng(seed)
    count = len(owners_n)
    to = generator.permutation(count)
    for _ in range(50):  # swap away those that fell on their own document
        same = np.flatnonzero(owners_n[to] == owners_n)
        if not len(same):
            break
        other = generator.integers(0, count, len(same))
        for a, b in zip(same, other, strict=True):
            to[a], to[b] = to[b], to[a]
    return np.where(windows.pictures_WP >= 0, to[windows.pictures_WP], -1)


def rotated(windows: Windows) -> NDArray[np.int64]:
    """Each window's pictures moved on by one among themselves; windows of one picture stay as they are."""
    pictures = windows.pictures_WP.copy()
    for row, count in enumerate((pictures >= 0).sum(1)):
        pictures[row, :count] = np.roll(pictures[row, :count], 1)
    return pictures


def blank(windows: Windows) -> NDArray[np.int64]:
    """No window has a picture of its own: all take the blank one."""
    return np.full_like(windows.pictures_WP, -1)
