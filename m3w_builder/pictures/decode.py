"""Decodes a picture once, at the smallest scale that its checks need; whatever is wrong with it becomes a `Drop`."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from m3w_builder.pictures import jpeg, png
from m3w_builder.pictures.config import PicturesConfig
from m3w_builder.pictures.picture import Picture
from m3w_builder.pictures.scaling import Rows, reduced, shrunk
from m3w_builder.pictures.sniff import claimed_size, sniff
from m3w_builder.stage import Drop

if TYPE_CHECKING:
    from PIL import Image

REASONS: Mapping[str, str] = {
    "empty": "no bytes",
    "not_a_picture": "the bytes are no picture: a page, a text, something else",
    "svg": "a drawing in SVG: no px to look at",
    "unsupported_format": "a picture in a format that is not taken",
    "animated": "an animation, and the config drops these",
    "too_many_pixels": "width × height is above max_pixels",
    "truncated": "the bytes end before the picture does",
    "undecodable": "the decoder gave up on the bytes",
}
"""Why `decode` drops a picture."""

_ODD_MODES = ("CMYK", "YCCK", "LAB")
"""Colour modes that readers show wrongly or not at all."""

_ADDRESS = re.compile(r" <[\w. ]+ at 0x[0-9a-fA-F]+>")
"""Where in memory the bytes were: another place in each run, and nothing about the picture."""

_CUT = re.compile(r"truncat|premature|end of file|unexpected end|not enough|incomplete|EOF", re.IGNORECASE)


def decode(url: str, body: bytes, config: PicturesConfig) -> Picture | Drop:
    """The picture in `body`, with its small array; or why there is none. Never raises on bad bytes."""
    name = sniff(body)
    refused = _refused(body, name, config)
    if refused:
        return refused
    size = claimed_size(body, name)
    if size and size[0] * size[1] > config.max_pixels:
        return _too_many(size, config)
    try:
        return _decode(url, body, name, config)
    except Exception as error:  # decoders raise nearly everything on broken bytes
        return _fault(error, body, name, config)


def described(url: str, body: bytes, config: PicturesConfig) -> Picture | None:
    """The picture by its header alone, without px and as if upright; None where only `decode` can say what it is."""
    name = sniff(body)
    size = None if _refused(body, name, config) else claimed_size(body, name)
    if not size or not all(size) or size[0] * size[1] > config.max_pixels:
        return None
    return Picture(url, body, None, *size, name)


def _refused(body: bytes, name: str, config: PicturesConfig) -> Drop | None:
    if not body:
        return Drop("empty")
    if not name:
        return Drop("not_a_picture", f"starts with {body[:24]!r}")
    if name == "svg":
        return Drop("svg")
    return None if name in config.formats else Drop("unsupported_format", name)


def _too_many(size: tuple[int, int], config: PicturesConfig) -> Drop:
    return Drop("too_many_pixels", f"{size[0]}×{size[1]} px", size[0] * size[1], config.max_pixels)


def _fault(error: Exception, body: bytes, name: str, config: PicturesConfig) -> Drop:
    from PIL.Image import DecompressionBombError

    if isinstance(error, DecompressionBombError):  # Pillow's own limit, met on opening
        claimed = re.search(r"\d+", str(error))
        return Drop("too_many_pixels", str(error), float(claimed[0]) if claimed else None, config.max_pixels)
    text = _ADDRESS.sub("", f"{type(error).__name__}: {error}")[:300]
    cut = _CUT.search(text) or (name == "webp" and len(body) < int.from_bytes(body[4:8], "little") + 8)
    return Drop("truncated" if cut else "undecodable", f"{name}: {text}")


def _decode(url: str, body: bytes, name: str, config: PicturesConfig) -> Picture | Drop:
    rows = png.plain(body) if name == "png" else None
    if rows is not None:  # four in five of all PNG: to open them by Pillow would tell no more
        size = (rows.width, rows.height)
        made = _drawn(body, rows, size, 1, rows.mode, config)
        if made is not None:
            return _picture(url, body, name, size, made, mode=rows.mode)
    frame = jpeg.plain(body) if name == "jpeg" else None
    if frame is not None:
        size = (frame.width, frame.height)
        px = frame.scaled(*_least(size, config))
        if px is not None:
            made = _small(px, px.shape[1::-1], _extent(*size, px.shape[1::-1]), False, config)
            return _picture(url, body, name, size, made, mode=frame.mode)
    with warnings.catch_warnings():  # Pillow also warns, of broken EXIF and the like, into the operator's terminal
        warnings.simplefilter("ignore")
        return _opened(url, body, name, config)


def _opened(url: str, body: bytes, name: str, config: PicturesConfig) -> Picture | Drop:
    from PIL import Image

    with Image.open(io.BytesIO(body), formats=[name.upper()]) as image:
        width, height = image.size
        if width * height > config.max_pixels:  # AVIF and TIFF tell their size only here
            return _too_many((width, height), config)
        frames = _frames(image, name)
        if frames > 1 and config.animated == "drop":
            return Drop("animated", f"{frames} frames", frames, 1)
        mode = image.mode
        turn = orientation(image) if name in ("jpeg", "png") else 1
        if name == "jpeg":
            # The decoder's own scaling by 1/2, 1/4 or 1/8 leaves out most of its work. It takes the smallest
            # scale whose sides are no smaller than these.
            image.draft(None, _least(image.size, config))
        made = _drawn(body, png.rows(body), (width, height), turn, mode, config) if name == "png" else None
        if made is None:
            image.load()
            if name != "jpeg":
                turn = orientation(image)
                width, height = image.size  # a TIFF turns itself on loading
            extent = _extent(width, height, image.size)
            anew = name != "jpeg" and to_be_encoded(name, turn, mode, max(width, height), len(body), config)
            made = _small(image, image.size, extent, anew, config)
    return _picture(url, body, name, (width, height), made, mode=mode, turn=turn, frames=frames)


def _picture(
    url: str,
    body: bytes,
    name: str,
    size: tuple[int, int],
    made: _Made,
    *,
    mode: str,
    turn: int = 1,
    frames: int = 1,
) -> Picture:
    """The picture of what was decoded, of full size (width, height), once it is turned upright."""
    width, height = size
    array, extent, whole = made
    pixels = xxhash.xxh3_64_intdigest(array.data, seed=width << 36 | height << 8 | turn) if array.size else 0
    box = _box(extent, (array.shape[1], array.shape[0]), turn)
    if turn != 1:
        from PIL import Image

        array = np.asarray(upright(Image.fromarray(array), turn))
    if turn >= 5:
        width, height = height, width
    return Picture(
        url,
        body,
        array,
        width,
        height,
        name,
        frames=frames,
        box=box,
        orientation=turn,
        mode=mode,
        pixels=pixels,
        whole=whole,
    )


def _drawn(
    body: bytes, rows: png.Rows | None, size: tuple[int, int], turn: int, mode: str, config: PicturesConfig
) -> _Made | None:
    """A PNG's small array by the fast ways; None where Pillow has to go on, and to say what is wrong."""
    px = rows if rows is not None else png.load(body)
    if px is None or px.shape[:2] != size[::-1]:
        return None
    anew = to_be_encoded("png", turn, mode, max(size), len(body), config)
    try:
        return _small(px, size, (float(size[0]), float(size[1])), anew, config)
    except png.Broken:
        return None


