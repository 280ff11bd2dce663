"""What is known of each block and picture of a page, as rows of numbers: what it is, what holds it, what is near it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from m3w_builder.extract import words
from m3w_builder.extract.gather import BLOCK_ROW, TAGS, Block, Page
from m3w_builder.extract.names import GROUPS

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]

LEVELS = (0, 1, 2, 3, 5)
"""Ancestors whose contents are features: the box itself, the one around it, and so on."""
ROOTS = (0.5, 0.75, 0.92)
"""The content root is looked for at these shares of the page's good text."""
_LINK_TAGS = tuple(TAGS[tag] for tag in ("li", "td", "p", "div"))


@dataclass(slots=True)
class Columns:
    """A page as arrays. b: of blocks, x: of boxes, c: running sums over pieces, one longer than these."""

    page: Page
    piece_b: Ints
    box_b: Ints
    kind_b: Ints
    level_b: Floats
    size_b: Floats
    linked_b: Floats
    links_b: Floats
    marks_b: Floats
    words_b: Floats
    good_b: Floats
    parent_x: Ints
    start_x: Ints
    end_x: Ints
    pieces: int

    def sums(self, values_b: Floats) -> tuple[Floats, Floats]:
        """(running sums over the pieces, sums by box) of a number of each block."""
        spread = np.zeros(self.pieces + 1, np.float32)
        spread[self.piece_b + 1] = values_b
        running = np.cumsum(spread)
        return running, running[self.end_x] - running[self.start_x]


def columns(page: Page) -> Columns:
    """The arrays of a walked page."""
    rows = np.frombuffer(page.rows, np.float32).reshape(-1, BLOCK_ROW).T
    whole = rows[:3].astype(np.intp)
    size, linked, marks = rows[4], rows[5], rows[7]
    plain = np.maximum(0.0, size - 1.5 * linked)
    good = plain * np.clip(plain / 80, 0.1, 1.0) * np.where(marks > 0, 1.0, 0.5)
    boxes = np.array((page.parents, page.starts, page.ends), np.intp)
    return Columns(
        page, *whole, rows[3], size, linked, rows[6], marks, rows[8], good.astype(np.float32), *boxes, len(page.pieces)
    )


def shares(page: Floats, total: float) -> Floats:
    return page / max(1.0, total)


def shifted(values: Floats, by: int) -> Floats:
    """The values of the neighbour `by` places before (positive) or after (negative); 0 beyond the ends."""
    out = np.zeros_like(values)
    if by > 0:
        out[by:] = values[:-by]
    else:
        out[:by] = values[-by:]
    return out


def roots_of(good_x: Floats, at: tuple[float, ...] = ROOTS) -> list[int]:
    """The deepest box that holds more than each share of the page's good text (0, the page, where none does)."""
    total = max(1e-6, float(good_x[0]))
    return [int(np.flatnonzero(good_x > share * total)[-1]) if good_x[0] > 0 else 0 for share in at]


def block_features(columns: Columns, title: str, thread: bool) -> Floats:
    """A row of numbers for each block."""
    c, page = columns, columns.page
    size_c, size_x = c.sums(c.size_b)
    _, linked_x = c.sums(c.linked_b)
    good_c, good_x = c.sums(c.good_b)
    _, count_x = c.sums(np.ones_like(c.size_b))
    _, marks_x = c.sums(c.marks_b)
    total = float(good_x[0])
    number = len(c.size_b)
    log = np.log1p(c.size_b)
    density = c.linked_b / c.size_b
    heading = (c.kind_b == 1).astype(np.float32)
    score_x = np.array((page.depths, page.hidden), np.float32)
    tag_x = np.array(page.tags, np.intp)
    out: list[Any] = [
        log, density, c.marks_b / c.size_b, np.minimum(c.marks_b, 8), np.log1p(c.words_b), np.log1p(c.links_b),
        heading, (c.kind_b == 1) & (c.level_b == 1), (c.kind_b == 1) & (c.level_b == 2), c.kind_b == 2, c.kind_b == 3,
        c.kind_b == 4, c.kind_b == 5, c.kind_b == 6, np.log1p(c.good_b),
    ]  # fmt: skip
    out += [tag_x[c.box_b] == tag for tag in _LINK_TAGS]
    out += list(score_x[:, c.box_b])
    out += [flags(page, c, title), np.full(number, float(thread))]
    names: dict[str, int] = {}
    for name in page.names:
        names[name] = names.get(name, 0) + 1
    alike_x = np.log1p(np.array([names[name] for name in page.names], np.float32))
    alike_x[0] = 0
    box = c.box_b
    for level in range(max(LEVELS) + 1):
        if level in LEVELS:
            inside = size_x[box]
            out += [
                np.log1p(inside), linked_x[box] / np.maximum(1, inside), good_x[box] / max(1.0, total),
                np.log1p(count_x[box]), marks_x[box] / np.maximum(1, inside), np.log1p(good_x[box] / np.maximum(1, count_x[box])),
            ]  # fmt: skip
            if level < 4:
                out += [alike_x[box]]
        box = c.parent_x[box]
    claimed_x = claims(c, good_x)
    for root in (*roots_of(good_x), *roots_of(claimed_x)):
        inside = (c.piece_b >= c.start_x[root]) & (c.piece_b < c.end_x[root])
        out += [inside, np.log1p(np.maximum(0, c.start_x[root] - c.piece_b))]
        out += [np.log1p(np.maximum(0, c.piece_b - c.end_x[root] + 1))]
    out += said(c, roots_of(good_x)[0])
    out += repeated(c)
    out += of_page(c, good_x)
    for by in (1, 2, 3, -1, -2, -3):
        out += [shifted(log, by), shifted(density, by), shifted(heading, by)]
    at = c.piece_b
    for reach in (4, 10):
        low, high = np.maximum(0, at - reach), np.minimum(c.pieces, at + reach + 1)
        out += [np.log1p(good_c[at] - good_c[low]), np.log1p(good_c[high] - good_c[at + 1])]
    place = np.arange(number, dtype=np.float32)
    top = np.flatnonzero((c.kind_b == 1) & (c.level_b == 1))
    first = int(top[0]) if len(top) else -1
    out += [
        place / number, np.log1p(place), np.log1p(number - place), good_c[at] / max(1.0, total),
        np.full(number, np.log1p(total)), np.full(number, np.log1p(number)),
        np.full(number, float(linked_x[0] / max(1.0, size_x[0]))),
        (place > first) if first >= 0 else np.full(number, 0.5),
        np.log1p(np.abs(place - first)) if first >= 0 else np.full(number, 3.0),
    ]  # fmt: skip
    return np.stack(out, 1).astype(np.float32)


