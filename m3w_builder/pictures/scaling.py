"""Makes pictures smaller by averaging whole px, in 8-bit RGB, with transparency laid on white."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from m3w_builder.classes import dataclass
from m3w_builder.pictures import native

if TYPE_CHECKING:
    from PIL import Image

Px = np.ndarray
"""Colours of 8 bits, (height, width) in grey, or (height, width, 3) RGB, or (height, width, 4) RGBA."""

BAND = 1 << 15
"""Px that are averaged at once, about: what is made of them on the way is held in a core's own cache."""


class Rows(Protocol):
    """Px that come some rows at a time."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all of them."""

    def bands(self, multiple: int) -> Iterator[Px]:
        """From above; but for the last, `multiple` divides the number of rows. Each may be gone with the next."""

    def whole(self) -> Px:
        """All of them."""

    def averaged(self, factor: int) -> Px | None:
        """Every factor × factor px averaged into one, as grey or RGB on white; None where `bands` have to do."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """Px that are there already."""

    px: Px

    @property
    def shape(self) -> tuple[int, ...]:
        return self.px.shape

    def bands(self, multiple: int) -> Iterator[Px]:
        rows = max(1, BAND // (self.px.shape[1] * multiple)) * multiple
        for start in range(0, self.px.shape[0], rows):
            yield self.px[start : start + rows]

    def whole(self) -> Px:
        return self.px

    def averaged(self, factor: int) -> Px | None:
        loops, (height, width, *more) = native.loops(), self.px.shape
        if factor == 1 and more != [4]:
            return self.px
        if loops is None or not height or not width:
            return None
        made = loops.shrunk(np.ascontiguousarray(self.px).reshape(height, width, -1), factor.bit_length() - 1)
        return np.frombuffer(made, np.uint8).reshape(-(-height // factor), -(-width // factor), *(3 for _ in more))


_CLEAR = ("RGBA", "LA", "PA", "La", "RGBa")


def reduced(picture: Image.Image | Px | Rows, factor: int) -> Px:
    """(height, width, 3) RGB with every factor × factor px averaged into one; `factor` is a power of two.

    The last row and column are the averages of what is left there.
    """
    px = _averaged(_rows(picture), factor)
    return px if px.ndim == 3 else np.repeat(px[:, :, np.newaxis], 3, axis=2)


def shrunk(picture: Image.Image | Px | Rows, limit: int) -> Px:
    """The picture as 8-bit RGB, or grey where it is so, within `limit` px a side (0: none); by a whole factor where
    that comes near to it."""
    rows = _rows(picture)
    height, width = rows.shape[:2]
    longer = max(height, width)
    factor = -(-longer // limit) if limit else 1
    if factor == 1 or (factor in (2, 4, 8) and longer >= 0.8 * limit * factor):  # exact, and a fraction of the cost
        return _averaged(rows, factor)
    px, weighed = _weighed(rows.whole())
    scale = limit / longer
    return _finished(_fitted(px, max(1, round(width * scale)), max(1, round(height * scale))), weighed)


def _fitted(px: Px, width: int, height: int) -> Px:
    """The px made fewer by the areas that they share."""
    loops = native.loops()
    if loops is not None and (px.shape[0] % height or px.shape[1] % width):
        made = loops.fitted(np.ascontiguousarray(px).reshape(*px.shape[:2], -1), width, height)
        return np.frombuffer(made, np.uint8).reshape(height, width, *px.shape[2:])
    import cv2

    return np.asarray(cv2.resize(px, (width, height), interpolation=cv2.INTER_AREA))


def halved(px: Px) -> Px:
    """Every 2 × 2 px averaged into one, halves rounded up; an odd side's last px are averaged by themselves."""
    import cv2

    height, width = (side // 2 for side in px.shape[:2])
    whole = (
        height and width and cv2.resize(px[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    )
    if px.shape[0] == 2 * height and px.shape[1] == 2 * width:
        return np.asarray(whole)
    made = np.empty((px.shape[0] - height, px.shape[1] - width, *px.shape[2:]), np.uint8)
    if height and width:
        made[:height, :width] = whole
    if made.shape[1] > width:
        made[:height, width:] = _pairs(px[: 2 * height, -1:], 0)
    if made.shape[0] > height:
        made[height:, :width] = _pairs(px[-1:, : 2 * width], 1)
        made[height:, width:] = px[-1:, 2 * width :]
    return made


def _pairs(px: Px, axis: int) -> Px:
    """Neighbours along an axis of even length averaged, halves rounded up."""
    first, second = (px[start::2] if axis == 0 else px[:, start::2] for start in (0, 1))
    return np.asarray(((first.astype(np.uint16) + second + 1) >> 1).astype(np.uint8))


def _rows(picture: Image.Image | Px | Rows) -> Rows:
    from PIL import Image

    if isinstance(picture, Image.Image):
        return _Whole(levels(picture))
    return _Whole(picture) if isinstance(picture, np.ndarray) else picture


def _averaged(rows: Rows, factor: int) -> Px:
    """Every factor × factor px averaged into one, as RGB or grey.

    Band by band, white and all: a picture of 80 MB is never held as a whole, where it comes in rows.
    """
    averaged = rows.averaged(factor)
    if averaged is not None:
        return averaged
    if factor == 1:
        return _finished(*_weighed(rows.whole()))
    height, width, *more = rows.shape
    shape = (-(-height // factor), -(-width // factor), *(3 for _ in more))
    made, at = np.empty(shape, np.uint8), 0
    for some in rows.bands(factor):
        px, weighed = _weighed(some)
        band = _finished(_halvings(px, factor), weighed)
        made[at : at + len(band)] = band
        at += len(band)
    return made


def _halvings(px: Px, factor: int) -> Px:
    while factor > 1:
        px, factor = halved(px), factor // 2
    return px


def _weighed(px: Px) -> tuple[Px, bool]:
    """The px to be averaged, and whether their colours were weighed by their opacity.

    Most of the work is a px's, so averaging comes before white; unweighed, all would bleed the hidden colour of clear
    px. Where nothing is clear there is nothing to weigh.
    """
    if px.ndim == 2 or px.shape[2] == 3:
        return px, False
    px = np.ascontiguousarray(px)
    loops = native.loops()
    if loops.opaque(px) if loops is not None else (px.view("<u4") >= 0xFF000000).all():  # opacity is the top byte
        return px, False
    import cv2

    return np.asarray(cv2.cvtColor(px, cv2.COLOR_RGBA2mRGBA)), True


def _finished(px: Px, weighed: bool) -> Px:
    """As RGB or grey; what is clear, on white."""
    if px.ndim == 2 or px.shape[2] == 3:
        return px
    import cv2

    rgb = np.asarray(cv2.cvtColor(px, cv2.COLOR_RGBA2RGB))
    if not weighed:
        return rgb
    paper = cv2.cvtColor(cv2.bitwise_not(px[:, :, 3]), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.add(rgb, paper))


def levels(image: Image.Image) -> Px:
    """A loaded picture's px: grey or RGB, or RGBA where some may be clear."""
    clear = image.mode in _CLEAR or "transparency" in image.info
    if clear and not image.mode.startswith("I"):
        return np.asarray(image.convert("RGBA"))
    return np.asarray(image if image.mode in ("L", "RGB") else to_rgb(image))


def to_rgb(image: Image.Image) -> Image.Image:
    """Any colour mode as 8-bit RGB; transparency is laid on white, as a page would show it."""
    from PIL import Image

    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        # Pillow's own conversion cuts 16 bits off at 255 and leaves a white picture.
        deep: Any = np.asarray(image).astype(np.float64)
        top = 65535.0 if image.mode.startswith("I;16") else max(float(np.nanmax(deep, initial=0.0)), 1.0)
        top = 65535.0 if image.mode == "I" and 255 < top <= 65535 else top
        grey = np.nan_to_num(np.clip(deep / top * 255, 0, 255)).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.mode in _CLEAR or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(paper, layer).convert("RGB")
    return image.convert("RGB")
