"""Scores pictures by an open_clip model: how well prompts fit, how a linear head rates them, which way they point."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from m3w_builder import clip, storage
from m3w_builder.classes import dataclass
from m3w_builder.errors import ConfigError
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop

BATCH = 32
"""Pictures that a model is given at once."""


def _vectors(batch: Sequence[Picture], model: str, weights: str, device: str) -> NDArray[np.float32]:
    """(pictures, width), each of length 1."""
    from PIL import Image

    arrays = [picture.array for picture in batch]
    loaded = clip.load(model, weights, device, "fp32")
    return loaded.vectors([Image.fromarray(array) for array in arrays if array is not None], BATCH)


@dataclass(frozen=True, slots=True)
class ClipScore:
    """Keeps pictures that `prompts` fit better than `against`, by an open_clip model; the score is kept as `clip`."""

    name: ClassVar[str] = "clip"
    reasons: ClassVar[Mapping[str, str]] = {"unlike_prompts": "the prompts' share is under min_score"}
    sees: ClassVar[int] = 224
    """Px on the shorter side that it looks at."""

    model: str
    """Name of the model, as open_clip has it, `local-dir:FOLDER` or `hf-hub:OWNER/NAME`."""
    prompts: tuple[str, ...]
    """What a picture should be, such as "a photo"."""
    against: tuple[str, ...]
    """What it should not be, such as "an advertisement", "a screenshot"."""
    weights: str = ""
    """Tag of pretrained weights, or the path of a file."""
    min_score: float = 0.5
    """Least share of `prompts` in the probabilities of all prompts together, 0 to 1; ours."""
    device: str = "auto"
    """Where the model runs: cpu, cuda; auto takes a GPU where there is one."""

    def check(self) -> None:
        """Load the model; raises ConfigError where that cannot be."""
        clip.load(self.model, self.weights, self.device, "fp32")

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        if not batch:
            return []
        said = _said(self.model, self.weights, self.device, (*self.prompts, *self.against))
        scale = clip.load(self.model, self.weights, self.device, "fp32").scale
        logits = scale * _vectors(batch, self.model, self.weights, self.device) @ said.T
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = powers[:, : len(self.prompts)].sum(axis=1) / powers.sum(axis=1)
        return [self.judge(picture, float(share)) for picture, share in zip(batch, shares, strict=True)]

    def judge(self, picture: Picture, share: float) -> Picture | Drop:
        picture.scores["clip"] = share
        if share < self.min_score:
            return Drop("unlike_prompts", f"{share:.2f}", share, self.min_score)
        return picture


@lru_cache(maxsize=4)
def _said(model: str, weights: str, device: str, prompts: tuple[str, ...]) -> NDArray[np.float32]:
    return clip.load(model, weights, device, "fp32").texts(prompts, BATCH)


@dataclass(frozen=True, slots=True)
class Aesthetic:
    """Keeps pictures that a linear head over an open_clip model's vectors rates well; kept as score `aesthetic`."""

    name: ClassVar[str] = "aesthetic"
    reasons: ClassVar[Mapping[str, str]] = {"unaesthetic": "the head's rating is under min_score"}
    sees: ClassVar[int] = 224
    """Px on the shorter side that it looks at."""

    model: str
    """Name of the model, as open_clip has it, `local-dir:FOLDER` or `hf-hub:OWNER/NAME`."""
    head: str
    """A .npz file, any fsspec URL, with `weight` (as long as the model's vectors) and `bias`."""
    weights: str = ""
    """Tag of pretrained weights, or the path of a file."""
    min_score: float = 3.7
    """Least rating (3.7 of 10: OmniCorpus, arXiv 2406.08418)."""
    device: str = "auto"
    """Where the model runs: cpu, cuda; auto takes a GPU where there is one."""

    def check(self) -> None:
        """Load model and head; raises ConfigError where that cannot be."""
        clip.load(self.model, self.weights, self.device, "fp32")
        _head(self.head)

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        if not batch:
            return []
        weight, bias = _head(self.head)
        ratings = _vectors(batch, self.model, self.weights, self.device) @ weight + bias
        return [self.judge(picture, float(rating)) for picture, rating in zip(batch, ratings, strict=True)]

    def judge(self, picture: Picture, rating: float) -> Picture | Drop:
        picture.scores["aesthetic"] = rating
        if rating < self.min_score:
            return Drop("unaesthetic", f"{rating:.2f}", rating, self.min_score)
        return picture


