"""PNG read fast: the same px as Pillow's, and no word on what is not its own; and PNG written, for Pillow to read."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import encoded, exif, scene
from PIL import Image

from m3w_builder.pictures import PicturesConfig, decode, native, png
from m3w_builder.pictures.scaling import reduced, shrunk
from m3w_builder.stage import Drop


def compiled(body: bytes) -> np.ndarray | None:
    """The px band by band, by the compiled loops; None where they have no word on them."""
    rows = png.rows(body)
    if rows is None:
        return None
    try:
        whole = rows.whole()
        assert np.array_equal(np.concatenate([band.copy() for band in rows.bands(2)]), whole)
    except png.Broken:
        return None
    assert whole.shape == rows.shape
    return whole


needs_loops = pytest.mark.skipif(native.loops() is None, reason="nothing is compiled: installed without a C compiler")
needs_bands = pytest.mark.skipif(native.bands() is None, reason="zlib-ng's functions are not found, or no compiler")
Load = Callable[[bytes], np.ndarray | None]
forms = pytest.mark.parametrize("load", [pytest.param(compiled, marks=needs_loops), png.load])


def with_alpha(width: int = 61, height: int = 43) -> Image.Image:
    picture = scene(width, height).convert("RGBA")
    picture.putalpha(scene(width, height, seed=1).convert("L"))
    return picture


@forms
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@settings(max_examples=20)
@given(width=st.integers(1, 70), height=st.integers(1, 70), level=st.integers(0, 9))
def test_the_px_are_those_of_pillow(load: Load, mode: str, width: int, height: int, level: int) -> None:
    picture = with_alpha(width, height).convert(mode)
    found = load(encoded(picture, "PNG", compress_level=level))
    assert found is not None and np.array_equal(found, np.asarray(picture))


def made(px: np.ndarray, filters: list[int], colours: int, chunks: bytes = b"", depth: int = 8) -> bytes:
    """A PNG of rows of bytes, (height, bytes), that claim to be filtered so: what they are unfiltered is Pillow's."""
    packed = zlib.compress(b"".join(bytes([kind]) + row.tobytes() for kind, row in zip(filters, px, strict=True)))
    width = px.shape[1] * 8 // depth // {0: 1, 2: 3, 3: 1, 6: 4}[colours]
    header = struct.pack(">IIBBBBB", width, len(px), depth, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunks + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def behind(body: bytes, kind: bytes, data: bytes) -> bytes:
    """The PNG with a chunk before its end."""
    return body[:-12] + chunk(kind, data) + body[-12:]


@forms
@settings(max_examples=60)
@given(st.data(), st.sampled_from([0, 2, 6]), st.integers(1, 40), st.integers(0, 2**32))
def test_every_filter_is_undone_on_any_row(
    load: Load, data: st.DataObject, colours: int, width: int, seed: int
) -> None:
    kinds = data.draw(st.sampled_from([range(5), (4,), (1, 4)]))  # rows of Paeth's are undone two by two
    filters = data.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=12))
    random = np.random.default_rng(seed)
    px = random.integers(0, 256, (len(filters), width * {0: 1, 2: 3, 6: 4}[colours]), np.uint8)
    body = made(px, filters, colours)
    found = load(body)
    with Image.open(io.BytesIO(body)) as opened:
        assert found is not None and np.array_equal(found, np.asarray(opened))


