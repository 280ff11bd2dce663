"""Which pieces of a page are its content: the box that holds most of the good text, less what in it is no content."""

from __future__ import annotations

from dataclasses import dataclass, field

from m3w_builder.extract import words
from m3w_builder.extract.walk import Block, Page, Piece, Shot

DESCEND = 0.62
"""A box inside another takes its place while it holds at least this share of the good text."""
PICTURE = 30.0
"""What a picture speaks for content, in characters of good text, on a page that has fewer than `FEW` of those:
galleries have little else, and beside an article pictures belong to anything."""
FEW = 400.0
DOUBTED = 0.15
"""What stands in a box that looks like none of content counts so much."""

_BAD_TAGS = frozenset(("nav", "footer", "aside", "menu"))
_WHOLE_TAGS = frozenset(("root", "body", "main", "article"))
_LISTS = frozenset(("table", "tbody", "tr", "ul", "ol", "dl", "blockquote"))
_ROWS = frozenset(("tr", "td", "li", "blockquote", "figure", "dd"))


@dataclass(slots=True)
class Weighed:
    """A page's boxes with what they hold, by their number, boxes inside them included."""

    page: Page
    thread: bool
    """Whether the page is a discussion, in which comments are content."""
    good: list[float] = field(default_factory=list)
    """Characters that speak for content."""
    text: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    """Blocks of good text."""
    bad: list[str] = field(default_factory=list)
    """Why a box, by itself, is no content; empty where nothing speaks against it."""
    children: dict[int, list[int]] = field(default_factory=dict)

    def claim(self, box: int) -> float:
        """What a box's good text counts for the box around it."""
        doubted = self.bad[box] and self.page.boxes[box].tag not in _WHOLE_TAGS
        return self.good[box] * (DOUBTED if doubted else 1.0)


def weigh(page: Page, url: str = "") -> Weighed:
    """Sum up what every box holds."""
    number = len(page.boxes)
    thread = bool(words.THREAD.search(url))
    zeros: list[int] = [0] * number
    weighed = Weighed(page, thread, [0.0] * number, zeros[:], zeros[:], zeros[:], [""] * number)
    for index, box in enumerate(page.boxes):
        if box.tag in _BAD_TAGS:
            weighed.bad[index] = box.tag
        elif len(box.name) > 2:
            told = words.named(box.name)
            weighed.bad[index] = told.bad or ("comments" if told.comments and not thread else "")
        if index:
            weighed.children.setdefault(box.parent, []).append(index)
    for piece in page.pieces:
        if isinstance(piece, Block):
            good = goodness(piece)
            weighed.good[piece.box] += good
            weighed.text[piece.box] += len(piece.text)
            weighed.links[piece.box] += piece.links
            weighed.paragraphs[piece.box] += good >= 60
    if sum(weighed.good) < FEW:
        for piece in page.pieces:
            if isinstance(piece, Shot) and not piece.reason:
                weighed.good[piece.box] += PICTURE
    for index in range(number - 1, 0, -1):
        parent = page.boxes[index].parent
        weighed.good[parent] += weighed.claim(index)
        weighed.text[parent] += weighed.text[index]
        weighed.links[parent] += weighed.links[index]
        weighed.paragraphs[parent] += weighed.paragraphs[index]
    return weighed


def goodness(block: Block) -> float:
    """How much a block speaks for being content: long runs of unlinked text, for headings and lists less."""
    length = len(block.text)
    plain = length - 1.5 * block.links
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
    return good * 0.1 if length > 40 and words.CONSENT.search(block.text, 0, 300) else good


def root_of(weighed: Weighed) -> int:
    """The box that holds the content.

    The one that its page names as the article, where that holds much of the good text; else from the whole page
    down, while one box inside holds nearly all of it and is not one of several of a kind.
    """
    named = _named_article(weighed)
    here = named if named >= 0 else 0
    while True:
        best = max(weighed.children.get(here, ()), key=weighed.claim, default=-1)
        if best < 0 or weighed.claim(best) < DESCEND * weighed.good[here] or _one_of_many(weighed, here, best):
            return here
        here = best


def _named_article(weighed: Weighed) -> int:
    """The one box whose name says that it is the article, or -1: none says so, or it holds too little."""
    boxes = weighed.page.boxes
    if weighed.thread:
        return -1
    found = [
        index
        for index, box in enumerate(boxes)
        if weighed.good[index] > 140
        and (box.tag == "article" or words.named(box.name).article)
        and not weighed.bad[index]
    ]
    if not found:
        return -1
    best = max(found, key=lambda index: (weighed.good[index], index))
    total = weighed.good[0]
    return best if weighed.good[best] >= 0.3 * total and not in_bad(weighed, best) else -1


