"""Which pieces of a page are its content: the box that holds most of the good text, less what in it is no content."""

from __future__ import annotations

import math
from dataclasses import dataclass

from m3w_builder.extract import headline, threads, words
from m3w_builder.extract.pieces import Block, Box, Page, Piece, Shot
from m3w_builder.extract.trim import trim
from m3w_builder.extract.weigh import Weighed, claim, weigh

DESCEND = 0.62
"""A box inside another takes its place while it holds at least this share of the good text."""
DESCEND_IN_THREAD = 0.9
"""The same in a discussion, whose question and answers stand in boxes of different kinds."""
REST = 0.06
"""So much of its good text, and 80 characters, in a box beside its best part make it content as a whole."""

TITLED = 400.0
"""Good text of an article with the page's headline from which on it is the page's own, however long others are."""

_LISTS = frozenset(("table", "tbody", "tr", "ul", "ol", "dl", "blockquote"))
_ROWS = frozenset(("tr", "td", "li", "blockquote", "figure", "dd"))


def root_of(weighed: Weighed) -> int:
    """The box that holds the content.

    In a discussion the one around its posts; else the one that its page names as the article, where that holds much
    of the good text; else from the whole page down, while one box inside holds nearly all of it, is not one of
    several of a kind, and leaves nothing good behind.
    """
    boxes = weighed.page.boxes
    found = threads.posts_root(weighed) if weighed.thread else -1
    if found >= 0:
        return found
    here = max(0, _named_article(weighed))
    least = DESCEND_IN_THREAD if weighed.thread else DESCEND
    while True:
        best = _best_inside(boxes, here)
        if best < 0 or claim(boxes[best]) < least * boxes[here].good:
            return here
        if _one_of_many(weighed, here, best) or _only_code(weighed, best) or _rest_is_good(weighed, here, best):
            return here
        here = best


def _best_inside(boxes: list[Box], here: int) -> int:
    """The box right inside another that holds the most good text; -1 where it holds none."""
    found, most = -1, 0.0
    for at in _inside(boxes, here):
        much = claim(boxes[at])
        if found < 0 or much > most:
            found, most = at, much
    return found


def _inside(boxes: list[Box], here: int) -> list[int]:
    """The numbers of the boxes right inside another."""
    box: Box = boxes[here]
    found: list[int] = []
    last, at = box.last, here + 1
    while at <= last:
        found.append(at)
        box = boxes[at]
        at = box.last + 1
    return found


def _named_article(weighed: Weighed) -> int:
    """The one box whose name says that it is the article, or -1: none says so, or it holds too little."""
    boxes = weighed.page.boxes
    if weighed.thread:
        return -1
    best = titled = -1
    most = most_titled = 0.0
    for index in _articles(boxes):
        box: Box = boxes[index]
        if box.good >= most:
            best, most = index, box.good
        if box.good >= max(TITLED, most_titled) and _holds(box, weighed.headline):
            titled, most_titled = index, box.good
    if best < 0:
        return -1
    if titled >= 0 and not _holds(boxes[best], weighed.headline):
        return titled
    whole: Box = boxes[0]
    return best if most >= 0.3 * whole.good and not weighed.in_bad(best) else -1


def _articles(boxes: list[Box]) -> list[int]:
    """The boxes that their page calls the article."""
    found: list[int] = []
    for index in range(len(boxes)):
        box: Box = boxes[index]
        if box.good > 140 and not box.against and (box.tag == "article" or words.is_article(box.name)):
            found.append(index)
    return found


def _holds(box: Box, piece: int) -> bool:
    return box.start <= piece < box.end


def _one_of_many(weighed: Weighed, here: int, best: int) -> bool:
    """Whether a box is a row among rows, or a post among posts: then what holds them all is the content."""
    boxes = weighed.page.boxes
    around: Box = boxes[here]
    one: Box = boxes[best]
    if one.tag in _ROWS and around.tag in _LISTS and one.good < 0.8 * around.good:
        return True
    if not (weighed.thread or words.is_post(one.name)):
        return False
    first, alike = _first_name(one.name), 0
    for at in _inside(boxes, here):
        box: Box = boxes[at]
        if box.tag == one.tag and box.text > 30 and _first_name(box.name) == first:
            alike += 1
    return alike > 1


def _first_name(names: str) -> str:
    """The first of a box's names."""
    return names.split(None, 1)[0] if names and not names.isspace() else ""


def _rest_is_good(weighed: Weighed, here: int, best: int) -> bool:
    """Whether what a box holds beside its best part is content too: text of its own, or parts of the same kind."""
    boxes = weighed.page.boxes
    around: Box = boxes[here]
    one: Box = boxes[best]
    least = REST * around.good
    if around.own > max(80.0, least) and around.tag != "body":
        return True
    if _same_template(weighed, around, one) > max(100.0, least):
        return True
    if not one.name:
        return False
    first, alike = _first_name(one.name), 0.0
    for at in _inside(boxes, here):
        box: Box = boxes[at]
        fits = at != best and box.good > 0 and box.tag == one.tag and not box.against
        if fits and box.links < 0.4 * box.text and _first_name(box.name) == first:
            alike += box.good
    return alike > max(100.0, least)


