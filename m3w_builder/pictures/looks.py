"""Drops pictures that are text or machine-readable codes: banners, screenshots of words, QR codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from m3w_builder.classes import dataclass
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop


def letters(array: np.ndarray) -> float:
    """The share of a picture's marks that are letters in rows, 0 to 1: near 1 for a picture of text alone.

    Marks are what stands out from the picture's main colour. Letters are marks of about the same height, at most a
    third of the picture's, neither solid nor thin, of which three or more stand in a row; fewer than 8 are none.
    """
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(array), cv2.COLOR_RGB2GRAY)
    ground = int(np.bincount(grey.reshape(-1), minlength=256).argmax())
    marks = (cv2.absdiff(grey, np.full_like(grey, ground)) > 48).astype(np.uint8)
    _, _, stats, middles = cv2.connectedComponentsWithStats(marks, connectivity=8)
    width, height, area = (stats[1:, column] for column in (2, 3, 4))
    seen = (area >= 4) & (height >= 4)
    if seen.sum() < 8:
        return 0.0
    # The common height is that of half of all marks' area: commas and dots count little.
    order = np.argsort(height[seen])
    common = height[seen][order][np.searchsorted(np.cumsum(area[seen][order]), area[seen].sum() / 2)]
    like = seen & (height >= 0.4 * common) & (height <= 1.8 * common) & (width <= 4 * common)
    solid = np.median((area / (width * height))[like]) if like.any() else 1.0
    if like.sum() < 8 or common > len(array) / 3 or not 0.15 < solid < 0.85:
        return 0.0
    level = middles[1:][like, 1]
    in_row = (np.abs(level[:, None] - level[None, :]) < 0.5 * common).sum(axis=1) >= 3 if len(level) < 2000 else True
    return float((area[like] * in_row).sum() / area.sum())


@dataclass(frozen=True, slots=True)
class TextOnly:
    """Drops pictures that show nothing but lines of text on a plain ground: banners, buttons, screenshots of words."""

    name: ClassVar[str] = "text_only"
    reasons: ClassVar[Mapping[str, str]] = {"text_only": "max_letters of the marks or more are letters in rows"}
    sees: ClassVar[int] = 128
    """Px on the shorter side that it looks at."""

    max_letters: float = 0.9
    """Share of the marks on the main colour, by area, that are letters in rows, 0 to 1, from which a picture is text
    alone; ours: banners of text lie above 0.9, drawings and photographs with labels below."""
    min_ground: float = 0.5
    """Least share of px of about the main colour: what stands on a photograph is no text-only picture."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        assert picture.array is not None
        if _ground(picture.array) < self.min_ground:
            return picture
        share = letters(picture.array)
        if share >= self.max_letters:
            return Drop("text_only", f"{share:.0%} of the marks are letters", share, self.max_letters)
        return picture


def _ground(array: np.ndarray) -> float:
    """The share of px within 16 levels of the commonest grey level."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(array), cv2.COLOR_RGB2GRAY)
    counts = np.bincount(grey.reshape(-1), minlength=256)
    most = int(counts.argmax())
    return float(counts[max(0, most - 16) : most + 17].sum() / grey.size)


@dataclass(frozen=True, slots=True)
class QrCode:
    """Drops pictures of which a QR code covers a good part, by OpenCV's detector."""

    name: ClassVar[str] = "qr_code"
    reasons: ClassVar[Mapping[str, str]] = {"qr_code": "QR codes cover more than max_share of the picture"}
    sees: ClassVar[int] = 200
    """Px on the shorter side that it looks at."""

    max_share: float = 0.05
    """Largest share of the picture's area under QR codes (0.05: NeMo Curator's default)."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        import cv2

        assert picture.array is not None
        grey = cv2.cvtColor(np.ascontiguousarray(picture.array), cv2.COLOR_RGB2GRAY)
        grey = cv2.copyMakeBorder(grey, 8, 8, 8, 8, cv2.BORDER_CONSTANT, value=255)  # codes want a quiet zone
        found, corners = cv2.QRCodeDetector().detectMulti(grey)
        area = sum(cv2.contourArea(corner.astype(np.float32)) for corner in corners) if found else 0.0
        share = float(area) / (picture.array.shape[0] * picture.array.shape[1])
        if share > self.max_share:
            return Drop("qr_code", f"{share:.0%} of the picture", share, self.max_share)
        return picture
