"""The order of samples in a bundle of shards: one host's samples stand apart from each other."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import TypeVar

import xxhash

T = TypeVar("T")


def spread(samples: Sequence[T], host: Callable[[T], str], seed: int) -> list[T]:
    """The samples with each host's spaced evenly over the whole, in the order in which they came.

    No two neighbours are of one host where no host has more than half of all. The same for the same input and seed.
    """
    counts = Counter(host(one) for one in samples)
    met: Counter[str] = Counter()
    places = []
    for number, one in enumerate(samples):
        name = host(one)
        # Each host begins at a place of its own: else all first pages would stand together.
        phase = xxhash.xxh3_64_intdigest(name.encode("utf-8", "surrogatepass"), seed) / 2**64
        places.append(((met[name] + phase) / counts[name], number))
        met[name] += 1
    return _parted([samples[number] for _, number in sorted(places)], host)


def _parted(samples: Sequence[T], host: Callable[[T], str]) -> list[T]:
    """The samples with neighbours of one host moved apart: later by a few places, the last ones to earlier gaps."""
    done: list[T] = []
    held: deque[T] = deque()  # all of the host that stands last in `done`
    for one in samples:
        if done and host(done[-1]) == host(one):
            held.append(one)
            continue
        done.append(one)
        if held and host(held[0]) != host(one):
            done.append(held.popleft())
    return _inserted(done, held, host) if held else done


def _inserted(done: list[T], held: deque[T], host: Callable[[T], str]) -> list[T]:
    """What is still held goes between two others of other hosts, from the end on; what finds no place stands last."""
    name = host(held[0])
    backwards: list[T] = []
    for one in reversed(done):
        if held and host(one) != name and backwards and host(backwards[-1]) != name:
            backwards.append(held.popleft())
        backwards.append(one)
    if held and host(done[0]) != name:
        backwards.append(held.popleft())
    return [*reversed(backwards), *held]
