"""The forms in which pages give pictures, players, code and formulae, and the one form in which they come out."""

from __future__ import annotations

import base64

import pytest

from m3w_builder.document import Document, Image, Text
from m3w_builder.extract import ExtractConfig, extract, items

LONG = "It was late in the year when the boats came home, and nobody in the harbour expected them so soon. "
URL = "http://e.example/d/p.html"
AT = "http://e.example/d/"


def made(html: str, **settings) -> Document:
    page = f"<body><article><h1>A</h1><p>{LONG}</p>{html}<p>{LONG}</p></article>"
    answer = extract(page.encode(), URL, ExtractConfig(**settings))
    assert isinstance(answer, Document)
    return answer


def pictures(html: str, **settings) -> list[str]:
    return [image.url for image in made(html, **settings).images]


def texts(html: str) -> list[str]:
    return [item.text for item in made(html).items if isinstance(item, Text)][2:-1]


def reasons(html: str, **settings) -> list[str]:
    return [drop.reason for _, drop in made(html, **settings).removed]


SOURCES = (
    '<picture><source media="(max-width:500px)" srcset="s.jpg"><source type="image/jxl" srcset="x.jxl">'
    '<source srcset="l.webp 1x, l2.webp 2x" type="image/webp"><img src="f.jpg" srcset="m.jpg 600w, w.jpg 1800w, x.jpg 4000w">'  # noqa: E501
    "</picture>"
)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "f.jpg"),
        ({"candidate": "browser"}, "l.webp"),
        ({"candidate": "browser", "screen_width": 400}, "s.jpg"),
        ({"candidate": "largest"}, "w.jpg"),
        ({"candidate": "largest", "widest": 5000}, "x.jpg"),
    ],
)
def test_the_candidate_is_taken_by_policy(settings: dict, expected: str) -> None:
    assert pictures(SOURCES, **settings) == [AT + expected]


@pytest.mark.parametrize(
    "attributes",
    [
        "data-src=x.jpg", "data-original=x.jpg", "data-lazy-src=x.jpg", "data-srcset='x.jpg 1x'", "data-orig-file=x.jpg",  # noqa: E501
        "data-hi-res-src=x.jpg", "lazy-src=x.jpg", "nitro-lazy-src=x.jpg", "_src=x.jpg", "original=x.jpg", "file=x.jpg",
        "zoomfile=x.jpg", "datasrc=x.jpg", "data-lazy='{\"src\": \"x.jpg\"}'", "srcset='x.jpg 2x'",
        "src=/img/blank.gif data-src=x.jpg", "src=static/image/common/none.gif file=x.jpg", "src='x.jpg 1x, '",
        "src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' data-src=x.jpg", "src='x.jpg%20300w,%20x.jpg%20600w'",
    ],
)  # fmt: skip
def test_lazy_spellings(attributes: str) -> None:
    assert pictures(f"<img {attributes}>") == [AT + "x.jpg"]


@pytest.mark.parametrize(
    ("src", "expected"),
    [
        ("http:\\\\h.example\\a.jpg", "http://h.example/a.jpg"),
        ("HTTPS://H.example/b.jpg", "https://h.example/b.jpg"),
        ("//h.example/c.jpg", "http://h.example/c.jpg"),
        ("http:e.jpg", AT + "e.jpg"),
        ("?q=1", URL + "?q=1"),
        (" f .jpg ", AT + "f%20.jpg"),
    ],
)
def test_odd_addresses(src: str, expected: str) -> None:
    assert pictures(f'<img src="{src}">') == [expected]


@pytest.mark.parametrize("src", ["blob:x", "file:///x.jpg", "cid:1", "javascript:x", "x-test:a.jpg", "a" * 9000])
def test_addresses_that_are_none(src: str) -> None:
    assert reasons(f'<img src="{src}">') == ["bad_url"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<img class=lazy data-src=a-300.jpg><noscript><img src=a-1024.jpg></noscript>", "a-300.jpg"),
        ("<noscript><img src=a.jpg></noscript><img class=lazy src=data:image/gif;base64,R0 data-src=b.jpg>", "b.jpg"),
        ("<img class=lazy><noscript><img src=real.jpg></noscript>", "real.jpg"),
        ("<noscript><img src=real.jpg></noscript><img class=lazy>", "real.jpg"),
    ],
)
def test_a_twin_in_a_noscript_counts_once(html: str, expected: str) -> None:
    assert pictures(html) == [AT + expected]
    assert reasons(html) == []


def test_a_tracking_pixel_in_a_noscript_is_no_twin() -> None:
    html = "<img src=a.jpg><noscript><img src=t.gif width=1 height=1></noscript>"
    assert (pictures(html), reasons(html)) == ([AT + "a.jpg"], ["tracking_pixel"])


BODY = bytes(range(256)) * 8
DATA = f"data:image/png;base64,{base64.b64encode(BODY).decode()}"


