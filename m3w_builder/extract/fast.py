"""The fast extractor: one native parse, one walk, one choice of what is content."""

from __future__ import annotations

from m3w_builder.document import Image, Item, Text
from m3w_builder.extract import content
from m3w_builder.extract.config import ExtractConfig
from m3w_builder.extract.walk import Block, Clip, Page, Piece, Shot
from m3w_builder.stage import Drop

NEAR = 3
"""Pieces on either side of a picture among which a kept text must stand."""


def extract_page(page: Page, url: str, config: ExtractConfig) -> tuple[list[Item], list[tuple[Image, Drop]], float]:
    """The items of a walked page in reading order, the pictures that are not among them, and the confidence."""
    keep, confidence = content.select(page, url)
    items: list[Item] = []
    removed: list[tuple[Image, Drop]] = []
    seen: set[str] = set()
    last: Shot | None = None
    for index, piece in enumerate(page.pieces):
        match piece:
            case Block() if keep[index]:
                _text(items, piece, page)
            case Clip() if keep[index]:
                items.append(piece.item)
            case Shot():
                reason = _judge(piece, keep[index], seen, last, config)
                last = piece
                if reason == "twin":
                    continue
                if reason:
                    removed.append((piece.image, Drop(reason)))
                else:
                    seen.add(piece.image.url)
                    items.append(piece.image)
    _captions(items)
    return items, removed, confidence


def _judge(shot: Shot, kept: bool, seen: set[str], last: Shot | None, config: ExtractConfig) -> str:
    """Why a picture is not in the document; empty where it is, "twin" where it is only told twice."""
    image = shot.image
    if shot.fallback and last is not None and not last.fallback and last.image.url == image.url:
        return "twin"
    if shot.reason:
        return shot.reason
    if not kept:
        return "outside_content"
    least = config.min_declared_side
    if 0 < image.declared_width < least or 0 < image.declared_height < least:
        return "icon"
    return "repeated" if image.url in seen else ""


def _text(items: list[Item], block: Block, page: Page) -> None:
    """Append a block; lines of one list and rows of one table grow together."""
    last = items[-1] if items else None
    if isinstance(last, Text) and last.kind == block.kind and block.kind == "table":
        last.text += "\n" + block.text
    else:
        items.append(Text(block.text, block.kind, block.level))


def _captions(items: list[Item]) -> None:
    """A caption beside a picture is told with the picture too."""
    for before, after in zip(items, items[1:], strict=False):
        if isinstance(before, Image) and isinstance(after, Text) and after.kind == "caption":
            before.caption = after.text
        elif isinstance(after, Image) and isinstance(before, Text) and before.kind == "caption" and not after.caption:
            after.caption = before.text


def neighbours(pieces: list[Piece], index: int) -> range:
    return range(max(0, index - NEAR), min(len(pieces), index + NEAR + 1))
