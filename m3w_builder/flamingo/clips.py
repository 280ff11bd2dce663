"""Videos with their texts as batches: the third corpus of the paper, VTP (arXiv 2204.14198, section 2.4).

Builds hold videos as references alone, so these come from a folder: each video beside a text of its name, `a.mp4` and
`a.txt`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import video
from m3w_builder.flamingo.tokenizer import Tokenizer
from m3w_builder.flamingo.vision import pixels
from m3w_builder.shards.loader import Batch


def pairs(folder: str) -> list[tuple[str, str]]:
    """Paths of a local folder's videos and their texts, without those that have no text; [] where none is there."""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        text = os.path.splitext(os.path.join(folder, name))[0] + ".txt"
        if video.is_video(name) and os.path.exists(text):
            with open(text, encoding="utf-8") as stream:
                found.append((os.path.join(folder, name), stream.read().strip()))
    return found


@dataclass(slots=True)
class Clips:
    """Endless batches of videos, frames at 1 a second, each told by its text; what a loader is to `fit`.

    Each round over the videos is in another order; ranks take every `ranks`-th one. A video that can't be read ends
    the training with a ConfigError that names it.
    """

    told: list[tuple[str, str]]
    tokenizer: Tokenizer
    side: int
    frames: int = 8
    length: int = 256
    batch: int = 4
    seed: int = 0
    rank: int = 0
    ranks: int = 1
    step: int = 0

    def __iter__(self) -> Iterator[Batch]:
        if not self.told:
            raise ConfigError("no video with a text of its name to train on")
        while True:
            first = (self.step * self.ranks + self.rank) * self.batch
            self.step += 1
            yield self.make([self.told[self.at(first + row)] for row in range(self.batch)])

    def at(self, number: int) -> int:
        """The video that stands at a place of the endless order."""
        around, place = divmod(number, len(self.told))
        return int(np.random.default_rng([self.seed, around]).permutation(len(self.told))[place])

    def make(self, chosen: list[tuple[str, str]]) -> Batch:
        """The batch of some videos, of as many frames each: a shorter one shows its last one again."""
        shown = [video.frames(path, self.side, self.frames) for path, _ in chosen]
        most = max(len(one) for one in shown)
        frames = np.stack([one[np.minimum(np.arange(most), len(one) - 1)] for one in shown])
        how, width = self.tokenizer, self.length
        rows = [[how.image, *how.encode(text)[: width - 2], how.end_of_chunk] for _, text in chosen]
        tokens = torch.full((len(rows), max(map(len, rows))), how.pad)
        for row, ids in enumerate(rows):
            tokens[row, : len(ids)] = torch.tensor(ids)
        unread = (tokens == how.pad) | (tokens == how.image)
        looks = torch.where(tokens == how.pad, -1, 0)
        pictures = pixels(torch.from_numpy(frames)).unsqueeze(1)
        one = torch.ones(len(rows), dtype=torch.int64)
        return Batch(
            tokens, looks, tokens.masked_fill(unread, -100), pictures, one, looks, [path for path, _ in chosen]
        )

    def state_dict(self) -> dict[str, Any]:
        return {"step": self.step}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.step = state["step"]