@pytest.mark.parametrize(
    "uri", [DATA, DATA.replace("+", "%2B"), DATA.replace("base64", "charset=x;base64"), DATA + "\n "]
)
def test_bytes_in_the_page_are_decoded_where_they_are_many(uri: str) -> None:
    document = made(f'<img src="{uri}" alt="chart">', min_inline_bytes=1000)
    (image,) = document.images
    assert image.url.startswith("ni:///sha-256;")
    assert (document.inline, image.alt) == ({image.url: BODY}, "chart")
    assert reasons(f'<img src="{uri}">', min_inline_bytes=3000) == ["data_uri"]
    assert reasons(f'<img src="{uri}">', min_inline_bytes=0) == ["data_uri"]


def test_items_tell_bytes_in_the_page_as_they_stand_there() -> None:
    page = f'<article><p>{LONG}</p><img src="{DATA}"><p>{LONG}</p></article>'.encode()
    told = items(page, URL, ExtractConfig(min_inline_bytes=1000))
    assert [item["image"] for item in told if "image" in item] == [DATA]


def test_drawings_are_left_with_a_reason() -> None:
    html = '<img src="data:image/svg+xml,%3Csvg/%3E"><img src=a.svg><svg width=300 height=200></svg><svg width=16 height=16></svg>'  # noqa: E501
    assert reasons(html) == ["svg", "svg", "svg"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<div style="background-image: url(&quot;b.jpg&quot;)"></div>', ["b.jpg"]),
        ('<div style="BACKGROUND:#fff URL(b.jpg) no-repeat"><p>words on it</p></div>', ["b.jpg"]),
        ("<div data-bg=b.jpg></div>", ["b.jpg"]),
        ('<div style="background: linear-gradient(red, blue)"></div>', []),
        ('<div style="background:url(b.jpg)"><img src=a.jpg></div>', ["a.jpg"]),
    ],
)
def test_background_pictures_by_option(html: str, expected: list[str]) -> None:
    assert pictures(html, backgrounds=True) == [AT + name for name in expected]
    assert pictures(html) == [AT + name for name in expected if name == "a.jpg"]


def test_full_sizes_behind_thumbnails_by_option() -> None:
    html = "<a href=big.jpg><img src=small.jpg width=100></a><p>x</p><a href=/wiki/File:x.jpg><img src=y.jpg></a>"
    assert pictures(html) == [AT + "small.jpg", AT + "y.jpg"]
    assert pictures(html, full_size=True) == [AT + "big.jpg", AT + "y.jpg"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<object data="x.jpg" type="image/jpeg">no</object>', ["x.jpg"]),
        ("<embed src=x.jpg>", ["x.jpg"]),
        ("<object data=x.swf><img src=x.jpg></object>", ["x.jpg"]),
        ("<figure><button><img src=x.jpg></button></figure>", ["x.jpg"]),
        ("<div hidden><img src=x.jpg></div>", []),
        ("<button><img src=x.jpg></button>", []),
    ],
)
def test_pictures_in_other_elements(html: str, expected: list[str]) -> None:
    assert pictures(html) == [AT + name for name in expected]
    assert len(made(html).images) + len(made(html).removed) == 1


