"""Videos as frames: one a second, as the paper samples them (arXiv 2204.14198, section 2.1 and appendix A.3.2)."""

from __future__ import annotations

import numpy as np

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo.corpus import Pixels

SUFFIXES = (".mp4", ".webm", ".mkv", ".mov", ".avi", ".m4v", ".ogv")

MOST_READ = 36_000
"""Frames that are gone through at most: twenty minutes at 30 a second."""

MOST_PIXELS = 40_000_000
"""Of a frame, as of a build's picture."""


def is_video(name: str) -> bool:
    """Whether a name is a video's, by its suffix."""
    return name.lower().split("?")[0].endswith(SUFFIXES)


def frames(path: str, side: int, most: int = 8, rate: float = 1.0) -> Pixels:
    """A video's frames at `rate` a second from its beginning, at most `most`: (F, 3, side, side), RGB.

    The paper trains on 8 frames at 1 a second and evaluates on 30 at 3. Raises ConfigError where it can't be read.
    """
    import cv2

    stream = cv2.VideoCapture(path)
    try:
        if stream.get(cv2.CAP_PROP_FRAME_WIDTH) * stream.get(cv2.CAP_PROP_FRAME_HEIGHT) > MOST_PIXELS:
            raise ConfigError(f"{path}: frames of more than {MOST_PIXELS:,} pixels")
        native = stream.get(cv2.CAP_PROP_FPS) or 0.0
        native = native if 0 < native < 1000 else 25.0  # some containers do not say, and some lie
        found: list[Pixels] = []
        for number in range(MOST_READ):
            if len(found) == most or not stream.grab():
                break
            if number + 1e-6 < len(found) * native / rate:
                continue
            good, array = stream.retrieve()
            if good:
                small = cv2.resize(array, (side, side), interpolation=cv2.INTER_AREA)
                found.append(np.ascontiguousarray(small[:, :, ::-1].transpose(2, 0, 1)))
    finally:
        stream.release()
    if not found:
        raise ConfigError(f"{path}: no video that can be read")
    return np.stack(found)
