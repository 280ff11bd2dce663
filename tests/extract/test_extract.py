"""What comes out of a page: text and pictures in reading order, without the page's furniture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.document import Document, Image, Text
from m3w_builder.extract import PICTURE_REASONS, REASONS, ExtractConfig, explain, extract, items
from m3w_builder.stage import Drop

LONG = "It was late in the year when the boats came home, and nobody in the harbour expected them so soon. "
PAGE = f"""<html lang="en-GB"><head><title>The harbour</title><meta name="author" content="A. Writer">
<meta property="og:site_name" content="Harbour News"><link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
</head><body><nav><ul><li><a href="/">Home</a><li><a href="/x">News</a></ul><img src="/logo.png"></nav>
<div id="cookie-banner"><p>We use cookies to improve your experience. {LONG}</p></div>
<article><h1>The harbour</h1>
<figure><img src="a.jpg" alt="boats" width="640"><figcaption>Boats at noon</figcaption></figure>
<p>{LONG}One.</p><p>{LONG}Two.</p><img data-src="/b.jpg" src="data:image/gif;base64,R0lGOD"><h2>Later</h2>
<p>{LONG}Three.</p><div class="related"><a href="/y">Other story</a><img src="/thumb.jpg"></div></article>
<footer><p>All rights reserved</p></footer></body></html>""".encode()
URL = "http://news.example/2024/story.html"


def made(html: str | bytes, url: str = URL, **settings) -> Document:
    document = extract(html.encode() if isinstance(html, str) else html, url, ExtractConfig(**settings))
    assert isinstance(document, Document), document
    return document


def pictures(html: str) -> list[str]:
    return [image.url for image in made(f"<body><article><h1>A</h1><p>{LONG}</p>{html}<p>{LONG}</p></article>").images]


def removed(html: str) -> list[str]:
    return [drop.reason for _, drop in made(f"<body><article><p>{LONG}</p>{html}<p>{LONG}</p></article>").removed]


def test_a_page_comes_out_in_reading_order_without_its_furniture():
    kinds = [
        (type(item).__name__, getattr(item, "kind", ""), getattr(item, "url", item_text(item)))
        for item in made(PAGE).items
    ]
    assert kinds == [
        ("Text", "heading", "The harbour"),
        ("Image", "", "http://news.example/2024/a.jpg"),
        ("Text", "caption", "Boats at noon"),
        ("Text", "paragraph", f"{LONG}One."),
        ("Text", "paragraph", f"{LONG}Two."),
        ("Image", "", "http://news.example/b.jpg"),
        ("Text", "heading", "Later"),
        ("Text", "paragraph", f"{LONG}Three."),
    ]


def item_text(item):
    return getattr(item, "text", "")


def test_what_a_head_says_is_kept():
    document = made(PAGE)
    assert (document.title, document.author, document.site, document.language) == (
        "The harbour",
        "A. Writer",
        "Harbour News",
        "en",
    )
    assert document.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert document.host == "news.example"
    image = document.images[0]
    assert (image.alt, image.caption, image.declared_width) == ("boats", "Boats at noon", 640)


def test_every_picture_of_the_page_is_in_the_document_or_removed_with_a_declared_reason():
    document = made(PAGE)
    assert len(document.images) + len(document.removed) == 4
    assert {drop.reason for _, drop in document.removed} <= set(PICTURE_REASONS)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<img src="x.jpg">', ["http://news.example/2024/x.jpg"]),
        ('<img src="//cdn.example/x.jpg">', ["http://cdn.example/x.jpg"]),
        ('<img srcset="s.jpg 300w, l.jpg 900w">', ["http://news.example/2024/l.jpg"]),
        ('<img src="" data-srcset="s.jpg 1x, l.jpg 2x">', ["http://news.example/2024/l.jpg"]),
        ('<img src="spacer.gif" data-original="x.jpg">', ["http://news.example/2024/x.jpg"]),
        ('<img data-opts=\'{"src": "x.png"}\'>', ["http://news.example/2024/x.png"]),
        ('<picture><source srcset="w.webp 1200w"><img></picture>', ["http://news.example/2024/w.webp"]),
        ('<img class="lazy"><noscript><img src="n.jpg"></noscript>', ["http://news.example/2024/n.jpg"]),
        ('<img src="n.jpg"><noscript><img src="n.jpg"></noscript>', ["http://news.example/2024/n.jpg"]),
        ('<amp-img src="amp.jpg"></amp-img>', ["http://news.example/2024/amp.jpg"]),
        (
            '<table><tr><td>A cell of text</td><td><img src="t.jpg"></td></tr></table>',
            ["http://news.example/2024/t.jpg"],
        ),
        ('<a href="big.jpg"><img src="small.jpg"></a>', ["http://news.example/2024/small.jpg"]),
        ('<div><div><picture><img src="deep.jpg"></picture></div></div>', ["http://news.example/2024/deep.jpg"]),
        ('<img src="javascript:alert(1)">', []),
        ('<img src="x.jpg"><img src="x.jpg">', ["http://news.example/2024/x.jpg"]),
    ],
)
def test_a_pictures_address_is_what_a_browser_would_load(html, expected):
    assert pictures(html) == expected


def test_a_base_moves_relative_addresses():
    html = (
        f'<head><base href="http://other.example/dir/"></head><body><article><p>{LONG}</p><img src="x.jpg"></article>'
    )
    assert [image.url for image in made(html).images] == ["http://other.example/dir/x.jpg"]


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ('<img src="x.jpg" width="1" height="1">', "tracking_pixel"),
        ('<img src="x.jpg" width="16">', "icon"),
        ('<img src="site-logo.png">', "icon"),
        ('<img class="avatar" src="me.jpg">', "avatar"),
        ('<img class="share-button" src="f.jpg">', "share_button"),
        ('<img class="advertisement" src="buy.jpg">', "advertisement"),
        ('<img src="ad-728x90.jpg">', "advertisement"),
        ('<img src="drawing.svg">', "svg"),
        ("<img>", "placeholder"),
        ('<img src="javascript:alert(1)">', "bad_url"),
        ('<div class="sidebar"><img src="x.jpg"></div>', "outside_content"),
        ('<img src="x.jpg"><p>a</p><img src="x.jpg">', "repeated"),
    ],
)
def test_a_picture_that_is_no_content_is_removed_with_its_reason(html, reason):
    assert reason in removed(html)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>one<br>two</p>", ["one\ntwo"]),
        ("one<br><br>two", ["one", "two"]),
        ("<pre>a\n  b</pre>", ["a\n  b"]),
        ("<p>soft\u00adhy\u200bphen</p>", ["softhyphen"]),
        ("<p>a   b\n c</p>", ["a b c"]),
        ("<table><tr><th>k</th><td>v</td></tr><tr><th>m</th><td>w</td></tr></table>", ["k | v\nm | w"]),
        ("<p>&lt;b&gt; &amp; more</p>", ["<b> & more"]),
        ("<p>text</p><script>var x = '<p>no</p>'</script><style>p{}</style>", ["text"]),
    ],
)
def test_text_is_as_a_reader_sees_it(html, expected):
    document = made(f"<body><article><p>{LONG}</p>{html}<p>{LONG}</p></article>")
    texts = [item.text for item in document.items if isinstance(item, Text)]
    assert texts[1:-1] == expected


@pytest.mark.parametrize(
    ("html", "kind", "provider", "identity"),
    [
        ('<iframe src="https://www.youtube.com/embed/abcDEF123_-"></iframe>', "Video", "youtube", "abcDEF123_-"),
        ('<iframe src="//player.vimeo.com/video/12345"></iframe>', "Video", "vimeo", "12345"),
        ('<video poster="p.jpg"><source src="v.mp4"></video>', "Video", "", ""),
        ('<audio src="a.mp3"></audio>', "Audio", "", ""),
    ],
)
def test_players_and_files_are_items_in_their_place(html, kind, provider, identity):
    document = made(f"<body><article><p>{LONG}</p>{html}<p>{LONG}</p></article>")
    item = document.items[1]
    assert (type(item).__name__, item.provider, item.id) == (kind, provider, identity)


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        ("<p>Grüße".encode(), "", "Grüße"),
        ('<meta charset="iso-8859-1"><p>Grüße'.encode("latin-1"), "", "Grüße"),
        ("<p>Grüße".encode("cp1252"), "windows-1252", "Grüße"),
        ("<p>Привет, мир, это проверка".encode("cp1251"), "windows-1251", "Привет, мир, это проверка"),
        ('<meta charset="gb2312"><p>汉字'.encode("gb18030"), "", "汉字"),
        ('<meta charset="gb2312"><p>汉字'.encode(), "", "汉字"),
        ("\ufeff<p>Grüße".encode("utf-16-le"), "", "Grüße"),
        ("<p>Grüße".encode(), "no-such-charset", "Grüße"),
    ],
)
def test_bytes_become_text_in_the_order_of_html(body, header, expected):
    document = extract(body, URL, ExtractConfig(), header)
    assert isinstance(document, Document)
    assert document.text == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_text"),
        (bytes(range(256)) * 50, "not_text"),
        (b"plain text without a tag", "not_text"),
        (b"<html><body></body></html>", "no_content"),
        (b"<body>" + b"<div>" * 100_000 + b"x", "too_deep"),
        (b"<body>" + b"<p>x" * 400_000, "too_many_elements"),
        (b"<img " + b" ".join(b"data-%d=x" % n for n in range(9000)) + b">", "too_many_attributes"),
        (b'<meta name="robots" content="noai, noimageai"><p>hello there', "meta_robots"),
        (b'<meta name="robots" content="none"><p>hello there', "meta_robots"),
        (b'<meta name="tdm-reservation" content="1"><p>hello there', "tdm_meta"),
    ],
)
def test_a_page_that_gives_no_document_says_why(body, reason):
    answer = extract(body, URL, ExtractConfig())
    assert isinstance(answer, Drop)
    assert answer.reason == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    "body",
    [
        b"<table>" * 1500 + b"x",
        b"<p>" + b" " * 1_000_000 + b"x",
        b"<body>" + b"<br>" * 100_000 + b"x",
        b'<p>a</p><img srcset="' + b"a.jpg 1w, " * 50_000 + b'">',
        b'<p>a</p><img data-x="' + b"[" * 50_000 + b'">',
        b"<p>a\0b</p>\0\0\0",
        b"<svg><p>x" * 300 + b"y",
        b"<title><script><p>never closed",
        b"<p>" + "漢字".encode() * 200_000,
    ],
)
def test_hostile_pages_end_in_a_document_or_a_drop(body):
    assert isinstance(extract(body, URL, ExtractConfig()), (Document, Drop))


PIECES = st.sampled_from(
    "<p>|</p>|<div class='post'>|</div>|<table>|<td>|</table>|<img src=a.jpg>|<img>|text |<noscript>|</noscript>|"
    "<a href=x>|</a>|<br>|<pre>|</pre>|<li>|<ul>|<!--|-->|<h1>|&amp;|\0|<picture>|"
    "<source srcset='b.jpg 2x'>|</picture>|"
    "<object data=x.jpg>|</object>|<embed src=v.mp4>|<button>|</button>|<figure>|</figure>|<svg>|</svg>|<span hidden>|"
    "</span>|<div style='display:none;background:url(b.png)'>|<img class=latex alt='x' src=l.png>|<input type=image>|"
    "<script type=math/tex>x</script>|<meta itemprop=embedUrl content='https://youtu.be/abcdefghijk'>|"
    "<img src='data:image/png;base64,AAAA'>|<dialog open>|</dialog>|<img alt=\U0001f600 class=emoji>|"
    "<td class=gutter>|<span class=katex-html>|"
    f"<video src=v.mp4>|<article>|</article>|<math>|<font>|{LONG}".split("|")
)


@given(st.lists(PIECES, max_size=60), st.sampled_from(["page", "browser", "largest"]), st.booleans())
def test_any_soup_gives_pictures_once_and_text_that_is_there(pieces, candidate, options):
    html = "".join(pieces)
    config = ExtractConfig(candidate=candidate, backgrounds=options, full_size=options, min_inline_bytes=1)
    answer = extract(html.encode(), URL, config)
    assert explain(html.encode(), URL, config)
    if isinstance(answer, Document):
        urls = [item.url for item in answer.items if isinstance(item, Image)]
        assert len(urls) == len(set(urls))
        assert all(item.text.strip() for item in answer.items if isinstance(item, Text))


@given(st.binary(max_size=400))
def test_any_bytes_are_answered(body):
    assert isinstance(extract(b"<p>" + body, URL, ExtractConfig()), (Document, Drop))


def test_backgrounds_are_explained_where_the_config_asks_for_them():
    html = b"<article><div style='background:url(b.png)'><p>The harbour was empty.</div></article>"
    told = {asked: "\n".join(explain(html, URL, ExtractConfig(backgrounds=asked))) for asked in (False, True)}
    assert "b.png" in told[True]
    assert "b.png" not in told[False]


def test_items_are_what_the_command_prints():
    assert items(PAGE, URL)[0] == {"text": "The harbour", "kind": "heading", "level": 1}
    assert items(PAGE, URL)[1]["image"] == "http://news.example/2024/a.jpg"
    assert any(line.startswith("- ") and "passed over  [nav]" in line for line in explain(PAGE, URL))


def test_removing_pictures_from_a_page_leaves_its_text_as_it_was():
    import re

    without = re.sub(rb"<img[^>]*>", b"", PAGE)
    assert [item.text for item in made(without).items if isinstance(item, Text)] == [
        item.text for item in made(PAGE).items if isinstance(item, Text)
    ]


def test_text_in_a_part_named_as_furniture_is_read_where_it_is_much():
    story = "".join(f"<p>{LONG}{number}.</p>" for number in range(8))
    page = f"<body><div class='sidebar'>{story}</div><div><p>{LONG}</p></div>"
    assert "7." in made(page).text


def test_pictures_of_furniture_that_is_passed_over_are_told_as_removed():
    page = made(f"<body><article><p>{LONG}</p><p>{LONG}</p></article><footer><p>Few words<img src='x.jpg'></footer>")
    assert [(image.url, drop.reason) for image, drop in page.removed] == [
        ("http://news.example/2024/x.jpg", "outside_content")
    ]
