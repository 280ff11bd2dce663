"""Where a page's headline stands: the heading that says what the page's title says."""

from __future__ import annotations

import re

from m3w_builder.extract.pieces import Block, Page

LEAST = 0.3
"""Of the title's letters and digits, the headline has at least this share: the rest may be the site's name."""
SHORTEST = 4
"""Letters of a headline, at least: shorter headings stand in titles by chance."""

_NO_WORD = re.compile(r"[\W_]+")
_NO_SIGNS = {code: None for code in range(128) if not chr(code).isalnum()}
"""The same of ASCII, in a tenth of the time."""


def place(page: Page, title: str) -> int:
    """The number of the headline among a page's pieces, or -1: the heading that shares most with its title."""
    wanted = _plain(title)
    if len(wanted) < SHORTEST:
        return -1
    found, most = -1, LEAST * len(wanted)
    pieces = page.pieces
    for index in range(len(pieces)):
        piece = pieces[index]
        if isinstance(piece, Block):
            block = piece
            if block.kind != "heading":
                continue
            if len(block.text) <= most and block.text.isascii():
                continue
            told = _plain(block.text)
            if len(told) > most and len(told) >= SHORTEST and (told in wanted or wanted in told):
                found, most = index, min(len(told), len(wanted))
    return found


def _plain(text: str) -> str:
    """Letters and digits alone, in lower case."""
    text = text[:400].casefold()
    return text.translate(_NO_SIGNS) if text.isascii() else _NO_WORD.sub("", text)
