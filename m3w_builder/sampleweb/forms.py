"""The forms in which a scene's picture lies on the web: encodings, copies, and every way of being broken."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from m3w_builder.sampleweb.scene import Pixels


@dataclass(frozen=True, slots=True)
class Form:
    """How a picture is written, and what a build must do with it.

    `keep` is "yes", "no" or "maybe" (policies differ). `reasons` are those with which it may be
    dropped. A form without `write` has no file: its address answers as `status` says.
    """

    suffix: str = "jpg"
    type: str = "image/jpeg"
    keep: str = "yes"
    reasons: tuple[str, ...] = ()
    write: Callable[[Pixels], bytes] | None = None
    status: int = 200
    folder: str = ""


def jpeg(pixels: Pixels, quality: int = 88) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def png(pixels: Pixels) -> bytes:
    return bytes(cv2.imencode(".png", pixels[..., ::-1])[1])


def webp(pixels: Pixels) -> bytes:
    return _pillow(pixels, "", "WEBP", quality=88, method=0)


def scaled(pixels: Pixels, factor: float) -> Pixels:
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)  # type: ignore[return-value]


def _pillow(pixels: Pixels, mode: str, kind: str, **options: object) -> bytes:
    from PIL import Image

    picture = Image.fromarray(pixels)
    if mode == "P":
        picture = picture.quantize(96)
    elif mode:
        picture = picture.convert(mode)
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def _rotated(pixels: Pixels) -> bytes:
    """A JPEG lying on its side, whose EXIF orientation 6 stands it up: turn it clockwise by a quarter."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    return _pillow(np.ascontiguousarray(np.rot90(pixels)), "", "JPEG", quality=88, exif=exif.tobytes())


def _animated(pixels: Pixels) -> bytes:
    from PIL import Image

    frames = [
        Image.fromarray(np.ascontiguousarray(np.roll(pixels, 6 * step, axis=1))).quantize(64) for step in range(3)
    ]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)
    return stream.getvalue()


def _sixteen_bits(pixels: Pixels) -> bytes:
    return bytes(cv2.imencode(".png", pixels[..., ::-1].astype(np.uint16) * 257)[1])


