"""The picture filters, each at both sides of its limit."""

import numpy as np
import pytest
from making import encoded, scene
from PIL import Image, ImageFilter

from m3w_builder.pictures import STAGES, Picture, PicturesConfig, decode
from m3w_builder.stage import Drop


def decoded(image: Image.Image, name: str = "PNG", **options: object) -> Picture:
    one = decode("u", encoded(image, name, **options), PicturesConfig())
    assert isinstance(one, Picture)
    return one


def spotted(share: float) -> Image.Image:
    """White, but for a share of black rows."""
    array = np.full((100, 100, 3), 255, np.uint8)
    array[: round(100 * share)] = 0
    return Image.fromarray(array)


@pytest.mark.parametrize(
    ("stage", "settings", "image", "reason"),
    [
        ("size", {}, scene(64, 64), None),
        ("size", {}, scene(63, 200), "too_small"),
        ("size", {}, scene(200, 63), "too_small"),
        ("size", {"min_side": 150}, scene(149, 200), "too_small"),
        ("size", {"max_side": 200}, scene(201, 100), "too_large"),
        ("aspect", {}, scene(300, 100), None),
        ("aspect", {}, scene(100, 300), None),
        ("aspect", {}, scene(301, 100), "too_long"),
        ("aspect", {"max_ratio": 2.0}, scene(100, 201), "too_long"),
        ("single_colour", {}, spotted(0), "single_colour"),
        ("single_colour", {}, spotted(0.01), "single_colour"),
        ("single_colour", {}, spotted(0.03), None),
        ("single_colour", {}, scene(), None),
        ("single_colour", {}, Image.new("RGB", (100, 100), (12, 200, 77)), "single_colour"),
        ("entropy", {}, spotted(0.1), "low_entropy"),
        ("entropy", {}, scene(), None),
        ("blur", {}, scene(), None),
        ("blur", {}, scene().filter(ImageFilter.GaussianBlur(30)), "blurred"),
        ("bytes", {"min_bytes": 100}, scene(), None),
        ("bytes", {}, Image.new("RGB", (100, 100)), "too_light"),
        ("bytes", {"max_bytes": 5}, scene(400, 400), "too_heavy"),
    ],
)
def test_a_filter_keeps_and_drops(stage: str, settings: dict, image: Image.Image, reason: str | None) -> None:
    filter_ = STAGES[stage](**settings)
    one = decoded(image)
    (answer,) = filter_([one])
    if reason is None:
        assert answer is one
    else:
        assert isinstance(answer, Drop) and answer.reason == reason and reason in filter_.reasons
        assert answer.value is not None and answer.limit is not None


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://a.example/img/logo.png", "logo"),
        ("http://a.example/img/site-logo2.png?v=3", "logo"),
        ("http://a.example/headerLogo.svg", "logo"),
        ("http://a.example/Icons/mail.gif", "icon"),
        ("http://a.example/a%20button.png", "button"),
        ("http://icon.example/cat.jpg", "icon"),
        ("http://a.example/wp-content/plugins/cat.jpg", "plugin"),
        ("http://sussex.example/iconic/buttonhole.jpg", ""),
        ("http://a.example/silicon_logos2go/sextant.jpg", ""),
        ("http://a.example/\udce9/photo.jpg", ""),
    ],
)
def test_a_word_of_its_url_drops_a_picture(url: str, word: str) -> None:
    one = Picture(url, b"", None, 0, 0, "")
    (answer,) = STAGES["address"]()([one])
    assert answer == (Drop("picture_url_word", word) if word else one)


def test_jpeg_noise_on_one_colour_is_one_colour() -> None:
    one = decoded(Image.new("RGB", (200, 200), (120, 80, 200)), "JPEG", quality=20)
    assert isinstance(STAGES["single_colour"]()([one])[0], Drop)


def test_a_wrong_config_says_so() -> None:
    with pytest.raises(ValueError, match="unknown format 'jpg'"):
        PicturesConfig(formats=("jpg",))
