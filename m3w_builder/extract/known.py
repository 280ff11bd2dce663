"""What is known of each picture of a page when its text is chosen, in words: of its place, its boxes, its address."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from functools import lru_cache

from m3w_builder.extract.addresses import file_of
from m3w_builder.extract.inline import is_inline
from m3w_builder.extract.kinds import sized
from m3w_builder.extract.pieces import Block, Box, Piece, Shot
from m3w_builder.extract.weigh import Weighed
from m3w_builder.urls import host

FAR = 99
"""Blocks to the next kept one where there is none."""
_NEAR = (1.0, 2.0, 4.0, 99.0)
_BEFORE = (1.0, 2.0, 4.0, 8.0, 16.0)
_SIDES = (33.0, 64.0, 101.0, 161.0, 251.0, 401.0, 601.0)
_DENSITY = (0.05, 0.3, 0.7, 0.95)
_LENGTH = (1.0, 30.0, 120.0, 500.0, 3000.0)
_TIMES = (2.0, 3.0, 5.0)
_ALIKE = (2.0, 4.0, 8.0, 16.0)
_ANY_SIDE = (64.0, 161.0, 301.0)

_SIZE = re.compile(r"(?<!\d)(\d{2,4})x(\d{2,4})(?!\d)")
_WIDTH = re.compile(r"[?&/,;](?:w|width|resize|fit|imwidth|sw|maxw|max-w)[=_:](\d{2,4})", re.IGNORECASE)
_FILES = frozenset(("jpg", "jpeg", "png", "gif", "webp", "tif", "tiff", "bmp"))
_AROUND = ("figure", "li", "td", "blockquote", "header", "aside", "nav", "footer", "form")
_AROUND_BITS = {tag: 1 << number for number, tag in enumerate(_AROUND)}

WORDS: list[str] = []
"""All that is known of a picture is said in these words; within, each is a number."""


def _words(*words: str) -> int:
    """The number of the first of some words."""
    WORDS.extend(words)
    return len(WORDS) - len(words)


def _steps(name: str, edges: Sequence[float]) -> int:
    """The same for how many of some edges a value has reached."""
    return _words(*(f"{name}:{step}" for step in range(len(edges) + 1)))


_LEAD, _MID, _TAIL = range(3)
_PLACES = ("lead", "mid", "tail")
_KEPT = _words("kept:0", "kept:1")
_INSIDE = _words("inside:0", "inside:1")
_BESIDE = _words(*(f"beside:{one},{two},{inside}" for one in range(5) for two in range(5) for inside in range(2)))
_PLACE = _words(*_PLACES)
_TOP = _words(*(f"top:{top},{place}" for top in range(2) for place in _PLACES))
_OF_LEAD, _OF_TAIL = _steps("lead", _BEFORE), _steps("tail", _BEFORE)
_UNDER_TOP = _words("under_top:0", "under_top:1")
_THREAD = _words("thread")
_IN_THREAD = _words(*(f"thread,{place}" for place in _PLACES))
_CAPTION = _words("caption")
_BAD = _words("bad:0", "bad:1")
_IN = _words(*(f"in:{tag}" for tag in _AROUND))
_BOX = _steps("box_links", _DENSITY)
_words("box_links:none")
_steps("box_text", _LENGTH)
_OUTER = _steps("around_links", _DENSITY)
_words("around_links:none")
_steps("around_text", _LENGTH)
_OFTEN, _LIKE = _steps("times", _TIMES), _steps("alike", _ALIKE)
_NOWHERE, _TO_PICTURE, _TO_ITSELF, _TO_PAGE, _ELSEWHERE = range(5)
_LINK = _words("link:none", "link:picture", "link:self", "link:page", "link:other")
_SAME_SITE = _words("same_site:0", "same_site:1")
_COVER = _words("cover:0", "cover:1")
_TITLE, _NOSCRIPT, _LINKED_TEXT = _words("title"), _words("noscript"), _words("linked_text")
_NO_SIDE = _words("side:none", *(f"side:none,{place}" for place in _PLACES))
_DECLARED, _ADDRESS = _steps("side,declared", _SIDES), _steps("side,address", _SIDES)
_SIDE = _words(*(f"side:{step},{place}" for step in range(len(_ANY_SIDE) + 1) for place in _PLACES))


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


def _step(value: float, edges: tuple[float, ...]) -> int:
    """How many of these edges a value has reached."""
    found = 0
    for edge in edges:
        if value < edge:
            break
        found += 1
    return found


class Known:
    """What is known of a page once, for all of its pictures, and what is said of one of these."""

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
        self.origin = url[: url.find("/", 8) + 1]
        """Scheme and host with a slash, or empty."""
        self.cover = file_of(cover)
        self.ranks: list[int] = []
        """For each piece how many blocks there are up to it."""
        self.tops: list[int] = []
        """The numbers of the headings of the first level."""
        self.first = self.last = -1
        """The first and the last block that is kept."""
        self.times: dict[str, int] = {}
        self.alike: dict[tuple[str, str, int, int], int] = {}
        """How many pictures have the same address, and the same box and size."""
        self.said = array("i", bytes(4 * 64))
        """The numbers of the words for the picture that was told last."""
        self.count = 0
        """Of these words."""
        self._look()
        self.before = _distances(self.pieces, self.keep, 0, 1)
        self.after = _distances(self.pieces, self.keep, len(self.pieces) - 1, -1)

    def _look(self) -> None:
        pieces, ranks, times, alike = self.pieces, self.ranks, self.times, self.alike
        rank = 0
        for index in range(len(pieces)):
            piece = pieces[index]
            if isinstance(piece, Block):
                block = piece
                rank += 1
                if self.keep[index]:
                    self.first = index if self.first < 0 else self.first
                    self.last = index
                if block.level == 1 and block.kind == "heading":
                    self.tops.append(index)
            elif isinstance(piece, Shot):
                shot = piece
                address, likeness = shot.picture.url, self._likeness(shot)
                times[address] = times.get(address, 0) + 1
                alike[likeness] = alike.get(likeness, 0) + 1
            ranks.append(rank)

    def _likeness(self, shot: Shot) -> tuple[str, str, int, int]:
        box: Box = self.boxes[shot.box]
        return box.tag, box.name, shot.picture.width, shot.picture.height

    def tell(self, index: int) -> bool:
        """Say what is known of a picture; False where it stands in what is no content, so that nothing is."""
        piece = self.pieces[index]
        if not isinstance(piece, Shot):
            return False
        shot = piece
        if not self.keep[index] and index >= self.first and self.weighed.in_bad(shot.box):
            return False
        self.count = 0
        place = _LEAD if index < self.first else _TAIL if index > self.last else _MID
        self._of_place(index, place)
        self._of_boxes(shot.box)
        self._of_picture(shot, place)
        return True

    def say(self, word: int) -> None:
        self.said[self.count] = word
        self.count += 1

    def _of_place(self, index: int, place: int) -> None:
        """Where it stands to the kept text: before all of it, behind it or in it."""
        inside = 1 if self.start <= index < self.end else 0
        before, after = _step(self.before[index], _NEAR), _step(self.after[index], _NEAR)
        top = -1
        """The last heading of the first level above it."""
        for one in self.tops:
            if one > index:
                break
            top = one
        self.say(_KEPT + (1 if self.keep[index] else 0))
        self.say(_INSIDE + inside)
        self.say(_BESIDE + before * 10 + after * 2 + inside)
        self.say(_PLACE + place)
        self.say(_TOP + (3 if top >= 0 else 0) + place)
        if place == _LEAD:
            self.say(_OF_LEAD + _step(self.ranks[self.first] - 1 - self.ranks[index], _BEFORE))
            if self.tops:
                self.say(_UNDER_TOP + (1 if top >= 0 and index - top < 8 else 0))
        elif place == _TAIL:
            self.say(_OF_TAIL + _step(self.ranks[index] - (self.ranks[self.last] if self.last >= 0 else 0), _BEFORE))
        if self.weighed.thread:
            self.say(_THREAD)
            self.say(_IN_THREAD + place)
        if self._is_caption(index - 1) or self._is_caption(index + 1) or self._is_caption(index + 2):
            self.say(_CAPTION)

    def _is_caption(self, index: int) -> bool:
        if not 0 <= index < len(self.pieces):
            return False
        piece = self.pieces[index]
        if not isinstance(piece, Block):
            return False
        block = piece
        return block.kind == "caption"

    def _of_boxes(self, number: int) -> None:
        """What stands around the pictures of a box."""
        around, at, left = 0, number, 5
        while at > 0 and left > 0:
            one: Box = self.boxes[at]
            around |= _AROUND_BITS.get(one.tag, 0)
            at, left = one.parent, left - 1
        self.say(_BAD + (1 if self.weighed.in_bad(number) else 0))
        at = _IN
        while around:
            if around & 1:
                self.say(at)
            around >>= 1
            at += 1
        box: Box = self.boxes[number]
        self._held(_BOX, box)
        self._held(_OUTER, self.boxes[max(0, box.parent)])

    def _held(self, name: int, box: Box) -> None:
        """How much text a box holds, and how much of it in links."""
        links, text = box.links, box.text
        self.say(name + (_step(links / text, _DENSITY) if text else 5))
        self.say(name + 6 + _step(text, _LENGTH))

    def _of_picture(self, shot: Shot, place: int) -> None:
        """What its element and its address say."""
        picture, address = shot.picture, shot.picture.url
        self.say(_OFTEN + _step(self.times[address], _TIMES))
        self.say(_LIKE + _step(self.alike[self._likeness(shot)], _ALIKE))
        self.say(_LINK + self._leads(shot.link))
        self.say(_SAME_SITE + (1 if self._is_of_site(address) or is_inline(address) else 0))
        self.say(_COVER + (1 if self.cover and self.cover in address and file_of(address) == self.cover else 0))
        if picture.title:
            self.say(_TITLE)
        if shot.fallback:
            self.say(_NOSCRIPT)
        if shot.linked_text:
            self.say(_LINKED_TEXT)
        width, height, told = picture.width, picture.height, _DECLARED
        if not width and not height:
            told = _ADDRESS
            width = width_in(address)
        most = max(width, height)
        if most:
            self.say(told + _step(most, _SIDES))
            self.say(_SIDE + 3 * _step(most, _ANY_SIDE) + place)
        else:
            self.say(_NO_SIDE)
            self.say(_NO_SIDE + 1 + place)

    def _is_of_site(self, url: str) -> bool:
        return (self.origin != "" and url.startswith(self.origin)) or site_of(url) == self.site

    def _leads(self, link: str) -> int:
        """Where the link leads in which a picture stands."""
        if not link:
            return _NOWHERE
        name = file_of(link)
        if name[name.rfind(".") + 1 :].lower() in _FILES and "." in name:
            return _TO_PICTURE
        if link == self.url:
            return _TO_ITSELF
        return _TO_PAGE if self._is_of_site(link) else _ELSEWHERE


def width_in(address: str) -> int:
    """The longer side of a picture in px, as far as its address tells; 0 where it does not."""
    if sized(address) and (match := _SIZE.search(address)):
        return max(int(match.group(1)), int(match.group(2)))
    if _can_tell_width(address) and (match := _WIDTH.search(address)):
        return int(match.group(1))
    return 0


def _can_tell_width(address: str) -> bool:
    """Whether a number stands behind one of the letters with which the names of widths end."""
    for at in range(8, len(address) - 2):
        sign = address[at]
        if (
            (sign == "=" or sign == "_" or sign == ":")
            and address[at + 1].isdigit()
            and address[at + 2].isdigit()
            and address[at - 1] in "whteWHTE"
        ):
            return True
    return False


def _distances(pieces: list[Piece], keep: Sequence[bool], at: int, step: int) -> list[int]:
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
