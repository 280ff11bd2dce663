"""The reference extractor: all text and pictures of a page in reading order, slow and plain, for the fast one to match.

It selects nothing: it says what text and which pictures an element holds, and in which order. Tests hold the walk of
the fast extractor to it on generated and on real trees. It shares with it how a picture's address is found
(`sought.address`) and which players are known (`embeds`), and nothing of how a tree is read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from m3w_builder.document import Image, Item, Text
from m3w_builder.extract import embeds, media, sought
from m3w_builder.urls import absolute

if TYPE_CHECKING:
    from bs4 import Tag

_NOT_READ = (
    "script style template svg select option button input textarea datalist canvas map area object param applet "
    "frameset frame head link meta title rp rt"
)
NOT_READ = frozenset(_NOT_READ.split())
"""Elements of which a reader sees nothing as text: programs, controls, drawings; `rt` and `rp` are a ruby's reading."""

_OWN_LINES = (
    "html body div section article main table tbody thead tfoot tr td th ul ol dl li dd dt figure details center form "
    "nav footer aside header fieldset blockquote hgroup menu address p h1 h2 h3 h4 h5 h6 pre figcaption caption "
    "summary hr legend dialog"
)
OWN_LINES = frozenset(_OWN_LINES.split())
"""Elements that begin and end a block of text."""

_KINDS = {"li": "list", "dt": "list", "dd": "list", "pre": "code", "blockquote": "quote", "tr": "table"}
_KINDS |= {"figcaption": "caption", "caption": "caption"} | dict.fromkeys(
    ["h1", "h2", "h3", "h4", "h5", "h6"], "heading"
)
BREAK = "\x01"
"""Stands for <br> until the block is whole."""

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u200e\u200f\ufffe\uffff]")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read(html: str, url: str) -> list[Item]:
    """Everything that the page's body holds; `html` is a serialised tree (what a parser made of a page).

    Reading BeautifulSoup's own parse of a page as it was served gives its idea of broken markup, which is no browser's.
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    base = soup.find("base", href=True)
    start = absolute(str(base["href"]), url) if base is not None else ""
    return list(blocks(soup.body or soup, start or url))


def blocks(root: Tag, base: str) -> Iterator[Item]:
    """The items below an element in reading order: a block of text ends where a block element or a picture does."""
    line: list[str] = []
    for event, node in events(root):
        if event == "text":
            if not in_fallback(node):
                line.append(str(node))
        elif node.name == "br":
            line.append(BREAK if event == "open" else "")
        elif node.name in OWN_LINES or node.name in ("img", "amp-img", "amp-anim", "video", "audio", "iframe"):
            yield from texts("".join(line), node if event == "close" else node.parent)
            line = []
            if event == "open" and node.name not in OWN_LINES:
                yield from seen(node, base)
    yield from texts("".join(line), root)


def events(root: Tag) -> Iterator[tuple[str, Any]]:
    """("open", element), ("text", string) and ("close", element) below and around `root`, less what no reader sees."""
    from bs4 import Tag
    from bs4.element import NavigableString

    stack: list[tuple[str, Any]] = [("open", root)]
    while stack:
        event, node = stack.pop()
        if event == "close":
            yield event, node
        elif isinstance(node, Tag):
            if node.name in NOT_READ or hidden(node):
                continue
            yield "open", node
            stack.append(("close", node))
            if node.name not in ("video", "audio", "iframe", "math"):
                stack += [("open", child) for child in reversed(node.contents)]
        elif type(node) is NavigableString:  # comments and declarations are classes below it
            yield "text", node


def hidden(node: Tag) -> bool:
    """Whether the page itself says that an element is not shown."""
    return node.name in OWN_LINES and ("hidden" in node.attrs or bool(_HIDDEN.search(str(node.get("style") or ""))))


def in_fallback(node: Any) -> bool:
    """Whether a text stands in a <noscript>: there it only asks for scripts; pictures in it are the page's."""
    return node.find_parent("noscript") is not None


def texts(raw: str, at: Any) -> Iterator[Text]:
    """The blocks of a gathered text; `at` is the innermost element around it, of which it takes its kind."""
    around = [at, *at.parents] if at is not None else []
    name = next((one.name for one in around if one.name in _KINDS), "")
    kind = _KINDS.get(name, "paragraph")
    raw = unicodedata.normalize("NFC", _INVISIBLE.sub("", raw))
    if any(one.name == "pre" for one in around):
        parts = [raw.replace(BREAK, "\n").strip("\n").rstrip()]
    else:
        lines = "\n".join(" ".join(line.split()) for line in raw.split(BREAK))
        parts = re.split(r"\n\n+", lines.strip("\n"))
    for part in parts:
        if part.strip():
            yield Text(part, kind, int(name[1]) if kind == "heading" else 0)


def seen(node: Tag, base: str) -> Iterator[Item]:
    """The picture, video or sound of an element, where it has a usable address."""
    attributes = plain(node)
    if node.name in ("video", "audio", "iframe"):
        sources = [str(source.get("src") or "") for source in node.find_all("source")]
        item = embeds.played(node.name, attributes, sources, base)
        if item is not None and not in_fallback(node):
            yield item
        return
    picture = node.find_parent("picture")
    sources_in = [] if picture is None else [plain(source) for source in picture.find_all("source", recursive=False)]
    address, _ = sought.address(attributes, base, sources_in)
    if address:
        width, height = media.sides(attributes)
        alt, title = (" ".join((attributes.get(name) or "").split())[:2000] for name in ("alt", "title"))
        yield Image(address, alt, title, declared_width=width, declared_height=height)


def plain(node: Tag) -> dict[str, str | None]:
    """An element's attributes as strings: BeautifulSoup makes lists of class and its like."""
    return {name: value if isinstance(value, str) else " ".join(value) for name, value in node.attrs.items()}
