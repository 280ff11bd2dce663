"""The fast extractor: one native parse, one walk, one choice of what is content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from m3w_builder.document import Image, Item, Text
from m3w_builder.extract.config import ExtractConfig
from m3w_builder.extract.pieces import Block, Clip, Page, Shot
from m3w_builder.stage import Drop

TWIN = "twin"
"""No reason that is told: the picture stands once more in the <noscript> beside it."""


def items_of(page: Page, keep: Sequence[bool], config: ExtractConfig) -> tuple[list[Item], list[tuple[Image, Drop]]]:
    """The items of a walked page in reading order, and the pictures that are not among them with the reason.

    keep: for each piece whether it is content.
    """
    items: list[Item] = []
    removed: list[tuple[Image, Drop]] = []
    for piece, reason in zip(page.pieces, verdicts(page, keep, config), strict=True):
        if isinstance(piece, Shot) and reason:
            if reason != TWIN:
                removed.append((piece.image, Drop(reason)))
        elif not reason:
            if isinstance(piece, Block):
                _text(items, piece)
            else:
                items.append(piece.item if isinstance(piece, Clip) else piece.image)
    _captions(items)
    return items, removed


def verdicts(page: Page, keep: Sequence[bool], config: ExtractConfig) -> Iterator[str]:
    """For each piece why it is not in the document; empty where it is."""
    seen: Counter[str] = Counter()
    fresh: set[str] = set()
    last: Shot | None = None
    for piece, kept in zip(page.pieces, keep, strict=True):
        if isinstance(piece, Shot):
            reason = _judge(piece, kept, last, config)
            url = piece.image.url
            if not reason and (url in fresh or seen[url] >= config.most_repeats):
                reason = "repeated"
            if not reason:
                seen[url] += 1
                fresh.add(url)
            last = piece
            yield reason
        else:
            if kept:
                fresh.clear()
            yield "" if kept else "outside_content"


def _judge(shot: Shot, kept: bool, last: Shot | None, config: ExtractConfig) -> str:
    """Why a picture is not in the document, whatever else is; empty where nothing speaks against it."""
    image = shot.image
    if shot.fallback and last is not None and not last.fallback and last.image.url == image.url:
        return TWIN
    if shot.reason:
        return shot.reason
    least = config.min_declared_side
    if 0 < image.declared_width < least or 0 < image.declared_height < least:
        return "icon"
    return "" if kept else "outside_content"


def _text(items: list[Item], block: Block) -> None:
    """Append a block; rows of one table grow together."""
    last = items[-1] if items else None
    if isinstance(last, Text) and last.kind == block.kind and block.kind == "table":
        last.text += "\n" + block.text
    else:
        items.append(Text(block.text, block.kind, block.level))


def _captions(items: list[Item]) -> None:
    """A caption beside a picture is told with the picture too."""
    for before, after in pairwise(items):
        if isinstance(before, Image) and isinstance(after, Text) and after.kind == "caption":
            before.caption = after.text
        elif isinstance(after, Image) and isinstance(before, Text) and before.kind == "caption" and not after.caption:
            after.caption = before.text
