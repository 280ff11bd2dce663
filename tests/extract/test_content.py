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


def test_the_article_with_the_headline_is_the_pages_own_however_long_others_are():
    own = f"<article class=post><h2>Boats come home!</h2><p>{LONG * 6}</p></article>"
    other = f"<article class=post><h2>Nets</h2><p>{LONG * 20} Nets.</p></article>"
    page = f"<head><title>Boats come home - Harbour News</title></head><body><main>{own}<div>{other}</div></main>"
    assert said(page) == ["Boats come home!", (LONG * 6).strip()]


def test_a_question_below_the_headline_belongs_to_its_answers():
    answers = f"<div class=answers>{f'<div class=answer><p>{LONG * 2}</p></div>' * 3}</div>"
    asked = f"<h1>Why so late?</h1><div class=question><p>{LONG} Why?</p></div>"
    page = f"<title>Why so late? - Boats</title><body><div>Ask boldly, {LONG}</div><main>{asked}{answers}</main>"
    assert said(page, "http://forum.example/questions/7/why")[:2] == ["Why so late?", f"{LONG}Why?"]


def test_an_article_in_a_box_that_speaks_of_a_sidebar_is_content():
    page = "<body><div class='layout sidebar-right'><article>{}</article></div><div class=intro>{}</div>"
    assert said(page.format(f"<p>{LONG * 9}</p>", f"<p>{LONG}</p>")) == [(LONG * 9).strip()]


def test_a_sidebar_without_an_article_is_not():
    page = "<body><div class='layout sidebar-right'><p>{}</p></div><div class=intro><p>{}</p></div>"
    assert said(page.format(LONG * 3, LONG * 2)) == [(LONG * 2).strip()]


def test_a_caption_goes_with_its_picture_above_the_content():
    figure = "<figure><img src=/boat.jpg width=900 height=600><figcaption>Boats at noon</figcaption></figure>"
    top = f"<header><h1>The harbour</h1><p>By A. Writer</p>{figure}</header>"
    document = made(f"<body>{top}<div class=entry-content><p>{LONG * 9}</p></div>")
    assert [image.caption for image in document.images] == ["Boats at noon"]
    assert [item.text for item in document.items if isinstance(item, Text)] == ["Boats at noon", (LONG * 9).strip()]


def test_a_preview_gives_way_to_the_larger_picture_in_the_noscript():
    preview = '<img src="/max/60/1boat.jpg?q=20" width=900 height=600>'
    whole = '<img width=900 height=600><noscript><img src="/max/1800/1boat.jpg" width=900 height=600></noscript>'
    page = f"<body><article><h1>A</h1><p>{LONG}</p><div><div>{preview}</div>{whole}</div><p>{LONG}</p></article>"
    assert [image.url for image in made(page).images] == ["http://news.example/max/1800/1boat.jpg"]


def test_parts_of_a_list_are_content_under_any_name_where_they_hold_much_together():
    part = f"<div class=thing><h3>A boat</h3><div class=thing__footer><p>{LONG}</p></div></div>"
    assert said(f"<body><main><p>{LONG}</p>{part * 5}</main>").count(LONG.strip()) == 6


def test_a_quotation_is_content_whatever_it_is_called():
    quote = f"<blockquote class=social-embed><p>{LONG}</p></blockquote>"
    assert said(f"<body><article><p>{LONG * 9}</p>{quote}<p>{LONG}</p></article>").count(LONG.strip()) == 2


def test_short_posts_are_found_below_long_notices_and_their_signatures_are_left_out():
    post = "<div class=post><div class=post-text>{}</div><div class=signature>Rather a boat than a house.</div></div>"
    page = f"<body><div><p>{LONG * 2}</p></div><div><h1>Late boats</h1>{post * 2}</div>"
    told = ("I cannot see the boats yet, can anybody who stands at the light out there?", "Nor can I, since noon.")
    assert said(page.format(*told), "http://forum.example/topic/1") == ["Late boats", *told]
