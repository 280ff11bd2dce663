"""Which box of a page holds its content, by the shapes that pages have."""

from __future__ import annotations

from m3w_builder.document import Text
from tests.extract.test_extract import LONG, made


def said(html: str, url: str = "http://news.example/2024/story.html") -> list[str]:
    return [item.text for item in made(html, url).items if isinstance(item, Text)]


def test_parts_of_one_template_are_one_article():
    chunk = '<div class="grid"><div class="text"><p>{}</p></div></div>'
    parts = "".join(f"<div>{chunk.format(LONG * length)}</div>" for length in (2, 9))
    assert len(said(f"<body><main>{parts}</main><footer>{LONG}</footer>")) == 2


def test_parts_of_other_templates_are_not():
    parts = f'<div><div class="ask"><p>{LONG * 2}</p></div></div><div><div class="text"><p>{LONG * 9}</p></div></div>'
    assert len(said(f"<body><main>{parts}</main>")) == 1


def test_code_does_not_leave_its_explanation_behind():
    code = "<div class=highlight><pre>" + "x = 1\n" * 200 + "</pre></div>"
    assert said(f"<body><div class=body><h1>Example</h1><p>It counts to one.</p>{code}</div>")[1] == "It counts to one."


def test_posts_are_found_in_boxes_that_are_named_as_widgets():
    post = f"<li class=post><div class=post-text>{LONG}</div></li>"
    page = f"<body><p>{LONG * 5}</p><div class=widget><ul>{post * 3}</ul></div>"
    assert said(page, "http://forum.example/topic/1")[-3:] == [LONG.strip()] * 3