@needs_loops
@settings(max_examples=60)
@given(st.sampled_from([1, 2, 4, 8]), st.integers(1, 9), st.integers(0, 20), st.integers(0, 2**32))
def test_palettes_are_looked_up_as_pillow_does(depth: int, height: int, clear: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    palette, opacity = random.bytes(3 << depth), random.bytes(min(clear, 1 << depth))
    chunks = chunk(b"PLTE", palette) + (chunk(b"tRNS", opacity) if opacity else b"")
    px = random.integers(0, 256, (height, 5), np.uint8)
    body = made(px, list(random.integers(0, 5, height)), 3, chunks, depth)
    found = compiled(body)
    with Image.open(io.BytesIO(body)) as opened:
        assert found is not None and np.array_equal(found, np.asarray(opened.convert("RGBA")))


def small(body: bytes, factor: int, in_one_go: bool) -> np.ndarray | None:
    """A PNG's averages, unpacked in C or band by band through Python; None where something is wrong with it."""
    with pytest.MonkeyPatch.context() as patched:
        if not in_one_go:
            patched.setattr(native, "bands", lambda: None)
        rows = png.rows(body)
        try:
            return None if rows is None else shrunk(rows, 0) if factor == 1 else reduced(rows, factor)
        except png.Broken:
            return None


@needs_bands
@settings(max_examples=80)
@given(
    st.sampled_from([(0, 8), (2, 8), (6, 8), (3, 1), (3, 2), (3, 4), (3, 8)]),
    st.integers(1, 40),
    st.integers(1, 70),
    st.sampled_from([1, 2, 4, 16]),
    st.integers(0, 3),
    st.integers(0, 2**32),
)
def test_a_png_in_one_go_has_the_px_that_bands_give(
    kind: tuple[int, int], width: int, height: int, factor: int, harm: int, seed: int
) -> None:
    (colours, depth), random = kind, np.random.default_rng(seed)
    chunks = chunk(b"PLTE", random.bytes(3 << depth)) + chunk(b"tRNS", random.bytes(1)) if colours == 3 else b""
    px = random.integers(0, 256, (height, width * {0: 1, 2: 3, 3: 1, 6: 4}[colours]), np.uint8)
    if colours == 6 and seed % 2:
        px[: height // 2, 3::4] = 255
    body = bytearray(made(px, list(random.integers(0, 5, height)), colours, chunks, depth))
    for place in random.integers(50, len(body) - 16, harm):  # in the packed px, mostly
        body[place] ^= 1 << random.integers(8)
    fast, slow = small(bytes(body), factor, True), small(bytes(body), factor, False)
    assert (fast is None) == (slow is None) and (harm > 0 or fast is not None)
    assert fast is None or np.array_equal(fast, slow)


@needs_bands
def test_a_large_png_in_parts_and_one_go_has_the_px_that_bands_give() -> None:
    for mode in ("L", "RGB", "RGBA"):
        body = in_parts(encoded(with_alpha(1021, 777).convert(mode), "PNG"), 999)
        fast, slow = small(body, 4, True), small(body, 4, False)
        assert fast is not None and np.array_equal(fast, slow)


def in_parts(body: bytes, size: int) -> bytes:
    """The PNG with its packed px in chunks of so many bytes."""
    at, packed = 33, b""
    while body[at + 4 : at + 8] != b"IEND":
        length = int.from_bytes(body[at : at + 4], "big")
        packed += body[at + 8 : at + 8 + length]
        at += 12 + length
    parts = (packed[at : at + size] for at in range(0, len(packed), size))
    return body[:33] + b"".join(chunk(b"IDAT", part) for part in parts) + body[-12:]


@needs_loops
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(made(np.full((3, 4), 9, np.uint8), [0] * 3, 3, chunk(b"PLTE", bytes(27))), id="no such colour"),
        pytest.param(made(np.zeros((3, 4), np.uint8), [0, 5, 0], 0), id="no such filter"),
        pytest.param(encoded(scene(90, 80), "PNG").replace(b"IEND", b"IENX"), id="no end"),
        pytest.param(encoded(scene(), "PNG")[:-2000], id="cut off"),
    ],
)
def test_what_is_broken_is_left_to_pillow(body: bytes) -> None:
    assert compiled(body) is None


