"""The flat arrays hold the tree that the parser made, whatever the page was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from m3w_builder.extract import keys
from m3w_builder.extract.flat import END, H1, NUMBERS, OTHER, Flat, flatten

Seen = list[tuple[str, Any]]


def by_the_parser(html: str) -> Seen:
    """Elements with their attributes, texts and ends, as the parser's own nodes tell them."""
    found: Seen = []
    row: list[Any] = [LexborHTMLParser(html).root]
    while row:
        node = row.pop()
        if node is None or isinstance(node, str):
            found += [("end", node)] if node else []
        elif node.tag == "-text":
            text(found, node.text_lexbor())
        elif node.tag and node.tag[0] not in "-!":
            found.append((node.tag, {name: value or "" for name, value in node.attributes.items()}))
            row.append(node.tag)
            read = node.tag not in ("template", "style", "svg") and (
                node.tag != "script"
                or (node.attributes.get("type") or "").lower().startswith(("math", "application/ld"))
            )
            below, one = [], node.first_child if read else None
            while one is not None:
                below.append(one)
                one = one.next
            row += reversed(below)
    return found


def by_the_arrays(flat: Flat) -> Seen:
    found: Seen = []
    for node in range(flat.count):
        if flat.tag[node] >= OTHER:
            found.append((flat.tag_name(node).lower(), flat.attributes(node)))
            if flat.over[node] == node + 1:
                found.append(("end", flat.tag_name(node).lower()))
        elif flat.tag[node] == END:
            found.append(("end", flat.tag_name(flat.start[node]).lower()))
        else:
            text(found, flat.text(node))
    return found


def text(found: Seen, more: str) -> None:
    """Texts beside each other are one: where a comment stood between them is of no interest."""
    if found and found[-1][0] == "#text":
        more = found.pop()[1] + more
    found.append(("#text", more))


PAGES = {
    "attributes": '<p a b=1 c=\'"\' d="\'" e=<&amp;>x<i =y></i><b q"r=s t=&nbsp;>z</b>',
    "odd names": "<a<b>x</a<b><x:y></x:y><u-v w:x=1></u-v>",
    "void elements": "<p>a<br>b<img src=x><hr>c<input disabled><wbr></p>",
    "entities": "<p>&lt;p&gt; &amp;lt; &quot;&nbsp;&copy; &#0; &#x80;</p>",
    "comments": "<!doctype html><!-- a > b --><p>x<!--><p>y<!-- c --!>z<?php echo '>' ?><!foo></p><!-- unclosed",
    "scripts": "<script>if (a < b) '<p>'</script><style>p > a {}</style><p>x",
    "data": "<script type=application/ld+json>{'<': 1}</script><script type='Math/TeX'>a<b</script>z<script type=x>c",
    "scripts in scripts": (
        "<script type=math><!-- <script> </script> --></script>x<script type=math><!--></script>y"
        "<script type=math><!--</script>z"
    ),
    "unparsed": "<xmp><b>&amp;</xmp><iframe><p>&amp;</iframe><noembed><i></noembed><noframes><p></noframes>x",
    "the rest is text": "<p>a<plaintext><b>&amp;</plaintext></p>",
    "templates": "<p>a<template><p>b<template>c</template><img></template>d<template></template>e",
    "noscript": "<p><noscript><img src=a>&lt;</noscript></p>",
    "text of forms": "<textarea>\n\n<p>&lt;</textarea><select><option>a<option>b</select><title>&lt;p></title>",
    "misnested": "<b><p>x</b>y</p><table><b>z<tr><td>w<table></b><td>v",
    "drawings": "<svg viewBox=1><g/><title>t</title><path d=M0 /></svg><math><mi>x</mi><annotation>y</math>z",
    "nothing": "",
    "frames": "<frameset><frame src=a></frameset>",
    "signs": "<p>\x00a\x0bb\u2028c\U0001f600d\ufeff</p><p>\r\ne\tf",
}


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES.keys())
def test_the_arrays_hold_the_parsers_tree(html: str) -> None:
    assert by_the_arrays(flatten(LexborHTMLParser(html).html or "")) == by_the_parser(html)


_MARKUP = (
    "<p> </p> <div> </div> <b> </b> <a> </a> <table> <tr> <td> </table> <ul> <li> <br> <img src=x> <!-- --> <! <? > "
    "<script> </script> <style> </style> <template> </template> <noscript> </noscript> <textarea> </textarea> <title> "
    "</title> <select> <option> </select> <p class='a b' id=c> &amp; &lt; &nbsp; & < \" ' = / x <a<b> <i =c> <hr/> "
    "<pre> </pre> <xmp> </xmp> <iframe> </iframe> <form> </form> <h1> </h1> <body> </body> <html> <head> </head> "
    "<button> </button> <math> <mi> </math> <input> <p hidden>"
)
SOUPS = st.lists(st.sampled_from([*_MARKUP.split(" "), " ", "\x00", "é", "漢", "\U0001f600", "\n"]), max_size=30)


@settings(max_examples=150)
@given(SOUPS.map("".join))
def test_the_arrays_hold_the_parsers_tree_of_any_soup(html: str) -> None:
    assert by_the_arrays(flatten(LexborHTMLParser(html).html or "")) == by_the_parser(html)


@settings(max_examples=150)
@given(st.one_of(st.text(max_size=80), SOUPS.map("".join), st.text(alphabet="<>/=\"'!-?& abp\ud800", max_size=60)))
def test_any_text_makes_some_tree(text: str) -> None:
    """Also text that no parser wrote: nodes in order, each in the one around it, attributes within their text."""
    flat = flatten(text)
    for node in range(flat.count):
        assert -1 <= flat.parent[node] < node
        assert node < flat.over[node] <= flat.count
        assert flat.parent[node] < 0 or flat.over[node] <= flat.over[flat.parent[node]]
        assert flat.first[node] <= flat.first[node + 1] <= flat.attribute_count
        assert isinstance(flat.text(node) + "".join(flat.texts(node)) + flat.line(node), str)
        assert all(isinstance(value, str) for value in flat.attributes(node).values())


def test_what_is_asked_of_an_element() -> None:
    flat = flatten('<html><p class="a" id="b&amp;c">x<i>y&lt;</i><br></p></html>')
    assert flat.get(1, keys.ID) == "b&c"
    assert flat.get(1, keys.TITLE) == ""
    assert flat.find(1, keys.TITLE) == -1
    assert [flat.tag_name(one) for one in flat.children(1)] == ["i", "br"]
    assert flat.texts(1) == ["x", "y<"]
    assert flat.line(0, 2) == "xy"
    assert flat.texts(1, 1) == ["x"]
    assert flat.says(1, keys.CLASS, b"a") and not flat.says(1, keys.CLASS, b"aa") and not flat.says(1, keys.SRC, b"")


def test_the_first_element_of_a_tag_and_the_next_ones() -> None:
    flat = flatten("<html><p>x<u-v></u-v></p><template><h1></h1></template><p></p></html>")
    first, second = (node for node in range(flat.count) if flat.tag_name(node) == "p")
    p = NUMBERS["p"]
    found = [flat.next(p), flat.next(p, first), flat.next(p, first + 1), flat.next(p, second + 1)]
    assert found == [first, first, second, -1]
    assert flat.next(H1) == -1
    assert flat.tag_name(first + 2) == "u-v"
