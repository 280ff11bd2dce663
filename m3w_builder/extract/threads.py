"""Discussions: where the posts of a forum's page are, and which lines in them are about the posts, not of them."""

from __future__ import annotations

import re

from m3w_builder.extract import words
from m3w_builder.extract.pieces import Block, Page
from m3w_builder.extract.weigh import Weighed, goodness

LEAST = 10.0
"""Good text, in characters, by which a block counts for a kind of post."""
SHARE = 0.25
"""The posts of one kind hold at least this share of a discussion's good text."""
ASKED = 60.0
"""Good text, in characters, of a block of a question."""
SHORT = 60
"""Boxes of a kind that holds no longer blocks than this, in characters, hold names, dates and counts."""

_NUMBER = re.compile(r"[-_]?\d+")
_PARTS = frozenset(("li", "ul", "ol", "tr", "tbody", "dd", "dl", "blockquote", "table", "td", "figure"))
_MARKS = ("DiscussionForumPosting", "QAPage")
"""Types of schema.org by which a page says that it is a discussion."""


def is_thread(url: str, html: str) -> bool:
    """Whether a page is a discussion, by its address or by its own markup."""
    return bool(words.THREAD.search(url.partition("#")[0])) or any(mark in html for mark in _MARKS)


def posts_root(weighed: Weighed) -> int:
    """The box that holds the posts: the least around all boxes of the kind that holds most of the text; -1 for none."""
    page = weighed.page
    kinds: dict[tuple[str, ...], dict[int, float]] = {}
    for piece in page.pieces:
        if isinstance(piece, Block) and (good := _weight(page, piece)) >= LEAST and not weighed.hard[piece.box]:
            box = _post(page, piece.box)
            boxes = kinds.setdefault(_kind(page, box), {})
            boxes[box] = boxes.get(box, 0.0) + good
    posts = max((boxes for boxes in kinds.values() if len(boxes) > 1), key=lambda it: sum(it.values()), default=None)
    if posts is None or sum(posts.values()) < SHARE * weighed.good[0]:
        return -1
    root = _around(page, list(posts))
    if root in posts:
        root = page.boxes[root].parent
    return _with_question(weighed, root)


def _with_question(weighed: Weighed, root: int) -> int:
    """The box around answers, or the least around these and the question, where that stands below the headline."""
    page, top, start = weighed.page, weighed.headline, weighed.page.boxes[root].start
    if not 0 <= top < start:
        return root
    title = weighed.page.pieces[top]
    assert isinstance(title, Block)
    before: list[Block] = []
    for piece in page.pieces[top + 1 : start]:
        if isinstance(piece, Block):
            before.append(piece)
            if piece.text == title.text:  # some pages say it in their header too
                before.clear()
    asked = [one.box for one in before if not weighed.hard[one.box] and goodness(one) >= ASKED]
    return _around(page, [root, *asked]) if asked else root


def _weight(page: Page, block: Block) -> float:
    """What a block counts for a kind of post: in boxes that are named as posts the shortest answer does."""
    if words.is_post(page.boxes[block.box].name):
        return max(goodness(block), float(len(block.text) - block.links))
    return goodness(block)


def _post(page: Page, box: int) -> int:
    """The box that can be a post's body: lists, tables and quotations in it are parts of it."""
    while page.boxes[box].tag in _PARTS and page.boxes[box].parent > 0:
        box = page.boxes[box].parent
    return box


def _kind(page: Page, box: int) -> tuple[str, ...]:
    """What boxes of a kind have in common: tag and names of a box and of the one around it, numbers aside."""
    one = page.boxes[box]
    around = page.boxes[max(0, one.parent)]
    return one.tag, _NUMBER.sub("", one.name), around.tag, _NUMBER.sub("", around.name)


def _around(page: Page, boxes: list[int]) -> int:
    """The innermost box that holds all of these."""
    shared: list[int] = []
    for place, box in enumerate(boxes):
        path = []
        while box >= 0:
            path.append(box)
            box = page.boxes[box].parent
        path.reverse()
        shared = path if not place else [a for a, b in zip(shared, path, strict=False) if a == b]
    return shared[-1]


def drop_lines_about_posts(weighed: Weighed, root: int, keep: list[bool]) -> None:
    """Take out names, dates, counts and buttons: what stands in boxes of a kind that holds nothing longer."""
    page = weighed.page
    inside = range(page.boxes[root].start, page.boxes[root].end)
    longest: dict[tuple[str, ...], int] = {}
    blocks = [(index, piece) for index in inside if keep[index] and isinstance(piece := page.pieces[index], Block)]
    for _, block in blocks:
        kind = _kind(page, block.box)
        longest[kind] = max(longest.get(kind, 0), len(block.text))
    for index, block in blocks:
        if block.kind != "code" and not (block.kind == "heading" and block.level <= 2):
            keep[index] = longest[_kind(page, block.box)] >= SHORT
