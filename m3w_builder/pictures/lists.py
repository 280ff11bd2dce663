"""Hash lists of pictures: read once a process, and searched without comparing with all of a list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from m3w_builder import storage
from m3w_builder.errors import ConfigError

FAR = 65
"""A distance that no two hashes have."""


@dataclass(frozen=True, slots=True)
class Near:
    """64-bit hashes, searched within `radius` bits: what is that near agrees on one of radius + 1 blocks."""

    values: tuple[np.ndarray, ...]
    """All hashes, once for each block, sorted by its bits."""
    names: tuple[np.ndarray, ...]
    """The blocks' bits, sorted."""
    blocks: tuple[tuple[int, int], ...]
    """(lowest bit, bits) of each block."""
    radius: int

    def distance(self, value: int) -> int:
        """Bits between `value` and the nearest hash within the radius; FAR where there is none."""
        least = FAR
        mine = np.uint64(value)
        for values, names, (low, width) in zip(self.values, self.names, self.blocks, strict=True):
            name = np.uint64(value >> low & (1 << width) - 1)
            start, end = np.searchsorted(names, name, "left"), np.searchsorted(names, name, "right")
            if start < end:
                least = min(least, int(np.bitwise_count(values[start:end] ^ mine).min()))
        return least if least <= self.radius else FAR


def near(hashes: np.ndarray, radius: int) -> Near:
    """The index of some hashes for searches within `radius` bits."""
    ends = [64 * block // (radius + 1) for block in range(radius + 2)]
    blocks = tuple((low, high - low) for low, high in pairwise(ends))
    values, names = [], []
    for low, width in blocks:
        bits = (hashes >> np.uint64(low)) & np.uint64((1 << width) - 1)
        order = np.argsort(bits, kind="stable")
        values.append(hashes[order])
        names.append(bits[order])
    return Near(tuple(values), tuple(names), blocks, radius)


@lru_cache(maxsize=16)
def near_list(url: str, kind: str, radius: int) -> Near:
    """The perceptual hashes (kind "p") or embeddings' signs (kind "e") of a list. Raises ConfigError without a list."""
    found = {int(line[2:18], 16) for line in _lines(url) if line.startswith(f"{kind} ")}
    return near(np.array(sorted(found), np.uint64), radius)


@lru_cache(maxsize=16)
def exact_list(url: str) -> frozenset[str]:
    """The sha256s (kind "s"), 64 hex digits, of a list. Raises ConfigError without a list."""
    return frozenset(line[2:66].lower() for line in _lines(url) if line.startswith("s "))


def set_name(url: str) -> str:
    """What a list is called: its file's name without the ending."""
    return url.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _lines(url: str) -> list[str]:
    try:
        return storage.read_bytes(url).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"lists: '{url}' is no hash list that can be read ({type(error).__name__})") from None
