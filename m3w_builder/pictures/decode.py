"""Decodes a picture once, at the smallest scale that its checks need; whatever is wrong with it becomes a `Drop`."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash

from m3w_builder.pictures.config import PicturesConfig
from m3w_builder.pictures.picture import Picture
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
        with warnings.catch_warnings():  # decoders also warn, of broken EXIF and the like, into the operator's terminal
            warnings.simplefilter("ignore")
            return _decode(url, body, name, config)
    except Exception as error:  # decoders raise nearly everything on broken bytes
        return _fault(error, body, name, config)


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
    text = f"{type(error).__name__}: {error}"[:300]
    cut = _CUT.search(text) or (name == "webp" and len(body) < int.from_bytes(body[4:8], "little") + 8)
    return Drop("truncated" if cut else "undecodable", f"{name}: {text}")


def _decode(url: str, body: bytes, name: str, config: PicturesConfig) -> Picture | Drop:
    from PIL import Image

    with Image.open(io.BytesIO(body), formats=[name.upper()]) as image:
        width, height = image.size
        if width * height > config.max_pixels:  # AVIF and TIFF tell their size only here
            return _too_many((width, height), config)
        frames = _frames(image, name)
        if frames > 1 and config.animated == "drop":
            return Drop("animated", f"{frames} frames", frames, 1)
        mode = image.mode
        floor = config.decoded_side
        turn = orientation(image) if name == "jpeg" else 1
        if name == "jpeg":
            # The decoder's own scaling by 1/2, 1/4 or 1/8 leaves out most of its work. It takes the smallest
            # scale whose sides are no smaller than these.
            image.draft(None, (_scaled(width, height, floor), _scaled(height, width, floor)))
        image.load()
        if name != "jpeg":
            turn = orientation(image)
            width, height = image.size  # a TIFF turns itself on loading
        whole, extent = None, _extent(width, height, image.size)
        if name != "jpeg" and to_be_encoded(name, turn, mode, max(width, height), len(body), config):
            whole = shrunk(image, config.max_side)  # one more decoding of a large picture costs more than to keep this
            extent = (float(whole.width), float(whole.height))
        seen = whole or image
        factor = 1
        while min(-(-side // factor) for side in seen.size) >= 2 * floor:
            factor *= 2
        rgb = reduced(seen, factor)
    extent = (extent[0] / factor, extent[1] / factor)
    array: Any = np.asarray(rgb)
    px = xxhash.xxh3_64_intdigest(array, seed=width << 36 | height << 8 | turn) if array.size else 0
    box = _box(extent, rgb.size, turn)
    if turn != 1:
        rgb = upright(rgb, turn)
    if turn >= 5:
        width, height = height, width
    return Picture(
        url,
        body,
        np.asarray(rgb),
        width,
        height,
        name,
        frames=frames,
        box=box,
        orientation=turn,
        mode=mode,
        pixels=px,
        whole=whole,
    )


def to_be_encoded(name: str, turn: int, mode: str, side: int, size: int, config: PicturesConfig) -> bool:
    """Whether a picture cannot be stored with the bytes that it came in; `side` is the longer one, in px."""
    return (
        name not in config.store_formats
        or turn != 1
        or mode in _ODD_MODES
        or bool(config.max_side and side > config.max_side)
        or bool(config.max_bytes and size > config.max_bytes)
    )


def shrunk(image: Image.Image, limit: int) -> Image.Image:
    """The picture as 8-bit RGB within `limit` px a side (0: none); by a whole factor where that comes near to it."""
    from PIL import Image

    longer = max(image.size)
    if not limit or longer <= limit:
        return to_rgb(image)
    factor = -(-longer // limit)
    if longer >= 0.8 * limit * factor:  # averages of whole px: exact, and a tenth of the cost
        return reduced(image, factor)
    width, height = (max(1, round(side * limit / longer)) for side in image.size)
    return to_rgb(image).resize((width, height), Image.Resampling.HAMMING, reducing_gap=2.0)


def _scaled(side: int, other: int, floor: int) -> int:
    return max(1, side * floor // min(side, other))


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


def reduced(image: Image.Image, factor: int) -> Image.Image:
    """The picture as 8-bit RGB with every factor × factor px averaged into one; transparency is laid on white."""
    if factor == 1:
        return to_rgb(image)
    if image.mode == "L" and "transparency" not in image.info:
        return image.reduce(factor).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        # Averaging comes first, since most of the work is a px's: of colours weighed by their opacity, or all would
        # bleed the hidden colour of clear px.
        if layer.getchannel("A").getextrema()[0] == 255:
            return layer.convert("RGB").reduce(factor)
        return on_white(layer.convert("RGBa").reduce(factor))
    return to_rgb(image).reduce(factor)


def on_white(premultiplied: Image.Image) -> Image.Image:
    """An "RGBa" picture, its colours multiplied by their opacity, on white."""
    from PIL import Image

    levels = np.asarray(premultiplied).astype(np.uint16)
    return Image.fromarray(np.minimum(levels[:, :, :3] + 255 - levels[:, :, 3:], 255).astype(np.uint8))


def to_rgb(image: Image.Image) -> Image.Image:
    """Any colour mode as 8-bit RGB; transparency is laid on white, as a page would show it."""
    from PIL import Image

    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        # Pillow's own conversion cuts 16 bits off at 255 and leaves a white picture.
        levels = np.asarray(image).astype(np.float64)
        top = 65535.0 if image.mode.startswith("I;16") else max(float(np.nanmax(levels, initial=0.0)), 1.0)
        top = 65535.0 if image.mode == "I" and 255 < top <= 65535 else top
        grey = np.nan_to_num(np.clip(levels / top * 255, 0, 255)).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(paper, layer).convert("RGB")
    return image.convert("RGB")
