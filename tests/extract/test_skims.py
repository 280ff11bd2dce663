"""Skimming: what looks like furniture is passed over, but where it holds much of the page's text."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from m3w_builder.extract import skims
from m3w_builder.extract.flat import BODY, flatten, parse

WORDS = "The harbour lay empty in the early light. "


def skimmed(body: str, thread: bool = False) -> list[str]:
    """The names of the parts that are skimmed."""
    flat = parse(f"<body>{body}".encode())
    marks = array("i", bytes(4 * (flat.count + 1)))
    found = skims.Skims(flat, thread)
    skims.plan(found, flat.next(BODY), marks)
    return [found.name(node) or flat.tag_name(node) for node in range(flat.count) if marks[node] == skims.SKIM]


def test_furniture_is_skimmed_and_what_stands_in_it_is_not_asked() -> None:
    assert skimmed(f"<nav><div class=menu>Home</div></nav><p>{WORDS * 3}</p><div class='related'>{WORDS}</div>") == [
        "nav",
        "related",
    ]


def test_weak_words_and_tables_are_read() -> None:
    page = f"<p>{WORDS * 9}</p><div class=widget>{WORDS}</div><table><tr class=related><td>{WORDS}</table>"
    assert skimmed(page) == []


@pytest.mark.parametrize(("name", "words", "read_whole"), [("sidebar", 4, False), ("sidebar", 5, True)])
def test_a_page_whose_text_stands_in_furniture_is_read_whole(name: str, words: int, read_whole: bool) -> None:
    page = f"<nav>Home</nav><p>{WORDS * 10}</p><div class={name}>{WORDS * words}</div>"
    assert (skimmed(page) == []) is read_whole


def test_many_parts_of_one_name_count_together() -> None:
    post = f"<div class=related-post>{WORDS * 2}</div>"
    assert skimmed(f"<p>{WORDS * 10}</p>{post * 2}") == ["related-post"] * 2
    assert skimmed(f"<p>{WORDS * 10}</p>{post * 3}") == []


def test_links_do_not_count_and_comments_may_be_longer() -> None:
    assert skimmed(f"<p>{WORDS * 10}</p><div class=related><a href=/x>{WORDS * 9}</a></div>") == ["related"]
    comments = f"<p>{WORDS * 10}</p><div class=comments>{WORDS * 6}</div>"
    assert skimmed(comments) == ["comments"]
    assert skimmed(comments, thread=True) == []


def test_lines_of_code_are_no_parts() -> None:
    assert skimmed(f"<p>{WORDS * 9}</p><pre><div class=sidebar>x = 1</div></pre>") == []


@given(st.lists(st.sampled_from(["a b", "é 漢\xa0", "&amp;", "<a href=/>l</a>", "<script>no</script>", "<b>", "\n"])))
def test_letters_are_the_signs_of_the_text_in_both_forms(parts: list[str]) -> None:
    html = f"<body>{''.join(parts)}</body>"
    counts = []
    for flat in (parse(html.encode()), flatten(LexborHTMLParser(html).html or "")):
        marks = array("i", bytes(4 * (flat.count + 1)))
        body = flat.next(BODY)
        found = skims.Skims(flat, False)
        skims.plan(found, body, marks)
        counts.append((found.letters[flat.over[body]], found.linked[flat.over[body]]))
    assert counts[0] == counts[1]
    signs = "".join(parts).replace("<script>no</script>", "").replace("<a href=/>", "").replace("</a>", "")
    signs = signs.replace("<b>", "").replace("&amp;", "&")
    assert counts[0] == (sum(sign > " " for sign in signs), parts.count("<a href=/>l</a>"))
