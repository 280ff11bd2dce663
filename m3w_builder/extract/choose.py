"""Which pictures of a page belong to its content: what is known of each as words, and a table of their weights.

The table, choose.json, is a logistic regression over these words, learned by tools/train_choose.py. A picture is
content where the weights of its words, with the table's own constant, add up to more than its cut.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from m3w_builder.extract import phrases
from m3w_builder.extract import words as names
from m3w_builder.extract.inline import is_inline
from m3w_builder.extract.pieces import Block, Piece, Shot
from m3w_builder.extract.weigh import Weighed
from m3w_builder.urls import host

CUT = -0.8
"""Log-odds above which a picture is content; below 0, as leaving out a right one costs more than taking in a wrong.

This, and which words there are, was settled on sites left out of the learning: fewer words did better there."""
LONGEST_BUTTON = 40
"""Characters of a button's words, at most."""
FAR = 99
"""Blocks to the next kept one where there is none."""
_NEAR = (1, 2, 4, FAR)
_BEFORE = (1, 2, 4, 8, 16)
_SIDES = (33, 64, 101, 161, 251, 401, 601)
_DENSITY = (0.05, 0.3, 0.7, 0.95)
_LENGTH = (1, 30, 120, 500, 3000)

_SIZE = re.compile(r"(?<!\d)(\d{2,4})x(\d{2,4})(?!\d)")
_WIDTH = re.compile(r"[?&/,;](?:w|width|resize|fit|imwidth|sw|maxw|max-w)[=_:](\d{2,4})", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|tiff?|bmp)$")
_AROUND = frozenset(("figure", "li", "td", "blockquote", "header", "aside", "nav", "footer", "form"))


@lru_cache(1)
def table() -> dict[str, float]:
    """Weights by word; "" is the constant."""
    weights: dict[str, float] = json.loads((Path(__file__).parent / "choose.json").read_text())
    return weights


def choose(
    weighed: Weighed,
    root: int,
    keep: Sequence[bool],
    url: str,
    cover: str,
    least: int,
    weights: Mapping[str, float] | None = None,
) -> dict[int, float]:
    """Log-odds, by number of its piece, that a picture is content.

    keep: which blocks of text are. cover: the address of the picture that the page's head names as its own, or "".
    least: of the declared width and height in CSS px; smaller pictures are left out, as are those against which
    their own element speaks. weights: by word, the table's own where none are given.
    """
    weights = weights or table()
    constant = weights[""]
    known = words_of(weighed, root, keep, url, cover, least)
    return {index: constant + sum(weights.get(word, 0.0) for word in words) for index, words in known.items()}


def words_of(
    weighed: Weighed, root: int, keep: Sequence[bool], url: str, cover: str, least: int
) -> dict[int, list[str]]:
    """What is known of each picture, as words; see `choose`."""
    pieces = weighed.page.pieces
    shots = {index: piece for index, piece in enumerate(pieces) if isinstance(piece, Shot)}
    able = [
        index for index, shot in shots.items() if not shot.reason and not _small(shot, least) and not _is_button(shot)
    ]
    if not able:
        return {}
    page = _Page(weighed, root, keep, url, cover, shots)
    return {
        index: page.of_place(index) + page.of_boxes(index) + page.of_picture(index)
        for index in able
        if keep[index] or index < page.first or not weighed.in_bad(shots[index].box)
    }


def file_of(url: str) -> str:
    """The file name in a URL."""
    return url.partition("?")[0].rsplit("/", 1)[-1]


def _small(shot: Shot, least: int) -> bool:
    return 0 < shot.image.declared_width < least or 0 < shot.image.declared_height < least


def _is_button(shot: Shot) -> bool:
    """Whether a picture in a link is an arrow or the like: its text for who can't see it is a button's."""
    alt = shot.image.alt
    return (
        bool(shot.link)
        and 0 < len(alt) < LONGEST_BUTTON
        and (names.NOISE.match(alt) is not None or phrases.is_furniture(alt))
    )


def site(name: str) -> str:
    """The last two labels of a host: near enough to what belongs together."""
    return ".".join(name.rsplit(".", 2)[-2:])


def _step(value: float, edges: Sequence[float]) -> str:
    return str(bisect_right(edges, value))


