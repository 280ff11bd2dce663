"""Forms of pictures: each file is what its name says."""

import io
from random import Random

import numpy as np
import pytest
from PIL import Image

from m3w_builder.sampleweb.forms import FORMS, decoded, jpeg, phash
from m3w_builder.sampleweb.scene import draw_scene, render

PIXELS = render(draw_scene(Random(5), (144, 108)))


def opened(form: str) -> Image.Image:
    return Image.open(io.BytesIO(FORMS[form].write(PIXELS)))


@pytest.mark.parametrize(
    ("form", "format_name", "mode"),
    [
        ("plain", "JPEG", "RGB"),
        ("grey", "JPEG", "L"),
        ("progressive", "JPEG", "RGB"),
        ("cmyk", "JPEG", "CMYK"),
        ("png", "PNG", "RGB"),
        ("png_palette", "PNG", "P"),
        ("mislabelled", "PNG", "RGB"),
        ("webp", "WEBP", "RGB"),
        ("avif", "AVIF", "RGB"),
        ("animated", "GIF", "P"),
    ],
)
def test_a_form_is_of_its_format_and_mode(form, format_name, mode):
    picture = opened(form)
    assert (picture.format, picture.mode, picture.size) == (format_name, mode, (144, 108))
    picture.load()


def test_sixteen_bits_are_sixteen_bits():
    assert FORMS["png_16_bits"].write(PIXELS)[24] == 16  # the bit depth in a PNG's header


def test_the_rotated_one_stands_upright_once_its_orientation_is_applied():
    from PIL import ImageOps

    lying = opened("rotated")
    assert lying.size == (108, 144)
    upright = np.asarray(ImageOps.exif_transpose(lying)).astype(int)
    assert np.abs(upright - PIXELS).mean() < 6


def test_the_animated_one_moves():
    assert opened("animated").n_frames == 3


def test_the_bomb_is_small_and_claims_to_be_huge(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    body = FORMS["bomb"].write(PIXELS)
    assert len(body) < 2000
    assert Image.open(io.BytesIO(body)).size == (60_000, 60_000)


@pytest.mark.parametrize("form", ["truncated", "not_a_picture", "empty", "svg"])
def test_a_broken_one_cannot_be_loaded(form):
    with pytest.raises(OSError):
        opened(form).load()


def test_small_strip_and_single_colour_are_just_that():
    assert min(opened("small").size) < 64
    width, height = opened("strip").size
    assert height >= 64 and width / height > 3
    assert np.asarray(opened("single_colour")).std(axis=(0, 1)).max() < 2


@pytest.mark.parametrize("form", [name for name in FORMS if name.startswith("copy_")])
def test_copies_look_like_their_original(form):
    original = phash(decoded(jpeg(PIXELS)))
    assert (phash(decoded(FORMS[form].write(PIXELS))) ^ original).bit_count() <= 6
