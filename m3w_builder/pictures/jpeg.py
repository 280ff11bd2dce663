"""Reads the common kinds of JPEG by libjpeg-turbo without Pillow around it, to the very same px."""

from __future__ import annotations

import numpy as np

from m3w_builder.classes import dataclass

LEAST = 16
"""Px of the shorter side from which the decoder can be asked for a scale by the sides that it gives: of fewer px,
others than 1/2, 1/4 and 1/8 give the same."""
_LARGEST = 1 << 26
"""Px up to which Pillow has no doubts of its own."""

_MODES = {1: "L", 3: "RGB"}
_SILENT = frozenset({0xC4, 0xDD, *range(0xE3, 0xED), 0xEF, 0xFE})
"""Segments of which Pillow takes no more than where they end: tables, what is private to applications, comments."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A JPEG of 8 bits a channel, in grey or colour, whose header says nothing but px; `scaled` gives these."""

    body: bytes
    width: int
    height: int
    mode: str  # in Pillow's names

    def scaled(self, width: int, height: int) -> np.ndarray | None:
        """The px, (height, width) grey or (height, width, 3) RGB, at the smallest scale of 1, 1/2, 1/4 and 1/8 whose
        sides are no smaller than these; None where anything at all is wrong: Pillow has the verdict."""
        import simplejpeg

        least = min(self.width // width, self.height // height)
        divisor = next(one for one in (8, 4, 2, 1) if one <= max(least, 1))
        shape = (-(-self.height // divisor), -(-self.width // divisor))  # the decoder rounds up
        try:
            px = simplejpeg.decode_jpeg(
                self.body,
                "gray" if self.mode == "L" else "rgb",
                fastdct=False,  # the faster ways give other px
                fastupsample=False,
                min_height=shape[0],
                min_width=shape[1],
                strict=True,  # no warning of the decoder goes unheard
            )
        except Exception:
            return None
        px = px[:, :, 0] if self.mode == "L" else px
        return px if px.shape[:2] == shape else None


def plain(body: bytes) -> Frame | None:
    """The picture, where Pillow would open it, and nothing before the px says how they are to be shown; None for all
    others, and where the decoder is not installed."""
    try:
        import simplejpeg  # noqa: F401
    except ImportError:
        return None
    at, frame = 2, None
    while body[at : at + 1] == b"\xff" and at + 4 <= len(body):
        kind, end = body[at + 1], at + 2 + int.from_bytes(body[at + 2 : at + 4], "big")
        if kind == 0xDA:
            return frame
        if kind in (0xC0, 0xC1, 0xC2) and frame is None:
            frame = _frame(body, at, end)
            if frame is None:
                return None
        elif not (kind in _SILENT or _heard(kind, body[at + 4 : end])) or end < at + 4:
            return None
        at = end
    return None


def _frame(body: bytes, at: int, end: int) -> Frame | None:
    """What the segment says that begins a frame."""
    channels = body[at + 9] if end <= len(body) and end >= at + 10 else 0
    height, width = int.from_bytes(body[at + 5 : at + 7], "big"), int.from_bytes(body[at + 7 : at + 9], "big")
    if channels not in _MODES or end != at + 10 + 3 * channels or body[at + 4] != 8:
        return None
    if min(width, height) < LEAST or width * height > _LARGEST:
        return None
    return Frame(body, width, height, _MODES[channels])


def _heard(kind: int, said: bytes) -> bool:
    """Whether Pillow takes a segment and makes no more of it than a name: no EXIF, which may turn the picture, no
    further pictures, nothing that it may trip over."""
    if kind == 0xDB:  # tables of quantisation, each 64 numbers of one or two bytes behind a byte
        while said:
            size = 65 if said[0] < 16 else 129
            if len(said) < size:
                return False
            said = said[size:]
        return True
    if kind == 0xE0:
        return not said.startswith(b"JFIF") or len(said) >= 7
    if kind == 0xE1:
        return not said.startswith(b"Exif\0\0")
    if kind == 0xE2:
        return not said.startswith(b"MPF\0") and (not said.startswith(b"ICC_PROFILE\0") or len(said) >= 14)
    if kind == 0xED:
        return not said.startswith(b"Photoshop 3.0\0") or said[14:18] != b"8BIM"
    return kind == 0xEE and (not said.startswith(b"Adobe") or len(said) >= 12)
