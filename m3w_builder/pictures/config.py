"""How pictures are decoded, filtered and stored."""

from __future__ import annotations

from typing import Any, Literal

from m3w_builder.classes import dataclass
from m3w_builder.pictures.colour import SingleColour
from m3w_builder.pictures.shape import Aspect, Size
from m3w_builder.pictures.sniff import KNOWN


@dataclass(frozen=True)
class PicturesConfig:
    """Settings of pass 2, between a picture's bytes coming in and its bytes being kept."""

    filters: tuple[Any, ...] = (Size(), Aspect(), SingleColour())
    """Picture filters in their order, each a name or a name with its keys: `- size: {min_side: 150}`."""
    formats: tuple[str, ...] = KNOWN
    """Formats that are taken, by their bytes, whatever the server calls them."""
    max_pixels: int = 40_000_000
    """A picture that claims more px (width × height) goes before it is decoded; decoding takes up to 8 bytes a px."""
    min_decoded_side: int = 64
    """The shorter side, in px, under which decoding at a reduced scale does not go. The checks and hashes look
    at this array; larger sees finer detail and is slower. A filter that needs more, as `faces` does, gets it."""
    animated: Literal["whole", "first", "drop"] = "first"
    """An animation is judged by its first frame, and stored as that alone (`first`) or `whole`; or dropped."""
    store_formats: tuple[str, ...] = ("jpeg", "png", "webp", "gif")
    """Formats whose bytes are stored as they came; others are stored anew, as PNG where they were
    lossless, else JPEG."""
    max_side: int = 4096
    """Pictures with a longer side, in px, are scaled down to it, or by a whole factor to four fifths of it or
    more, and stored anew; 0 is no limit."""
    max_bytes: int = 10_000_000
    """Pictures of more bytes are stored anew as JPEG; 0 is no limit."""
    quality: int = 90
    """JPEG quality of pictures stored anew, 1 to 95."""
    strip_metadata: bool = True
    """Take EXIF, XMP, IPTC and comments (camera, place, names) out of the stored bytes; pixels, colour profile and
    everything else stay as they are. A picture that its EXIF turns is stored anew, upright."""
    opt_out: tuple[str, ...] = ("xmp_data_mining", "xmp_tdm", "c2pa_training")
    """Opt-outs in a picture's own bytes that are obeyed, by their reasons; all are recorded."""

    @property
    def by_url(self) -> tuple[Any, ...]:
        """The filters that ask for a picture's URL alone, and so are asked before anything is fetched."""
        return tuple(stage for stage in self.filters if getattr(stage, "by_url", False))

    @property
    def by_look(self) -> tuple[Any, ...]:
        """The other filters."""
        return tuple(stage for stage in self.filters if not getattr(stage, "by_url", False))

    @property
    def decoded_side(self) -> int:
        """`min_decoded_side`, or more where a filter looks at finer detail (its `sees`)."""
        return max(self.min_decoded_side, *(getattr(stage, "sees", 0) for stage in self.filters), 0)

    def __post_init__(self) -> None:
        unknown = sorted({*self.formats, *self.store_formats} - set(KNOWN))
        if unknown:
            raise ValueError(f"unknown format '{unknown[0]}'; known: {', '.join(KNOWN)}")
        if not 1 <= self.quality <= 95:
            raise ValueError(f"quality is {self.quality}, wants 1 to 95")
        if self.min_decoded_side < 32:
            raise ValueError(f"min_decoded_side is {self.min_decoded_side}, wants 32 or more: the hashes see 32 px")
