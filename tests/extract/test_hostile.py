"""Pages made to hurt: work that grows with a page's size and no faster, counted in calls and not in seconds."""

from __future__ import annotations

import sys

import pytest

from m3w_builder.document import Document
from m3w_builder.extract import ExtractConfig, extract
from m3w_builder.stage import Drop

URL = "http://example.org/"


def calls(html: bytes) -> int:
    """How many Python functions are called to extract a page."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        extract(html, URL, ExtractConfig())
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "page",
    [
        lambda n: b"<body>" + b"<div class=related>" * n + b"<div>text</div>" * n,
        lambda n: b"<body>" + b"<div>" * n + b"<img src=a.jpg>x" * n,
        lambda n: b"<body><p>x" + b"<picture>" * n + b"<source srcset=a.jpg>" * n + b"<img>" * n,
        lambda n: b"<body><p>x" + b"<span hidden>" * n + b"x" + b"</span>" * n,
        lambda n: b"<body><p>x" + b"<div hidden>" * n + b"<img src=a.jpg>" * n,
        lambda n: b"<body><ul>" * n + b"<li>x" * n,
        lambda n: b"<p>x" + b"<object data=x>" * n + b"<param name=movie value=y>" * n,
        lambda n: b"<p>x" + b"<button>" * n + b"<img src=a.jpg></button>" * n,
    ],
    ids=["divs", "pictures", "nested pictures", "hidden spans", "hidden boxes", "lists", "objects", "buttons"],
)
def test_twice_the_page_is_about_twice_the_work(page) -> None:
    small, large = calls(page(150)), calls(page(300))
    assert large < 2.6 * small


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<p>x" + b"<select>" + b"<option>x" * 20_000, "too_many_elements"),
        (b"<p>x" + b"<svg>" * 30_000, "too_deep"),
        (b"<title>" + b"<script>" * 6000 + b"</title><p>x", "too_deep"),
        (b"\x89PNG\r\n\x1a\n" + b"<p>" + bytes(range(256)) * 100, "not_text"),
        (b"\x1f\x8b\x08" + bytes(range(256)) * 100 + b"<p>", "not_text"),
    ],
)
def test_what_a_parser_would_take_for_ever_goes_unparsed(body: bytes, reason: str) -> None:
    answer = extract(body, URL, ExtractConfig())
    assert isinstance(answer, Drop)
    assert answer.reason == reason


def test_a_limit_of_the_config_is_told_with_the_drop() -> None:
    answer = extract(b"<p>x" * 50, URL, ExtractConfig(max_elements=20))
    assert isinstance(answer, Drop)
    assert (answer.reason, answer.value, answer.limit) == ("too_many_elements", 50, 20)


def test_pictures_behind_the_most_that_are_looked_at_are_entered_unread() -> None:
    html = b"<article><p>text of some length</p>" + b"".join(b"<img src=%d.jpg>" % n for n in range(9)) + b"</article>"
    answer = extract(html, URL, ExtractConfig(max_pictures=4))
    assert isinstance(answer, Document)
    assert [drop.reason for _, drop in answer.removed].count("too_many") == 5


@pytest.mark.parametrize(
    "html",
    [
        "<iframe src='https://facebook.com/plugins/video.php?" + "videos/" * 100_000 + "'></iframe>",
        "<iframe src='https://soundcloud.com/player?" + "tracks/" * 100_000 + "'></iframe>",
        "<img src='" + "/blank_" * 500_000 + "'>",
        "<img srcset='" + "a," * 500_000 + " x'>",
        "<img srcset='a 1w' sizes='" + "calc(" * 50_000 + "'>",
        "<img src='data:image/png;base64," + "%" * 1_000_000 + "'>",
        "<img class='" + "icon-" * 500_000 + "' src=a.jpg>",
        "<div style='" + "display " * 500_000 + "'>x</div>",
        "<div style='background:url(" + "url(" * 100_000 + "'>x</div>",
        "<img data-x='" + "[" * 500_000 + "'>",
        "<meta name=robots content='" + "x," * 500_000 + "'>",
        "<script type=application/ld+json>" + '{"a":' * 100_000 + "</script>",
    ],
)
@pytest.mark.parametrize("candidate", ["page", "browser"])
def test_long_values_of_attributes_end(html: str, candidate) -> None:
    config = ExtractConfig(candidate=candidate, backgrounds=True)
    answer = extract(f"<body><p>Some text here.</p>{html}<p>And there.</p>".encode(), URL, config)
    assert isinstance(answer, (Document, Drop))
