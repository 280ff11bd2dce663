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

_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
"""Signs of Chinese, Japanese and Korean: each says as much as two letters, or more."""


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
    number = len(page.boxes)
    zeros: list[int] = [0] * number
    weighed = Weighed(page, thread, [0.0] * number, [], zeros[:], zeros[:], zeros[:], zeros[:], [""] * number)
    for index, box in enumerate(page.boxes):
        weighed.bad[index] = box.bad
        if box.unread:
            weighed.text[index], weighed.links[index] = box.unread, box.unread_links
        if index:
            weighed.children.setdefault(box.parent, []).append(index)
    for piece in page.pieces:
        if isinstance(piece, Block):
            good = goodness(piece)
            weighed.good[piece.box] += good
            weighed.text[piece.box] += len(piece.text)
            weighed.links[piece.box] += piece.links
            weighed.paragraphs[piece.box] += good >= 60
        elif isinstance(piece, Shot) and not piece.reason:
            weighed.pictures[piece.box] += 1
    weighed.poor = sum(weighed.good) < FEW
    if weighed.poor:
        for index, pictures in enumerate(weighed.pictures):
            weighed.good[index] += PICTURE * pictures
    weighed.own = weighed.good[:]
    _pardon(weighed)
    _sum_up(weighed)
    for box, bad in zip(page.boxes, weighed.bad, strict=True):
        mine = bool(bad) and box.tag not in words.WHOLE_TAGS and box.tag != "header"
        weighed.around.append(mine or (box.parent > 0 and weighed.around[box.parent]))
        hard = mine and not words.WEAK.match(bad)
        weighed.hard.append(hard or (box.parent > 0 and weighed.hard[box.parent]))
    for index, piece in enumerate(page.pieces):
        if isinstance(piece, Block) and (box := page.boxes[piece.box]).name and not weighed.around[piece.box]:
            good = goodness(piece)
            if good >= 60:
                weighed.prose.append((index, f"{box.tag} {box.name}", good))
    return weighed


def _pardon(weighed: Weighed) -> None:
    """Take back what a word says against a box that holds most of the page's good text.

    A weak word is taken back at once, another where an article is in the box ("layout-with-sidebar"). Of boxes with
    the same names any word is taken back, where they hold much together.
    """
    boxes = weighed.page.boxes
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
        if raw[index] and weighed.bad[index] and weighed.bad[index] != "comments" and box.tag not in words.BAD_TAGS:
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
    boxes = weighed.page.boxes
    for index in range(len(boxes) - 1, 0, -1):
        parent = boxes[index].parent
        weighed.good[parent] += weighed.claim(index)
        weighed.text[parent] += weighed.text[index]
        weighed.links[parent] += weighed.links[index]
        weighed.paragraphs[parent] += weighed.paragraphs[index]
        weighed.pictures[parent] += weighed.pictures[index]


def goodness(block: Block) -> float:
    """How much a block speaks for being content: long runs of unlinked text, for headings and lists less."""
    length: float = len(block.text)
    plain = length - 1.5 * block.links
    if not block.text.isascii() and (dense := len(_DENSE.findall(block.text))):
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
