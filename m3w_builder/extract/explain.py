"""What was kept of a page and what was not, piece by piece, for `m3w extract --explain`."""

from __future__ import annotations

from dataclasses import replace

from m3w_builder.document import Document
from m3w_builder.extract import charset, content, hostile, metadata, threads
from m3w_builder.extract.config import PICTURE_REASONS, REASONS, ExtractConfig
from m3w_builder.extract.fast import TWIN, verdicts
from m3w_builder.extract.page import extract, nodes, walked, with_pictures
from m3w_builder.extract.pieces import Block, Clip, Page, Shot
from m3w_builder.stage import Drop


def explain(html: bytes, url: str, config: ExtractConfig | None = None) -> list[str]:
    """What the page says of itself, then a line for each piece of it: whether it was kept, where it stands, and why.

    A page that gives no document has one line, with the reason. The choice is the fast extractor's, whatever the
    config asks for.
    """
    config = config or ExtractConfig()
    document = extract(html, url, replace(config, extractor="fast"))
    if isinstance(document, Drop) and document.reason != "no_content":
        return [f"no document: {document.reason} ({REASONS[document.reason]}) {document.detail}".rstrip()]
    cleaned = hostile.clean(*charset.surveyed(html))
    flat = nodes(cleaned, config)
    thread = threads.is_thread(url, cleaned)
    page = walked(flat, url, config, thread, whole=False)
    chosen = content.select(page, thread, "" if isinstance(document, Drop) else document.title)
    keep = with_pictures(chosen, url, metadata.cover(flat), config)
    kind = "discussion" if thread else "page"
    lines = [] if isinstance(document, Drop) else _about(document)
    lines.append(f"{kind}, confidence {chosen.confidence:.2f}, content box: {_path(page, chosen.root)}")
    passed = [number for number, box in enumerate(page.boxes) if box.unread]
    for index, (piece, reason) in enumerate(zip(page.pieces, verdicts(page, keep, config), strict=True)):
        while passed and page.boxes[passed[0]].start <= index:
            lines.append(_passed_over(page, passed.pop(0)))
        if isinstance(piece, Block):
            what = f"{piece.kind}: {piece.text[:80]!r}"
        elif isinstance(piece, Shot):
            what = f"picture {piece.picture.url}" + (" (in a noscript)" if piece.fallback else "")
        else:
            assert isinstance(piece, Clip)
            what = f"{type(piece.item).__name__.lower()} {piece.item.url}"
        told = f"  [{reason}: {_why(chosen, index, reason)}]" if reason else ""
        lines.append(f"{'-' if reason else '+'} {_path(page, piece.box)}  {what[:160]}{told}")
    lines += [_passed_over(page, number) for number in passed]
    return lines + [f"- picture {one.url or one.alt!r}  [{why}: {PICTURE_REASONS[why]}]" for one, why in page.aside]


def _about(document: Document) -> list[str]:
    """What the page's head says, a line each."""
    names = ("title", "author", "date", "modified", "site", "declared_language", "licence", "canonical")
    told = [(name, getattr(document, name)) for name in names] + [("rights", " ".join(document.rights))]
    return [f"{name}: {value}" for name, value in told if value]


def _why(chosen: content.Selection, index: int, reason: str) -> str:
    """What made a piece none of the content."""
    if reason == TWIN:
        return "the same stands beside it"
    if reason != "outside_content":
        return PICTURE_REASONS[reason]
    weighed = chosen.weighed
    boxes, piece = weighed.page.boxes, weighed.page.pieces[index]
    box = piece.box
    while box > 0:
        if boxes[box].against:
            return f"in a <{boxes[box].tag}> that is called {boxes[box].against!r}"
        if box == chosen.root:
            return "no content by itself" if isinstance(piece, Shot) else "a line of furniture, or mostly links"
        box = boxes[box].parent
    return "outside of the content box"


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
