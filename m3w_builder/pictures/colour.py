"""Drops pictures that show next to nothing: one colour, or too little information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from m3w_builder.classes import dataclass
from m3w_builder.pictures import native
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop


def single_colour_share(array: np.ndarray, tolerance: int) -> float:
    """The share of px whose three channels are all within `tolerance` levels of the picture's mean colour."""
    loops = native.loops()
    if loops is not None and array.size:
        return float(loops.near_mean(np.ascontiguousarray(array), tolerance) / (array.shape[0] * array.shape[1]))
    import cv2

    mean = cv2.mean(array)[:3]
    inside = cv2.inRange(array, tuple(c - tolerance for c in mean), tuple(c + tolerance for c in mean))
    return float(cv2.countNonZero(inside)) / inside.size


def entropy(array: np.ndarray) -> float:
    """Shannon entropy of the grey levels, in bits, 0 to 8."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(array), cv2.COLOR_RGB2GRAY)
    counts = np.bincount(grey.reshape(-1), minlength=256).astype(np.float64)
    shares = counts[counts > 0] / grey.size
    return float(-(shares * np.log2(shares)).sum())


@dataclass(frozen=True, slots=True)
class SingleColour:
    """Drops pictures that are one colour but for a few px."""

    name: ClassVar[str] = "single_colour"
    reasons: ClassVar[Mapping[str, str]] = {"single_colour": "max_share of the px or more have about one colour"}

    max_share: float = 0.99
    """The picture goes where this share of its px has about its mean colour. M3W drops "single colour" pictures
    (arXiv 2204.14198, A.3.1) and gives no figure; at 0.99 a line drawing on white stays."""
    tolerance: int = 8
    """Levels, of 256 a channel, by which a px may differ: JPEG noise on a flat colour stays below."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        assert picture.array is not None
        share = single_colour_share(picture.array, self.tolerance)
        if share >= self.max_share:
            return Drop("single_colour", f"{share:.1%} of the px", share, self.max_share)
        return picture


@dataclass(frozen=True, slots=True)
class Entropy:
    """Drops pictures whose grey levels carry too little information: flat drawings, gradients, placeholders."""

    name: ClassVar[str] = "entropy"
    reasons: ClassVar[Mapping[str, str]] = {"low_entropy": "fewer than min_bits bits of grey-level entropy"}

    min_bits: float = 1.0
    """Least Shannon entropy of the grey levels, in bits, 0 to 8; ours: logos on white lie near 1,
    photographs near 7."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        assert picture.array is not None
        bits = entropy(picture.array)
        picture.scores["entropy"] = bits
        if bits < self.min_bits:
            return Drop("low_entropy", f"{bits:.2f} bits", bits, self.min_bits)
        return picture
