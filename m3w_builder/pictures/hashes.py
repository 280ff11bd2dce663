"""Perceptual hashes, bit for bit those of imagededup's PHash and DHash on the same array."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from m3w_builder import extension
from m3w_builder.pictures import native

Box = tuple[float, float, float, float]


def phash(array: np.ndarray, box: Box | None = None) -> int:
    """64 bits of the lowest frequencies of an RGB array's 32 × 32 miniature, each above their median or not.

    box: (left, top, right, bottom) in px, the part to look at; None is all, as imagededup does. A picture at a
    reduced scale fills its last row and column in part only, and looking past that end would shift the hash.
    """
    lowest = _cosines()(_miniature(array, (32, 32), box).astype(np.float64))[:8, :8]
    compiled = native.lanczos()
    if compiled is not None:
        return int(compiled.lowest(lowest))
    return _number(lowest >= np.sort(lowest.ravel()[1:])[31])


@lru_cache(maxsize=1)
def _cosines() -> Callable[[np.ndarray], np.ndarray]:
    """What transforms rows and columns into cosines (type II), of which the first eight rows are asked for, by scipy's
    pocketfft.

    Its own arithmetic matters: on flat pictures, which are common, bits hang on its last digit. Importing `scipy.fft`
    takes 0.3 s, and its compiled part alone a millisecond.
    """
    try:
        inner = extension.load("scipy.fft._pocketfft.pypocketfft").dct
        inner(np.ones((32, 32)), 2, (0,))  # scipy does not promise it
    except (ImportError, AttributeError, TypeError):
        from scipy.fft import dct

        return lambda small: dct(dct(small, axis=0), axis=1)  # type: ignore[no-any-return]
    return lambda small: inner(inner(small, 2, (0,))[:8], 2, (1,))  # type: ignore[no-any-return]


def dhash(array: np.ndarray, box: Box | None = None) -> int:
    """64 bits of an RGB array's 9 × 8 miniature: whether each px is brighter than the one to its left."""
    small = _miniature(array, (9, 8), box)
    compiled = native.lanczos()
    if compiled is not None:
        return int(compiled.rising(small.reshape(-1), 9))
    return _number(small[:, 1:] > small[:, :-1])


def _miniature(array: np.ndarray, size: tuple[int, int], box: Box | None) -> np.ndarray:
    """(height, width) grey levels of the array's part at this (width, height), as Pillow makes them."""
    height, width = array.shape[:2]
    compiled = native.lanczos()
    # Pillow, from 13 on, weighs rows before columns where it leaves out more than twice as many of them.
    if compiled is not None and height - size[1] <= 2 * (width - size[0]):
        left, top, right, bottom = box or (0.0, 0.0, float(width), float(height))
        columns, rows = _weights(width, left, right, size[0]), _weights(height, top, bottom, size[1])
        levels = compiled.miniature(np.ascontiguousarray(array), size[0], columns, size[1], rows)
        return np.frombuffer(levels, np.uint8).reshape(size[::-1])
    from PIL import Image

    return np.asarray(Image.fromarray(array).resize(size, Image.Resampling.LANCZOS, box=box).convert("L"))


@lru_cache(maxsize=1024)
def _weights(length: int, start: float, end: float, made: int) -> bytes:
    """What the px of a side weigh; the sides of pictures at their reduced scale are often the same."""
    return native.lanczos().weights(length, start, end, made)  # type: ignore[no-any-return]


def _number(bits: np.ndarray) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