def _same_template(weighed: Weighed, around: Box, inside: Box) -> float:
    """Good text of a box beside its best part that stands in boxes with the same names as the prose inside that."""
    boxes = weighed.page.boxes
    names: set[tuple[str, str]] = set()
    found = 0.0
    start, end = inside.start, inside.end
    for index, block in weighed.prose:
        if start <= index < end:
            box = boxes[block.box]
            names.add((box.tag, box.name))
    if not names:
        return 0.0
    for index, block in weighed.prose:
        if around.start <= index < around.end and not start <= index < end:
            box = boxes[block.box]
            if (box.tag, box.name) in names:
                found += block.good
    return found


def _only_code(weighed: Weighed, box: int) -> bool:
    """Whether a box holds code alone: what tells of it stands around."""
    one: Box = weighed.page.boxes[box]
    pieces = weighed.page.pieces
    for index in range(one.start, one.end):
        piece = pieces[index]
        if not isinstance(piece, Block):
            return False
        block = piece
        if block.kind != "code":
            return False
    return True


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a page is content: for each piece whether it is, and how sure that is, 0 to 1."""

    keep: list[bool]
    confidence: float
    weighed: Weighed
    root: int
    """The box that holds the content."""


def select(page: Page, thread: bool = False, title: str = "") -> Selection:
    """Which pieces of a page are content, pictures by what holds them alone.

    thread: the page is a discussion. title: what the page says that it is called.
    """
    weighed = weigh(page, thread)
    weighed.headline = headline.place(page, title)
    root = root_of(weighed)
    keep = _kept(weighed, root)
    _lead(weighed, root, keep)
    if thread:
        threads.drop_lines_about_posts(weighed, root, keep)
    trim(weighed, keep)
    return Selection(keep, confidence(weighed, root, keep), weighed, root)


def confidence(weighed: Weighed, root: int, keep: list[bool]) -> float:
    """The chance that what is kept has a text F1 of 0.8 or more, by a logistic regression on 398 pages.

    By the share of good text in the content's box, the length of what is kept, its links, its share of all unlinked
    text, and whether the page is a discussion. On sites left out of the learning, of pages told 0.9 to 0.95 were so
    0.94, of 0.8 to 0.9 0.78, of 0.7 to 0.8 0.60 (25 pages); below that there are too few to tell.
    """
    kept = linked = unlinked = 0
    pieces, boxes = weighed.page.pieces, weighed.page.boxes
    for index in range(len(pieces)):
        piece = pieces[index]
        if isinstance(piece, Block):
            block = piece
            length = len(block.text)
            unlinked += length - block.links
            if keep[index]:
                kept += length
                linked += block.links
    box: Box = boxes[root]
    whole: Box = boxes[0]
    share = min(1.0, box.good / max(1.0, whole.good))
    odds = -1.25 + 2.47 * share + 0.103 * math.log1p(kept) - 2.2 * linked / max(1, kept)
    odds += 0.706 * (kept - linked) / max(1, unlinked) - 1.62 * weighed.thread
    return 1 / (1 + math.exp(-odds))


def _kept(weighed: Weighed, root: int) -> list[bool]:
    """For each piece whether it stands in the root, and in no box there that is no content.

    Such a box is so by its name or tag, by its links, or as part of one that is.
    """
    page = weighed.page
    boxes, pieces = page.boxes, page.pieces
    keep = [False] * len(pieces)
    dropped = [False] * len(boxes)
    box: Box = boxes[root]
    start, end, last = box.start, box.end, box.last
    whole = max(1.0, box.good)
    for index in range(root + 1, last + 1):
        box = boxes[index]
        if dropped[box.parent] or _no_content(weighed, box, box.good / whole):
            dropped[index] = True
    for index in range(start, end):
        piece: Piece = pieces[index]
        keep[index] = not dropped[piece.box]
    return keep


def _no_content(weighed: Weighed, box: Box, share: float) -> bool:
    """Whether a box in the content is none of it; `share` is of the content's good text."""
    text, links = box.text, box.links
    if box.against:
        if box.paragraphs > 1 and links < 0.15 * text and words.is_weak(box.against):
            return False
        return share < (0.6 if box.against == "comments" else 0.35)
    if box.tag == "form":
        return share < 0.1
    if text <= 25 or box.tag in ("li", "tr", "dd", "dt", "th", "body"):
        return False
    if weighed.poor and box.pictures and not weighed.thread:
        return False
    pieces = box.end - box.start
    if pieces < 2:
        return False
    density = links / text
    if density > 0.75 and share < 0.2 and text < 5000:
        return True
    return density > 0.5 and pieces > 3 and not box.paragraphs and share < 0.1 and box.tag != "table"


def _lead(weighed: Weighed, root: int, keep: list[bool]) -> None:
    """The pictures between the headline and the content belong to it; in a discussion the headline does too.

    Above an article the headline is its title, which the document bears as such.
    """
    pieces = weighed.page.pieces
    box: Box = weighed.page.boxes[root]
    start = box.start
    for index in range(start - 1, max(-1, start - 25), -1):
        piece = pieces[index]
        if not isinstance(piece, Block):
            continue
        block = piece
        if block.level == 1 and block.kind == "heading" and not weighed.in_bad(block.box):
            keep[index] = weighed.thread
            for between in range(index + 1, start):
                one: Piece = pieces[between]
                keep[between] = isinstance(one, Shot) and not one.reason and not weighed.in_bad(one.box)
            return
