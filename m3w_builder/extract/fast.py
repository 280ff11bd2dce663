"""The fast extractor: one native parse, one walk, one choice of what is content."""

from __future__ import annotations

import re
from collections.abc import Sequence

from m3w_builder.document import Audio, Image, Item, Text, Video
from m3w_builder.extract import inline, kinds, sought
from m3w_builder.extract.addresses import file_of
from m3w_builder.extract.config import ExtractConfig
from m3w_builder.extract.pieces import Block, Box, Clip, Page, Picture, Shot
from m3w_builder.stage import Drop

TWIN = "twin"
"""No reason that is told: the picture stands once more in the <noscript> beside it, or the video in its markup."""
_STANDS_IN = frozenset(("placeholder", "data_uri", "bad_url"))
"""Reasons of a picture for which its twin in a <noscript> is the one that is meant."""
_CAPTION = re.compile(
    r"(?<![a-z])(?:wp-)?(?:thumb|image|img|photo|picture|fig(?:ure)?|gallery)?[-_]?(?:caption|cutline)", re.I
)
LONGEST_CAPTION = 600
"""Characters of a block that can be a caption by the name of the box in which it stands."""


def items_of(page: Page, keep: Sequence[bool], config: ExtractConfig) -> tuple[list[Item], list[tuple[Image, Drop]]]:
    """The items of a walked page in reading order, and the pictures that are not among them with the reason.

    keep: for each piece whether it is content.
    """
    items: list[Item] = []
    drops: dict[str, Drop] = {}
    removed: list[tuple[Image, Drop]] = []
    for picture, reason in page.aside:
        removed.append(_removed(picture, reason, drops))
    before: Block | None = None  # the piece before, where a block of the items may go on
    captions: dict[int, bool] = {}
    pieces, reasons = page.pieces, verdicts(page, keep, config)
    for index in range(len(pieces)):
        piece, reason = pieces[index], reasons[index]
        if isinstance(piece, Block):
            block = piece
            if reason:
                before = None
                continue
            _text(items, block, before is not None, _is_caption(page, block, captions))
            before = block
        elif isinstance(piece, Shot):
            if not reason:
                items.append(_whole(piece, config))
                before = None
            elif reason != TWIN:
                shot = piece
                removed.append(_removed(shot.picture, reason, drops))
        elif isinstance(piece, Clip):
            if not reason:
                items.append(piece.item)
            before = None
    return _captions(items), removed


def _removed(picture: Picture, reason: str, drops: dict[str, Drop]) -> tuple[Image, Drop]:
    """A picture that is not in the document, and why; drops: those that others went for."""
    drop = drops.get(reason)
    if drop is None:
        drop = drops[reason] = Drop(reason)
    return picture.image(), drop


def verdicts(page: Page, keep: Sequence[bool], config: ExtractConfig) -> list[str]:
    """For each piece why it is not in the document; empty where it is."""
    seen: dict[str, int] = {}
    fresh: set[str] = set()
    most, least = config.most_repeats, config.min_declared_side
    clips: set[tuple[str, str]] = set()
    found: list[str] = []
    pieces, twins = page.pieces, _twins(page, keep)
    for index in range(len(pieces)):
        piece, kept = pieces[index], keep[index]
        if isinstance(piece, Shot):
            shot = piece
            reason = TWIN if index in twins else _judge(shot, kept, least)
            if not reason:
                url = shot.picture.url
                times = seen.get(url, 0)
                if url in fresh or times >= most:
                    reason = "repeated"
                else:
                    seen[url] = times + 1
                    fresh.add(url)
            found.append(reason)
            continue
        if kept:
            fresh.clear()
        if kept and isinstance(piece, Clip):
            name = _name(piece.item)
            found.append(TWIN if name in clips else "")
            clips.add(name)
        else:
            found.append("" if kept else "outside_content")
    return found


def _name(item: Video | Audio) -> tuple[str, str]:
    """What two elements that play the same have in common."""
    return (item.provider, item.id) if item.id else ("", item.url)


def _twins(page: Page, keep: Sequence[bool]) -> set[int]:
    """The pictures that stand twice, for browsers with scripts and in a <noscript> beside: the lesser of each pair."""
    found: set[int] = set()
    pieces, paired = page.pieces, -1
    for index in range(len(pieces) - 1):
        first, second = pieces[index], pieces[index + 1]
        if not isinstance(first, Shot) or not isinstance(second, Shot):
            continue
        one, two = first, second
        if one.fallback == two.fallback or paired == index:
            continue
        if one.box != two.box and one.picture.url != two.picture.url:
            continue
        shown, fallback = (index + 1, index) if one.fallback else (index, index + 1)
        visible, hidden = (two, one) if one.fallback else (one, two)
        if hidden.reason and hidden.picture.url != visible.picture.url:
            continue  # a tracking pixel, as often as not
        paired = index + 1
        stands_in = visible.reason in _STANDS_IN or inline.is_inline(visible.picture.url)
        found.add(shown if stands_in or (keep[fallback] and not keep[shown]) else fallback)
    return found | _previews(page, found)