@lru_cache(maxsize=2)
def _head(url: str) -> tuple[NDArray[np.float32], float]:
    try:
        stored = np.load(io.BytesIO(storage.read_bytes(url)), allow_pickle=False)
        return stored["weight"].astype(np.float32).reshape(-1), float(stored["bias"].reshape(-1)[0])
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"head: '{url}' is no .npz file with weight and bias: {error}") from None


@dataclass(frozen=True, slots=True)
class Embedding:
    """Gives each picture the 64 signs of its vector under fixed random directions, for `dedup.near_embeddings`.

    Two vectors at an angle of a (radians) differ in 64 a / π of the signs on average (Charikar, 2002), so that the
    search for near hashes serves vectors too. Drops nothing.
    """

    name: ClassVar[str] = "embedding"
    reasons: ClassVar[Mapping[str, str]] = {"no_vector": "the model gave none"}
    sees: ClassVar[int] = 224
    """Px on the shorter side that it looks at."""

    model: str
    """Name of the model: as open_clip has it, `local-dir:FOLDER`, `hf-hub:OWNER/NAME`; or as torchvision has it."""
    weights: str = ""
    """Tag of open_clip's pretrained weights, or the path of a file."""
    encoder: Literal["open_clip", "imagededup"] = "open_clip"
    """An open_clip model, or imagededup's CNN over a model of torchvision, whose weights are in the file `weights`."""
    device: str = "auto"
    """Where open_clip's model runs: cpu, cuda; auto takes a GPU where there is one."""

    def check(self) -> None:
        """Load the model; raises ConfigError where that cannot be."""
        if self.encoder == "imagededup":
            _cnn(self.model, self.weights)
        else:
            clip.load(self.model, self.weights, self.device, "fp32")

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        if not batch:
            return []
        if self.encoder == "imagededup":
            encoder = _cnn(self.model, self.weights)
            vectors = np.concatenate([encoder.encode_image(image_array=picture.array) for picture in batch])
        else:
            vectors = _vectors(batch, self.model, self.weights, self.device)
        for picture, number in zip(batch, signs(vectors), strict=True):
            picture.embedding = number
        return [
            picture if np.isfinite(vector).all() else Drop("no_vector")
            for picture, vector in zip(batch, vectors, strict=True)
        ]


@lru_cache(maxsize=2)
def _cnn(name: str, weights: str) -> Any:
    """imagededup's CNN over a model of torchvision without its last layer. Raises ConfigError without its weights."""
    import torch
    import torchvision
    from imagededup.methods import CNN
    from imagededup.utils import CustomModel

    try:
        model = torchvision.models.get_model(name, weights=None)
        model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except (ValueError, KeyError, OSError, RuntimeError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ConfigError(f"torchvision's '{name}' with weights '{weights}' cannot be loaded here ({why})") from None
    setattr(model, "fc" if hasattr(model, "fc") else "classifier", torch.nn.Identity())
    steps = torchvision.transforms
    transform = steps.Compose(
        [
            steps.Resize(256),
            steps.CenterCrop(224),
            steps.ToTensor(),
            steps.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    return CNN(verbose=False, model_config=CustomModel(name=name, model=model.eval(), transform=transform))


def signs(vectors: NDArray[np.float32]) -> list[int]:
    """64 bits a row: on which side of 64 fixed random planes the vector lies."""
    # A fixed generator: embeddings of earlier builds are compared with new ones.
    planes = np.random.Generator(np.random.PCG64(2204_14198)).standard_normal((vectors.shape[1], 64))
    bits = np.packbits(vectors @ planes > 0, axis=1)
    return [int.from_bytes(row.tobytes(), "big") for row in bits]
