"""Lines that are about a page, or lead to others, are no content; lines that look like them are."""

from __future__ import annotations

import pytest

from m3w_builder.extract import phrases
from tests.extract.test_content import said
from tests.extract.test_extract import LONG, made

_LINES = (
    "Weiterlesen …|Teilen|Werbung|Lire la suite »|Partager|Publicité|Leer más|Compartir|Publicidad|Leggi tutto"
    "|Condividi|Pubblicità|Leia mais|Compartilhar|Lees meer|Reacties (12)|Czytaj więcej|Udostępnij|Devamını oku|Paylaş"
    "|Читать далее →|Поделиться|Реклама|続きを読む|シェアする|더보기|공유하기|阅读全文>>|分享到：|اقرأ المزيد|مشاركة"
    "|और पढ़ें|शेयर करें|Read more|Share on Facebook"
)
FURNITURE = _LINES.split("|")


@pytest.mark.parametrize("line", FURNITURE)
def test_buttons_are_no_content_in_any_common_language(line):
    assert said(f"<body><article><p>{LONG * 2}</p><p>{line}</p><p>{LONG * 3}</p></article>") == [
        (LONG * 2).strip(),
        (LONG * 3).strip(),
    ]


@pytest.mark.parametrize(
    "line", ["Teilen macht Freude.", "La publicité tue", "广告业的历史", "Mehr Licht", "Partir c'est mourir"]
)
def test_lines_that_only_begin_like_buttons_are_content(line):
    assert not phrases.is_furniture(line)
    assert line in said(f"<body><article><p>{LONG * 2}</p><p>{line}</p><p>{LONG * 3}</p></article>")


@pytest.mark.parametrize(
    "lead",
    ["Read more:", "RELATED:", "Lesen Sie auch:", "À lire aussi :", "(Leggi anche su:", "Czytaj także:", "関連記事："],
)
def test_lines_that_lead_to_other_pages_are_no_content(lead):
    line = f"<p>{lead} <a href=/x>The nets of the harbour</a></p>"
    assert len(said(f"<body><article><p>{LONG * 2}</p>{line}<p>{LONG * 3}</p></article>")) == 2


def test_prose_with_the_same_words_is_content():
    line = f"<p>Read more of what <a href=/x>he</a> wrote of the sea. {LONG}</p>"
    assert len(said(f"<body><article><p>{LONG * 2}</p>{line}<p>{LONG * 3}</p></article>")) == 3


def test_links_below_the_last_paragraph_are_no_content_and_links_that_are_the_content_are():
    links = "<p><a href=/tags/boats>Boats</a>, <a href=/tags/nets>Nets and ropes</a></p>"
    assert len(said(f"<body><article><p>{LONG * 9}</p>{links}</article>")) == 1
    assert len(said(f"<body><article><p>{LONG}</p>{links}</article>")) == 2


def test_an_address_that_is_told_is_content():
    line = "<p>They sail by the tables of <a href=/x>http://harbour.example/tides/and/other/tables/of/the/year</a></p>"
    assert len(said(f"<body><article><p>{LONG * 2}</p>{line}<p>{LONG * 3}</p></article>")) == 3


def test_rows_of_links_and_a_copyright_below_the_text_are_no_content():
    row = "<p><a href=/a>Main index</a> | <a href=/b>Topics index</a> | <a href=/c>Full index</a></p>"
    end = f"{row}<p>© 2003-2024 Harbour Team, <a href=/d>Manual</a></p>"
    assert len(said(f"<body><div>{'<p>' + LONG * 9 + '</p>'}{end}</div>")) == 1


@pytest.mark.parametrize(("alt", "kept"), [("Weiter", False), ("Next", False), ("The next boat", True)])
def test_an_arrow_to_the_next_page_is_no_picture(alt, kept):
    arrow = f'<p><a href="/2"><img src="/images/next.png" alt="{alt}"></a></p>'
    document = made(f"<body><article><p>{LONG * 2}</p>{arrow}<p>{LONG * 2}</p></article>")
    assert bool(document.images) == kept
