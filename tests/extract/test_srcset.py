"""The candidate that a browser loads, by srcset, sizes, media and type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.extract import srcset
from m3w_builder.extract.srcset import Screen

WIDE = Screen("browser", 1280)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a.jpg 1x, b.jpg 2x", [("a.jpg", 0, 1), ("b.jpg", 0, 2)]),
        ("a.jpg, b.jpg", [("a.jpg", 0, 0), ("b.jpg", 0, 0)]),
        ("a.jpg 300w,b.jpg 600w", [("a.jpg", 300, 0), ("b.jpg", 600, 0)]),
        ("a.jpg,b.jpg 2x", [("a.jpg,b.jpg", 0, 2)]),  # a comma inside of an address is a part of it
        (
            "/c,w_300,h_200/a.jpg 300w, /c,w_600/a.jpg 600w",
            [("/c,w_300,h_200/a.jpg", 300, 0), ("/c,w_600/a.jpg", 600, 0)],
        ),
        (" , ,a.jpg  480w 320h ,", [("a.jpg", 480, 0)]),
        ("data:image/gif;base64,R0l 1x, a.jpg 2x", [("a.jpg", 0, 2)]),
        ("a.jpg 1.5x", [("a.jpg", 0, 1.5)]),
        ("\n a.jpg\t100w,\n b.jpg\n 200w ", [("a.jpg", 100, 0), ("b.jpg", 200, 0)]),
        ("", []),
    ],
)
def test_the_candidates_of_a_srcset(value: str, expected: list[tuple[str, float, float]]) -> None:
    assert [(one.url, one.width, one.density) for one in srcset.candidates(value)] == expected


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ("", 1280),
        ("50vw", 640),
        ("(max-width: 600px) 100vw, 50vw", 640),
        ("(min-width: 80em) 40rem, 100vw", 640),
        ("(min-width: 1000px) calc(50vw - 2em), 100vw", 608),
        ("calc((100vw - 40px) / 2)", 620),
        ("min(100vw, 600px)", 600),
        ("clamp(10px, 50vw, 500px)", 500),
        ("(min-width: 50em) and (max-width: 70em) 33.3vw, 200px", 200),
        ("auto, 300px", 300),
        ("(width >= 1000px) 10px, 20px", 10),
        ("garbage(", 1280),
    ],
)
def test_the_width_at_which_a_picture_is_shown(sizes: str, expected: float) -> None:
    assert srcset.source_size(sizes, 1280) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("media", "holds"),
    [
        ("", True),
        ("(max-width: 600px)", False),
        ("screen and (min-width: 600px)", True),
        ("not all and (min-width: 600px)", False),
        ("print", False),
        ("(orientation: portrait)", False),
        ("(min-resolution: 2dppx)", False),
        ("(-webkit-min-device-pixel-ratio: 2)", False),
        ("(max-width: 500px), (min-width: 1000px)", True),
        ("(prefers-color-scheme: dark)", False),
    ],
)
def test_a_media_query_on_a_screen_of_1280_px(media: str, holds: bool) -> None:
    assert srcset.matches(media, 1280) is holds


@pytest.mark.parametrize(
    ("value", "sizes", "screen", "expected"),
    [
        ("s.jpg 320w, m.jpg 640w, l.jpg 1280w, x.jpg 2560w", "100vw", WIDE, "l.jpg"),
        ("s.jpg 320w, m.jpg 640w, l.jpg 1280w", "(min-width: 1000px) 300px, 100vw", WIDE, "s.jpg"),
        ("s.jpg 320w, m.jpg 640w, l.jpg 1280w", "300px", Screen("browser", 1280, 2.0), "m.jpg"),
        ("s.jpg 320w, m.jpg 640w", "100vw", WIDE, "m.jpg"),  # none is wide enough: the widest
        ("a.jpg, b.jpg 2x", "", WIDE, "a.jpg"),
        ("a.jpg, b.jpg 2x, c.jpg 3x", "", Screen("browser", 1280, 2.0), "b.jpg"),
    ],
)
def test_a_browser_takes_the_least_that_is_dense_enough(value: str, sizes: str, screen: Screen, expected: str) -> None:
    assert srcset.chosen(value, sizes, screen) == expected


def test_the_largest_is_taken_up_to_a_width() -> None:
    assert srcset.largest("a.jpg 800w, b.jpg 1600w, c.jpg 6000w") == "c.jpg"
    assert srcset.largest("a.jpg 800w, b.jpg 1600w, c.jpg 6000w", 2000) == "b.jpg"
    assert srcset.largest("c.jpg 6000w", 2000) == "c.jpg"


def test_the_first_source_that_can_be_read_and_fits_the_screen_is_taken() -> None:
    sources = [
        {"type": "image/jxl", "srcset": "a.jxl"},
        {"media": "(max-width: 600px)", "srcset": "small.jpg"},
        {"type": "image/webp", "srcset": "right.webp"},
        {"srcset": "later.jpg"},
    ]
    assert srcset.source(sources, WIDE) == sources[2]
    assert srcset.source(sources[:2], WIDE) is None


@given(st.text(alphabet="ab.,: ()0-9wxpvem<>=/*+", max_size=80))
def test_no_text_raises(text: str) -> None:
    srcset.candidates(text)
    srcset.chosen(text, text, WIDE)
    assert srcset.source_size(text, 1280) >= 0
    srcset.matches(text, 1280)
