"""What is stored: the same bytes where they may stay, no private data, and a new encoding only where it must be."""

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from making import encoded, exif, opened, scene
from PIL import Image

from m3w_builder.pictures import Picture, PicturesConfig, decode, finish
from m3w_builder.pictures.metadata import strip

CONFIG = PicturesConfig()


def stored(body: bytes, config: PicturesConfig = CONFIG) -> Picture:
    one = decode("u", body, config)
    assert isinstance(one, Picture), one
    answer = finish(one, config)
    assert isinstance(answer, Picture), answer
    assert answer.sha256 == hashlib.sha256(answer.body).hexdigest()
    assert opened(answer.body).size == (answer.width, answer.height)
    assert opened(answer.body).format.lower() == answer.format
    return answer


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_clean_picture_is_stored_byte_for_byte(name: str) -> None:
    body = encoded(scene(), name)
    assert stored(body).body == body


XMP = b"<x:xmpmeta>SECRETCAM</x:xmpmeta>"


def png_text(body: bytes) -> bytes:
    content = b"tEXtAuthor\0SECRETCAM"
    return (
        body[:33] + struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content)) + body[33:]
    )


PRIVATE = {
    "exif jpeg": encoded(scene(), "JPEG", exif=exif(1)),
    "comment jpeg": encoded(scene(), "JPEG", comment=b"SECRETCAM"),
    "xmp jpeg": encoded(scene(), "JPEG", xmp=XMP),
    "progressive jpeg": encoded(scene(), "JPEG", exif=exif(1), progressive=True),
    "jpeg with a tail": encoded(scene(), "JPEG") + b"SECRETCAM film",
    "text png": png_text(encoded(scene(), "PNG")),
    "exif png": encoded(scene(), "PNG", exif=exif(1)),
    "png with a tail": encoded(scene(), "PNG") + b"SECRETCAM",
    "exif webp": encoded(scene(), "WEBP", exif=exif(1)),
    "xmp webp": encoded(scene(), "WEBP", xmp=XMP),
    "comment gif": encoded(scene(), "GIF", comment=b"SECRETCAM"),
}


@pytest.mark.parametrize("name", PRIVATE)
def test_private_data_go_and_no_pixel_moves(name: str) -> None:
    body = PRIVATE[name]
    assert b"SECRETCAM" in body
    one = stored(body)
    assert b"SECRETCAM" not in one.body
    assert (np.asarray(opened(one.body).convert("RGB")) == np.asarray(opened(body).convert("RGB"))).all()
    assert stored(body, PicturesConfig(strip_metadata=False)).body == body
    assert strip(one.body, one.format) == one.body


def test_a_colour_profile_stays() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("JPEG", "PNG", "WEBP"):
        one = stored(encoded(scene(), name, icc_profile=profile, exif=exif(1)))
        assert opened(one.body).info["icc_profile"] == profile
        assert b"SECRETCAM" not in one.body


@pytest.mark.parametrize(("animated", "frames"), [("whole", 3), ("first", 1)])
def test_an_animation_is_stored_whole_or_as_its_first_frame(animated: str, frames: int) -> None:
    stream = io.BytesIO()
    first, *rest = (Image.new("RGB", (120, 90), colour) for colour in ("red", "green", "blue"))
    first.save(stream, "GIF", save_all=True, append_images=rest)
    one = stored(stream.getvalue(), PicturesConfig(filters=(), animated=animated))
    assert getattr(opened(one.body), "n_frames", 1) == frames
    assert opened(one.body).convert("RGB").getpixel((5, 5))[0] > 200


def swapped() -> bytes:
    """sRGB's profile with red and green in each other's places: what it calls red is shown as green."""
    from PIL import ImageCms

    body = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = body.index(b"rXYZ", 128), body.index(b"gXYZ", 128)
    body[red : red + 4], body[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(body)


@pytest.mark.parametrize(("profile", "wanted"), [(swapped(), (0, 255, 0)), (b"no profile", (255, 0, 0))])
def test_what_is_stored_anew_is_in_srgb(profile: bytes, wanted: tuple[int, int, int]) -> None:
    body = encoded(Image.new("RGB", (240, 180), (255, 0, 0)), "PNG", icc_profile=profile)
    one = stored(body, PicturesConfig(filters=(), max_side=100))
    assert "icc_profile" not in opened(one.body).info
    assert np.abs(np.subtract(opened(one.body).getpixel((50, 50)), wanted)).max() < 12


def test_stripping_gives_up_on_what_it_cannot_follow() -> None:
    for body, name in [
        (b"\xff\xd8\xff\xe1", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF89a" + b"\0" * 8, "gif"),
        (b"", "tiff"),
    ]:
        assert strip(body, name) is None


@pytest.mark.parametrize("turn", range(2, 9))
def test_a_turned_picture_is_stored_upright(turn: int) -> None:
    from PIL import ImageOps

    body = encoded(scene(301, 200), "JPEG", exif=exif(turn), quality=95)
    one = stored(body)
    wanted = np.asarray(ImageOps.exif_transpose(opened(body)).convert("RGB")).astype(int)
    assert np.abs(np.asarray(opened(one.body)).astype(int) - wanted).mean() < 3
    assert "exif" not in opened(one.body).info and one.orientation == 1


@pytest.mark.parametrize(
    ("body", "name"),
    [
        pytest.param(encoded(scene(), "BMP"), "png", id="bmp"),
        pytest.param(encoded(scene(), "TIFF"), "png", id="tiff"),
        pytest.param(encoded(scene(), "AVIF"), "jpeg", id="avif"),
        pytest.param(encoded(scene().convert("CMYK"), "JPEG"), "jpeg", id="CMYK"),
    ],
)
def test_what_readers_cannot_show_is_stored_anew(body: bytes, name: str) -> None:
    one = stored(body)
    assert one.format == name and opened(one.body).mode == "RGB"
    assert np.abs(np.asarray(opened(one.body)).astype(int) - np.asarray(scene()).astype(int)).mean() < 6


def test_too_large_a_side_is_scaled_down() -> None:
    one = stored(encoded(scene(900, 603)), PicturesConfig(max_side=300))
    assert (one.width, one.height) == (300, 201)


def test_a_grey_drawing_stays_grey_when_it_is_scaled_down() -> None:
    one = stored(encoded(scene(900, 600).convert("L"), "PNG"), PicturesConfig(max_side=300))
    assert (one.mode, opened(one.body).mode, opened(one.body).size) == ("L", "L", (300, 200))


def test_too_many_bytes_become_a_jpeg() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8))
    one = stored(encoded(noise, "PNG"), PicturesConfig(max_bytes=50_000))
    assert one.format == "jpeg" and (one.width, one.height) == (200, 200)


def test_the_same_picture_is_stored_as_the_same_bytes() -> None:
    body = encoded(scene(), "TIFF")
    assert stored(body).body == stored(body).body
