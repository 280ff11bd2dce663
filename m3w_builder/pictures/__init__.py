"""Pictures: from bytes to one small array, the filters that look at it, the hashes, and the bytes that are stored."""

from collections.abc import Mapping

from m3w_builder.pictures.config import PicturesConfig
from m3w_builder.pictures.decode import REASONS as _DECODE_REASONS
from m3w_builder.pictures.decode import decode, described
from m3w_builder.pictures.picture import Picture
from m3w_builder.pictures.rights import REASONS as RIGHTS_REASONS
from m3w_builder.pictures.rights import declared, judge
from m3w_builder.pictures.store import REASONS as _STORE_REASONS
from m3w_builder.pictures.store import finish
from m3w_builder.stage import Catalogue

STAGES = Catalogue(
    __name__,
    {
        "address": "address:Address",
        "size": "shape:Size",
        "aspect": "shape:Aspect",
        "bytes": "sharpness:Bytes",
        "single_colour": "colour:SingleColour",
        "entropy": "colour:Entropy",
        "blur": "sharpness:Blur",
        "text_only": "looks:TextOnly",
        "qr_code": "looks:QrCode",
        "picture_contamination": "contamination:Contamination",
        "blocked": "contamination:Blocked",
        "faces": "faces:Faces",
        "nsfw": "nsfw:Nsfw",
        "clip": "scores:ClipScore",
        "aesthetic": "scores:Aesthetic",
        "embedding": "scores:Embedding",
    },
)
"""The picture filters that a config may name in `pictures.filters`."""

REASONS: Mapping[str, str] = {**_DECODE_REASONS, **_STORE_REASONS}
"""Why decoding and storing drop a picture; the filters declare their own."""

__all__ = [
    "REASONS",
    "RIGHTS_REASONS",
    "STAGES",
    "Picture",
    "PicturesConfig",
    "declared",
    "decode",
    "described",
    "finish",
    "judge",
]