def _one_of_many(weighed: Weighed, here: int, best: int) -> bool:
    """Whether a box is a row among rows, or a post among posts: then what holds them all is the content."""
    boxes = weighed.page.boxes
    if boxes[best].tag in _ROWS and boxes[here].tag in _LISTS and weighed.good[best] < 0.8 * weighed.good[here]:
        return True
    first = boxes[best].name.split(None, 1)[:1]
    if not (weighed.thread or words.named(boxes[best].name).post):
        return False
    alike = [
        child
        for child in weighed.children.get(here, ())
        if boxes[child].tag == boxes[best].tag
        and boxes[child].name.split(None, 1)[:1] == first
        and weighed.text[child] > 30
    ]
    return len(alike) > 1


def select(page: Page, url: str = "") -> tuple[list[bool], float]:
    """For each piece whether it is content; and how sure that is, 0 to 1."""
    weighed = weigh(page, url)
    root = root_of(weighed)
    box = page.boxes[root]
    dropped = _dropped(weighed, root)
    keep = [False] * len(page.pieces)
    for index in range(box.start, box.end):
        keep[index] = not dropped[page.pieces[index].box]
    _lead(weighed, root, keep)
    _trim(page, keep)
    return keep, min(1.0, weighed.good[root] / max(1.0, weighed.good[0]))


def _dropped(weighed: Weighed, root: int) -> list[bool]:
    """Which boxes below the root are no content: by name or tag, by their links, or as part of one that is not."""
    boxes = weighed.page.boxes
    dropped = [False] * len(boxes)
    whole = max(1.0, weighed.good[root])
    inside = [False] * len(boxes)
    inside[root] = True
    for index in range(root + 1, len(boxes)):
        parent = boxes[index].parent
        if not inside[parent]:
            continue
        inside[index] = True
        dropped[index] = dropped[parent] or _no_content(weighed, index, weighed.good[index] / whole)
    return dropped


def _no_content(weighed: Weighed, index: int, share: float) -> bool:
    """Whether a box in the content is none of it; `share` is of the content's good text."""
    box = weighed.page.boxes[index]
    if weighed.bad[index]:
        return share < (0.6 if weighed.bad[index] == "comments" else 0.35)
    if box.tag == "form":
        return share < 0.1
    if weighed.text[index] <= 25 or box.tag in ("li", "tr", "dd", "dt", "th", "body"):
        return False
    density = weighed.links[index] / weighed.text[index]
    pieces = box.end - box.start
    if density > 0.75 and pieces > 1 and share < 0.2 and weighed.text[index] < 5000:
        return True
    return density > 0.5 and pieces > 3 and not weighed.paragraphs[index] and share < 0.1 and box.tag != "table"


def _lead(weighed: Weighed, root: int, keep: list[bool]) -> None:
    """The headline before the content, and the pictures between them, belong to it."""
    pieces = weighed.page.pieces
    start = weighed.page.boxes[root].start
    for index in range(start - 1, max(-1, start - 25), -1):
        piece = pieces[index]
        if isinstance(piece, Block) and piece.kind == "heading" and piece.level == 1 and not in_bad(weighed, piece.box):
            keep[index] = True
            for between in range(index + 1, start):
                one = pieces[between]
                keep[between] = isinstance(one, Shot) and not one.reason and not in_bad(weighed, one.box)
            return


def in_bad(weighed: Weighed, box: int) -> bool:
    """Whether a box, or one around it, looks like no content."""
    boxes = weighed.page.boxes
    while box > 0:
        if weighed.bad[box] and boxes[box].tag not in _WHOLE_TAGS and boxes[box].tag != "header":
            return True
        box = boxes[box].parent
    return False


def _trim(page: Page, keep: list[bool]) -> None:
    """Single lines that are furniture whatever box they stand in go, and headings at the end that head nothing."""
    for index, piece in enumerate(page.pieces):
        if keep[index] and isinstance(piece, Block) and len(piece.text) < 60 and piece.kind != "code":
            keep[index] = not words.NOISE.match(piece.text)
    after: Piece | None = None
    for index in range(len(page.pieces) - 1, -1, -1):
        piece = page.pieces[index]
        if keep[index]:
            if after is None and isinstance(piece, Block) and piece.kind == "heading" and piece.level > 1:
                keep[index] = False
            else:
                after = piece
