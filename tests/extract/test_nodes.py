"""What is read in C says what Python says of the same page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from m3w_builder.extract import hostile, native, scans
from m3w_builder.extract.flat import END, RAW, flatten

from .test_flat import PAGES, SOUPS, by_the_arrays, by_the_parser
from .test_native import sample_pages

nodes = native.reader()
pytestmark = pytest.mark.skipif(nodes is None, reason="no compiled form is here, or the parser is another")


def held(flat, node):
    """The text of a text, the element of an end."""
    return (flat.text(node) if flat.tag[node] <= RAW else "", flat.start[node] if flat.tag[node] == END else 0)


def told(flat):
    """All that the arrays say but where in the data it stands."""
    rows = [
        (
            flat.tag[node],
            flat.tag_name(node),
            flat.over[node],
            flat.parent[node],
            flat.attributes(node),
            *held(flat, node),
        )
        for node in range(flat.count)
    ]
    return rows, flat.first[flat.count]


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES.keys())
def test_the_nodes_are_those_of_the_parser(html: str) -> None:
    assert by_the_arrays(nodes.read(html.encode())) == by_the_parser(html)


@settings(max_examples=300)
@given(SOUPS.map("".join))
def test_the_nodes_are_those_of_the_tree_written_out(html: str) -> None:
    assert told(nodes.read(html.encode())) == told(flatten(LexborHTMLParser(html).html or ""))


_SCRIPTS = """
<script>|</script>|<script type=math>|<style>|</style>|<SCRIPT\n>|</Script >|<style a='>'>|<script a="'>">|<script/>
<script =>|<scripts>|</styles>|<script type=application/ld+json>|<!--|-->|<!-|<p>|x<b|<textarea>|</textarea>|<title>
</title>|<svg>|</svg>|<desc>|<select>|</select>|<template>|</template>|<table>|<tr>|</table>|<noscript>|</noscript>
<head>|<frameset>|<a b='<script>'>|<![CDATA[|]]>|<plaintext>|<iframe>|</iframe>|<div>|</div>
"""


@settings(max_examples=300)
@given(st.lists(st.sampled_from(re.split(r"\||\n(?=<)", _SCRIPTS.strip())), max_size=14).map("".join))
def test_what_is_left_out_of_scripts_and_styles_changes_nothing_else(html: str) -> None:
    assert by_the_arrays(nodes.read(html.encode())) == by_the_parser(html)


_DRAWINGS = """
<svg>|</svg>|<SVG a='>'>|<svg/>|<svg b=/>|</svg >|<path d='M0 0'>|<path/>|<path d=/>|</path>|<g>|</g>|<use/>|</use>
<title>|</title>|<desc>|</desc>|<text>|</text>|<tspan>|x<y|<!-- c -->|<!-->|<!--->|<!--a--!>|<!--|-->|<?a>|</ a>|</>
<style>|</style>|<script>|</script>|<p>|</p>|<br>|</br>|<div>|</div>|<a>|</a>|<font color=a>|<font>|<foreignObject>
</foreignObject>|<math>|</math>|<mi>|<table>|<tr>|</table>|<select>|</select>|<![CDATA[|]]>|<filter>|<symbol>|</symbol>
<noscript>|</noscript>|<textarea>|</textarea>|<circle r=1 />|<unknown>|</unknown>|z
"""


@settings(max_examples=600)
@given(st.lists(st.sampled_from(re.split(r"\||\n(?=<)", _DRAWINGS.strip())), max_size=14).map("".join))
def test_what_is_left_out_of_drawings_changes_nothing_else(html: str) -> None:
    assert by_the_arrays(nodes.read(html.encode())) == by_the_parser(html)
    drawn = f"<div><svg a=b>{html}</svg>c"
    assert by_the_arrays(nodes.read(drawn.encode())) == by_the_parser(drawn)


@given(st.text(max_size=40))
def test_the_signs_of_a_text_are_counted_but_white_space(text: str) -> None:
    flat = nodes.read(f"<p>{text.replace('<', '')}</p>".encode("utf-8", "replace"))
    for node, count in enumerate(nodes.signs(flat)[: flat.count]):
        told = flat.text(node) if flat.tag[node] <= RAW else ""
        assert count == sum(sign > " " for sign in told)


def test_many_names_of_attributes_and_tags_are_kept_apart() -> None:
    html = "".join(f"<x-{number} a{number}=b c{number % 700}={number}>" for number in range(3000))
    assert told(nodes.read(html.encode())) == told(flatten(LexborHTMLParser(html).html or ""))


def test_the_sample_pages_have_the_same_nodes_either_way() -> None:
    for page in sample_pages():
        assert told(nodes.read(page.encode())) == told(flatten(LexborHTMLParser(page).html or ""))


@given(
    st.one_of(
        st.binary(max_size=40),
        st.text(max_size=30).map(str.encode),
        st.text(max_size=9).map(lambda it: it.encode("utf-16-le")),
    )
)
def test_bytes_are_utf8_where_python_reads_them(html: bytes) -> None:
    assert nodes.survey(html) == scans.survey(html)
    try:
        assert nodes.survey(html).continued == len(html) - len(html.decode())
    except UnicodeDecodeError:
        assert nodes.survey(html).continued == -1


@pytest.mark.parametrize("lead", range(0x80, 0x100))
def test_every_sign_of_utf8_is_known_within_a_block_and_across_two(lead: int) -> None:
    for second in (*range(0x7E, 0x82), *range(0x8E, 0x92), *range(0x9E, 0xA2), 0xBF, 0xC0):
        for html in (bytes([lead, second]), bytes([lead, second, 0x80]), bytes([lead, second, 0xBF, 0x80])):
            for before in (0, 61, 62, 63, 64, 126):
                page = b"a" * before + html
                assert nodes.survey(page) == scans.survey(page)
                assert nodes.survey(page + b"<" * 70) == scans.survey(page + b"<" * 70)


@given(
    st.lists(
        st.sampled_from([b"<", b"a" * 63, b"\x07", "é".encode(), "漢".encode(), b"\x00", b"<p>" * 30]), max_size=12
    )
)
def test_bytes_are_looked_through_as_python_does(parts: list[bytes]) -> None:
    html = b"".join(parts)
    seen = nodes.survey(html)
    assert seen == scans.survey(html)
    assert seen.tags == html.count(b"<")
    assert seen.controls == bool(re.search(rb"[\x01-\x08\x0b\x0e-\x1f]", html))
    assert hostile.clean(html, seen) == re.sub(rb"[\x01-\x08\x0b\x0e-\x1f]", b"", html)


_FEW = st.text("aeJQx", max_size=60).map(str.encode)


@given(
    st.one_of(st.binary(max_size=60), _FEW),
    st.one_of(st.binary(max_size=2), st.binary(min_size=7, max_size=8), _FEW),
    st.integers(0, 60),
)
def test_a_part_is_found_as_python_finds_it(html: bytes, part: bytes, place: int) -> None:
    for page in (html, html[:place] + part + html[place:]):
        assert nodes.holds(page, part) == scans.holds(page, part) == (part in page)


_TAGS = "<a> </a> <P> <br <x-1 </x-1> < </ x <é> <1> <option> <OPTION> </option> <optional> <Li> </li> <h1>"


@given(
    st.lists(st.sampled_from(_TAGS.split())).map(lambda parts: "".join(parts).encode()),
    st.integers(0, 4),
    st.integers(0, 3),
)
def test_nesting_is_the_same_as_in_python(html: bytes, most: int, options: int) -> None:
    assert nodes.nesting(html, hostile._FLAT, most, options) == scans.nesting(html, hostile._FLAT, most, options)
