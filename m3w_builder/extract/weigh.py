"""What every box of a page holds: text that speaks for content, links, and what its name says against it."""

from __future__ import annotations

from m3w_builder.extract import words
from m3w_builder.extract.pieces import Block, Box, Page, Piece, Shot
from m3w_builder.extract.runs import dense

PROSE = 60.0
"""Good text of a block, in characters, from which on it is prose."""
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


_WHOLE, _BAD = words.WHOLE_TAGS, words.BAD_TAGS


class Weighed:
    """A page whose boxes bear what they hold.

    thread: whether the page is a discussion, in which comments are content.
    """

    def __init__(self, page: Page, thread: bool) -> None:
        self.page = page
        self.thread = thread
        self.poor = False
        """Whether the page has so little good text that its pictures, and links with them, are its content."""
        self.headline = -1
        """The number of the piece that is the page's headline; -1 where none is known."""
        self.prose: list[tuple[int, Block]] = []
        """Blocks of prose, each with its number, in named boxes that look like content."""

    def in_bad(self, box: int) -> bool:
        """Whether a box, or one around it, looks like no content."""
        if box <= 0:
            return False
        one: Box = self.page.boxes[box]
        return one.around


def claim(box: Box) -> float:
    """What a box's good text counts for the box around it."""
    return box.good * (DOUBTED if box.against and box.tag not in _WHOLE else 1.0)


def weigh(page: Page, thread: bool = False) -> Weighed:
    """Sum up what every box holds."""
    boxes = page.boxes
    weighed = Weighed(page, thread)
    box: Box
    for box in boxes:
        box.own = 0.0
        box.text, box.links, box.paragraphs, box.pictures = box.unread, box.unread_links, 0, 0
    piece: Piece
    for piece in page.pieces:
        box = boxes[piece.box]
        if isinstance(piece, Block):
            block = piece  # what has one type alone is a C structure in the compiled form
            much = goodness(block)
            box.own += much
            box.text += len(block.text)
            box.links += block.links
            if much >= PROSE:
                box.paragraphs += 1
        elif isinstance(piece, Shot):
            shot = piece
            if not shot.reason:
                box.pictures += 1
    total = 0.0
    for box in boxes:
        total += box.own
    weighed.poor = total < FEW
    named = False
    for box in boxes:
        if weighed.poor:
            box.own += PICTURE * box.pictures
        box.good = box.own
        box.against = box.bad
        named = named or box.bad != ""
    if named:
        _pardon(weighed)
    _sum_up(boxes)
    _look_around(boxes)
    pieces = page.pieces
    for index in range(len(pieces)):
        piece = pieces[index]
        box = boxes[piece.box]
        if isinstance(piece, Block) and box.name and not box.around:
            block = piece
            if block.good >= PROSE:
                weighed.prose.append((index, block))
    return weighed


def _look_around(boxes: list[Box]) -> None:
    """Say of each box whether it, or one around it, looks like no content."""
    box: Box
    parent: Box
    for box in boxes:
        mine = box.against != "" and box.tag not in _WHOLE and box.tag != "header"
        box.around = mine
        box.hard = mine and not words.is_weak(box.against)
        if box.parent > 0:
            parent = boxes[box.parent]
            box.around = mine or parent.around
            box.hard = box.hard or parent.hard


def _pardon(weighed: Weighed) -> None:
    """Take back what a word says against a box that holds most of the page's good text.

    A weak word is taken back at once, another where an article is in the box ("layout-with-sidebar"). Of boxes with
    the same names any word is taken back, where they hold much together.
    """
    boxes = weighed.page.boxes
    box: Box
    parent: Box
    for box in boxes:
        box.whole = box.own
    for index in range(len(boxes) - 1, 0, -1):
        box = boxes[index]
        parent = boxes[box.parent]
        parent.whole += box.whole
    parent = boxes[0]
    total = parent.whole
    for alike in _groups(boxes):
        held = 0.0
        for box in alike:
            held += box.whole
        if held > GROUP * total:
            for box in alike:
                box.against = ""
    for index in range(len(boxes)):
        box = boxes[index]
        if not box.against or box.whole <= MOST * total:
            continue
        named = box.tag not in _BAD and box.against != "comments"
        if words.is_weak(box.against) or (named and _holds_article(boxes, index, ARTICLE * total)):
            box.against = ""


def _groups(boxes: list[Box]) -> list[list[Box]]:
    """Boxes with the same names that a word speaks against, three or more: a page has so many parts, not menus."""
    groups: dict[str, list[Box]] = {}
    box: Box
    for box in boxes:
        if box.bad and box.whole and box.bad != "comments" and box.tag not in _BAD:
            groups.setdefault(box.name, []).append(box)
    return [alike for alike in groups.values() if len(alike) > 2]


def _holds_article(boxes: list[Box], around: int, least: float) -> bool:
    """Whether a box is, or holds, one that its page calls the article and that has more than `least` good text."""
    box: Box = boxes[around]
    end = box.end
    for index in range(around, len(boxes)):
        box = boxes[index]
        if box.start >= end:
            return False
        if box.whole > least and (box.tag in ("article", "main") or words.is_article(box.name)):
            return True
    return False


def _sum_up(boxes: list[Box]) -> None:
    """Add to each box what the boxes inside it hold."""
    box: Box
    parent: Box
    for index in range(len(boxes)):
        box = boxes[index]
        box.last = index
    for index in range(len(boxes) - 1, 0, -1):
        box = boxes[index]
        parent = boxes[box.parent]
        parent.good += claim(box)
        parent.text += box.text
        parent.links += box.links
        parent.paragraphs += box.paragraphs
        parent.pictures += box.pictures
        parent.last = max(parent.last, box.last)


def goodness(block: Block) -> float:
    """How much a block speaks for being content: long runs of unlinked text, for headings and lists less."""
    if block.good < 0:
        block.good = _goodness(block.text, block.kind, block.links)
    return block.good


def _goodness(text: str, kind: str, links: int) -> float:
    length: float = len(text)
    plain = length - 1.5 * links
    if not text.isascii() and (signs := dense(text)):
        plain *= 1 + signs / length
    if plain <= 0:
        return 0.0
    if kind in ("paragraph", "quote"):
        good = plain if plain > 80 else plain * 0.5 if plain > 25 else plain * 0.2
    elif kind in ("code", "formula"):
        good = plain * 0.7
    elif kind in ("table", "list"):
        good = plain * 0.6 if plain > 40 else plain * 0.25
    else:
        good = plain * 0.3
    return good * 0.1 if length > 40 and words.about_consent(text) else good
