"""Scaling: averages of whole px, at any size and colour mode; what is clear bleeds no hidden colour."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import scene
from PIL import Image

from m3w_builder.pictures import native, scaling
from m3w_builder.pictures.scaling import halved, reduced, shrunk

sides = st.integers(1, 33)


@settings(max_examples=60)
@given(sides, sides, st.sampled_from([(), (3,), (4,)]), st.integers(0, 9))
def test_a_half_is_the_average_of_its_px(width: int, height: int, channels: tuple[int, ...], seed: int) -> None:
    px = np.random.default_rng(seed).integers(0, 256, (height, width, *channels), dtype=np.uint8)
    found = halved(px)
    assert found.shape == (-(-height // 2), -(-width // 2), *channels)
    for y, x in ((0, 0), (found.shape[0] - 1, found.shape[1] - 1), (0, found.shape[1] - 1), (found.shape[0] - 1, 0)):
        mean = px[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].astype(float).mean(axis=(0, 1))
        assert np.array_equal(found[y, x], np.floor(mean + 0.5))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA", "CMYK"])
def test_every_mode_becomes_rgb_of_the_reduced_size(mode: str) -> None:
    picture = scene(101, 67).convert(mode)
    found = reduced(picture, 4)
    assert found.shape == (17, 26, 3) and found.dtype == np.uint8
    wanted = picture.convert("RGB").resize((26, 17), Image.Resampling.BOX)
    assert np.abs(found.astype(int) - np.asarray(wanted)).mean() < 12


def test_the_hidden_colour_of_clear_px_does_not_show() -> None:
    px = np.zeros((8, 8, 4), np.uint8)
    px[:, :, :3] = (255, 0, 0)  # red, and wholly clear
    px[:4, :, :] = (0, 0, 255, 255)  # the upper half is blue
    found = reduced(px, 2)
    assert np.array_equal(found[0, 0], (0, 0, 255)) and np.array_equal(found[3, 3], (255, 255, 255))
    found = reduced(px, 8)
    assert np.abs(found[0, 0].astype(int) - (127, 127, 255)).max() <= 1


@pytest.mark.parametrize(("size", "expected"), [((90, 30), (90, 30)), ((200, 60), (100, 30)), ((130, 65), (100, 50))])
def test_a_picture_is_brought_within_the_limit(size: tuple[int, int], expected: tuple[int, int]) -> None:
    small = shrunk(scene(*size), 100)
    assert small.shape == (expected[1], expected[0], 3)
    assert np.abs(small.astype(int) - np.asarray(scene(*size).resize(expected))).mean() < 6


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 4, 8]), st.integers(0, 3), st.integers(0, 2**32))
def test_bands_change_no_px(height: int, width: int, factor: int, clear: int, seed: int) -> None:
    px = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    px[..., 3] = 255
    px[-clear:, :, 3] = np.arange(width) * clear  # clear in the last rows alone
    whole = scaling.reduced(px, factor)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(native, "loops", lambda: None)
        patched.setattr(scaling, "BAND", 64)
        assert (scaling.reduced(px, factor) == whole).all()


@pytest.mark.skipif(native.loops() is None, reason="nothing is compiled: installed without a C compiler")
@settings(max_examples=60)
@given(sides, sides, st.sampled_from([(), (3,), (4,)]), st.integers(1, 6), st.booleans(), st.integers(0, 9))
def test_the_compiled_loops_give_the_same_px(
    width: int, height: int, channels: tuple[int, ...], halvings: int, clear: bool, seed: int
) -> None:
    px = np.random.default_rng(seed).integers(0, 256, (height, width, *channels), dtype=np.uint8)
    if not clear and channels == (4,):
        px[..., 3] = 255
    fast = reduced(px, 1 << halvings)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(native, "loops", lambda: None)
        assert np.array_equal(fast, reduced(px, 1 << halvings))


@pytest.mark.skipif(native.loops() is None, reason="nothing is compiled: installed without a C compiler")
@settings(max_examples=100)
@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([(), (3,), (4,)]), st.integers(1, 80), st.integers(0, 9))
def test_the_compiled_loops_bring_within_a_limit_as_opencv_does(
    width: int, height: int, channels: tuple[int, ...], limit: int, seed: int
) -> None:
    px = np.random.default_rng(seed).integers(0, 256, (height, width, *channels), dtype=np.uint8)
    fast = shrunk(px, limit)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(native, "loops", lambda: None)
        assert np.array_equal(fast, shrunk(px, limit))