class _Page:
    """What is known of a page once, for all of its pictures."""

    def __init__(
        self, weighed: Weighed, root: int, keep: Sequence[bool], url: str, cover: str, shots: dict[int, Shot]
    ) -> None:
        pieces = weighed.page.pieces
        self.weighed, self.keep, self.url, self.shots = weighed, keep, url, shots
        self.root = weighed.page.boxes[root]
        self.site = site(host(url))
        self.cover = file_of(cover)
        self.before = _distances(pieces, keep)
        self.after = _distances(pieces[::-1], keep[::-1])[::-1]
        blocks = {index: piece for index, piece in enumerate(pieces) if isinstance(piece, Block)}
        kept = [index for index in blocks if keep[index]]
        self.first, self.last = (kept[0], kept[-1]) if kept else (-1, -1)
        self.blocks = list(blocks)
        self.tops = [index for index, block in blocks.items() if block.kind == "heading" and block.level == 1]
        self.times = Counter(shot.image.url for shot in shots.values())
        self.alike = Counter(self._likeness(shot) for shot in shots.values())

    def _likeness(self, shot: Shot) -> tuple[str, str, int, int]:
        box = self.weighed.page.boxes[shot.box]
        return box.tag, box.name, shot.image.declared_width, shot.image.declared_height

    def of_place(self, index: int) -> list[str]:
        """Where it stands to the kept text."""
        inside = self.root.start <= index < self.root.end
        before, after = _step(self.before[index], _NEAR), _step(self.after[index], _NEAR)
        if index < self.first:
            place, between = "lead", bisect_right(self.blocks, self.first) - 1 - bisect_right(self.blocks, index)
        elif index > self.last:
            place, between = "tail", bisect_right(self.blocks, index) - bisect_right(self.blocks, self.last)
        else:
            place, between = "mid", -1
        tops = [top for top in self.tops if top < index]
        found = [
            f"kept:{self.keep[index]:d}",
            f"inside:{inside:d}",
            f"beside:{before},{after},{inside:d}",
            place,
            f"top:{bool(tops):d},{place}",
        ]
        if between >= 0:
            found.append(f"{place}:{_step(between, _BEFORE)}")
        if place == "lead" and self.tops:
            found.append(f"under_top:{bool(tops) and index - tops[-1] < 8:d}")
        if self.weighed.thread:
            found += ["thread", f"thread,{place}"]
        pieces = self.weighed.page.pieces
        if any(
            0 <= at < len(pieces) and isinstance(piece := pieces[at], Block) and piece.kind == "caption"
            for at in (index - 1, index + 1, index + 2)
        ):
            found.append("caption")
        return found

    def of_boxes(self, index: int) -> list[str]:
        """What stands around it."""
        weighed, boxes = self.weighed, self.weighed.page.boxes
        box = self.shots[index].box
        tags: list[str] = []
        at = box
        while at > 0 and len(tags) < 5:
            tags.append(boxes[at].tag)
            at = boxes[at].parent
        found = [f"bad:{weighed.in_bad(box):d}"]
        found += [f"in:{tag}" for tag in _AROUND.intersection(tags)]
        for name, one in (("box", box), ("around", max(0, boxes[box].parent))):
            text = boxes[one].text
            density = _step(boxes[one].links / text, _DENSITY) if text else "none"
            found += [f"{name}_links:{density}", f"{name}_text:{_step(text, _LENGTH)}"]
        return found

    def of_picture(self, index: int) -> list[str]:
        """What its element and its address say."""
        shot = self.shots[index]
        image = shot.image
        found = [
            f"times:{_step(self.times[image.url], (2, 3, 5))}",
            f"alike:{_step(self.alike[self._likeness(shot)], (2, 4, 8, 16))}",
            f"link:{_leads(shot, self.url, self.site)}",
            f"same_site:{site(host(image.url)) == self.site or is_inline(image.url):d}",
            f"cover:{bool(self.cover) and file_of(image.url) == self.cover:d}",
        ]
        if image.title:
            found.append("title")
        if shot.fallback:
            found.append("noscript")
        if shot.linked_text:
            found.append("linked_text")
        return found + self._sides(index)

    def _sides(self, index: int) -> list[str]:
        image = self.shots[index].image
        width, height, told = image.declared_width, image.declared_height, "declared"
        if not width and not height:
            if match := _SIZE.search(image.url):
                width, height, told = int(match.group(1)), int(match.group(2)), "address"
            elif match := _WIDTH.search(image.url):
                width, told = int(match.group(1)), "address"
        most = max(width, height)
        place = "lead" if index < self.first else "tail" if index > self.last else "mid"
        if not most:
            return ["side:none", f"side:none,{place}"]
        return [f"side,{told}:{_step(most, _SIDES)}", f"side:{_step(most, (64, 161, 301))},{place}"]


def _leads(shot: Shot, url: str, here: str) -> str:
    """Where the link leads in which a picture stands."""
    if not shot.link:
        return "none"
    if _PICTURE.search(shot.link.partition("?")[0].lower()):
        return "picture"
    if shot.link == url:
        return "self"
    return "page" if site(host(shot.link)) == here else "other"


def _distances(pieces: Sequence[Piece], keep: Sequence[bool]) -> list[int]:
    """For each piece how many blocks that are not kept stand between it and the last kept one before it."""
    found = []
    passed = FAR
    for piece, kept in zip(pieces, keep, strict=True):
        found.append(passed)
        if isinstance(piece, Block):
            passed = 0 if kept else passed + 1
    return found
