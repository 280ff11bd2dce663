"""What was kept of a page and what was not, piece by piece, for `m3w extract --explain`."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from m3w_builder.extract import charset, content, metadata, threads
from m3w_builder.extract.config import ExtractConfig
from m3w_builder.extract.fast import verdicts
from m3w_builder.extract.page import walked, with_pictures
from m3w_builder.extract.pieces import Block, Clip, Page


def explain(html: bytes, url: str, config: ExtractConfig | None = None) -> list[str]:
    """A line for each piece of the page: whether it was kept, the box that it stands in, and what it is."""
    config = config or ExtractConfig()
    text = charset.decode(html)
    tree = LexborHTMLParser(text)
    thread = threads.is_thread(url, text)
    page = walked(tree, url, config, thread, whole=False)
    chosen = content.select(page, thread)
    keep = with_pictures(chosen, url, metadata.cover(tree), config)
    kind = "discussion" if thread else "page"
    lines = [f"{kind}, confidence {chosen.confidence:.2f}, content box: {_path(page, chosen.root)}"]
    passed = [number for number, box in enumerate(page.boxes) if box.unread]
    for index, (piece, reason) in enumerate(zip(page.pieces, verdicts(page, keep, config), strict=True)):
        while passed and page.boxes[passed[0]].start <= index:
            lines.append(_passed_over(page, passed.pop(0)))
        if isinstance(piece, Block):
            what = f"{piece.kind}: {piece.text[:80]!r}"
        else:
            what = piece.item.url if isinstance(piece, Clip) else f"picture {piece.image.url}"
        lines.append(
            f"{'-' if reason else '+'} {_path(page, piece.box)}  {what[:160]}" + (f"  [{reason}]" if reason else "")
        )
    return lines + [_passed_over(page, number) for number in passed]


def _passed_over(page: Page, number: int) -> str:
    box = page.boxes[number]
    return f"- {_path(page, number)}  {box.unread} characters of text passed over  [{box.bad}]"


def _path(page: Page, box: int) -> str:
    """The boxes around a piece, the outermost of the last four first."""
    parts = []
    while box > 0:
        one = page.boxes[box]
        parts.append(one.tag + "".join(f".{name}" for name in one.name.split()[:2]))
        box = one.parent
    return " > ".join(reversed(parts[:4]))
