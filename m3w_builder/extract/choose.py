"""Which pictures of a page belong to its content: what is known of each as words, and a table of their weights.

The table, choose.json, is a logistic regression over these words, learned by tools/train_choose.py. A picture is
content where the weights of its words, with the table's own constant, add up to more than its cut.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from m3w_builder.extract import phrases
from m3w_builder.extract import words as names
from m3w_builder.extract.inline import is_inline
from m3w_builder.extract.pieces import Block, Box, Piece, Shot
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
_TIMES = (2, 3, 5)
_ALIKE = (2, 4, 8, 16)
_ANY_SIDE = (64, 161, 301)

_SIZE = re.compile(r"(?<!\d)(\d{2,4})x(\d{2,4})(?!\d)")
_WIDTH = re.compile(r"[?&/,;](?:w|width|resize|fit|imwidth|sw|maxw|max-w)[=_:](\d{2,4})", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|tiff?|bmp)$")
_AROUND = ("figure", "li", "td", "blockquote", "header", "aside", "nav", "footer", "form")


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
    found: dict[int, float] = {}
    for index, words in words_of(weighed, root, keep, url, cover, least).items():
        odds = 0.0
        for word in words:
            odds += weights.get(word, 0.0)
        found[index] = constant + odds
    return found


def words_of(
    weighed: Weighed, root: int, keep: Sequence[bool], url: str, cover: str, least: int
) -> dict[int, list[str]]:
    """What is known of each picture, as words; see `choose`."""
    pieces = weighed.page.pieces
    able: list[int] = []
    for index in range(len(pieces)):
        piece = pieces[index]
        if isinstance(piece, Shot):
            shot = piece
            if not shot.reason and not _small(shot, least) and not _is_button(shot):
                able.append(index)
    found: dict[int, list[str]] = {}
    if able:
        page = _Page(weighed, root, keep, url, cover)
        for index in able:
            shot = page.shots[index]
            if keep[index] or index < page.first or not weighed.in_bad(shot.box):
                found[index] = page.of_place(index) + page.of_boxes(shot.box) + page.of_picture(index)
    return found


def file_of(url: str) -> str:
    """The file name in a URL."""
    return url.partition("?")[0].rsplit("/", 1)[-1]


def _small(shot: Shot, least: int) -> bool:
    return 0 < shot.picture.width < least or 0 < shot.picture.height < least


def _is_button(shot: Shot) -> bool:
    """Whether a picture in a link is an arrow or the like: its text for who can't see it is a button's."""
    alt = shot.picture.alt
    return (
        bool(shot.link)
        and 0 < len(alt) < LONGEST_BUTTON
        and (names.NOISE.match(alt) is not None or phrases.is_furniture(alt))
    )


def site(name: str) -> str:
    """The last two labels of a host: near enough to what belongs together."""
    return ".".join(name.rsplit(".", 2)[-2:])


def site_of(url: str) -> str:
    """The `site` of a URL; a page has few, so they are known by what stands before the path."""
    end = url.find("/", 8) if url.startswith(("http://", "https://")) else -1
    return _site_of(url[:end]) if end > 0 else site(host(url))


@lru_cache(1024)
def _site_of(origin: str) -> str:
    return site(host(origin))


_NUMBERS = tuple("0123456789")


def _step(value: float, edges: tuple[float, ...]) -> str:
    """How many of these edges a value has reached."""
    found = 0
    for edge in edges:
        if value < edge:
            break
        found += 1
    return _NUMBERS[found]


class _Page:
    """What is known of a page once, for all of its pictures."""

    def __init__(self, weighed: Weighed, root: int, keep: Sequence[bool], url: str, cover: str) -> None:
        self.pieces = weighed.page.pieces
        self.boxes = weighed.page.boxes
        self.weighed = weighed
        self.keep = list(keep)
        self.url = url
        box: Box = self.boxes[root]
        self.start, self.end = box.start, box.end
        """Of the root."""
        self.site = site_of(url)
        self.cover = file_of(cover)
        self.shots: dict[int, Shot] = {}
        self.blocks: list[int] = []
        self.tops: list[int] = []
        """The numbers of the blocks, and of the headings of the first level."""
        self.first = self.last = -1
        """The first and the last block that is kept."""
        self.times: dict[str, int] = {}
        self.alike: dict[tuple[str, str, int, int], int] = {}
        """How many pictures have the same address, and the same box and size."""
        self.known: dict[int, list[str]] = {}
        """What stands around the pictures of a box."""
        self._look()
        self.before = _distances(self.pieces, self.keep, 0, 1)
        self.after = _distances(self.pieces, self.keep, len(self.pieces) - 1, -1)

    def _look(self) -> None:
        pieces = self.pieces
        for index in range(len(pieces)):
            piece = pieces[index]
            if isinstance(piece, Block):
                block = piece
                self.blocks.append(index)
                if self.keep[index]:
                    self.first = index if self.first < 0 else self.first
                    self.last = index
                if block.kind == "heading" and block.level == 1:
                    self.tops.append(index)
            elif isinstance(piece, Shot):
                shot = piece
                self.shots[index] = shot
                address, likeness = shot.picture.url, self._likeness(shot)
                self.times[address] = self.times.get(address, 0) + 1
                self.alike[likeness] = self.alike.get(likeness, 0) + 1

    def _likeness(self, shot: Shot) -> tuple[str, str, int, int]:
        box: Box = self.boxes[shot.box]
        return box.tag, box.name, shot.picture.width, shot.picture.height

    def of_place(self, index: int) -> list[str]:
        """Where it stands to the kept text."""
        inside = "1" if self.start <= index < self.end else "0"
        before, after = _step(self.before[index], _NEAR), _step(self.after[index], _NEAR)
        place, between = self.place(index), -1
        if place == "lead":
            between = bisect_right(self.blocks, self.first) - 1 - bisect_right(self.blocks, index)
        elif place == "tail":
            between = bisect_right(self.blocks, index) - bisect_right(self.blocks, self.last)
        above = bisect_right(self.tops, index) - 1
        """The last heading of the first level above it."""
        top = "1" if above >= 0 else "0"
        found = [
            "kept:1" if self.keep[index] else "kept:0",
            f"inside:{inside}",
            f"beside:{before},{after},{inside}",
            place,
            f"top:{top},{place}",
        ]
        if between >= 0:
            found.append(f"{place}:{_step(between, _BEFORE)}")
        if place == "lead" and self.tops:
            found.append("under_top:1" if above >= 0 and index - self.tops[above] < 8 else "under_top:0")
        if self.weighed.thread:
            found += ["thread", f"thread,{place}"]
        if self._is_caption(index - 1) or self._is_caption(index + 1) or self._is_caption(index + 2):
            found.append("caption")
        return found

    def place(self, index: int) -> str:
        """Whether a piece stands before all kept text, behind it or in it."""
        return "lead" if index < self.first else "tail" if index > self.last else "mid"

    def _is_caption(self, index: int) -> bool:
        if not 0 <= index < len(self.pieces):
            return False
        piece = self.pieces[index]
        return isinstance(piece, Block) and piece.kind == "caption"

    def of_boxes(self, number: int) -> list[str]:
        """What stands around the pictures of a box."""
        if number not in self.known:
            box: Box = self.boxes[number]
            tags: list[str] = []
            at = number
            while at > 0 and len(tags) < 5:
                one: Box = self.boxes[at]
                tags.append(one.tag)
                at = one.parent
            found = ["bad:1" if self.weighed.in_bad(number) else "bad:0"]
            for tag in _AROUND:
                if tag in tags:
                    found.append(f"in:{tag}")
            found += _held("box", box)
            found += _held("around", self.boxes[max(0, box.parent)])
            self.known[number] = found
        return self.known[number]

    def of_picture(self, index: int) -> list[str]:
        """What its element and its address say."""
        shot: Shot = self.shots[index]
        image = shot.picture
        address: str = image.url
        same = site_of(address) == self.site or is_inline(address)
        found = [
            f"times:{_step(self.times[address], _TIMES)}",
            f"alike:{_step(self.alike[self._likeness(shot)], _ALIKE)}",
            f"link:{_leads(shot, self.url, self.site)}",
            "same_site:1" if same else "same_site:0",
            "cover:1" if self.cover and file_of(address) == self.cover else "cover:0",
        ]
        if image.title:
            found.append("title")
        if shot.fallback:
            found.append("noscript")
        if shot.linked_text:
            found.append("linked_text")
        return found + self._sides(index)

    def _sides(self, index: int) -> list[str]:
        shot: Shot = self.shots[index]
        width, height, told = shot.picture.width, shot.picture.height, "declared"
        if not width and not height:
            address: str = shot.picture.url
            if match := _SIZE.search(address):
                width, height, told = int(match.group(1)), int(match.group(2)), "address"
            elif match := _WIDTH.search(address):
                width, told = int(match.group(1)), "address"
        most = max(width, height)
        place = self.place(index)
        if not most:
            return ["side:none", f"side:none,{place}"]
        return [f"side,{told}:{_step(most, _SIDES)}", f"side:{_step(most, _ANY_SIDE)},{place}"]


def _held(name: str, box: Box) -> list[str]:
    """How much text a box holds, and how much of it in links."""
    density = _step(box.links / box.text, _DENSITY) if box.text else "none"
    return [f"{name}_links:{density}", f"{name}_text:{_step(box.text, _LENGTH)}"]


def _leads(shot: Shot, url: str, here: str) -> str:
    """Where the link leads in which a picture stands."""
    if not shot.link:
        return "none"
    if _PICTURE.search(shot.link.partition("?")[0].lower()):
        return "picture"
    if shot.link == url:
        return "self"
    return "page" if site_of(shot.link) == here else "other"


def _distances(pieces: Sequence[Piece], keep: Sequence[bool], at: int, step: int) -> list[int]:
    """For each piece how many blocks that are not kept stand between it and the last kept one before it.

    at, step: where to begin, and 1, or -1 for the next kept one behind it.
    """
    found = [0] * len(pieces)
    passed = FAR
    while 0 <= at < len(pieces):
        found[at] = passed
        if isinstance(pieces[at], Block):
            passed = 0 if keep[at] else passed + 1
        at += step
    return found
