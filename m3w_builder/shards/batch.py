"""`Batch`: rows of windows as tensors, and where the worker stands behind them.

Shape letters: B batch, T tokens, P pictures, C channels, H height, W width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from m3w_builder.classes import dataclass
from m3w_builder.shards.window import NOTHING, Window


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker stands: `position` samples of its share of `epoch` are behind it, those left out included."""

    worker: int = 0
    epoch: int = 0
    position: int = 0


@dataclass(slots=True)
class Batch:
    """B rows of T tokens, each a document's window and padding, or several windows where these are packed.

    P is the most pictures of any row, at least 1.
    """

    tokens_BT: Tensor
    """int64"""
    looks_at_BT: Tensor
    """int64: which of its row's pictures a token sees; -1 for none and on padding."""
    labels_BT: Tensor
    """int64: the tokens unshifted, -100 where no loss is counted. No row is without a label."""
    pictures_BPCHW: Tensor
    """float32; zeros where a row has fewer than P."""
    n_pictures_B: Tensor
    """int64"""
    documents_BT: Tensor
    """int64: which of its row's documents a token is of; -1 on padding. For an attention that keeps them apart."""
    keys: list[str]
    """The documents' keys, row by row."""
    place: Place = field(default_factory=Place)
    """Where the worker stands behind this batch."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Samples left out since the worker's batch before, by reason."""

    def to(self, device: Any) -> Batch:
        """The same on another device."""
        return self._mapped(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """The same in pinned memory: what DataLoader asks with `pin_memory=True`."""
        return self._mapped(lambda tensor: tensor.pin_memory())

    def _mapped(self, function: Any) -> Batch:
        names = ("tokens_BT", "looks_at_BT", "labels_BT", "pictures_BPCHW", "n_pictures_B", "documents_BT")
        return replace(self, **{name: function(getattr(self, name)) for name in names})


Drawn = tuple[str, Window, list[Any]]
"""A document's key, its window, and the window's pictures transformed."""

Row = list[Drawn]
"""What stands in one row of a batch."""


def collated(rows: list[Row], length: int, pad: int, place: Place, skipped: Mapping[str, int]) -> Batch:
    """The batch of some rows, each padded to `length` tokens with the token `pad`."""
    shape = (len(rows), length)
    tokens = np.full(shape, pad, np.int64)
    looks, documents = np.full(shape, -1, np.int64), np.full(shape, -1, np.int64)
    labels = np.full(shape, NOTHING, np.int64)
    counts = [sum(len(pictures) for _, _, pictures in row) for row in rows]
    first = torch.as_tensor(next(pictures[0] for row in rows for _, _, pictures in row if pictures))
    pixels = torch.zeros((len(rows), max(1, *counts), *first.shape), dtype=torch.float32)
    for index, row in enumerate(rows):
        start = seen = 0
        for number, (_, drawn, pictures) in enumerate(row):
            here = slice(start, start + len(drawn.tokens_T))
            tokens[index, here], labels[index, here] = drawn.tokens_T, drawn.labels_T
            looks[index, here] = np.where(drawn.looks_at_T >= 0, drawn.looks_at_T + seen, -1)
            documents[index, here] = number
            labels[index, start] = NOTHING  # nothing before it tells what a window begins with
            for place_of, picture in enumerate(pictures, seen):
                pixels[index, place_of] = torch.as_tensor(picture)
            start, seen = here.stop, seen + len(pictures)
    return Batch(
        torch.from_numpy(tokens),
        torch.from_numpy(looks),
        torch.from_numpy(labels),
        pixels,
        torch.tensor(counts),
        torch.from_numpy(documents),
        [key for row in rows for key, _, _ in row],
        place,
        dict(skipped),
    )