@needs_loops
@pytest.mark.parametrize("change", [-1, 1])
def test_a_height_that_the_px_do_not_have_is_left_to_pillow(change: int) -> None:
    body = bytearray(encoded(scene(40, 30), "PNG"))
    body[20:24] = struct.pack(">I", 30 + change)
    assert compiled(bytes(body)) is None


@forms
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(encoded(Image.fromarray(np.zeros((9, 9), np.uint16)), "PNG"), id="16 bits"),
        pytest.param(encoded(scene().convert("1"), "PNG"), id="1 bit"),
        pytest.param(encoded(scene().convert("LA"), "PNG"), id="grey with opacity"),
        pytest.param(encoded(scene(), "PNG", transparency=(0, 0, 0)), id="a colour that is clear"),
        pytest.param(
            behind(encoded(scene(), "PNG"), b"eXIf", exif(6).tobytes()[6:]), id="turned, as is said behind the px"
        ),
        pytest.param(encoded(scene(), "PNG", save_all=True, append_images=[scene(seed=1)]), id="animated"),
        pytest.param(encoded(scene(), "PNG")[:-2000], id="cut off"),
    ],
)
def test_what_wants_more_than_px_is_left_to_pillow(load: Load, body: bytes) -> None:
    assert load(body) is None


@forms
@settings(max_examples=150)
@given(st.data())
def test_broken_bytes_never_make_it_raise(load: Load, data: st.DataObject) -> None:
    body = bytearray(encoded(scene(24, 20).convert(data.draw(st.sampled_from(["RGB", "P"]))), "PNG"))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(33, len(body) - 1))] = data.draw(st.integers(0, 255))
    found = load(bytes(body[: data.draw(st.integers(0, len(body)))]))
    assert found is None or found.shape[:2] == (20, 24)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@settings(max_examples=20)
@given(width=st.integers(1, 70), height=st.integers(1, 70), seed=st.integers(0, 9))
def test_what_is_written_is_read_again_by_pillow(mode: str, width: int, height: int, seed: int) -> None:
    picture = scene(width, height, seed=seed).convert(mode)
    with Image.open(io.BytesIO(png.written(np.asarray(picture)))) as read:
        read.load()
        assert read.mode == mode and np.array_equal(np.asarray(read), np.asarray(picture))


KINDS = [
    b"tEXt",
    b"sRGB",
    b"gAMA",
    b"pHYs",
    b"cHRM",
    b"tRNS",
    b"PLTE",
    b"bKGD",
    b"eXIf",
    b"acTL",
    b"iTXt",
    b"IHDR",
    b"what",
]


@needs_loops
@settings(max_examples=100)
@given(
    mode=st.sampled_from(["L", "RGB", "RGBA", "P"]),
    kind=st.sampled_from(KINDS),
    content=st.binary(max_size=40) | st.just(b"exif\0" + exif(6).tobytes()),
    change=st.none() | st.tuples(st.integers(8, 80), st.integers(0, 255)),
)
def test_without_opening_it_by_pillow_the_answer_is_the_same(
    mode: str, kind: bytes, content: bytes, change: tuple[int, int] | None
) -> None:
    body = bytearray(encoded(scene(24, 20).convert(mode), "PNG"))
    body[33:33] = chunk(kind, content)
    if change:
        body[change[0]] = change[1]
    with pytest.MonkeyPatch.context() as patched:
        fast = decode("u", bytes(body), PicturesConfig())
        patched.setattr(png, "plain", lambda body: None)
        slow = decode("u", bytes(body), PicturesConfig())
    if isinstance(fast, Drop) or isinstance(slow, Drop):
        assert fast == slow
    else:
        assert np.array_equal(fast.array, slow.array) and np.array_equal(fast.whole, slow.whole)
        assert replace(fast, array=None, whole=None) == replace(slow, array=None, whole=None)


@needs_loops
def test_a_common_drawing_is_not_opened_by_pillow() -> None:
    assert png.plain(encoded(scene(24, 20), "PNG", dpi=(72, 72))) is not None
