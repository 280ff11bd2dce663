"""One page from its bytes to a `Document`, or to the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser

from m3w_builder.document import Document
from m3w_builder.extract import charset, content, metadata
from m3w_builder.extract.config import ExtractConfig
from m3w_builder.extract.fast import extract_page
from m3w_builder.extract.walk import Block, Page, TooMany, Walker
from m3w_builder.stage import Drop
from m3w_builder.urls import absolute, host


def extract(
    html: bytes, url: str, config: ExtractConfig, encoding: str = "", headers: Mapping[str, str] | None = None
) -> Document | Drop:
    """The page's document: items, metadata, rights, and in `removed` the pictures that are not among the items.

    encoding: the charset of the HTTP header, "" where it names none. headers: of the answer, lower-case names.
    """
    text = charset.decode(html, encoding)
    if not looks_like_html(text):
        return Drop("not_text", f"{len(html)} bytes")
    fault = too_much(text, config)
    if fault:
        return fault
    tree = LexborHTMLParser(text)
    document = Document(url, host=host(url))
    metadata.fill(document, tree, headers or {})
    refused = [signal for signal in document.rights if signal.removeprefix("meta:") in config.opt_out]
    if refused:
        return Drop("opt_out", refused[0])
    try:
        page = walked(tree, url, config)
    except TooMany:
        return Drop("too_many_elements", "", None, config.max_elements)
    document.items, document.removed, confidence = extract_page(page, url, config)
    document.scores["confidence"] = round(confidence, 4)
    if not document.items:
        return Drop("no_content", f"{len(page.pieces)} pieces")
    return document


def walked(tree: LexborHTMLParser, url: str, config: ExtractConfig) -> Page:
    """The pieces and boxes of a parsed page; raises TooMany."""
    base = tree.css_first("base[href]")
    start = absolute(base.attributes.get("href") or "", url) if base is not None else ""
    root = tree.body or tree.root
    return Walker(start or url, config.max_elements).walk(root) if root is not None else Page()


_TAGS = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li td th tr dt dd option thead tbody".split()
)
_LONG_TAG = re.compile(r"<[a-zA-Z][^>]{20000,}")
_QUOTED = re.compile("\"[^\"]*\"|'[^']*'")
_ATTRIBUTES = 5000
"""Most attributes of one element: parsers compare each with each."""
_PLAIN = 5000
"""Pages of fewer tags are parsed at once whatever they hold."""


def too_much(text: str, config: ExtractConfig) -> Drop | None:
    """A Drop where parsing would take for ever: too many tags, or nested too deeply."""
    tags = text.count("<")
    if tags > config.max_elements:
        return Drop("too_many_elements", f"{tags} tags", tags, config.max_elements)
    attributes = max((len(_QUOTED.sub("", tag).split()) for tag in _LONG_TAG.findall(text)), default=0)
    if attributes > _ATTRIBUTES:
        return Drop("too_many_attributes", "", attributes, _ATTRIBUTES)
    if tags < max(_PLAIN, config.max_depth):
        return None
    depth = 0
    for closing, name in _TAGS.findall(text):
        if name.lower() not in _FLAT:
            depth = max(0, depth - 1) if closing else depth + 1
            if depth > config.max_depth:
                return Drop("too_deep", "", depth, config.max_depth)
    return None


def looks_like_html(text: str) -> bool:
    """Whether there is a tag near the start, and few characters that no text has."""
    head = text[:4000]
    strange = sum(1 for c in head if c < " " and c not in "\t\n\r\f\x00")
    return "<" in text[:100_000] and strange * 50 <= len(head)


def explain(html: bytes, url: str, config: ExtractConfig | None = None) -> list[str]:
    """A line for each piece of the page: whether it was kept, the box that it stands in, and its beginning."""
    config = config or ExtractConfig()
    page = walked(LexborHTMLParser(charset.decode(html)), url, config)
    keep, confidence = content.select(page, url)
    weighed = content.weigh(page, url)
    lines = [f"confidence {confidence:.2f}; content box: {_path(page, content.root_of(weighed))}"]
    for kept, piece in zip(keep, page.pieces, strict=True):
        if isinstance(piece, Block):
            what = f"{piece.kind}: {piece.text[:80]!r}"
        else:
            what = f"{getattr(piece, 'image', None) or getattr(piece, 'item', None)!r}"[:120]
            what += f" [{getattr(piece, 'reason', '')}]" if getattr(piece, "reason", "") else ""
        lines.append(f"{'+' if kept else '-'} {_path(page, piece.box)}  {what}")
    return lines


def _path(page: Page, box: int) -> str:
    parts = []
    while box > 0:
        one = page.boxes[box]
        parts.append(one.tag + "".join(f".{name}" for name in one.name.split()[:2]))
        box = one.parent
    return " > ".join(reversed(parts[:4]))
