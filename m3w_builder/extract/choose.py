"""Which pictures of a page belong to its content: what is known of each as words, and a table of their weights.

The table, choose.json, is a logistic regression over these words, learned by tools/train_choose.py. A picture is
content where the weights of its words, with the table's own constant, add up to more than its cut.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from m3w_builder.extract import phrases
from m3w_builder.extract.known import WORDS, Known
from m3w_builder.extract.pieces import Piece, Shot
from m3w_builder.extract.weigh import Weighed
from m3w_builder.extract.words import is_noise

CUT = -0.8
"""Log-odds above which a picture is content; below 0, as leaving out a right one costs more than taking in a wrong.

This, and which words there are, was settled on sites left out of the learning: fewer words did better there."""
LONGEST_BUTTON = 40
"""Characters of a button's words, at most."""


@lru_cache(1)
def table() -> dict[str, float]:
    """Weights by word; "" is the constant."""
    weights: dict[str, float] = json.loads((Path(__file__).parent / "choose.json").read_text())
    return weights


@lru_cache(1)
def _own() -> array[float]:
    return _numbered(table())


def _numbered(weights: Mapping[str, float]) -> array[float]:
    """Weights by the numbers of their words, and the constant behind them."""
    return array("d", [weights.get(word, 0.0) for word in [*WORDS, ""]])


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
    values = _numbered(weights) if weights else _own()
    found: dict[int, float] = {}
    able = _able(weighed.page.pieces, least)
    if able:
        page = Known(weighed, root, keep, url, cover)
        said, constant = page.said, values[len(WORDS)]
        for index in able:
            if page.tell(index):
                odds = 0.0
                for at in range(page.count):
                    odds += values[said[at]]
                found[index] = constant + odds
    return found


def words_of(
    weighed: Weighed, root: int, keep: Sequence[bool], url: str, cover: str, least: int
) -> dict[int, list[str]]:
    """What is known of each picture, as words; see `choose`."""
    found: dict[int, list[str]] = {}
    page = Known(weighed, root, keep, url, cover)
    for index in _able(weighed.page.pieces, least):
        if page.tell(index):
            found[index] = [WORDS[page.said[at]] for at in range(page.count)]
    return found


def kept(pieces: Sequence[Piece], keep: Sequence[bool], odds: Mapping[int, float]) -> list[bool]:
    """For each piece whether it is content: texts as in `keep`, pictures by their odds."""
    found = list(keep)
    for index in range(len(pieces)):
        if isinstance(pieces[index], Shot):
            found[index] = index in odds and odds[index] > CUT
    return found


def _able(pieces: list[Piece], least: int) -> list[int]:
    """The numbers of the pictures that can be content: nothing about their own elements speaks against them."""
    found: list[int] = []
    for index in range(len(pieces)):
        piece = pieces[index]
        if isinstance(piece, Shot):
            shot = piece
            picture = shot.picture
            small = 0 < picture.width < least or 0 < picture.height < least
            if not shot.reason and not small and not _is_button(shot):
                found.append(index)
    return found


def _is_button(shot: Shot) -> bool:
    """Whether a picture in a link is an arrow or the like: its text for who can't see it is a button's."""
    alt = shot.picture.alt
    return bool(shot.link) and 0 < len(alt) < LONGEST_BUTTON and (is_noise(alt) or phrases.is_furniture(alt))
