"""Drops pictures that are blurred, or too light in bytes to show anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from m3w_builder.classes import dataclass
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop


def sharpness(array: np.ndarray) -> float:
    """Variance of the Laplacian of the grey levels: near 0 for a flat or blurred picture, thousands for a sharp one."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(array), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


@dataclass(frozen=True, slots=True)
class Blur:
    """Drops pictures without sharp edges, seen at the reduced scale at which all filters look."""

    name: ClassVar[str] = "blur"
    reasons: ClassVar[Mapping[str, str]] = {"blurred": "variance of the Laplacian under min_sharpness"}

    min_sharpness: float = 10.0
    """Least variance of the Laplacian of the grey levels; ours, for 64 to 128 px on the shorter side, where only
    pictures blurred beyond use are left with so little (NeMo Curator asks 100 at full size)."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        assert picture.array is not None
        found = sharpness(picture.array)
        picture.scores["sharpness"] = found
        if found < self.min_sharpness:
            return Drop("blurred", f"{found:.1f}", found, self.min_sharpness)
        return picture


@dataclass(frozen=True, slots=True)
class Bytes:
    """Keeps pictures whose files have `min_bytes` to `max_bytes` bytes as they came, both included."""

    name: ClassVar[str] = "bytes"
    by_header: ClassVar[bool] = True
    reasons: ClassVar[Mapping[str, str]] = {
        "too_light": "fewer than min_bytes bytes",
        "too_heavy": "more than max_bytes bytes",
    }

    min_bytes: int = 10_000
    """Fewest bytes (open_flamingo's loader passes over pictures of 10 kB or less)."""
    max_bytes: int = 0
    """Most bytes; 0 is no limit."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        size = len(picture.body)
        if size < self.min_bytes:
            return Drop("too_light", f"{size} bytes", size, self.min_bytes)
        if self.max_bytes and size > self.max_bytes:
            return Drop("too_heavy", f"{size} bytes", size, self.max_bytes)
        return picture