def _previews(page: Page, twins: set[int]) -> set[int]:
    """Pictures that are shown until a larger one of the same file is there, which stands near in a <noscript>."""
    found: set[int] = set()
    shown: dict[str, int] = {}
    pieces = page.pieces
    behind = False
    for index in range(len(pieces)):
        piece = pieces[index]
        if isinstance(piece, Shot):
            shot = piece
            behind = behind or shot.fallback
    if not behind:
        return found
    for index in range(len(pieces)):
        piece = pieces[index]
        if isinstance(piece, Block):
            shown.clear()
        elif isinstance(piece, Shot):
            shot = piece
            if shot.reason:
                continue
            name = file_of(shot.picture.url)
            if not shot.fallback:
                shown[name] = index
            elif name in shown and index not in twins:
                found.add(shown[name])
    return found


def _judge(shot: Shot, kept: bool, least: int) -> str:
    """Why a picture is not in the document, whatever else is; empty where nothing speaks against it."""
    if shot.reason:
        return shot.reason
    picture = shot.picture
    if 0 < picture.width < least or 0 < picture.height < least:
        return "icon"
    return "" if kept else "outside_content"


def _whole(shot: Shot, config: ExtractConfig) -> Image:
    """The picture, or the larger one to which it links; a page of a wiki about one has a colon in its name."""
    image = shot.picture.image()
    if config.full_size and shot.link and ":" not in shot.link.rpartition("/")[2] and sought.is_picture(shot.link):
        image.url = shot.link
        image.declared_width = image.declared_height = 0
    return image


def with_captions(page: Page, keep: Sequence[bool]) -> list[bool]:
    """What is kept, and with it the captions that stand directly under kept pictures, wherever those are."""
    found = list(keep)
    known: dict[int, bool] = {}
    under = False
    pieces = page.pieces
    for index in range(len(pieces)):
        piece = pieces[index]
        if isinstance(piece, Block):
            if under:
                block = piece
                under = not keep[index] and (block.kind == "caption" or _is_caption(page, block, known))
                if under:
                    found[index] = True
        elif isinstance(piece, Shot) and keep[index]:
            under = True
    return found


def _is_caption(page: Page, block: Block, known: dict[int, bool]) -> bool:
    """Whether a short block stands in a box that its page names a caption, beside a picture or under one."""
    if block.kind != "paragraph" or len(block.text) > LONGEST_CAPTION:
        return False
    if block.box not in known:
        box: Box = page.boxes[block.box]
        known[block.box] = _names_caption(box.name[: kinds.LONGEST_NAME])
    return known[block.box]


def _names_caption(name: str) -> bool:
    """Whether a box's name is one of captions; to look for the words takes a tenth of the pattern's time."""
    if name.isascii():
        low = name.lower()
        if "caption" not in low and "cutline" not in low:
            return False
    return _CAPTION.search(name) is not None


def _text(items: list[Item], block: Block, follows: bool, caption: bool) -> None:
    """Append a block; rows of one table grow together, and so does a line from which a picture was taken out.

    follows: whether the block before it is the last of the items.
    """
    last = items[len(items) - 1] if items else None
    if isinstance(last, Text) and last.kind == block.kind == "table":
        last.text += "\n" + block.text
    elif isinstance(last, Text) and block.joint is not None and follows:
        last.text += block.joint + block.text
    else:
        items.append(Text(block.text, "caption" if caption else block.kind, block.level))


def _captions(items: list[Item]) -> list[Item]:
    """A caption beside a picture is told with the picture too, and stands in the text once."""
    found: list[Item] = []
    for item in items:
        count = len(found)
        if isinstance(item, Text) and count:
            near = found[count - 1]
            if not isinstance(near, Text) and count > 1:
                near = found[count - 2]
            if isinstance(near, Text) and near.text == item.text and "caption" in (item.kind, near.kind):
                continue
        found.append(item)
    for index in range(len(found) - 1):
        before, after = found[index], found[index + 1]
        if isinstance(before, Image) and isinstance(after, Text) and after.kind == "caption":
            before.caption = after.text
        elif isinstance(after, Image) and isinstance(before, Text) and before.kind == "caption" and not after.caption:
            after.caption = before.text
    return found
