"""Pictures: from bytes to one small array, the filters that look at it, the hashes, and the bytes that are stored."""

from collections.abc import Mapping

from m3w_builder.pictures.address import Address
from m3w_builder.pictures.colour import Entropy, SingleColour
from m3w_builder.pictures.config import PicturesConfig
from m3w_builder.pictures.contamination import Blocked, Contamination
from m3w_builder.pictures.decode import REASONS as _DECODE_REASONS
from m3w_builder.pictures.decode import decode, described
from m3w_builder.pictures.faces import Faces
from m3w_builder.pictures.looks import QrCode, TextOnly
from m3w_builder.pictures.nsfw import Nsfw
from m3w_builder.pictures.picture import Picture
from m3w_builder.pictures.rights import REASONS as RIGHTS_REASONS
from m3w_builder.pictures.rights import declared, judge
from m3w_builder.pictures.scores import Aesthetic, ClipScore, Embedding
from m3w_builder.pictures.shape import Aspect, Size
from m3w_builder.pictures.sharpness import Blur, Bytes
from m3w_builder.pictures.store import REASONS as _STORE_REASONS
from m3w_builder.pictures.store import finish

_ALL = (
    *(Address, Size, Aspect, Bytes, SingleColour, Entropy, Blur, TextOnly, QrCode, Contamination, Blocked),
    *(Faces, Nsfw, ClipScore, Aesthetic, Embedding),
)

STAGES: Mapping[str, type] = {cls.name: cls for cls in _ALL}
"""The picture filters that a config may name in `pictures.filters`."""

REASONS: Mapping[str, str] = {**_DECODE_REASONS, **_STORE_REASONS}
"""Why decoding and storing drop a picture; the filters declare their own."""

__all__ = [
    "REASONS",
    "RIGHTS_REASONS",
    "STAGES",
    "Embedding",
    "Picture",
    "PicturesConfig",
    "declared",
    "decode",
    "described",
    "finish",
    "judge",
]
