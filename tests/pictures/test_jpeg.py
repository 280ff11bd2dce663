"""JPEG read fast: the same px and the same verdicts as by Pillow, whatever was done to the bytes."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import encoded, exif, opened, scene

from m3w_builder.pictures import PicturesConfig, decode, jpeg
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop


def by_pillow(body: bytes, least: tuple[int, int]) -> np.ndarray:
    with opened(body) as image:
        image.draft(None, least)
        return np.asarray(image)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["L", "RGB"]),
    st.integers(jpeg.LEAST, 300),
    st.integers(jpeg.LEAST, 300),
    st.integers(1, 80),
    st.integers(10, 98),
    st.booleans(),
    st.sampled_from([0, 1, 2]),
)
def test_the_px_are_those_of_pillow_at_every_scale(
    mode: str, width: int, height: int, least: int, quality: int, progressive: bool, subsampling: int
) -> None:
    picture = scene(width, height).convert(mode)
    body = encoded(picture, quality=quality, progressive=progressive, subsampling=subsampling)
    frame = jpeg.plain(body)
    assert frame is not None and (frame.width, frame.height, frame.mode) == (width, height, mode)
    wanted = (max(1, width * least // min(width, height)), max(1, height * least // min(width, height)))
    found = frame.scaled(*wanted)
    assert found is not None and np.array_equal(found, by_pillow(body, wanted))


@pytest.mark.parametrize(
    "body",
    [
        encoded(scene(), exif=exif(6)),
        encoded(scene().convert("CMYK")),
        encoded(scene(15, 40)),
        encoded(scene())[:200],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff",
    ],
    ids=["exif", "cmyk", "small", "header cut", "no frame", "nothing"],
)
def test_what_may_need_more_than_px_is_left_to_pillow(body: bytes) -> None:
    assert jpeg.plain(body) is None


@pytest.mark.parametrize("progressive", [False, True])
def test_a_cut_picture_is_left_to_pillow(progressive: bool) -> None:
    body = encoded(scene(), progressive=progressive)
    frame = jpeg.plain(body[: len(body) * 3 // 4])
    assert frame is not None and frame.scaled(64, 64) is None


def spoilt(body: bytes, seed: int) -> bytes:
    """The bytes cut, changed, or with some more or fewer."""
    chance, some = random.Random(seed), bytearray(body)
    for _ in range(chance.choice((1, 1, 3, 30))):
        at = chance.randrange(2, max(3, len(some) - 4))
        match chance.randrange(6):
            case 0:
                del some[max(at, 100) :]
            case 1:
                some[at : at + 2] = bytes((255, chance.choice((0xD9, 0xDA, 0xD8, 0xC0, 0xC4, 0xD0, 0xE1, 0xFF))))
            case 2:
                some[chance.randrange(2, min(700, at + 1))] = chance.randrange(256)
            case 3:
                del some[at : at + chance.choice((1, 2, 20))]
            case 4:
                some[at:at] = bytes(chance.randrange(256) for _ in range(3))
            case _:
                some[at] = chance.randrange(256)
    return bytes(some)


def told(answer: Picture | Drop) -> object:
    if isinstance(answer, Drop):
        return answer
    assert answer.array is not None
    return answer.array.tobytes(), answer.pixels, answer.width, answer.height, answer.mode, answer.box


@pytest.mark.parametrize("progressive", [False, True])
def test_spoilt_bytes_get_the_verdict_and_the_px_that_pillow_gives_them(
    progressive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = encoded(scene(160, 128), quality=60, progressive=progressive)
    cases = [spoilt(body, seed) for seed in range(300)]
    fast = [told(decode("http://a.example/x", case, PicturesConfig())) for case in cases]
    monkeypatch.setattr(jpeg, "plain", lambda body: None)
    assert fast == [told(decode("http://a.example/x", case, PicturesConfig())) for case in cases]
    assert len({one for one in fast if isinstance(one, Drop)}) > 3 and len(set(fast)) > 30
