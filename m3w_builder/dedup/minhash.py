"""MinHash of texts: documents that share most of their word sequences share a key, however they are framed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import xxhash

from m3w_builder.dedup.config import DedupConfig
from m3w_builder.dedup.near import mix
from m3w_builder.words import letters

SKETCH = 128
"""Permutations, at most, of which a bit each travels with a band's key."""
_STEP = 1024
"""Shingles hashed at once: a long document's table stays within the processor's cache."""


@lru_cache(maxsize=8)
def _permutations(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors (odd) and summands of `number` permutations of 32 bits, the same in every process and release."""
    spread = mix(np.arange(1, 2 * number + 1, dtype=np.uint64))
    return (spread[:number] >> np.uint64(32)).astype(np.uint32) | np.uint32(1), spread[number:].astype(np.uint32)


def shingles(hashes: np.ndarray, length: int) -> np.ndarray:
    """32 bits of each run of `length` words, whose hashes are given; of all words together where there are fewer."""
    length = min(length, len(hashes))
    runs = np.zeros(len(hashes) - length + 1, np.uint64)
    for start in range(length):
        runs = runs * np.uint64(0x9E3779B97F4A7C15) + hashes[start : start + len(runs)]
    return (mix(runs) >> np.uint64(32)).astype(np.uint32)


def signature(hashes: np.ndarray, permutations: int, length: int = 5) -> np.ndarray:
    """The least value of the shingles under each permutation, uint32; two texts agree on about their Jaccard share.

    hashes: `words.word_hashes` of the text, one at least.
    """
    factors, summands = _permutations(permutations)
    if loops := letters():
        made = loops.signature(hashes, min(length, len(hashes)), factors, summands)
        return np.frombuffer(made, np.uint32)
    found = shingles(hashes, length)
    least = np.full(permutations, 0xFFFFFFFF, np.uint32)
    for start in range(0, len(found), _STEP):
        values = np.multiply.outer(factors, found[start : start + _STEP])
        values += summands[:, None]
        np.minimum(least, values.min(axis=1), out=least)
    return least


def band_keys(values: np.ndarray, bands: int) -> list[int]:
    """64 bits of each band of a signature: texts that agree on all of a band meet."""
    rows = np.ascontiguousarray(values.reshape(bands, -1), dtype="<u4")
    return [xxhash.xxh3_64_intdigest(row.tobytes(), band) for band, row in enumerate(rows)]


def sketch(values: np.ndarray) -> tuple[int, int]:
    """One bit (the parity) of each of a signature's first 128 values, as two numbers of 64 bits.

    Two texts' bits differ at about half of (1 - Jaccard share) of the places (b-bit minwise hashing with b = 1, Li and
    König, WWW 2010): 16 bytes that travel tell what the whole signature tells, at a little more noise.
    """
    packed = np.packbits(np.bitwise_count(values[:SKETCH]) & 1).tobytes().ljust(16, b"\0")
    return int.from_bytes(packed[:8], "big"), int.from_bytes(packed[8:], "big")


def sketched(config: DedupConfig) -> int:
    """The bits of a sketch."""
    return min(SKETCH, config.minhash_bands * config.minhash_rows)


def likeness(distance: np.ndarray, config: DedupConfig) -> np.ndarray:
    """The Jaccard share that two sketches tell which differ in so many bits; 0 where that is by chance."""
    share: np.ndarray = np.maximum(0.0, 1 - 2 * distance.astype(np.float64) / sketched(config))
    return share
