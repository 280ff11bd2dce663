"""`Picture`: one picture's bytes, what they are, and the one small array that every check looks at."""

from __future__ import annotations

from dataclasses import field

import numpy as np

from m3w_builder.classes import dataclass


@dataclass(slots=True)
class Picture:
    """A picture on its way through pass 2.

    `array` is (height, width, 3) uint8 RGB, upright, transparency laid on white, often at a reduced scale;
    `box` is the part of it, (left, top, right, bottom) in array px, that the picture fills, which a reduced scale
    makes fractions (a picture 601 px wide at half scale fills 300.5 of 301 columns). `width` and `height` are
    the full size in px after orientation. `pixels` is a hash of the array
    before it was turned, and of the full size. `embedding` has the 64 signs of the filter `embedding`.
    `sha256`, `phash` and `dhash` are set by `finish`, when `body` is what will be stored.
    """

    url: str
    body: bytes
    array: np.ndarray | None
    width: int
    height: int
    format: str
    sha256: str = ""
    phash: int = 0
    dhash: int = 0
    pixels: int = 0
    embedding: int | None = None
    rights: list[str] = field(default_factory=list)
    """Signals of its answer's headers, of robots.txt, and of its own bytes; kept though the bytes are stripped."""
    licence: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    frames: int = 1
    blurred: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Places to blur in the stored bytes, (left, top, right, bottom) as shares of the sides, upright."""
    box: tuple[float, float, float, float] | None = None
    orientation: int = 1
    """EXIF orientation, 1 to 8, that `body` asks a viewer to apply; 1 is upright."""
    mode: str = "RGB"
    """The colour mode of `body` in Pillow's names: "RGB", "L", "P", "CMYK", "I;16", …"""
    whole: np.ndarray | None = None
    """Its px, grey or RGB, within `max_side`, not yet upright, where it will be encoded anew and was decoded whole."""

    @property
    def held(self) -> int:
        """Bytes of memory that it takes, about."""
        return len(self.body) + sum(px.nbytes for px in (self.array, self.whole) if px is not None)