_Made = tuple[np.ndarray, tuple[float, float], np.ndarray | None]
"""The small array, how much of it the picture fills, and the px that will be encoded anew."""


def _small(
    seen: Image.Image | np.ndarray | Rows,
    size: tuple[int, int],
    extent: tuple[float, float],
    anew: bool,
    config: PicturesConfig,
) -> _Made:
    """Scale a decoded picture down by the largest power of two that leaves `decoded_side` px or more."""
    whole = None
    if anew:  # one more decoding of a large picture costs more than to keep this
        seen = whole = shrunk(seen, config.max_side)
        size = (whole.shape[1], whole.shape[0])
        extent = (float(size[0]), float(size[1]))
    factor = 1
    while min(-(-side // factor) for side in size) >= 2 * config.decoded_side:
        factor *= 2
    return reduced(seen, factor), (extent[0] / factor, extent[1] / factor), whole


def to_be_encoded(name: str, turn: int, mode: str, side: int, size: int, config: PicturesConfig) -> bool:
    """Whether a picture cannot be stored with the bytes that it came in; `side` is the longer one, in px."""
    return (
        name not in config.store_formats
        or turn != 1
        or mode in _ODD_MODES
        or bool(config.max_side and side > config.max_side)
        or bool(config.max_bytes and size > config.max_bytes)
    )


def _least(size: tuple[int, int], config: PicturesConfig) -> tuple[int, int]:
    """The sides, in px, of the smallest scale at which the checks see enough."""
    floor = config.decoded_side
    return max(1, size[0] * floor // min(size)), max(1, size[1] * floor // min(size))


def _extent(width: int, height: int, size: tuple[int, int]) -> tuple[float, float]:
    """The decoder rounds a scaled size up: how much of it the picture fills."""
    scale = next((scale for scale in (1, 2, 4, 8) if (-(-width // scale), -(-height // scale)) == size), 0)
    return (width / scale, height / scale) if scale else (float(size[0]), float(size[1]))


def _box(extent: tuple[float, float], size: tuple[int, int], turn: int) -> tuple[float, float, float, float]:
    """Where the picture lies in its array once that is turned upright: a mirrored end becomes a start."""
    (width, height), (right, bottom) = size, extent
    if turn >= 5:
        width, height, right, bottom = height, width, bottom, right
    mirrored, upended = turn in (2, 3, 6, 7), turn in (3, 4, 7, 8)
    left, right = (width - right, float(width)) if mirrored else (0.0, right)
    top, bottom = (height - bottom, float(height)) if upended else (0.0, bottom)
    return left, top, right, bottom


def _frames(image: Image.Image, name: str) -> int:
    # Other formats' further pictures are previews or pages, not an animation.
    return int(getattr(image, "n_frames", 1)) if name in ("gif", "webp", "png", "avif") else 1


def orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none or it cannot be read."""
    if "exif" not in image.info:
        return 1
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # broken EXIF is common, and no fault of the pixels
        return 1
    return value if value in range(1, 9) else 1


def upright(image: Image.Image, turn: int) -> Image.Image:
    """The picture as its EXIF orientation, 2 to 8, wants it shown."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[turn])
