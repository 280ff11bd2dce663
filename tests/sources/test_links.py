"""links: what a page, a sitemap or a feed leads to."""

from __future__ import annotations

import pytest

from m3w_builder.sources.links import largest, links_of, listed, text_of

URL = "http://a.test/dir/page"


@pytest.mark.parametrize(
    ("markup", "pages"),
    [
        ('<a href="x">', ["http://a.test/dir/x"]),
        ('<base href="/other/"><a href="x">', ["http://a.test/other/x"]),
        ('<base href="http://b.test/"><a href="x">', ["http://b.test/x"]),
        ('<a href="x"><a href="x#y"><a href=" x ">', ["http://a.test/dir/x"]),
        ('<map><area href="/m"></map><iframe src="/f"></iframe>', ["http://a.test/m", "http://a.test/f"]),
        ('<meta http-equiv="refresh" content="0; URL=\'/next\'">', ["http://a.test/next"]),
        ('<link rel="next" href="?p=2">', ["http://a.test/dir/page?p=2"]),
        ('<a href="mailto:x"><a href="javascript:x()"><a href="tel:1"><a name="y">', []),
        ('<meta name="ROBOTS" content="noindex, NOFOLLOW"><a href="x">', []),
        ('<meta name="robots" content="noindex"><a href="x">', ["http://a.test/dir/x"]),
        ("<a href", []),
        ("", []),
    ],
)
def test_pages(markup: str, pages: list[str]) -> None:
    assert links_of(markup.encode(), URL).pages == pages


@pytest.mark.parametrize("charset", ["windows-1251", "shift_jis", "utf-8"])
def test_links_in_other_charsets_are_read_as_their_page_says(charset: str) -> None:
    name = "книга" if charset != "shift_jis" else "本"
    body = f'<meta charset="{charset}"><a href="/{name}">'.encode(charset)
    from urllib.parse import quote

    assert links_of(body, URL).pages == [f"http://a.test/{quote(name)}"]
    assert text_of(body, "no-such-charset") == text_of(body, charset)


@pytest.mark.parametrize(
    ("srcset", "wanted"),
    [
        ("a.png 1x, b.png 2x", "b.png"),
        ("a.png 480w, b.png 1024w, c.png 800w", "b.png"),
        ("a.png", "a.png"),
        ("http://x/a,b.png 1x,http://x/c.png 3x", "http://x/c.png"),
        ("data:image/gif;base64,AA 9x, a.png 1x", "a.png"),
        ("a.png 9.9.9x, b.png 2x", "b.png"),
        ("", ""),
    ],
)
def test_the_largest_candidate_of_a_srcset(srcset: str, wanted: str) -> None:
    assert largest(srcset) == wanted


@pytest.mark.parametrize(
    "body",
    [
        b"<urlset><url><loc>http://a.test/x?a=1&amp;b=2</loc></url></urlset>",
        b"<?xml version='1.0'?><urlset><url><loc>\n  <![CDATA[http://a.test/x?a=1&b=2]]> </loc>",
        b"<rss><channel><item><link>http://a.test/x?a=1&amp;b=2</link></item>",
        b'<feed><entry><link rel="alternate" href="/x?a=1&amp;b=2"/></entry></feed>',
    ],
)
def test_sitemaps_and_feeds_name_urls(body: bytes) -> None:
    assert listed(body, "http://a.test/map.xml") == ["http://a.test/x?a=1&b=2"]


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 200_000 + b"<a href=/x>y</a>",
        b"<ul><li>" * 100_000 + b"</ul>" * 100_000,
        b"<section>" * 100_000 + b"</section>" * 100_000,
    ],
)
def test_a_page_that_nests_without_end_leads_nowhere(body: bytes) -> None:
    assert links_of(body, URL, pictures=True).pages == []


def test_a_long_page_is_no_deep_one() -> None:
    body = b"<div><ul><li><a href=/%d>x</a></li></ul></div>"
    assert len(links_of(b"".join(body % n for n in range(4000)), URL).pages) == 4000


@pytest.mark.parametrize(
    "piece", [b"<link ", b"<link href=", b"<loc>", b"<link><![CDATA[", b"<loc " + b" " * 400, b"<loc>\n\n"]
)
def test_a_hostile_feed_costs_no_more_than_its_length(piece: bytes) -> None:
    assert listed(piece * 100_000, "http://a.test/map.xml") == []
