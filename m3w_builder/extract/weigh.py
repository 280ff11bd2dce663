"""What every box of a page holds: text that speaks for content, links, and what its name says against it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from m3w_builder.extract import words
from m3w_builder.extract.pieces import Block, Page, Shot

PICTURE = 30.0
"""What a picture speaks for content, in characters of good text, on a page that has fewer than `FEW` of those:
galleries have little else, and beside an article pictures belong to anything."""
FEW = 600.0
DOUBTED = 0.15
"""What stands in a box that looks like none of content counts so much."""
MOST = 0.5
"""A box that holds more than this share of all good text is content, where a weak word alone speaks against it."""
GROUP = 0.2
"""The same share of boxes that have the same names: posts, or parts of a list."""
ARTICLE = 0.4
"""The same share of an article that is in a box under any name."""

_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
"""Runs of signs of Chinese, Japanese and Korean: each says as much as two letters, or more."""


@dataclass(slots=True)
class Weighed:
    """A page's boxes with what they hold, by their number, boxes inside them included."""

    page: Page
    thread: bool
    """Whether the page is a discussion, in which comments are content."""
    good: list[float] = field(default_factory=list)
    """Characters that speak for content."""
    own: list[float] = field(default_factory=list)
    """Of these, what stands in no box inside."""
    text: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    """Blocks of good text."""
    pictures: list[int] = field(default_factory=list)
    """Pictures against which their own element does not speak."""
    bad: list[str] = field(default_factory=list)
    """Why a box, by itself, is no content; empty where nothing speaks against it."""
    poor: bool = False
    """Whether the page has so little good text that its pictures, and links with them, are its content."""
    around: list[bool] = field(default_factory=list)
    """Whether a box, or one around it, looks like no content."""
    hard: list[bool] = field(default_factory=list)
    """The same, words that pages give to their main part too left aside."""
    children: dict[int, list[int]] = field(default_factory=dict)
    prose: list[tuple[int, str, float]] = field(default_factory=list)
    """Blocks of good text in named boxes that look like content: number, tag and names of the box, good text."""

    headline: int = -1
    """The number of the piece that is the page's headline; -1 where none is known."""

    def claim(self, box: int) -> float:
        """What a box's good text counts for the box around it."""
        doubted = self.bad[box] and self.page.boxes[box].tag not in words.WHOLE_TAGS
        return self.good[box] * (DOUBTED if doubted else 1.0)

    def in_bad(self, box: int) -> bool:
        """Whether a box, or one around it, looks like no content."""
        return box > 0 and self.around[box]


def weigh(page: Page, thread: bool = False) -> Weighed:
    """Sum up what every box holds."""
    boxes = page.boxes
    zeros = [0] * len(boxes)
    good, paragraphs, pictures = [0.0] * len(boxes), zeros[:], zeros[:]
    text, links = [box.unread for box in boxes], [box.unread_links for box in boxes]
    worth: list[float] = []
    """Of each piece, the good text."""
    for piece in page.pieces:
        much = 0.0
        if isinstance(piece, Block):
            at, much = piece.box, goodness(piece)
            good[at] += much
            text[at] += len(piece.text)
            links[at] += piece.links
            if much >= 60:
                paragraphs[at] += 1
        elif isinstance(piece, Shot) and not piece.reason:
            pictures[piece.box] += 1
        worth.append(much)
    poor = sum(good) < FEW
    if poor:
        good = [one + PICTURE * number for one, number in zip(good, pictures, strict=True)]
    bad = [box.bad for box in boxes]
    weighed = Weighed(page, thread, good, good[:], text, links, paragraphs, pictures, bad, poor)
    _pardon(weighed)
    _sum_up(weighed)
    around, hard, children = weighed.around, weighed.hard, weighed.children
    for index, box in enumerate(boxes):
        word, parent = bad[index], box.parent
        if index:
            children.setdefault(parent, []).append(index)
        mine = bool(word) and box.tag not in words.WHOLE_TAGS and box.tag != "header"
        around.append(mine or (parent > 0 and around[parent]))
        hard.append((mine and not words.WEAK.match(word)) or (parent > 0 and hard[parent]))
    for index, much in enumerate(worth):
        if much >= 60:
            at = page.pieces[index].box
            if (box := boxes[at]).name and not around[at]:
                weighed.prose.append((index, f"{box.tag} {box.name}", much))
    return weighed


def _pardon(weighed: Weighed) -> None:
    """Take back what a word says against a box that holds most of the page's good text.

    A weak word is taken back at once, another where an article is in the box ("layout-with-sidebar"). Of boxes with
    the same names any word is taken back, where they hold much together.
    """
    boxes = weighed.page.boxes
    if not any(weighed.bad):
        return
    raw = weighed.own[:]
    for index in range(len(boxes) - 1, 0, -1):
        raw[boxes[index].parent] += raw[index]
    most = MOST * raw[0]
    for alike in _groups(weighed, raw):
        if sum(raw[index] for index in alike) > GROUP * raw[0]:
            for index in alike:
                weighed.bad[index] = ""
    for index, reason in enumerate(weighed.bad):
        if not reason or raw[index] <= most:
            continue
        named = boxes[index].tag not in words.BAD_TAGS and reason != "comments"
        if words.WEAK.match(reason) or (named and _holds_article(weighed, index, raw)):
            weighed.bad[index] = ""


def _groups(weighed: Weighed, raw: list[float]) -> list[list[int]]:
    """Boxes with the same names that a word speaks against, three or more: a page has so many parts, not menus."""
    groups: dict[str, list[int]] = {}
    for index, box in enumerate(weighed.page.boxes):
        reason = weighed.bad[index]
        if reason and raw[index] and reason != "comments" and box.tag not in words.BAD_TAGS:
            groups.setdefault(box.name, []).append(index)
    return [alike for alike in groups.values() if len(alike) > 2]


def _holds_article(weighed: Weighed, around: int, raw: list[float]) -> bool:
    """Whether a box is, or holds, one that its page calls the article and that has much of the page's good text."""
    boxes = weighed.page.boxes
    least, end = ARTICLE * raw[0], boxes[around].end
    for index in range(around, len(boxes)):
        box = boxes[index]
        if box.start >= end:
            return False
        if raw[index] > least and (box.tag in ("article", "main") or words.is_article(box.name)):
            return True
    return False


def _sum_up(weighed: Weighed) -> None:
    boxes, good, text, links = weighed.page.boxes, weighed.good, weighed.text, weighed.links
    paragraphs, pictures = weighed.paragraphs, weighed.pictures
    for index in range(len(boxes) - 1, 0, -1):
        parent = boxes[index].parent
        good[parent] += weighed.claim(index)
        text[parent] += text[index]
        links[parent] += links[index]
        paragraphs[parent] += paragraphs[index]
        pictures[parent] += pictures[index]


def goodness(block: Block) -> float:
    """How much a block speaks for being content: long runs of unlinked text, for headings and lists less."""
    length: float = len(block.text)
    plain = length - 1.5 * block.links
    if not block.text.isascii() and (dense := sum(map(len, _DENSE.findall(block.text)))):
        plain *= 1 + dense / length
    if plain <= 0:
        return 0.0
    if block.kind in ("paragraph", "quote"):
        good = plain if plain > 80 else plain * 0.5 if plain > 25 else plain * 0.2
    elif block.kind in ("code", "formula"):
        good = plain * 0.7
    elif block.kind in ("table", "list"):
        good = plain * 0.6 if plain > 40 else plain * 0.25
    else:
        good = plain * 0.3
    return good * 0.1 if length > 40 and words.about_consent(block.text) else good
