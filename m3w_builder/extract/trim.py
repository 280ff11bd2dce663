"""Single lines that are no content whatever box they stand in: buttons, notes about the page, ways to other pages."""

from __future__ import annotations

from m3w_builder.extract import phrases, words
from m3w_builder.extract.pieces import Block, Piece
from m3w_builder.extract.weigh import Weighed

SHORT = 60
"""Characters of a line that can be furniture by its words alone."""
LINKED = (0.7, 0.98)
"""A paragraph among others with so large a share of links leads elsewhere: less is prose that cites, and what is
linked as a whole may be a list of the content's own. Settled with `POINTED` on sites left out."""
LONG = 60
"""Characters of such a paragraph, at least."""
POINTED = 0.8
"""The share of links in what a line says behind words that lead elsewhere ("read also"), at least."""
LONGEST = 300
"""Characters of such a line, at most."""
ALL = 0.9
"""The share of links from which on a paragraph is one link or a row of them."""
ROW = 0.6
"""The same of a row with bars between its links."""


def trim(weighed: Weighed, keep: list[bool]) -> None:
    """Take out of what is kept the lines that are furniture, and headings at the end that head nothing."""
    pieces = weighed.page.pieces
    kept: list[tuple[int, Piece]] = []
    blocks: list[tuple[int, Block]] = []
    for index in range(len(pieces)):
        if keep[index]:
            piece = pieces[index]
            kept.append((index, piece))
            if isinstance(piece, Block):
                blocks.append((index, piece))
                keep[index] = not _is_furniture(piece)
    if not weighed.thread:
        _leading_elsewhere(blocks, keep)
        if not weighed.poor:
            _links_at_the_end(blocks, keep)
    _headings_at_the_end(kept, keep)


def _is_furniture(block: Block) -> bool:
    text = block.text
    if len(text) >= SHORT or block.kind == "code":
        return False
    if words.is_noise(text) or phrases.is_furniture(text):
        return True
    return block.kind not in ("table", "heading") and words.is_about(text)


def _leading_elsewhere(blocks: list[tuple[int, Block]], keep: list[bool]) -> None:
    """Paragraphs among prose that are mostly links, and lines that say that they lead elsewhere."""
    prose: set[int] = set()
    for _, block in blocks:
        if _is_prose(block):
            prose.add(block.box)
    for index, block in blocks:
        length = len(block.text)
        if not block.links or block.kind not in ("paragraph", "heading", "list"):
            continue
        if block.kind == "paragraph" and length > LONG and LINKED[0] <= block.links / length < LINKED[1]:
            keep[index] = keep[index] and (block.box not in prose or "://" in block.text)
        elif length < LONGEST and (said := phrases.POINTER.match(block.text)):
            keep[index] = keep[index] and block.links < POINTED * (length - said.end())


def _is_prose(block: Block) -> bool:
    return block.kind == "paragraph" and len(block.text) > 80 and block.links < 0.3 * len(block.text)


def _links_at_the_end(blocks: list[tuple[int, Block]], keep: list[bool]) -> None:
    """The last paragraphs, where they are links alone or say whose the page is: tags, other articles, makers."""
    for index, block in reversed(blocks):
        if not keep[index]:
            continue
        row = block.links > (ROW if "|" in block.text else ALL) * len(block.text)
        owner = len(block.text) < LONGEST and phrases.COPYRIGHT.match(block.text) is not None
        if block.kind != "paragraph" or not (row or owner):
            return
        keep[index] = False


def _headings_at_the_end(kept: list[tuple[int, Piece]], keep: list[bool]) -> None:
    """Headings below the first level behind which nothing follows."""
    headed = False
    for index, piece in reversed(kept):
        if not keep[index]:
            continue
        if isinstance(piece, Block) and not headed:
            block = piece
            if block.kind == "heading" and block.level > 1:
                keep[index] = False
                continue
        headed = True
