"""Which pieces of a page are its content: the box that holds most of the good text, less what in it is no content."""

from __future__ import annotations

import math
from dataclasses import dataclass

from m3w_builder.extract import headline, threads, words
from m3w_builder.extract.pieces import Block, Box, Page, Shot
from m3w_builder.extract.trim import trim
from m3w_builder.extract.weigh import Weighed, weigh

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
    found = threads.posts_root(weighed) if weighed.thread else -1
    if found >= 0:
        return found
    here = max(0, _named_article(weighed))
    least = DESCEND_IN_THREAD if weighed.thread else DESCEND
    while True:
        best = max(weighed.children.get(here, ()), key=weighed.claim, default=-1)
        if best < 0 or weighed.claim(best) < least * weighed.good[here]:
            return here
        if _one_of_many(weighed, here, best) or _only_code(weighed, best) or _rest_is_good(weighed, here, best):
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
        if weighed.good[index] > 140 and (box.tag == "article" or words.is_article(box.name)) and not weighed.bad[index]
    ]
    if not found:
        return -1
    best = max(found, key=lambda index: (weighed.good[index], index))
    titled = [index for index in found if _holds(boxes[index], weighed.headline) and weighed.good[index] >= TITLED]
    if titled and not _holds(boxes[best], weighed.headline):
        return max(titled, key=lambda index: (weighed.good[index], index))
    total = weighed.good[0]
    return best if weighed.good[best] >= 0.3 * total and not weighed.in_bad(best) else -1


def _holds(box: Box, piece: int) -> bool:
    return box.start <= piece < box.end


def _one_of_many(weighed: Weighed, here: int, best: int) -> bool:
    """Whether a box is a row among rows, or a post among posts: then what holds them all is the content."""
    boxes = weighed.page.boxes
    if boxes[best].tag in _ROWS and boxes[here].tag in _LISTS and weighed.good[best] < 0.8 * weighed.good[here]:
        return True
    first = boxes[best].name.split(None, 1)[:1]
    if not (weighed.thread or words.is_post(boxes[best].name)):
        return False
    alike = [
        child
        for child in weighed.children.get(here, ())
        if boxes[child].tag == boxes[best].tag
        and boxes[child].name.split(None, 1)[:1] == first
        and weighed.text[child] > 30
    ]
    return len(alike) > 1


def _rest_is_good(weighed: Weighed, here: int, best: int) -> bool:
    """Whether what a box holds beside its best part is content too: text of its own, or parts of the same kind."""
    boxes = weighed.page.boxes
    least = REST * weighed.good[here]
    if weighed.own[here] > max(80.0, least) and boxes[here].tag != "body":
        return True
    if _same_template(weighed, here, best) > max(100.0, least):
        return True
    one = boxes[best]
    if not one.name:
        return False
    first = one.name.split(None, 1)[:1]
    alike = sum(
        weighed.good[child]
        for child in weighed.children.get(here, ())
        if child != best
        and boxes[child].tag == one.tag
        and boxes[child].name.split(None, 1)[:1] == first
        and not weighed.bad[child]
        and weighed.links[child] < 0.4 * weighed.text[child]
    )
    return alike > max(100.0, least)


def _same_template(weighed: Weighed, here: int, best: int) -> float:
    """Good text of a box beside its best part that stands in boxes with the same names as the prose inside that."""
    around, inside = weighed.page.boxes[here], weighed.page.boxes[best]
    prose = [one for one in weighed.prose if around.start <= one[0] < around.end]
    names = {name for at, name, _ in prose if inside.start <= at < inside.end}
    return sum(good for at, name, good in prose if name in names and not inside.start <= at < inside.end)


def _only_code(weighed: Weighed, box: int) -> bool:
    """Whether a box holds code alone: what tells of it stands around."""
    one = weighed.page.boxes[box]
    return all(isinstance(piece, Block) and piece.kind == "code" for piece in weighed.page.pieces[one.start : one.end])


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
    box = page.boxes[root]
    dropped = _dropped(weighed, root)
    keep = [False] * len(page.pieces)
    for index in range(box.start, box.end):
        keep[index] = not dropped[page.pieces[index].box]
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
    for piece, here in zip(weighed.page.pieces, keep, strict=True):
        if isinstance(piece, Block):
            unlinked += len(piece.text) - piece.links
            if here:
                kept += len(piece.text)
                linked += piece.links
    share = min(1.0, weighed.good[root] / max(1.0, weighed.good[0]))
    odds = -1.25 + 2.47 * share + 0.103 * math.log1p(kept) - 2.2 * linked / max(1, kept)
    odds += 0.706 * (kept - linked) / max(1, unlinked) - 1.62 * weighed.thread
    return 1 / (1 + math.exp(-odds))


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
        prose = weighed.paragraphs[index] > 1 and weighed.links[index] < 0.15 * weighed.text[index]
        if prose and words.WEAK.match(weighed.bad[index]):
            return False
        return share < (0.6 if weighed.bad[index] == "comments" else 0.35)
    if box.tag == "form":
        return share < 0.1
    if weighed.text[index] <= 25 or box.tag in ("li", "tr", "dd", "dt", "th", "body"):
        return False
    if weighed.poor and weighed.pictures[index] and not weighed.thread:
        return False
    density = weighed.links[index] / weighed.text[index]
    pieces = box.end - box.start
    if density > 0.75 and pieces > 1 and share < 0.2 and weighed.text[index] < 5000:
        return True
    return density > 0.5 and pieces > 3 and not weighed.paragraphs[index] and share < 0.1 and box.tag != "table"


def _lead(weighed: Weighed, root: int, keep: list[bool]) -> None:
    """The pictures between the headline and the content belong to it; in a discussion the headline does too.

    Above an article the headline is its title, which the document bears as such.
    """
    pieces = weighed.page.pieces
    start = weighed.page.boxes[root].start
    for index in range(start - 1, max(-1, start - 25), -1):
        piece = pieces[index]
        if isinstance(piece, Block) and piece.kind == "heading" and piece.level == 1 and not weighed.in_bad(piece.box):
            keep[index] = weighed.thread
            for between in range(index + 1, start):
                one = pieces[between]
                keep[between] = isinstance(one, Shot) and not one.reason and not weighed.in_bad(one.box)
            return
