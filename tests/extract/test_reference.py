"""The fast extractor's walk finds the text and the pictures that the plain reading of the same tree finds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from m3w_builder.document import Document, Image, Text
from m3w_builder.extract import ExtractConfig, extract, reference
from m3w_builder.extract.flat import parse
from m3w_builder.extract.page import walked
from m3w_builder.extract.pieces import Block, Shot

URL = "http://example.org/a/page.html"
Seen = list[str]


def by_the_walk(html: str) -> Seen:
    """The words and the pictures' addresses in the order of the walk."""
    page = walked(parse(html.encode()), URL, ExtractConfig())
    found: Seen = []
    for piece in page.pieces:
        if isinstance(piece, Block):
            found += [word for word in piece.text.split() if word != "|"]
        elif isinstance(piece, Shot) and piece.picture.url.startswith("http") and piece.reason != "placeholder":
            found.append(piece.picture.url)
    return found


def by_the_reference(html: str) -> Seen:
    tree = LexborHTMLParser(html)
    found: Seen = []
    for item in reference.read(tree.html or "", URL):
        if isinstance(item, Text):
            found += [word for word in item.text.split() if word != "|"]
        elif isinstance(item, Image):
            found.append(item.url)
    return found


PAGES = {
    "article": """<article><h1>Boats</h1><p>One <b>two</b><i>three</i> four.</p><figure><img src=a.jpg>
        <figcaption>Five six</figcaption></figure><ul><li>seven<li>eight <a href=x>nine</a></ul></article>""",
    "a picture in a line": "<p>before <img src=/x.png> after</p>",
    "lazy pictures": """<p>a</p><img data-src=b.jpg src="data:image/gif;base64,R0lG"><noscript><img src=b.jpg>
        words for no one</noscript><p>c</p>""",
    "noscript in a line": "<p>one <noscript>two <img src=n.jpg> three</noscript> four</p>",
    "picture and its sources": "<picture><source srcset='a.webp 1x, b.webp 2x'><img></picture>after",
    "base": "<base href=http://other.example/d/><p>x</p><img src=y.jpg>",
    "tables": "<table><caption>Sizes<tr><th>a<th>b<tr><td>1<td>2</table>after<table><tr><td><p>x<p>y<td>z</table>",
    "code and breaks": "<pre>a\n  b<br>c</pre><p>one<br>two<br><br>three</p>",
    "what no reader sees": """<script>var a='<p>no</p>'</script><style>p{}</style><p hidden>no</p>
        <div style='display:none'>no<p>no</div><template>no</template><select><option>no</select><p>yes""",
    "unclosed everything": "<div><p>a<div>b<span>c<table><tr><td>d<img src=e.jpg><li>f<h2>g",
    "text of its own in boxes": "<div>a<p>b</p>c<section>d</section>e</div>",
    "entities": "<p>&lt;a&gt; &amp;amp; caf&eacute; soft&shy;hyphen</p>",
    "ruby": "<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字</ruby></p>",
    "nothing": "",
}


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES.keys())
def test_the_walk_reads_what_the_reference_reads(html: str) -> None:
    assert by_the_walk(html) == by_the_reference(html)


_TAGS = (
    "p div section article h1 h2 ul ol li table tbody tr td th pre blockquote figure figcaption a span b em font "
    "center picture noscript header footer nav form dl dt dd label address details summary"
)
TAGS = _TAGS.split()
LEAVES = [
    *("alpha", " beta ", "gamma delta", "<br>", "&nbsp;", "&amp;", "\n", "<hr>", "<!-- no -->", "漢字"),
    *("<img src=a.jpg>", "<img data-src=/b.png>", "<img>", "<source srcset='c.webp 2x'>", "<script>x<y</script>"),
    *("<wbr>", "\u00ad", "<svg><text>no</text></svg>", "<button>no</button>", "<video src=v.mp4></video>"),
]


def trees(depth: int = 5) -> st.SearchStrategy[str]:
    """Markup that closes what it opens, and now and then does not."""
    leaf = st.sampled_from(LEAVES)
    return st.recursive(
        leaf,
        lambda inner: st.builds(
            lambda tag, parts, closed: f"<{tag}>{''.join(parts)}" + (f"</{tag}>" if closed else ""),
            st.sampled_from(TAGS),
            st.lists(inner, max_size=4),
            st.sampled_from([True, True, True, False]),
        ),
        max_leaves=depth * 6,
    )


@settings(max_examples=120)
@given(st.lists(trees(), max_size=5).map("".join))
def test_on_any_tree_the_walk_reads_what_the_reference_reads(html: str) -> None:
    assert by_the_walk(html) == by_the_reference(html)


def test_the_reference_is_an_extractor_of_its_own() -> None:
    html = b"<body><nav><a href=/>Home</a></nav><h2>Head</h2><p>Words.</p><img src=a.jpg><table><tr><td>k<td>v</table>"
    document = extract(html, URL, ExtractConfig(extractor="reference"))
    assert isinstance(document, Document)
    assert [(item.text, item.kind) for item in document.items if isinstance(item, Text)] == [
        ("Home", "paragraph"),
        ("Head", "heading"),
        ("Words.", "paragraph"),
        ("k", "table"),
        ("v", "table"),
    ]
    assert [image.url for image in document.images] == ["http://example.org/a/a.jpg"]


@settings(max_examples=80)
@given(st.lists(trees(), max_size=4).map("".join))
def test_on_any_tree_the_text_is_the_same_without_its_pictures(html: str) -> None:
    with_pictures = [word for word in by_the_walk(html) if not word.startswith("http://example.org/")]
    without = re.sub(r"<img[^>]*>", "", html)
    assert "".join(with_pictures) == "".join(by_the_walk(without))
