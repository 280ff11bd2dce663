"""Discussions: where the posts of a forum's page are, and which lines in them are about the posts, not of them."""

from __future__ import annotations

import re
from functools import lru_cache

from m3w_builder.extract import native, words
from m3w_builder.extract.pieces import Block, Box
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
_MARKS = (b"DiscussionForumPosting", b"QAPage")
"""Types of schema.org by which a page says that it is a discussion."""


def is_thread(url: str, html: bytes) -> bool:
    """Whether a page is a discussion, by its address or by its own markup."""
    if words.is_thread(url.partition("#")[0]):
        return True
    holds = native.scans().holds
    return bool(holds(html, _MARKS[0]) or holds(html, _MARKS[1]))


def posts_root(weighed: Weighed) -> int:
    """The box that holds the posts: the least around all boxes of the kind that holds most of the text; -1 for none."""
    boxes = weighed.page.boxes
    kinds = _kinds(weighed)
    posts = max((held for held in kinds.values() if len(held) > 1), key=lambda it: sum(it.values()), default=None)
    if posts is None or sum(posts.values()) < SHARE * boxes[0].good:
        return -1
    root = _around(boxes, list(posts))
    if root in posts:
        root = boxes[root].parent
    return _with_question(weighed, root)


def _kinds(weighed: Weighed) -> dict[tuple[str, ...], dict[int, float]]:
    """The good text of the boxes that can be posts, by their kind."""
    boxes, pieces = weighed.page.boxes, weighed.page.pieces
    found: dict[tuple[str, ...], dict[int, float]] = {}
    of_box: dict[int, tuple[int, dict[int, float]]] = {}
    """What is known of the box of a block: the post around it, and where posts of its kind are counted."""
    for index in range(len(pieces)):
        piece = pieces[index]
        if not isinstance(piece, Block):
            continue
        block = piece
        box = boxes[block.box]
        if box.hard:
            continue
        good = _weight(box, block)
        if good < LEAST:
            continue
        if block.box not in of_box:
            post = _post(boxes, block.box)
            of_box[block.box] = post, found.setdefault(_kind(boxes, post), {})
        post, held = of_box[block.box]
        held[post] = held.get(post, 0.0) + good
    return found


def _with_question(weighed: Weighed, root: int) -> int:
    """The box around answers, or the least around these and the question, where that stands below the headline."""
    page, top = weighed.page, weighed.headline
    start = page.boxes[root].start
    if not 0 <= top < start:
        return root
    title = page.pieces[top]
    assert isinstance(title, Block)
    before: list[Block] = []
    for piece in page.pieces[top + 1 : start]:
        if isinstance(piece, Block):
            before.append(piece)
            if piece.text == title.text:  # some pages say it in their header too
                before.clear()
    asked = [one.box for one in before if not page.boxes[one.box].hard and goodness(one) >= ASKED]
    return _around(page.boxes, [root, *asked]) if asked else root


def _weight(box: Box, block: Block) -> float:
    """What a block counts for a kind of post: in boxes that are named as posts the shortest answer does."""
    good = goodness(block)
    return max(good, float(len(block.text) - block.links)) if words.is_post(box.name) else good


def _post(boxes: list[Box], number: int) -> int:
    """The box that can be a post's body: lists, tables and quotations in it are parts of it."""
    box: Box = boxes[number]
    while box.tag in _PARTS and box.parent > 0:
        number = box.parent
        box = boxes[number]
    return number


def _kind(boxes: list[Box], number: int) -> tuple[str, ...]:
    """What boxes of a kind have in common: tag and names of a box and of the one around it, numbers aside."""
    one: Box = boxes[number]
    around: Box = boxes[max(0, one.parent)]
    return one.tag, _numberless(one.name), around.tag, _numberless(around.name)


@lru_cache(4096)
def _numberless(name: str) -> str:
    return _NUMBER.sub("", name)


def _around(boxes: list[Box], inside: list[int]) -> int:
    """The innermost box that holds all of these."""
    first, last = min(inside), max(inside)
    here = first
    while here > 0 and boxes[here].last < last:
        here = boxes[here].parent
    return here


def drop_lines_about_posts(weighed: Weighed, root: int, keep: list[bool]) -> None:
    """Take out names, dates, counts and buttons: what stands in boxes of a kind that holds nothing longer."""
    boxes, pieces = weighed.page.boxes, weighed.page.pieces
    box: Box = boxes[root]
    kinds: dict[int, tuple[str, ...]] = {}
    """The kinds of boxes that hold blocks."""
    longest: dict[tuple[str, ...], int] = {}
    inside = range(box.start, box.end)
    for index in inside:
        piece = pieces[index]
        if isinstance(piece, Block) and keep[index]:
            block = piece
            if block.box not in kinds:
                kinds[block.box] = _kind(boxes, block.box)
            kind = kinds[block.box]
            longest[kind] = max(longest.get(kind, 0), len(block.text))
    for index in inside:
        piece = pieces[index]
        if isinstance(piece, Block) and keep[index]:
            block = piece
            if block.kind != "code" and not (block.kind == "heading" and block.level <= 2):
                keep[index] = longest[kinds[block.box]] >= SHORT