def flags(page: Page, columns: Columns, title: str) -> Floats:
    """Of each block: 1 for a line of furniture, -1 where it repeats the page's title, 0.5 for a consent notice."""
    out = np.zeros(len(columns.size_b), np.float32)
    for index, piece in enumerate(columns.piece_b.tolist()):
        block = page.pieces[piece]
        assert isinstance(block, Block)
        size = len(block.text)
        if size < 60 and words.NOISE.match(block.text):
            out[index] = 1
        elif block.kind == 1 and size > 8 and block.text in title:
            out[index] = -1
        elif 40 < size < 600 and words.CONSENT.search(block.text):
            out[index] = 0.5
    return out


_TAG_BITS = {
    TAGS[tag]: 1 << number
    for number, tag in enumerate(
        "nav aside footer header form article main figure table ul blockquote li p dl pre details address td".split()
    )
}


def said(columns: Columns, root: int) -> list[Any]:
    """What names and tags say of each block: near it, and on the way to it from where it leaves the content's path."""
    page = columns.page
    tags, own, parents = page.tags, page.bits, page.parents
    chain = {0}
    box = root
    while box:
        chain.add(box)
        box = parents[box]
    shift = len(GROUPS)
    both = [bit | _TAG_BITS.get(tag, 0) << shift for bit, tag in zip(own, tags, strict=True)]
    below = [0] * len(tags)
    for index in range(1, len(tags)):
        if index not in chain:
            below[index] = below[parents[index]] | both[index]
    both_x, below_x = np.array(both, np.int64), np.array(below, np.int64)
    at = columns.box_b
    up = columns.parent_x[at]
    near = both_x[at] | both_x[up] | both_x[columns.parent_x[up]]
    places = np.arange(shift + len(_TAG_BITS))
    return [*((below_x[at] >> places[:, None]) & 1), *((near >> places[:, None]) & 1)]


def _mask(*groups: str) -> int:
    return sum(1 << GROUPS.index(group) for group in groups)


_DOUBTED = _mask("navigation", "edges", "related", "advertising", "social", "asking", "consent", "comments")
_SURE = _mask("article")
_DOUBTED_TAGS = frozenset(TAGS[tag] for tag in ("nav", "aside", "footer", "dialog", "form", "menu"))


def claims(columns: Columns, good_x: Floats) -> Floats:
    """The good text of each box, where what stands in small boxes of doubtful names counts a tenth."""
    page = columns.page
    good = good_x.tolist()
    most = 0.7 * good[0]
    doubt = [1.0] * len(good)
    for index in range(1, len(good)):
        own = page.bits[index]
        bad = (own & _DOUBTED and not own & _SURE) or page.tags[index] in _DOUBTED_TAGS or page.hidden[index]
        doubt[index] = 0.1 if bad and good[index] < most else doubt[page.parents[index]]
    return columns.sums(columns.good_b * np.array(doubt, np.float32)[columns.box_b])[1]


def repeated(columns: Columns) -> list[Any]:
    """Of each block: whether its text stands before it on the page, and whether it stands there after it."""
    seen: dict[str, int] = {}
    before, after = np.zeros((2, len(columns.size_b)), np.float32)
    for index, piece in enumerate(columns.piece_b.tolist()):
        text = columns.page.pieces[piece].text  # type: ignore[union-attr]
        if text in seen:
            before[index] = 1
            after[seen[text]] = 1
        seen[text] = index
    return [before, after]


def of_page(columns: Columns, good_x: Floats) -> list[Any]:
    """What is the same for all blocks of a page: what its body is named, how many posts and articles it has."""
    page = columns.page
    number = len(columns.size_b)
    good = good_x.tolist()
    posts = sum(1 for bit, size in zip(page.bits, good, strict=True) if bit & _POSTS and 40 < size < 0.5 * good[0])
    comments = max((size for bit, size in zip(page.bits, good, strict=True) if bit & _COMMENTS), default=0)
    articles = page.tags.count(TAGS["article"])
    body = page.body
    values = [np.log1p(posts), comments / max(1.0, good[0]), np.log1p(articles), page.tags.count(TAGS["main"]) == 1]
    values += [(body >> place) & 1 for place in range(len(GROUPS))]
    return [np.full(number, float(value)) for value in values]


_POSTS = _mask("posts")
_COMMENTS = _mask("comments")
