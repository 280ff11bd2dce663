"""rights: what headers and meta elements reserve, and for whom they speak."""

from __future__ import annotations

import pytest

from m3w_builder import rights
from m3w_builder.fetch import robots


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, []),
        ({"x-robots-tag": "noai, noimageai"}, ["noai", "noimageai"]),
        ({"x-robots-tag": "NOINDEX"}, ["noindex"]),
        ({"x-robots-tag": "none"}, ["noindex"]),
        ({"x-robots-tag": "all"}, []),
        ({"x-robots-tag": "googlebot: noindex, nofollow"}, []),
        ({"x-robots-tag": "m3w-builder: noai"}, ["noai"]),
        ({"x-robots-tag": "googlebot: nofollow, *: noai"}, ["noai"]),
        ({"x-robots-tag": "unavailable_after: 25 Jun 2030 15:00:00 GMT, noai"}, ["noai"]),
        ({"x-robots-tag": "max-snippet:-1, max-image-preview:large"}, []),
        ({"tdm-reservation": "1"}, ["tdm"]),
        ({"tdm-reservation": "0"}, []),
    ],
)
def test_signals(headers: dict[str, str], wanted: list[str]) -> None:
    assert rights.signals(headers, "m3w-builder") == wanted


POLICY = "https://a.example/policy"


@pytest.mark.parametrize(
    ("headers", "obeyed", "wanted"),
    [
        ({"x-robots-tag": "noai, noarchive"}, ["noai"], ("x_robots_tag", "noai")),
        ({"x-robots-tag": "noai, noarchive"}, [], None),
        ({"tdm-reservation": "1", "tdm-policy": POLICY}, ["tdm"], ("tdm_header", POLICY)),
        ({"tdm-reservation": "1", "x-robots-tag": "noai"}, ["tdm"], ("tdm_header", "")),
        ({"tdm-reservation": "1", "x-robots-tag": "noai"}, ["tdm", "noai"], ("x_robots_tag", "noai")),
        ({}, ["tdm", "noai"], None),
    ],
)
def test_only_what_is_obeyed_refuses(
    headers: dict[str, str], obeyed: list[str], wanted: tuple[str, str] | None
) -> None:
    drop = rights.refused(headers, "m3w-builder", obeyed)
    assert (drop and (drop.reason, drop.detail)) == wanted
    assert drop is None or drop.reason in rights.OPT_OUTS


@pytest.mark.parametrize(
    ("content", "wanted"),
    [("noai, NOIMAGEAI", ["noai", "noimageai"]), ("none", ["noindex"]), ("index;follow", []), ("", [])],
)
def test_what_a_robots_meta_element_says(content: str, wanted: list[str]) -> None:
    assert rights.directives(content) == wanted


@pytest.mark.parametrize(
    ("pattern", "path", "wanted"),
    [
        ("/", "/x", True),
        ("/a", "/b", False),
        ("/a*", "/abc", True),
        ("*.jpg$", "/x.jpg", True),
        ("*.jpg$", "/x.jpg?y", False),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/*/b*/c", "/x/by/z/c", True),
        ("/*/b*/c", "/x/y/z/c", False),
        ("/" + "*a" * 500 + "b$", "/" + "a" * 5000, False),
    ],
)
def test_a_pattern_fits_a_path(pattern: str, path: str, wanted: bool) -> None:
    assert robots.fits(pattern, path) is wanted
