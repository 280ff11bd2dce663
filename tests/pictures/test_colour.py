"""How much of a picture has its mean colour: the compiled loop's share is OpenCV's, to the last px."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.pictures import native
from m3w_builder.pictures.colour import single_colour_share

sides = st.integers(1, 40)


@pytest.mark.skipif(native.loops() is None, reason="nothing is compiled: installed without a C compiler")
@given(
    sides,
    sides,
    st.lists(st.integers(0, 255), min_size=3, max_size=3),
    st.sampled_from([1, 2, 9, 17, 18, 256]),
    st.sampled_from([0, 1, 8, 300]),
    st.integers(0, 2**32),
)
def test_the_compiled_loop_gives_the_same_share(
    height: int, width: int, colour: list[int], spread: int, tolerance: int, seed: int
) -> None:
    px = np.array(colour) + np.random.default_rng(seed).integers(0, spread, (height, width, 3))
    array = px.clip(0, 255).astype(np.uint8)
    fast = single_colour_share(array, tolerance)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(native, "loops", lambda: None)
        assert fast == single_colour_share(array, tolerance)


@pytest.mark.skipif(native.loops() is None, reason="nothing is compiled: installed without a C compiler")
@pytest.mark.parametrize("level", range(247))
def test_a_mean_between_two_levels_is_rounded_alike(level: int) -> None:
    array = np.full((2, 12, 3), level, np.uint8)
    array[0] += 1
    array[0, :8, 0] = [level, level + 8] * 4  # at the bounds, which both are half a level off
    fast = single_colour_share(array, 8)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(native, "loops", lambda: None)
        assert fast == single_colour_share(array, 8)
