"""Thumbnails are small, upright and on white, by whichever way a picture is decoded."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from m3w_builder.report.thumbnails import thumbnail

SIDE = 100


def shown(picture: Image.Image, form: str, **how: object) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, form, **how)
    uri = thumbnail(out.getvalue(), SIDE)
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"))))


def half(mode: str, size: tuple[int, int]) -> Image.Image:
    """Dark on its left half, light on its right."""
    picture = Image.new("L", size, 40)
    picture.paste(200, (size[0] // 2, 0, *size))
    return picture.convert(mode)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("size", [(900, 450), (333, 1000), (101, 100), (100, 60), (40, 30), (3000, 2)])
def test_it_shows_the_picture_within_its_side(form, mode, size):
    made = shown(half(mode, size), form)
    scale = min(1, SIDE / max(size))
    assert made.format == "JPEG"
    assert max(made.size) == min(SIDE, max(size))
    assert min(made.size) == pytest.approx(max(1, min(size) * scale), abs=1)
    seen = np.asarray(made.convert("L"), float)
    width = seen.shape[1]
    assert seen[:, : width // 3].mean() == pytest.approx(40, abs=6)
    assert seen[:, -(width // 3) :].mean() == pytest.approx(200, abs=6)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_clear_is_white(mode):
    picture = half("RGBA", (640, 640))
    picture.putalpha(Image.fromarray(np.repeat(np.uint8([[0], [255]]), 320, 0).repeat(640, 1)))
    seen = np.asarray(shown(picture.convert(mode) if mode != "P" else picture.quantize(8), "PNG").convert("L"), float)
    assert seen[:40].mean() == pytest.approx(255, abs=3)
    assert seen[60:, :30].mean() == pytest.approx(40, abs=6)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_turned_picture_stands_upright(form):
    exif = Image.Exif()
    exif[0x0112] = 6
    made = shown(half("RGB", (400, 200)), form, exif=exif)
    assert made.size == (50, 100)
    assert np.asarray(made.convert("L"))[:30].mean() < 60
