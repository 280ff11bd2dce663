"""Drops pictures by their size and shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from m3w_builder.classes import dataclass
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class Size:
    """Keeps pictures whose sides are `min_side` to `max_side` px, both included."""

    name: ClassVar[str] = "size"
    by_header: ClassVar[bool] = True
    reasons: ClassVar[Mapping[str, str]] = {
        "too_small": "a side is shorter than min_side",
        "too_large": "a side is longer than max_side",
    }

    min_side: int = 64
    """Shortest side in px (64: M3W, arXiv 2204.14198, A.3.1; OBELICS and MMC4 take 150)."""
    max_side: int = 20_000
    """Longest side in px (20,000: OBELICS, arXiv 2306.16527, A.1.4); 0 is no limit."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        shorter, longer = sorted((picture.width, picture.height))
        size = f"{picture.width}×{picture.height} px"
        if shorter < self.min_side:
            return Drop("too_small", size, shorter, self.min_side)
        if self.max_side and longer > self.max_side:
            return Drop("too_large", size, longer, self.max_side)
        return picture


@dataclass(frozen=True, slots=True)
class Aspect:
    """Keeps pictures whose longer side is at most `max_ratio` times the shorter one."""

    name: ClassVar[str] = "aspect"
    by_header: ClassVar[bool] = True
    reasons: ClassVar[Mapping[str, str]] = {"too_long": "longer side over shorter side is above max_ratio"}

    max_ratio: float = 3.0
    """Largest ratio, either way round (3: M3W, arXiv 2204.14198, A.3.1; OBELICS and MMC4 take 2)."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        ratio = max(picture.width, picture.height) / max(1, min(picture.width, picture.height))
        if ratio > self.max_ratio:
            return Drop("too_long", f"{picture.width}×{picture.height} px", ratio, self.max_ratio)
        return picture
