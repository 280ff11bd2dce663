"""Decoding: what each format and state of a picture becomes, and that broken bytes cost little and get a reason."""

import io
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import encoded, exif, scene
from PIL import Image

from m3w_builder.pictures import REASONS, Picture, PicturesConfig, decode
from m3w_builder.pictures.sniff import claimed_size, sniff
from m3w_builder.stage import Drop

CONFIG = PicturesConfig()
FULL = PicturesConfig(min_decoded_side=10_000)


def picture(body: bytes, config: PicturesConfig = CONFIG) -> Picture:
    answer = decode("http://a.example/x", body, config)
    assert isinstance(answer, Picture), answer
    return answer


def drop(body: bytes, config: PicturesConfig = CONFIG) -> Drop:
    answer = decode("http://a.example/x", body, config)
    assert isinstance(answer, Drop) and answer.reason in REASONS, answer
    return answer


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_format_is_told_by_its_bytes_and_decoded(name: str) -> None:
    body = encoded(scene(), name)
    assert sniff(body) == name.lower()
    assert claimed_size(body, name.lower()) in ((320, 240), None)
    one = picture(body)
    assert (one.width, one.height, one.format, one.frames) == (320, 240, name.lower(), 1)
    assert one.array.dtype == np.uint8 and one.array.shape == (120, 160, 3)
    whole = picture(body, FULL).array.astype(int)
    assert whole.shape == (240, 320, 3)
    assert np.abs(whole - np.asarray(scene()).astype(int)).mean() < 8


def grey16(levels: np.ndarray) -> bytes:
    return encoded(Image.fromarray(levels.astype(np.uint16)), "PNG")


GREY = scene().convert("L")
ALPHA = scene().convert("RGBA")
ALPHA.putalpha(Image.new("L", ALPHA.size, 0))
PALETTE_ALPHA = Image.new("P", (320, 240), 0)
PALETTE_ALPHA.putpalette([0, 0, 0] * 256)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(encoded(GREY, "JPEG"), np.asarray(GREY.convert("RGB")), id="grey JPEG"),
        pytest.param(encoded(scene(), "JPEG", progressive=True), np.asarray(scene()), id="progressive JPEG"),
        pytest.param(encoded(scene().convert("CMYK"), "JPEG"), np.asarray(scene()), id="CMYK JPEG"),
        pytest.param(
            encoded(scene().convert("P"), "PNG"), np.asarray(scene().convert("P").convert("RGB")), id="palette PNG"
        ),
        pytest.param(
            encoded(scene().convert("1"), "PNG"), np.asarray(scene().convert("1").convert("RGB")), id="one bit PNG"
        ),
        pytest.param(grey16(np.asarray(GREY).astype(int) * 257), np.asarray(GREY.convert("RGB")), id="16-bit PNG"),
        pytest.param(encoded(ALPHA, "PNG"), np.full((240, 320, 3), 255), id="transparent PNG is white"),
        pytest.param(encoded(ALPHA, "WEBP"), np.full((240, 320, 3), 255), id="transparent WebP is white"),
        pytest.param(
            encoded(PALETTE_ALPHA, "PNG", transparency=0), np.full((240, 320, 3), 255), id="transparent palette"
        ),
        pytest.param(encoded(PALETTE_ALPHA, "GIF", transparency=0), np.full((240, 320, 3), 255), id="transparent GIF"),
    ],
)
def test_every_colour_mode_becomes_what_a_reader_sees(body: bytes, expected: np.ndarray) -> None:
    assert np.abs(picture(body, FULL).array.astype(int) - expected).mean() < 6


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("size", [(320, 240), (333, 257)])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_applied(turn: int, size: tuple[int, int], name: str) -> None:
    from PIL import ImageOps

    body = encoded(scene(*size), name, exif=exif(turn))
    wanted = ImageOps.exif_transpose(Image.open(io.BytesIO(body))).convert("RGB")
    one = picture(body)
    assert (one.width, one.height) == wanted.size
    assert one.orientation == turn
    # The box says where in the reduced array the picture lies: cut out and shrunk, both are the same.
    ours = Image.fromarray(one.array).resize((16, 16), Image.Resampling.BOX, box=one.box)
    theirs = wanted.resize((16, 16), Image.Resampling.BOX)
    assert np.abs(np.asarray(ours).astype(int) - np.asarray(theirs)).mean() < 4