def _cropped(pixels: Pixels) -> bytes:
    """A few pixels off each side."""
    height, width = pixels.shape[:2]
    x, y = max(1, width // 50), max(1, height // 50)
    return jpeg(np.ascontiguousarray(pixels[y : height - y, x : width - x]))


def _bomb(_: Pixels) -> bytes:
    """A PNG of some hundred bytes that claims 60,000 x 60,000 px, 10.8 GB once decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(180_001), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _svg(pixels: Pixels) -> bytes:
    red, green, blue = (int(value) for value in pixels.reshape(-1, 3).mean(axis=0))
    height, width = pixels.shape[:2]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="100%" height="100%" fill="rgb({red},{green},{blue})"/><circle cx="50%" cy="50%" r="30"/></svg>'
    ).encode()


def _strip(pixels: Pixels) -> bytes:
    """About four times as wide as high, both sides over 64 px."""
    return jpeg(cv2.resize(pixels, (80 * 4 + pixels.shape[1] % 40, 80), interpolation=cv2.INTER_CUBIC))  # type: ignore[arg-type]


def _flat(pixels: Pixels) -> bytes:
    flat = np.empty_like(pixels)
    flat[:] = pixels.reshape(-1, 3).mean(axis=0).astype(np.uint8)
    return jpeg(flat, 95)


def _html(_: Pixels) -> bytes:
    return b"<!DOCTYPE html><html><head><title>Not here</title></head><body><p>The picture has moved.</p></body></html>"


_BROKEN = ("undecodable", "truncated", "not_a_picture", "unsupported_format")

FORMS: Mapping[str, Form] = {
    "plain": Form(write=jpeg),
    # copies of a picture that stands elsewhere: one of each group stays
    "copy_exact": Form(keep="group", write=jpeg),
    "copy_reencoded": Form(keep="group", write=lambda pixels: jpeg(pixels, 70)),
    "copy_webp": Form("webp", "image/webp", keep="group", write=webp),
    "copy_resized": Form(keep="group", write=lambda pixels: jpeg(scaled(pixels, 0.8))),
    "copy_enlarged": Form(keep="group", write=lambda pixels: jpeg(scaled(pixels, 1.3))),
    "copy_cropped": Form(keep="group", write=_cropped),
    # unusual, and to be kept
    "grey": Form(write=lambda pixels: _pillow(pixels, "L", "JPEG", quality=88)),
    "progressive": Form(write=lambda pixels: _pillow(pixels, "", "JPEG", quality=88, progressive=True)),
    "cmyk": Form(write=lambda pixels: _pillow(pixels, "CMYK", "JPEG", quality=92)),
    "rotated": Form(write=_rotated),
    "png": Form("png", "image/png", write=png),
    "png_16_bits": Form("png", "image/png", write=_sixteen_bits),
    "png_palette": Form("png", "image/png", write=lambda pixels: _pillow(pixels, "P", "PNG")),
    "mislabelled": Form("jpg", "image/jpeg", write=png),
    "webp": Form("webp", "image/webp", write=webp),
    "moved": Form(write=jpeg, status=302),
    "avif": Form(
        "avif",
        "image/avif",
        "maybe",
        ("unsupported_format", "undecodable"),
        lambda p: _pillow(p, "", "AVIF", quality=80),
    ),
    "animated": Form("gif", "image/gif", "maybe", ("animated", "unsupported_format"), _animated),
    # to be dropped
    "truncated": Form(keep="no", reasons=_BROKEN, write=lambda pixels: jpeg(pixels)[: len(jpeg(pixels)) * 3 // 5]),
    "not_a_picture": Form(keep="no", reasons=_BROKEN, write=_html),
    "empty": Form(keep="no", reasons=("empty", *_BROKEN), write=lambda _: b""),
    "svg": Form("svg", "image/svg+xml", "no", ("svg", "unsupported_format"), _svg),
    "bomb": Form("png", "image/png", "no", ("too_many_pixels", "too_large", "undecodable"), _bomb),
    "small": Form(keep="no", reasons=("size",), write=lambda p: jpeg(scaled(p, 46 / min(p.shape[:2])))),
    "strip": Form(keep="no", reasons=("aspect",), write=_strip),
    "single_colour": Form(keep="no", reasons=("single_colour",), write=_flat),
    "gone": Form(keep="no", reasons=("http_4xx",), status=404),
    "failing": Form(keep="no", reasons=("http_5xx",), status=503),
    "circle": Form(keep="no", reasons=("too_many_redirects",), status=301),
    "disallowed": Form(keep="no", reasons=("robots",), write=jpeg, folder="closed/"),
}
"""Every form by its name. With `keep` "group" exactly one of the group stays."""

RARE = frozenset({"failing", "circle", "bomb"})
"""Forms of which one or two are enough: the fetcher tries them again and again, or they weigh much."""


def decoded(body: bytes) -> Pixels:
    """The pixels of a picture's bytes."""
    pixels = cv2.imdecode(np.frombuffer(body, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None  # own bytes
    return np.ascontiguousarray(pixels[..., ::-1])  # type: ignore[return-value]


def phash(pixels: Pixels) -> int:
    """The 64 bits of a DCT perceptual hash: the lowest 8 x 8 frequencies of 32 x 32 px against their median."""
    from PIL import Image

    grey = Image.fromarray(pixels).convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    low = cv2.dct(np.asarray(grey, dtype=np.float32))[:8, :8]
    bits = low > np.partition(low.reshape(-1)[1:], 31)[31]  # the middle one of 63
    return int.from_bytes(np.packbits(bits.reshape(-1)).tobytes(), "big")


def gradients(pixels: Pixels) -> int:
    """64 bits of 9 x 8 px, whether each is brighter than the one to its left."""
    from PIL import Image

    grey = np.asarray(Image.fromarray(pixels).convert("L").resize((9, 8), Image.Resampling.LANCZOS))
    return int.from_bytes(np.packbits((grey[:, 1:] > grey[:, :-1]).reshape(-1)).tobytes(), "big")
