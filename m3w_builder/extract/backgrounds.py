"""Background pictures in elements' own style, shown as if each stood in an <img> of its own."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from m3w_builder.extract import sought
from m3w_builder.extract.srcset import Attributes

_SELECTOR = (
    '[style*="url(" i],[data-bg],[data-background],[data-background-image],[data-bgset],[data-bg-src],[background]'
)
_LAZY = ("data-bg", "data-background-image", "data-background", "data-bg-src", "background")
_STYLE = re.compile(
    r"(?<![-\w])background(?:-image)?\s{0,9}:[^;]{0,200}?url\(\s{0,9}[\"']?([^\"')]{1,4000})[\"']?\s{0,9}\)",
    re.IGNORECASE,
)
_URL = re.compile(r"url\(\s{0,9}[\"']?([^\"')]{1,4000})", re.IGNORECASE)
MOST = 500
"""Backgrounds of a page that are shown."""
_LEAVES = frozenset(
    ("img", "video", "audio", "iframe", "input", "textarea", "html", "body", "script", "svg", "noscript")
)
"""Elements that can hold no <img>, and those whose background is the page's."""


def show(root: LexborNode) -> None:
    """Put an <img> at the head of every element below `root` with a background picture."""
    for node in root.css(_SELECTOR)[:MOST]:
        if node.tag in _LEAVES:
            continue
        address = of(node.attributes)
        if not address or node.css_first("img") is not None:
            continue
        made = LexborHTMLParser("<img>").css_first("img")
        if made is None:
            continue
        made.attrs["src"] = address
        for name in ("style", "title", "aria-label"):
            if node.attributes.get(name):
                made.attrs["alt" if name == "aria-label" else name] = node.attributes[name] or ""
        first = node.first_child
        if first is not None:
            first.insert_before(made)
        else:
            node.insert_child(made)


def of(attributes: Attributes) -> str:
    """The address of an element's background picture; empty where it has none, or only a gradient."""
    found = _STYLE.search((attributes.get("style") or "")[:20_000])
    if found:
        return found.group(1).strip()
    for name in _LAZY:
        value = (attributes.get(name) or "").strip()
        inside = _URL.search(value)
        if inside or sought.is_picture(value):
            return inside.group(1) if inside else value
    return ""
