"""Trafilatura's choice of content on our pieces: its text says which blocks are kept, their pictures come along."""

from __future__ import annotations

import logging

from m3w_builder.extract.pieces import Block, Page, Shot
from m3w_builder.words import words

RUN = 4
"""Words in a row by which a text is found again."""
ENOUGH = 0.5
"""Share of a block's runs of words that trafilatura's text has, for the block to be kept."""


def select(page: Page, html: str, url: str) -> list[bool]:
    """For each piece whether trafilatura has its text; pictures are kept where a block next to them is."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    text = trafilatura.extract(html, url=url, include_comments=False, include_tables=True) or ""
    runs = _runs(words(text.lower()))
    lines = {" ".join(words(line.lower())) for line in text.splitlines()}
    keep = [isinstance(piece, Block) and _found(piece.text.lower(), runs, lines) for piece in page.pieces]
    blocks = [index for index, piece in enumerate(page.pieces) if isinstance(piece, Block)]
    place = 0
    for index, piece in enumerate(page.pieces):
        while place < len(blocks) and blocks[place] < index:
            place += 1
        if isinstance(piece, Shot) and not piece.reason:
            near = blocks[max(0, place - 1) : place + 1]
            keep[index] = any(keep[block] for block in near)
    return keep


def _runs(found: list[str]) -> set[tuple[str, ...]]:
    return set(zip(*(found[start:] for start in range(RUN)), strict=False))


def _found(text: str, runs: set[tuple[str, ...]], lines: set[str]) -> bool:
    """Whether a text stands in another, by its runs of words; a short one as a line of its own."""
    found = words(text)
    mine = _runs(found)
    if not mine:
        return bool(found) and " ".join(found) in lines
    return len(mine & runs) >= ENOUGH * len(mine)