def test_the_scale_is_the_smallest_that_keeps_the_shorter_side() -> None:
    one = picture(encoded(scene(1601, 1003)))
    assert min(one.array.shape[:2]) >= 64 and min(one.array.shape[:2]) < 128
    assert (one.width, one.height) == (1601, 1003)
    assert one.box == (0, 0, 1601 / 8, 1003 / 8)


def test_an_animation_is_its_first_frame_or_dropped() -> None:
    frames = [scene(seed=1), scene(seed=2), scene(seed=3)]
    for name in ("GIF", "WEBP", "PNG"):
        body = encoded(frames[0], name, save_all=True, append_images=frames[1:])
        one = picture(body, FULL)
        assert one.frames == 3
        assert np.abs(one.array.astype(int) - np.asarray(frames[0])).mean() < 8
        assert drop(body, PicturesConfig(animated="drop")).reason == "animated"


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that claims a size, whatever its data are."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def claiming(name: str) -> bytes:
    """A small picture whose header says 60,000 × 60,000 px."""
    body = bytearray(encoded(scene(64, 64), name))
    at, form = {
        "JPEG": (body.find(b"\xff\xc0") + 5, ">HH"),
        "GIF": (6, "<HH"),
        "BMP": (18, "<ii"),
    }[name]
    body[at : at + struct.calcsize(form)] = struct.pack(form, 60_000, 60_000)
    return bytes(body)


def claiming_tiff() -> bytes:
    entries = [(256, 4, 60_000), (257, 4, 60_000), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (279, 4, 9)]
    rows = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(entries)) + rows + b"\0\0\0\0"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(png(60_000, 60_000, zlib.compress(b"\0" * 1_000_000)), id="png"),
        *(pytest.param(claiming(name), id=name.lower()) for name in ("JPEG", "GIF", "BMP")),
        pytest.param(claiming_tiff(), id="tiff"),
    ],
)
def test_a_picture_that_claims_60000_px_a_side_costs_nothing(body: bytes) -> None:
    tracemalloc.start()
    start = time.process_time()
    answer = drop(body)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.reason == "too_many_pixels"
    assert used < 20_000_000 and time.process_time() - start < 5
    assert answer.value is None or answer.value == 3.6e9


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "not_a_picture"),
        (b"GIF but not really", "not_a_picture"),
        (b'<?xml version="1.0"?>\n<!-- drawn --><svg xmlns="http://www.w3.org/2000/svg"/>', "svg"),
        (b"\xef\xbb\xbf<svg width='1'></svg>", "svg"),
        (b"\x00\x00\x01\x00" + b"\0" * 60, "unsupported_format"),
        (b"\x00\x00\x00\x18ftypheic\0\0\0\0mif1heic", "unsupported_format"),
        (b"%PDF-1.4 ...", "unsupported_format"),
        (b"\xff\xd8\xff" + b"\x00" * 200, "undecodable"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 100, "undecodable"),
    ],
)
def test_what_is_no_picture_says_what_it_is(body: bytes, reason: str) -> None:
    assert drop(body).reason == reason


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_picture_cut_off_is_truncated(name: str, share: float) -> None:
    body = encoded(scene(), name)
    assert drop(body[: int(len(body) * share)]).reason in ("truncated", "undecodable")
    if name in ("JPEG", "PNG", "WEBP", "GIF", "BMP"):
        assert drop(body[: int(len(body) * share)]).reason == "truncated"


def test_what_is_said_of_broken_bytes_is_the_same_in_every_run() -> None:
    assert "0x" not in drop(b"\x89PNG\r\n\x1a\n" + b"\xff" * 100).detail


@settings(max_examples=150)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]), st.data())
def test_no_bytes_make_it_raise(name: str, data: st.DataObject) -> None:
    body = bytearray(encoded(scene(48, 40), name))
    for _ in range(data.draw(st.integers(0, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    answer = decode("u", bytes(body[: data.draw(st.integers(0, len(body)))]), CONFIG)
    assert isinstance(answer, Picture) or answer.reason in REASONS


@given(st.binary(max_size=200))
def test_sniffing_and_sizes_never_raise(body: bytes) -> None:
    for name in (sniff(body), "jpeg", "png", "gif", "webp", "bmp"):
        claimed_size(body, name)


def test_a_format_that_is_not_wanted_goes() -> None:
    assert drop(encoded(scene(), "GIF"), PicturesConfig(formats=("jpeg",))).detail == "gif"
