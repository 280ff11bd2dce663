"""Stored pictures to arrays for a model: decoded at the smallest scale that serves, squeezed or cropped, normalised."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from m3w_builder.classes import dataclass
from m3w_builder.document import Image

Transform = Callable[[bytes, Image], Any]
"""A picture's bytes and its item to (C, H, W) float, an array or tensor; raises at a bad one."""

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""What CLIP's towers were trained with (arXiv 2103.00020; OpenAI's code)."""


@dataclass(frozen=True, slots=True)
class Resized:
    """A picture at side × side, as float32 RGB normalised by `mean` and `std`."""

    side: int = 224
    crop: bool = False
    """Whether the middle square is taken, as CLIP's own transform does; else all of the picture is squeezed into it,
    since what a text tells may stand at its edge."""
    mean: tuple[float, float, float] = CLIP_MEAN
    std: tuple[float, float, float] = CLIP_STD

    def __call__(self, body: bytes, image: Image, /) -> NDArray[np.float32]:
        """(3, side, side); raises ValueError where the bytes are no picture."""
        import cv2

        array = decode(body, image, self.side)
        if self.crop:
            height, width = array.shape[:2]
            edge = min(height, width)
            top, left = (height - edge) // 2, (width - edge) // 2
            array = array[top : top + edge, left : left + edge]
        smaller = min(array.shape[:2]) > self.side
        method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        small = cv2.resize(array, (self.side, self.side), interpolation=method)
        scale = np.array([1 / (255 * one) for one in self.std], np.float32)
        shift = np.array([-mean / std for mean, std in zip(self.mean, self.std, strict=True)], np.float32)
        return np.ascontiguousarray((small[:, :, ::-1] * scale + shift).transpose(2, 0, 1))


def decode(body: bytes, image: Image, side: int) -> NDArray[np.uint8]:
    """(H, W, 3) BGR, both sides at least `side` where the picture's are; raises ValueError where it is no picture.

    A JPEG is decoded at 1/2, 1/4 or 1/8, which costs a part of the time (libjpeg scales in the transform).
    """
    import cv2

    flag = cv2.IMREAD_COLOR
    if image.format == "jpeg":
        least = min(image.width, image.height)
        for factor, reduced in (
            (8, cv2.IMREAD_REDUCED_COLOR_8),
            (4, cv2.IMREAD_REDUCED_COLOR_4),
            (2, cv2.IMREAD_REDUCED_COLOR_2),
        ):
            if least >= factor * side:
                flag = reduced
                break
    try:
        array = cv2.imdecode(np.frombuffer(body, np.uint8), flag)
    except cv2.error as error:
        raise ValueError(str(error)) from None
    return _pillow(body) if array is None else array  # type: ignore[return-value]


def _pillow(body: bytes) -> NDArray[np.uint8]:
    """Formats that OpenCV does not read here (animated GIF, AVIF on some systems)."""
    from PIL import Image as Pillow

    try:
        with Pillow.open(io.BytesIO(body)) as picture:
            return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])
    except OSError as error:
        raise ValueError(str(error)) from None


def of_pillow(function: Callable[[Any], Any]) -> Transform:
    """A transform of one that takes an RGB Pillow picture, as open_clip's and torchvision's do."""

    def transform(body: bytes, _: Image, /) -> Any:
        from PIL import Image as Pillow

        with Pillow.open(io.BytesIO(body)) as picture:
            return function(picture.convert("RGB"))

    return transform


def of_array(function: Callable[[NDArray[np.uint8]], Any]) -> Transform:
    """A transform of one that takes an (H, W, 3) RGB array at full size."""

    def transform(body: bytes, image: Image, /) -> Any:
        return function(np.ascontiguousarray(decode(body, image, max(image.width, image.height, 1))[:, :, ::-1]))

    return transform
