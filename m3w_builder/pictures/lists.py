"""Hash lists of pictures: read once a process, and searched without comparing with all of a list."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.errors import ConfigError

FAR = 65
"""A distance that no two hashes have."""
LOOSER = 3
"""How many times the radius perceptual hashes may be apart where gradient hashes are within it: as `dedup` has it."""


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
    also: tuple[np.ndarray, ...] = ()
    """Where given, a second hash of each, in the same order."""

    def distance(self, value: int, also: int = 0) -> int:
        """Bits between `value` and the nearest hash within the radius; FAR where there is none.

        also: where hashes have a second one, what that must be within `LOOSER` times the radius of.
        """
        least = FAR
        mine = np.uint64(value)
        for block, (names, (low, width)) in enumerate(zip(self.names, self.blocks, strict=True)):
            name = np.uint64(value >> low & (1 << width) - 1)
            start, end = np.searchsorted(names, name, "left"), np.searchsorted(names, name, "right")
            distances = np.bitwise_count(self.values[block][start:end] ^ mine)
            if self.also:
                other = np.bitwise_count(self.also[block][start:end] ^ np.uint64(also))
                distances = distances[other <= LOOSER * self.radius]
            least = min(least, int(distances.min(initial=FAR)))
        return least if least <= self.radius else FAR


def near(hashes: np.ndarray, radius: int, also: np.ndarray | None = None) -> Near:
    """The index of some hashes for searches within `radius` bits; also: a second hash of each."""
    ends = [64 * block // (radius + 1) for block in range(radius + 2)]
    blocks = tuple((low, high - low) for low, high in pairwise(ends))
    values, names, others = [], [], []
    for low, width in blocks:
        bits = (hashes >> np.uint64(low)) & np.uint64((1 << width) - 1)
        order = np.argsort(bits, kind="stable")
        values.append(hashes[order])
        names.append(bits[order])
        others += [also[order]] if also is not None else []
    return Near(tuple(values), tuple(names), blocks, radius, tuple(others))


@lru_cache(maxsize=16)
def near_list(url: str, kind: str, radius: int) -> Near:
    """The perceptual hashes (kind "p") or embeddings' signs (kind "e") of a list. Raises ConfigError without a list."""
    found = {int(line[2:18], 16) for line in _lines(url) if line.startswith(f"{kind} ")}
    return near(np.array(sorted(found), np.uint64), radius)


@lru_cache(maxsize=16)
def gradient_list(url: str, radius: int) -> Near:
    """The gradient hashes (kind "d") of a list, each with its picture's perceptual hash; lists made before there were
    such lines have none. Raises ConfigError without a list."""
    found = sorted({(int(line[2:18], 16), int(line[19:35], 16)) for line in _lines(url) if line.startswith("d ")})
    hashes, also = np.array(found, np.uint64).reshape(-1, 2).T
    return near(hashes, radius, also)


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
