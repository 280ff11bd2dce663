"""Which pieces of a page are its content: the box that holds most of the good text, less what in it is no content."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from m3w_builder.extract.walk import Block, Box, Page, Piece, Shot

_BAD = re.compile(
    r"(?<![a-z])(?:nav(?:bar|igation)?|menu|breadcrumbs?|footer|sidebars?|side-?bar|related\w*|recommend\w*|more-?(?:from|on|stories|news|posts)"
    r"|promo\w*|sponsor\w*|advert\w*|ads?|social\w*|shar(?:e|ing)\w*|follow-?us|subscri\w*|newsletter\w*|sign-?up|cookies?\w*|consent|gdpr"
    r"|popup|modal|overlay|login|search\w*|toolbar|pagination|pager|page-?nav|prev-?next|taxonomy|tag-?(?:cloud|list|links)|tags|author-?(?:box|bio|info)"
    r"|byline|widgets?|popular|trending|most-?read|skip-?link|screen-?reader\w*|sr-only|visually-?hidden|hidden|noprint|print-?only|disclaimer"
    r"|comment-?(?:form|reply|respond)|respond|outbrain|taboola|banner|masthead|site-?header|global-?header|utility|language\w*|toc|infobar"
    r"|mw-editsection|editsection|navbox|catlinks|reflist|jump-?links|rating|feedback|call-?to-?action|cta|donate|paywall|copyright|legal)(?![a-z])",
    re.IGNORECASE,
)
_COMMENTS = re.compile(
    r"(?<![a-z])(?:comments?(?:-?(?:list|section|area|thread|wrapper))?|disqus\w*|discussion|livefyre|replies)(?![a-z])",
    re.I,
)
_GOOD = re.compile(
    r"(?<![a-z])(?:article|post|entry|story|content|body|text|main|page|hentry|blog|column|document|prose|markdown)(?![a-z])",
    re.IGNORECASE,
)
_BAD_TAGS = frozenset(("nav", "footer", "aside", "form", "menu"))
_BAD_ROLES = ("navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alert")

DESCEND = 0.62
"""A box inside another takes its place while it holds at least this share of the good text."""


@dataclass(slots=True)
class Weighed:
    """A page's boxes with what they hold, by their number: good text, all text, text in links."""

    page: Page
    good: list[float] = field(default_factory=list)
    text: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    """Why a box, by itself, is no content; empty where nothing speaks against it."""
    paragraphs: list[int] = field(default_factory=list)


_verdicts: dict[str, str] = {}


def bad_name(name: str) -> str:
    """What in a class, id or role tells that a box is no content; empty for nothing."""
    found = _BAD.search(name)
    if found and not (_GOOD.search(name) and len(found.group()) < 5):
        return found.group().lower()
    return ""


def weigh(page: Page) -> Weighed:
    """Sum up what every box holds, boxes inside it included."""
    number = len(page.boxes)
    weighed = Weighed(page, [0.0] * number, [0] * number, [0] * number, [""] * number, [0] * number)
    names: dict[str, str] = {}
    for index, box in enumerate(page.boxes):
        if box.tag in _BAD_TAGS:
            weighed.bad[index] = box.tag
        elif len(box.name) > 2:
            if box.name not in names:
                names[box.name] = bad_name(box.name)
            weighed.bad[index] = names[box.name]
    for piece in page.pieces:
        if isinstance(piece, Block):
            length = len(piece.text)
            good = goodness(piece, length)
            weighed.good[piece.box] += good
            weighed.text[piece.box] += length
            weighed.links[piece.box] += piece.links
            weighed.paragraphs[piece.box] += good >= 60
    for index in range(number - 1, 0, -1):
        parent = page.boxes[index].parent
        if weighed.bad[index] and index > 0 and page.boxes[index].tag not in ("body", "main", "article"):
            share = 0.15  # what stands in a box that looks like none of content counts for little
        else:
            share = 1.0
        weighed.good[parent] += weighed.good[index] * share
        weighed.text[parent] += weighed.text[index]
        weighed.links[parent] += weighed.links[index]
        weighed.paragraphs[parent] += weighed.paragraphs[index]
    return weighed


def goodness(block: Block, length: int) -> float:
    """How much a block speaks for being content: long runs of unlinked text, for headings and lists less."""
    plain = length - 1.5 * block.links
    if plain <= 0:
        return 0.0
    match block.kind:
        case "paragraph" | "quote":
            return plain if plain > 80 else plain * 0.5 if plain > 25 else plain * 0.2
        case "code" | "formula":
            return plain * 0.7
        case "table" | "list":
            return plain * 0.6 if plain > 40 else plain * 0.25
        case _:
            return plain * 0.3


