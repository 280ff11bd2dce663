"""What of a picture is stored: its own bytes wherever the policy lets, else it encoded anew; and its hashes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from m3w_builder.pictures import png
from m3w_builder.pictures.config import PicturesConfig
from m3w_builder.pictures.decode import to_be_encoded, upright
from m3w_builder.pictures.hashes import dhash, phash
from m3w_builder.pictures.metadata import strip
from m3w_builder.pictures.picture import Picture
from m3w_builder.pictures.scaling import shrunk
from m3w_builder.stage import Drop

if TYPE_CHECKING:
    from PIL import Image

REASONS: Mapping[str, str] = {"cannot_be_stored": "it had to be encoded anew, and that failed"}
"""Why `finish` drops a picture."""

_LOSSLESS = ("png", "gif", "bmp", "tiff")


def finish(picture: Picture, config: PicturesConfig) -> Picture | Drop:
    """Hash the picture and settle the bytes that will be stored; `sha256` is of exactly these. Changes `picture`."""
    assert picture.array is not None
    picture.phash = phash(picture.array, picture.box)
    picture.dhash = dhash(picture.array, picture.box)
    body = None
    if not _must_be_encoded(picture, config):
        body = strip(picture.body, picture.format) if config.strip_metadata else picture.body
    if body is None:
        try:
            _encode(picture, config)
        except Exception as error:  # the whole picture may be broken where its reduced scale was not
            return Drop("cannot_be_stored", f"{type(error).__name__}: {error}"[:300])
    else:
        picture.body = body
    picture.sha256 = hashlib.sha256(picture.body).hexdigest()
    return picture


def _must_be_encoded(picture: Picture, config: PicturesConfig) -> bool:
    side = max(picture.width, picture.height)
    still = picture.frames > 1 and config.animated == "first"
    return (
        bool(picture.blurred)
        or still
        or to_be_encoded(picture.format, picture.orientation, picture.mode, side, len(picture.body), config)
    )


def _encode(picture: Picture, config: PicturesConfig) -> None:
    """Put the picture, upright, 8-bit RGB or grey, within the limits, in the place of its bytes."""
    from PIL import Image

    with Image.open(io.BytesIO(picture.body), formats=[picture.format.upper()]) as image:
        profile = image.info.get("icc_profile") if image.mode in ("RGB", "CMYK") else None
        inks = image.mode == "CMYK" and profile
        if picture.whole is None or inks:  # px that were made RGB without the profile of their inks are off
            limit = config.max_side or max(image.size)
            image.draft(None, (limit, limit))
            image.load()
            picture.whole = shrunk(in_srgb(image, profile) if inks else image, config.max_side)
    px, picture.whole = picture.whole, None
    if picture.orientation != 1 or picture.blurred or (profile and not inks):
        px = _changed(Image.fromarray(px), picture, None if inks else profile)
    # JPEG is the smaller for photographs; a drawing that came without loss stays so while it may.
    name = "png" if picture.format in _LOSSLESS else "jpeg"
    body = png.written(px) if name == "png" else _jpeg(px, config)
    if name == "png" and config.max_bytes and len(body) > config.max_bytes:
        name, body = "jpeg", _jpeg(px, config)
    picture.body, picture.format = body, name
    picture.mode = "L" if name == "png" and px.ndim == 2 else "RGB"
    picture.height, picture.width = px.shape[:2]
    picture.orientation = 1
    picture.frames = 1


def _changed(image: Image.Image, picture: Picture, profile: bytes | None) -> np.ndarray:
    """The px in sRGB, upright, and with what has to be blurred."""
    image = in_srgb(image, profile)
    if picture.orientation != 1:
        image = upright(image, picture.orientation)
    for box in picture.blurred:
        _blur(image, box)
    return np.asarray(image)


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB, by the profile of its px; as it is where there is none, or none that can be read."""
    if not profile:
        return image
    from PIL import ImageCms

    try:
        mine = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        wanted = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, mine, wanted, outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _blur(image: Image.Image, box: tuple[float, float, float, float]) -> None:
    """Blur a part until nothing of it can be told, and a fifth around it."""
    from PIL import ImageFilter

    width, height = image.size
    left, top, right, bottom = box
    margin_x, margin_y = (right - left) / 5, (bottom - top) / 5
    place = (
        max(0, round((left - margin_x) * width)),
        max(0, round((top - margin_y) * height)),
        min(width, round((right + margin_x) * width)),
        min(height, round((bottom + margin_y) * height)),
    )
    part = image.crop(place)
    image.paste(part.filter(ImageFilter.GaussianBlur(max(part.size) / 6)), place)


def _jpeg(px: np.ndarray, config: PicturesConfig) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(px).convert("RGB").save(stream, "JPEG", quality=config.quality, optimize=True)
    return stream.getvalue()
