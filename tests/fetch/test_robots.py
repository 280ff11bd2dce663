"""robots: the cases of RFC 9309 and of its reference examples, as tables."""

from __future__ import annotations

import pytest

from m3w_builder.fetch import robots

HEAD = "User-agent: m3w-builder\n"


@pytest.mark.parametrize(
    ("text", "url", "allowed"),
    [
        ("", "/x", True),
        (HEAD + "Disallow: /", "/x", False),
        (HEAD + "Disallow:", "/x", True),
        (HEAD + "disallow: /x", "/x/y", False),
        (HEAD + "Disallow: /x", "/X", True),
        (HEAD + "Allow: /x/page\nDisallow: /x", "/x/page", True),
        (HEAD + "Disallow: /x\nAllow: /x/page", "/x/page", True),
        (HEAD + "Disallow: /x\nAllow: /x", "/x", True),
        (HEAD + "Disallow: /*.gif$", "/a/b.gif", False),
        (HEAD + "Disallow: /*.gif$", "/a/b.gif?x", True),
        (HEAD + "Disallow: /a*/c", "/abc/c", False),
        (HEAD + "Disallow: /ü", "/%C3%BC", False),
        (HEAD + "Disallow: /%7Ejoe/", "/~joe/x", False),
        (HEAD + "Disallow: /x # a remark", "/x", False),
        ("USER-AGENT: M3W-Builder\nDISALLOW: /x", "/x", False),
        ("User-agent: *\nDisallow: /x\n\n" + HEAD + "Disallow: /y", "/x", True),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: *\nUser-agent: other\nDisallow: /", "/x", False),
        ("User-agent: *\n\nUser-agent: other\nDisallow: /", "/x", False),  # a blank line ends no group (2.1)
        (HEAD + "Disallow: /a\n\nUser-agent: b\nDisallow: /\n\n" + HEAD + "Disallow: /c", "/c", False),
        ("\ufeff" + HEAD + "Disallow: /x", "/x", False),
        (HEAD.replace("\n", "\r") + "Disallow: /x\r", "/x", False),
        ("Disallow: /x\n" + HEAD + "Disallow: /y", "/x", True),
        ("<html><body>Not found</body></html>", "/x", True),
        ("User-agent: M3W-builder/2.0 (its own notes)\nDisallow: /x", "/x", False),
        ("User-agent: *\nDisallow: /\nUser-agent: m3w-builder and friends\nDisallow: /y", "/x", True),
        (HEAD + "Noindex: /a\nUser-agent: *\nDisallow: /x", "/x", False),  # what is not of the protocol ends no group
        (HEAD + "Sitemap: http://a.test/s\nUser-agent: *\nDisallow: /x", "/x", False),
        (HEAD + "dissallow: /x", "/x", False),
        (HEAD + "disallow /x", "/x", False),
        ("user-agent: a\ndisallow: /\n\nallow: /x\nuser-agent: b\nallow: /", "/x", True),
    ],
)
def test_what_a_file_says(text: str, url: str, allowed: bool) -> None:
    rules = robots.parse(text.encode(), "m3w-builder")
    assert (rules.refuses("http://a.test" + url) == "") is allowed


@pytest.mark.parametrize(
    ("status", "allowed"), [(200, True), (204, True), (401, True), (404, True), (429, False), (500, False)]
)
def test_what_a_status_says(status: int, allowed: bool) -> None:
    assert (robots.from_status(status, b"", "m3w-builder").refuses("http://a.test/x") == "") is allowed


def test_only_the_first_part_of_an_endless_file_is_read() -> None:
    body = (HEAD + "Disallow: /x\n").encode() + b"# filler\n" * 200_000 + b"Disallow: /y\n"
    rules = robots.parse(body, "m3w-builder")
    assert rules.refuses("http://a.test/x")
    assert not rules.refuses("http://a.test/y")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (HEAD + "Crawl-delay: 2.5", 2.5),
        (HEAD + "Request-rate: 1/10", 10.0),
        ("User-agent: *\nCrawl-delay: 3", 3.0),
        (HEAD + "Crawl-delay: soon", 0.0),
        ("", 0.0),
    ],
)
def test_the_distance_that_a_file_asks_for(text: str, seconds: float) -> None:
    assert robots.parse(text.encode(), "m3w-builder").crawl_delay == seconds


def test_sitemaps_and_agents_are_told() -> None:
    text = "Sitemap: http://a.test/1.xml\nUser-agent: GPTBot\nDisallow: /x\nSitemap: http://a.test/2.xml"
    rules = robots.parse(text.encode(), "m3w-builder")
    assert rules.sitemaps == ["http://a.test/1.xml", "http://a.test/2.xml"]
    assert rules.closed_to("http://a.test/x", ["GPTBot", "CCBot"]) == ["GPTBot"]
    assert rules.closed_to("http://a.test/y", ["GPTBot", "CCBot"]) == []
