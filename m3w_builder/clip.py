"""An open_clip model by its name, its weights or its folder: pictures and texts to vectors of one space."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from m3w_builder.classes import dataclass
from m3w_builder.errors import ConfigError

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Clip:
    """A loaded model; vectors have length 1, so that products of them are cosines."""

    model: Any
    preprocess: Any
    tokenize: Any
    device: str
    side: int

    @property
    def scale(self) -> float:
        """What cosines are multiplied by before a softmax."""
        return float(self.model.logit_scale.detach().exp())

    def pictures(self, bodies: Sequence[bytes], batch: int) -> list[NDArray[np.float32] | None]:
        """A vector for each picture, `batch` at once; None where one cannot be decoded."""
        opened = [self._open(body) for body in bodies]
        vectors = iter(self.vectors([picture for picture in opened if picture is not None], batch))
        return [None if picture is None else next(vectors) for picture in opened]

    def vectors(self, pictures: Sequence[Image], batch: int) -> NDArray[np.float32]:
        """(pictures, width), `batch` at once."""
        import torch

        parts = []
        with torch.inference_mode():
            for start in range(0, len(pictures), batch):
                tensors = [self.preprocess(picture) for picture in pictures[start : start + batch]]
                stacked = torch.stack(tensors).to(self.device)
                parts.append(self.model.encode_image(stacked, normalize=True).float().cpu().numpy())
        return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)

    def texts(self, texts: Sequence[str], batch: int) -> NDArray[np.float32]:
        """(texts, width); what is longer than the model reads is cut."""
        import torch

        parts = []
        with torch.inference_mode():
            for start in range(0, len(texts), batch):
                tokens = self.tokenize(list(texts[start : start + batch])).to(self.device)
                parts.append(self.model.encode_text(tokens, normalize=True).float().cpu().numpy())
        return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)

    def _open(self, body: bytes) -> Image | None:
        import PIL.Image

        try:
            with PIL.Image.open(io.BytesIO(body)) as picture:
                picture.draft("RGB", (2 * self.side, 2 * self.side))
                return picture.convert("RGB")
        except Exception:  # decoders raise nearly everything on broken bytes
            return None


@lru_cache(maxsize=2)
def load(name: str, weights: str, device: str, precision: str) -> Clip:
    """The model, loaded once a process; `name` as open_clip has it, also `local-dir:FOLDER` and `hf-hub:…`.

    weights: a tag of pretrained weights, or the path of a file. Raises ConfigError where there is no such model, or
    its weights are not on this machine and cannot be fetched.
    """
    import open_clip
    import torch

    place = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    try:
        model, _, preprocess = open_clip.create_model_and_transforms(
            name, pretrained=weights or None, precision=precision, device=place
        )
        tokenize = open_clip.get_tokenizer(name)
    except Exception as error:  # each source of weights fails in its own way
        raise ConfigError(_said(name, weights, error)) from None
    size = model.visual.image_size
    return Clip(model.eval(), preprocess, tokenize, place, int(size[0] if isinstance(size, tuple | list) else size))


def _said(name: str, weights: str, error: Exception) -> str:
    """One line: what could not be loaded, why, and what to do."""
    why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return (
        f"the open_clip model '{name}' with weights '{weights}' cannot be loaded here ({why}); fetch the weights "
        f"on a machine with a network, and name their file as `weights` or their folder as `model: local-dir:FOLDER`"
    )
