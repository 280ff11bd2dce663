"""What becomes of pairs that are alike: each one's nearest better neighbour, or connected groups of them.

Nodes are numbered from the best to the worst: of two numbers the less is what stays.
"""

from __future__ import annotations

from dataclasses import field
from typing import Protocol

import numpy as np

from m3w_builder.classes import dataclass

NONE = np.uint64((1 << 64) - 1)
"""No neighbour."""
FAR = 255
"""No distance: no link is known."""
_PENDING = 1 << 18
"""Links held before they are cut down to groups, besides four a node."""


class Sink(Protocol):
    """Takes pairs of nodes that are alike."""

    once: bool
    """Whether one pair is enough for a node: then no other of it need be sought."""

    def add(self, one: np.ndarray, other: np.ndarray, distance: np.ndarray) -> None:
        """Nodes `one`, the lesser nodes `other` that they are alike with, and their distances in bits (under 255)."""

    def together(self, nodes: np.ndarray) -> bool:
        """Whether these are known to be of one group: then no pair of them need be sought."""

    def gone(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(nodes that go, the node that stays for each, distances in bits)."""


@dataclass(slots=True)
class Nearest:
    """For each node its nearest lesser one."""

    size: int
    best: np.ndarray = field(init=False)
    """distance << 32 | the lesser node's number; `NONE` where there is none."""
    once: bool = True

    def __post_init__(self) -> None:
        self.best = np.full(self.size, NONE)

    def add(self, one: np.ndarray, other: np.ndarray, distance: np.ndarray) -> None:
        np.minimum.at(self.best, one, (distance.astype(np.uint64) << np.uint64(32)) | other.astype(np.uint64))

    def together(self, nodes: np.ndarray) -> bool:
        return False

    def gone(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        nodes = np.flatnonzero(self.best != NONE)
        return nodes, (self.best[nodes] & np.uint64(0xFFFFFFFF)).astype(np.int64), self.best[nodes] >> np.uint64(32)


@dataclass(slots=True)
class Groups:
    """Connected components."""

    size: int
    least: np.ndarray = field(init=False)
    """For each node the least number of its group, once `settled`."""
    nearest: np.ndarray = field(init=False)
    """For each node the distance to the nearest that it is linked with; `FAR` without any."""
    once: bool = False
    _pending: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    _held: int = 0

    def __post_init__(self) -> None:
        self.least = np.arange(self.size)
        self.nearest = np.full(self.size, FAR, np.uint8)

    def add(self, one: np.ndarray, other: np.ndarray, distance: np.ndarray) -> None:
        near = distance.astype(np.uint8)
        np.minimum.at(self.nearest, one, near)
        np.minimum.at(self.nearest, other, near)
        one, other = self.least[one], self.least[other]
        apart = one != other
        self._pending.append((one[apart], other[apart]))
        self._held += int(apart.sum())
        if self._held > 4 * self.size + _PENDING:
            self.settled()

    def settled(self) -> Groups:
        """Itself, `least` brought up to date."""
        if self._held:
            one, other = (np.concatenate(side) for side in zip(*self._pending, strict=True))
            # Most nodes have no link: only those that have are numbered.
            linked = np.zeros(self.size, bool)
            linked[one] = linked[other] = True
            nodes = np.flatnonzero(linked)
            number = np.cumsum(linked, dtype=np.int32) - 1
            leads = np.arange(self.size)
            leads[nodes] = nodes[_leads(number[one], number[other], len(nodes))]
            self.least = leads[self.least]
        self._pending, self._held = [], 0
        return self

    def together(self, nodes: np.ndarray) -> bool:
        least = self.least[nodes]
        return bool((least == least[:1]).all())

    def gone(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self.settled()
        nodes = np.flatnonzero(self.least != np.arange(self.size))
        return nodes, self.least[nodes], self.nearest[nodes]


def _leads(one: np.ndarray, other: np.ndarray, size: int) -> np.ndarray:
    """For each of `size` nodes the least of its component under these links.

    In each round every lead that has a lesser neighbour hooks onto its least one, and all pointers are followed to
    their ends. A lead that stays has taken all its greater neighbours' hooks, so two rounds halve what is left.
    """
    least = np.arange(size)
    while len(one):
        np.minimum.at(least, np.maximum(one, other), np.minimum(one, other))
        while True:
            further = least[least]
            if np.array_equal(further, least):
                break
            least = further
        one, other = least[one], least[other]
        apart = one != other
        one, other = one[apart], other[apart]
    return least
