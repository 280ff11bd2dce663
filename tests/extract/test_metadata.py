"""What a page says of itself, by the sources in their order."""

from __future__ import annotations

import json

import pytest

from m3w_builder.document import Audio, Document, Text, Video
from m3w_builder.extract import ExtractConfig, extract, metadata
from m3w_builder.extract.flat import parse

URL = "https://news.example/2023/04/05/story.html"
LONG = "It was late in the year when the boats came home, and nobody in the harbour expected them so soon. "


def of(html: str, url: str = "https://news.example/story.html") -> Document:
    document = Document(url)
    metadata.fill(document, parse(html.encode()), {})
    return document


def linked(**entry: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **entry})}</script>'


ARTICLE = linked(
    **{"@graph": [
        {"@type": "WebSite", "name": "The Site"},
        {"@type": "NewsArticle", "headline": "A headline", "author": [{"name": "Ann Writer"}, {"name": "Bo Second"}],
         "datePublished": "2024-03-02T10:11:12+01:00", "dateModified": "2024-03-04", "inLanguage": "en-US",
         "publisher": {"name": "The Daily"}, "license": "https://creativecommons.org/licenses/by/4.0/"},
    ]}
)  # fmt: skip


def test_json_ld_tells_what_no_meta_element_does() -> None:
    document = of(f"<html><head><title>x</title>{ARTICLE}</head>")
    assert (document.title, document.author) == ("A headline", "Ann Writer, Bo Second")
    assert (document.date, document.modified) == ("2024-03-02T10:11:12", "2024-03-04")
    assert (document.site, document.declared_language) == ("The Daily", "en")
    assert document.licence == "https://creativecommons.org/licenses/by/4.0/"


def test_a_meta_element_goes_before_json_ld() -> None:
    html = f'<meta property="og:title" content="Mine"><meta name="author" content="By Cy Third">{ARTICLE}'
    assert (of(html).title, of(html).author) == ("Mine", "Cy Third")


@pytest.mark.parametrize(
    "broken",
    ["{", "[1,", '"x"', "null", "[[[[", '{"@type": 5, "author": {"name": [1]}}', '{"@type":"Article","author":7}'],
)
def test_broken_json_ld_says_nothing(broken: str) -> None:
    assert of(f'<title>x</title><script type="application/ld+json">{broken}</script>').author == ""


@pytest.mark.parametrize(
    ("html", "field", "expected"),
    [
        ("<title>The story | The Site</title><meta property=og:site_name content='The Site'>", "title", "The story"),
        ("<body><h1>Only a heading</h1>", "title", "Only a heading"),
        ('<body><p class="byline">By Dee Fourth</p>', "author", "Dee Fourth"),
        ('<body><a rel="author" href="/x">Eve Fifth</a>', "author", "Eve Fifth"),
        ('<meta name="author" content="https://facebook.example/me">', "author", ""),
        ('<meta name="date" content="20240102">', "date", "2024-01-02"),
        ('<meta name="date" content="Tue, 02 Jan 2024 10:00:00 GMT">', "date", "2024-01-02"),
        ('<meta name="date" content="2024年1月2日">', "date", "2024-01-02"),
        ('<body><time datetime="2024-01-02T03:04">today</time>', "date", "2024-01-02T03:04"),
        ('<html lang="pt-BR">', "declared_language", "pt"),
        ('<html xml:lang="de">', "declared_language", "de"),
        ('<meta http-equiv="content-language" content="fr">', "declared_language", "fr"),
        ('<meta property="og:locale" content="ja_JP">', "language", "ja"),
        ('<a rel="license" href="https://l.example/">x</a>', "licence", "https://l.example/"),
        ('<p>© <a href="https://creativecommons.org/licenses/by-sa/3.0/">x</a>', "licence", "https://creativecommons.org/licenses/by-sa/3.0/"),
        ('<p>see <a href="https://creativecommons.org/">x</a>', "licence", ""),
        ('<meta name="dcterms.license" content="https://l.example/2">', "licence", "https://l.example/2"),
        ('<link rel="canonical" href="/real">', "canonical", "https://news.example/real"),
        ('<meta property="og:url" content="https://news.example/og">', "canonical", "https://news.example/og"),
        ('<meta property="article:modified_time" content="2024-02-03T00:00:00Z">', "modified", "2024-02-03T00:00:00"),
    ],
)  # fmt: skip
def test_what_a_page_says(html: str, field: str, expected: str) -> None:
    assert getattr(of(html), field) == expected


def test_a_date_in_the_address_is_the_last_resort() -> None:
    assert of("<p>x", URL).date == "2023-04-05"
    assert of("<meta name=date content=2020-01-01>", URL).date == "2020-01-01"


def test_every_robots_element_is_read() -> None:
    html = '<meta name="robots" content="index, follow"><meta name="ROBOTS" content="noai">'
    assert of(html).rights == ["meta:noai"]


def page(head: str, body: str = "") -> Document:
    html = f"<head>{head}</head><body><article><h1>Head</h1><p>{LONG}</p>{body}<p>{LONG}</p></article>"
    document = extract(html.encode(), URL, ExtractConfig())
    assert isinstance(document, Document)
    return document


VIDEO = linked(**{"@type": "VideoObject", "name": "The film", "contentUrl": "https://cdn.example/film.mp4"})


@pytest.mark.parametrize(
    ("head", "kind", "expected"),
    [
        ('<meta property="og:video" content="https://youtu.be/abcdefghijk">', Video, ("youtube", "abcdefghijk")),
        (VIDEO, Video, ("", "")),
        ('<meta property="og:audio" content="/sound.mp3">', Audio, ("", "")),
        ('<meta name="twitter:player" content="https://player.vimeo.com/video/123">', Video, ("vimeo", "123")),
    ],
)  # fmt: skip
def test_a_video_that_the_head_alone_names_stands_under_the_headline(
    head: str, kind: type, expected: tuple[str, str]
) -> None:
    first, second = page(head).items[:2]
    assert isinstance(first, Text)
    assert isinstance(second, kind)
    assert (second.provider, second.id) == expected


def test_a_video_of_the_body_is_not_told_twice() -> None:
    frame = '<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>'
    items = page('<meta property="og:video" content="https://www.youtube.com/v/abcdefghijk">', frame + frame).items
    assert [type(item).__name__ for item in items] == ["Text", "Text", "Video", "Text"]


def test_other_players_of_a_head_are_no_videos() -> None:
    assert not any(
        isinstance(item, Video) for item in page('<meta property="og:video" content="https://x.example/">').items
    )


def test_microdata_names_a_video_at_its_place() -> None:
    marked = (
        '<div itemscope itemtype="https://schema.org/VideoObject"><meta itemprop="contentUrl" content="v.mp4"></div>'
    )
    assert [type(item).__name__ for item in page("", marked).items] == ["Text", "Text", "Video", "Text"]
