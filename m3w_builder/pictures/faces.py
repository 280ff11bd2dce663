"""Counts faces, blurs them in the stored bytes, or drops pictures with them, by OpenCV's own detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np

from m3w_builder.classes import dataclass
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class Faces:
    """Counts frontal faces (score `faces`), and blurs them or drops the picture by policy.

    OpenCV's Haar cascade finds large frontal faces and misses turned ones: a measure against the plainest cases.
    """

    name: ClassVar[str] = "faces"
    reasons: ClassVar[Mapping[str, str]] = {"faces": "more than max_faces faces"}
    sees: ClassVar[int] = 256
    """Px on the shorter side that it looks at."""

    action: Literal["count", "blur", "drop"] = "count"
    """Count alone; blur each face in the bytes that are stored (the picture is encoded anew); or drop the picture."""
    max_faces: int = 0
    """With `drop`: pictures with more faces go."""
    min_face: float = 0.08
    """Least side of a face, as a share of the picture's shorter side."""
    neighbours: int = 4
    """Overlapping hits that make a face: more finds fewer false ones (OpenCV's default is 3)."""

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        import cv2

        assert picture.array is not None
        grey = cv2.equalizeHist(cv2.cvtColor(np.ascontiguousarray(picture.array), cv2.COLOR_RGB2GRAY))
        height, width = grey.shape
        least = max(24, round(self.min_face * min(height, width)))
        found = _cascade().detectMultiScale(grey, 1.15, self.neighbours, minSize=(least, least))
        spots = np.asarray(found).reshape(-1, 4).tolist()
        boxes = [(x / width, y / height, (x + w) / width, (y + h) / height) for x, y, w, h in spots]
        picture.scores["faces"] = float(len(boxes))
        if self.action == "drop" and len(boxes) > self.max_faces:
            return Drop("faces", f"{len(boxes)} faces", len(boxes), self.max_faces)
        if self.action == "blur":
            picture.blurred += boxes
        return picture


@lru_cache(maxsize=1)
def _cascade() -> Any:
    """The frontal face cascade that comes with OpenCV, loaded once a process."""
    import cv2
    from cv2.data import haarcascades

    return cv2.CascadeClassifier(haarcascades + "haarcascade_frontalface_alt2.xml")
