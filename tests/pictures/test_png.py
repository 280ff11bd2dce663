"""PNG read fast: the same px as Pillow's, and no word on what is not its own; and PNG written, for Pillow to read."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import encoded, exif, scene
from PIL import Image

from m3w_builder.pictures import png


def load(body: bytes) -> np.ndarray | None:
    with Image.open(io.BytesIO(body)) as opened:
        return png.load(body, opened)


def with_alpha(width: int = 61, height: int = 43) -> Image.Image:
    picture = scene(width, height).convert("RGBA")
    picture.putalpha(scene(width, height, seed=1).convert("L"))
    return picture


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@settings(max_examples=20)
@given(width=st.integers(1, 70), height=st.integers(1, 70), level=st.integers(0, 9))
def test_the_px_are_those_of_pillow(mode: str, width: int, height: int, level: int) -> None:
    picture = with_alpha(width, height).convert(mode)
    found = load(encoded(picture, "PNG", compress_level=level))
    assert found is not None and np.array_equal(found, np.asarray(picture))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(encoded(scene().convert("P"), "PNG"), id="palette"),
        pytest.param(encoded(Image.fromarray(np.zeros((9, 9), np.uint16)), "PNG"), id="16 bits"),
        pytest.param(encoded(scene().convert("1"), "PNG"), id="1 bit"),
        pytest.param(encoded(scene().convert("LA"), "PNG"), id="grey with opacity"),
        pytest.param(encoded(scene(), "PNG", transparency=(0, 0, 0)), id="a colour that is clear"),
        pytest.param(encoded(scene(), "PNG", exif=exif(6)), id="turned"),
        pytest.param(encoded(scene(), "PNG", save_all=True, append_images=[scene(seed=1)]), id="animated"),
        pytest.param(encoded(scene(), "PNG")[:-2000], id="cut off"),
    ],
)
def test_what_wants_more_than_px_is_left_to_pillow(body: bytes) -> None:
    assert load(body) is None


@settings(max_examples=150)
@given(st.data())
def test_broken_bytes_never_make_it_raise(data: st.DataObject) -> None:
    body = bytearray(encoded(scene(24, 20), "PNG"))
    opened = Image.open(io.BytesIO(bytes(body)))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    found = png.load(bytes(body[: data.draw(st.integers(0, len(body)))]), opened)
    assert found is None or found.shape[:2] == (20, 24)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@settings(max_examples=20)
@given(width=st.integers(1, 70), height=st.integers(1, 70), seed=st.integers(0, 9))
def test_what_is_written_is_read_again_by_pillow(mode: str, width: int, height: int, seed: int) -> None:
    picture = scene(width, height, seed=seed).convert(mode)
    with Image.open(io.BytesIO(png.written(np.asarray(picture)))) as read:
        read.load()
        assert read.mode == mode and np.array_equal(np.asarray(read), np.asarray(picture))