@pytest.mark.parametrize(
    ("html", "provider", "told"),
    [
        ('<embed src="https://player.vimeo.com/video/123">', "vimeo", "123"),
        ('<object><param name=movie value="//www.youtube.com/v/abcdefghijk"></object>', "youtube", "abcdefghijk"),
        ('<object><embed src="//www.youtube.com/v/abcdefghijk"></object>', "youtube", "abcdefghijk"),
        ("<lite-youtube videoid=abcdefghijk></lite-youtube>", "youtube", "abcdefghijk"),
        ("<amp-youtube data-videoid=abcdefghijk></amp-youtube>", "youtube", "abcdefghijk"),
        ('<iframe src="about:blank" data-src="https://youtu.be/abcdefghijk"></iframe>', "youtube", "abcdefghijk"),
        ("<video data-account=12345 data-video-id=67890></video>", "brightcove", "67890"),
        ("<video data-src=v.mp4></video>", "", ""),
        ("<video><source data-src=v.webm></video>", "", ""),
        ("<object data=v.mp4></object>", "", ""),
        ("<audio><source src=a.ogg></audio>", "", ""),
        ("<embed src=a.mp3>", "", ""),
    ],
)
def test_players_in_all_their_elements(html: str, provider: str, told: str) -> None:
    (item,) = [item for item in made(html).items if not isinstance(item, (Text, Image))]
    assert (item.provider, item.id) == (provider, told)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<pre><div>a = 1</div><div>  b = 2</div></pre>", ["a = 1\n  b = 2"]),
        ("<pre><ol><li>a<li>b</ol></pre>", ["a\nb"]),
        ("<pre><code><span>a</span><br><span> b</span></code></pre>", ["a\n b"]),
        (
            "<table><tr><td class=gutter><pre>1\n2</pre></td><td class=code><pre>x\n y</pre></td></tr></table>",
            ["x\n y"],
        ),
        ("<pre><span class=lineno>1 </span>x</pre>", ["x"]),
    ],
)
def test_code_keeps_its_lines_and_loses_their_numbers(html: str, expected: list[str]) -> None:
    assert texts(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "<p>Let <span class=katex><span class=katex-mathml><math><mi>x</mi><annotation encoding='application/x-tex'>x^2"  # noqa: E501
            "</annotation></math></span><span class=katex-html><span>x</span><span>2</span></span></span> be.</p>",
            "Let $x^2$ be.",
        ),
        ("<p>Let <span class=MathJax_Preview>x</span><span class=MathJax><b>x2</b></span><script type=math/tex>x^2</script> be.</p>", "Let $x^2$ be."),  # noqa: E501
        ("<p>Let <mjx-container><mjx-assistive-mml><math><mi>x</mi><mo>=</mo><mn>1</mn></math></mjx-assistive-mml></mjx-container> be.</p>", "Let x = 1 be."),  # noqa: E501
        ("<p>Let <math alttext='x^2'><mi>x</mi></math> be.</p>", "Let x^2 be."),
        (
            "<p>Let <span><span style='display: none'><math><mi>x</mi><annotation encoding='application/x-tex'>x^2</annotation></math>"  # noqa: E501
            "</span><img class=mwe-math-fallback-image-inline src=/media/math/render/svg/a alt='x^2'></span> be.</p>",
            "Let $x^2$ be.",
        ),
        ("<p>Let <img class=latex src='/latex.php?x' alt='x^2'> be.</p>", "Let $x^2$ be."),
        ("<p>Let \\(x^2\\) be.</p>", "Let \\(x^2\\) be."),
    ],
)  # fmt: skip
def test_a_formula_is_text_once(html: str, expected: str) -> None:
    assert texts(html) == [expected]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>before <img class=icon src=i.png> after</p>", ["before after"]),
        ("<p>be<img src=i.png width=9>fore</p>", ["before"]),
        ("<p>one<br><img src=i.png width=9>two</p>", ["one\ntwo"]),
        ("<p>Good<img class=emoji src=e.png alt='😀'> day</p>", ["Good😀 day"]),
        ("<p>before <img src=x.jpg> after</p>", ["before", "after"]),
    ],
)
def test_a_line_is_whole_again_where_its_picture_goes(html: str, expected: list[str]) -> None:
    assert texts(html) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Cafe\u0301", "Caf\u00e9"),  # normal form C
        ("soft\u00adhy\u200bphen\ufeff", "softhyphen"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner that shapes letters stays
        ("a\u0007b", "ab"),
        ("a\u00a0\u2003b", "a b"),
        ("it&#x92;s", "it’s"),
    ],
)
def test_signs_are_normalised_by_rule(raw: str, expected: str) -> None:
    assert texts(f"<p>{raw} end of it</p>") == [f"{expected} end of it"]


@pytest.mark.parametrize(
    "html",
    [
        "<figure><img src=a.jpg><figcaption>The cap</figcaption></figure>",
        "<div class=wp-caption><img src=a.jpg><p class=wp-caption-text>The cap</p></div>",
        "<figure><img src=a.jpg><figcaption>The cap</figcaption></figure><p>The cap</p>",
    ],
)
def test_a_caption_is_told_once_and_apart_from_the_body(html: str) -> None:
    document = made(html)
    captions = [item for item in document.items if isinstance(item, Text) and item.text == "The cap"]
    assert [item.kind for item in captions] == ["caption"]
    assert document.images[0].caption == "The cap"


@pytest.mark.parametrize(
    "line",
    ["Read more", "Share this", "Advertisement", "Tweet", "Continue reading", "We use cookies. Accept all cookies?"],
)
def test_lines_of_furniture_are_no_text(line: str) -> None:
    html = f"<p>{line}</p>" if "cookies" not in line else f'<div class="cookie-consent"><p>{line}</p></div>'
    assert texts(html) == []


@pytest.mark.parametrize(
    ("paragraph", "parted"),
    [
        (
            "这是港口里的一条老船。没有人知道它有多老，也很少有人问起。潮水来的时候，它动了一下，然后又安静地躺着。"
            * 4,
            False,
        ),
        (
            "これは港に泊まっている古い船です。どれほど古いか誰も知りませんでした。潮が満ちると少し動きました。" * 4,
            False,
        ),
        ("นี่คือเรือเก่าลำหนึ่งที่จอดอยู่ในท่าเรือไม่มีใครรู้ว่ามันเก่าแค่ไหนและมีน้อยคนที่เคยถาม" * 4, False),
        ("Это старая лодка, которая стоит в гавани; никто не знает, сколько ей лет. " * 4, True),
    ],
)
def test_content_is_found_in_scripts_that_write_no_spaces(paragraph: str, parted: bool) -> None:
    page = f"<body><nav><a href=/>{paragraph[:4]}</a></nav><div><div><p>{paragraph}</p><img src=a.jpg><p>{paragraph}</p></div></div>"  # noqa: E501
    told = items(page.encode(), URL)
    assert (" " in paragraph.strip()) is parted
    assert [item.get("text", item.get("image")) for item in told] == [
        paragraph.strip(),
        AT + "a.jpg",
        paragraph.strip(),
    ]