def root_of(weighed: Weighed) -> int:
    """The box that holds the content: from the whole page down, while one box inside holds nearly all of the good text."""
    boxes = weighed.page.boxes
    children: dict[int, list[int]] = {}
    for index in range(1, len(boxes)):
        children.setdefault(boxes[index].parent, []).append(index)
    here = 0
    while True:
        best = max(children.get(here, ()), key=lambda child: _claim(weighed, child), default=-1)
        if (
            best < 0
            or _claim(weighed, best) < DESCEND * weighed.good[here]
            or (boxes[best].tag in ("tr", "td", "li", "blockquote", "figure")
            and boxes[here].tag in ("table", "tbody", "tr", "ul", "ol", "blockquote")
            and weighed.good[best] < 0.8 * weighed.good[here])
        ):
            return here
        here = best


def _claim(weighed: Weighed, box: int) -> float:
    return weighed.good[box] * (
        0.15 if weighed.bad[box] and weighed.page.boxes[box].tag not in ("body", "main", "article") else 1.0
    )


def select(page: Page) -> tuple[list[bool], float]:
    """For each piece whether it is content; and how sure that is, 0 to 1."""
    weighed = weigh(page)
    root = root_of(weighed)
    box = page.boxes[root]
    dropped = _dropped_boxes(weighed, root)
    keep = [False] * len(page.pieces)
    for index in range(box.start, box.end):
        keep[index] = not dropped[page.pieces[index].box]
    _lead(page, weighed, root, keep)
    _trim(page, keep, box)
    total = max(1.0, weighed.good[0])
    return keep, min(1.0, weighed.good[root] / total)


def _dropped_boxes(weighed: Weighed, root: int) -> list[bool]:
    """Which boxes below the root are no content: by name or tag, by their links, or as part of one that is not."""
    boxes = weighed.page.boxes
    dropped = [False] * len(boxes)
    whole = max(1.0, weighed.good[root])
    for index in range(root + 1, len(boxes)):
        box = boxes[index]
        if box.end > boxes[root].end or box.start < boxes[root].start:
            continue
        if dropped[box.parent]:
            dropped[index] = True
            continue
        share = weighed.good[index] / whole
        if (weighed.bad[index] and share < 0.35) or (_COMMENTS.search(box.name) and share < 0.45):
            dropped[index] = True
        elif box.tag in ("ul", "ol", "div", "section", "table", "dl", "p", "td") and weighed.text[index] > 25:
            density = weighed.links[index] / weighed.text[index]
            count = box.end - box.start
            if (density > 0.75 and count > 1 and share < 0.2 and weighed.text[index] < 5000) or (density > 0.5 and count > 3 and weighed.paragraphs[index] == 0 and share < 0.1 and box.tag != "table"):
                dropped[index] = True
    return dropped


def _lead(page: Page, weighed: Weighed, root: int, keep: list[bool]) -> None:
    """The headline before the content, and the pictures between them, belong to it."""
    start = page.boxes[root].start
    for index in range(start - 1, max(-1, start - 25), -1):
        piece = page.pieces[index]
        if (
            isinstance(piece, Block)
            and piece.kind == "heading"
            and piece.level == 1
            and not _in_bad(weighed, piece.box)
        ):
            for between in range(index, start):
                one = page.pieces[between]
                if between == index or (isinstance(one, Shot) and not one.reason and not _in_bad(weighed, one.box)):
                    keep[between] = True
            return


def _in_bad(weighed: Weighed, box: int) -> bool:
    boxes: list[Box] = weighed.page.boxes
    while box > 0:
        if weighed.bad[box] and boxes[box].tag not in ("body", "main", "article", "header"):
            return True
        box = boxes[box].parent
    return False


_NOISE = re.compile(
    r"^(?:read more|continue reading|share(?: this)?(?: on)?.{0,20}|tweet|print|e-?mail|advertisements?|sponsored|loading\.*|reply|like|comments?(?: \(\d+\))?"
    r"|click to (?:enlarge|share).{0,30}|skip to .{0,30}|back to top|top|next|previous|prev|home|menu|search|sign (?:in|up)|log ?in|subscribe.{0,20}"
    r"|follow us.{0,30}|related (?:articles?|posts?|stories|links|topics)|you (?:may|might) also like.{0,20}|\[?edit\]?|\d{1,3}|[|·•»«<>/\\\-–—*#]+)[:.!…]*$",
    re.IGNORECASE,
)


def _trim(page: Page, keep: list[bool], box: Box) -> None:
    """Single lines that are a page's furniture whatever box they stand in, and headings that head nothing."""
    for index, piece in enumerate(page.pieces):
        if keep[index] and isinstance(piece, Block) and len(piece.text) < 60:
            if piece.kind != "code" and _NOISE.match(piece.text):
                keep[index] = False
    after: Piece | None = None
    for index in range(len(page.pieces) - 1, -1, -1):
        if not keep[index]:
            continue
        piece = page.pieces[index]
        if isinstance(piece, Block) and piece.kind == "heading" and after is None and piece.level > 1:
            keep[index] = False
            continue
        after = piece
