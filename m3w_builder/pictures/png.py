"""Decodes the common kinds of PNG in a fraction of Pillow's time, to the very same px; leaves all others to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

_KINDS = {0: "mono", 2: "rgb", 6: "rgba"}
"""PNG's colour types (ISO 15948, 11.2.2) of which a px is 8 bits a channel, as the decoder calls them."""
_OTHERWISE = (b"acTL", b"tRNS", b"eXIf")
"""Chunks that make more of a picture than its px: further frames, a colour that is clear, an orientation."""


def load(body: bytes, opened: Image.Image) -> np.ndarray | None:
    """The px of a picture that Pillow opened: (height, width[, 3 or 4]) uint8, grey, RGB or RGBA.

    None where Pillow has to go on: palettes, 16 bits, animations, whatever is broken. The decoder is the Rust crate
    `png`, memory-safe and with the processor's wide instructions; what it refuses is left to Pillow's verdict.
    """
    kind = _kind(body)
    if kind is None:
        return None
    from kornia_rs import io

    try:
        px = io.decode_image_png_u8(body, (opened.height, opened.width), kind)
    except Exception:  # it has one bare Exception for all that is broken
        return None
    return np.asarray(px)[:, :, 0] if kind == "mono" else np.asarray(px)


def _kind(body: bytes) -> str | None:
    """What to ask the decoder for; None where it is not to be asked."""
    if body[12:16] != b"IHDR" or len(body) < 33 or body[24] != 8:
        return None
    at = 33
    while at + 12 <= len(body):
        if body[at + 4 : at + 8] in _OTHERWISE:
            return None
        at += 12 + int.from_bytes(body[at : at + 4], "big")
    return _KINDS.get(body[25])
