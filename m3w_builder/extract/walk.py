"""One pass over the tree: from elements to a flat list of pieces in reading order, and the boxes that hold them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborNode

from m3w_builder.document import Audio, Image, Video
from m3w_builder.extract import embeds, media
from m3w_builder.urls import absolute

SKIPPED = frozenset(
    [
        "script",
        "style",
        "template",
        "svg",
        "math-source",
        "select",
        "option",
        "button",
        "input",
        "textarea",
        "datalist",
        "canvas",
        "map",
        "area",
        "object",
        "param",
        "applet",
        "frameset",
        "frame",
        "head",
        "link",
        "meta",
        "title",
        "dialog",
        "rp",
        "rt",
    ]
)
"""Elements whose content is not read."""

BOXES = frozenset(
    [
        "body",
        "div",
        "section",
        "article",
        "main",
        "table",
        "tbody",
        "td",
        "th",
        "tr",
        "ul",
        "ol",
        "dl",
        "li",
        "dd",
        "figure",
        "details",
        "center",
        "form",
        "nav",
        "footer",
        "aside",
        "header",
        "fieldset",
        "blockquote",
        "hgroup",
        "menu",
        "address",
        "amp-img",
    ]
)
"""Elements that can hold a part of a page."""

BREAKS = BOXES | frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "pre",
        "figcaption",
        "caption",
        "dt",
        "summary",
        "hr",
        "thead",
        "tfoot",
        "col",
        "colgroup",
        "legend",
        "video",
        "audio",
        "iframe",
        "picture",
        "img",
        "noscript",
        "html",
        "optgroup",
    ]
)
"""Elements at whose ends a block of text ends."""

INLINE_PICTURES = frozenset(("img", "picture", "noscript"))
"""These stand in the middle of a line as often as not: they end a block only where a picture is kept."""

KINDS = {
    "h1": "heading", "h2": "heading", "h3": "heading", "h4": "heading", "h5": "heading", "h6": "heading",
    "li": "list", "dt": "list", "dd": "list", "pre": "code", "blockquote": "quote",
    "figcaption": "caption", "caption": "caption", "tr": "table", "math": "formula",
}  # fmt: skip

_INVISIBLE = "\u00ad\u200b\u2060\ufeff\u200e\u200f"
_GONE = dict.fromkeys(map(ord, _INVISIBLE))
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
BREAK = "\x01"
"""Stands for <br> until the block is whole."""


@dataclass(slots=True)
class Block:
    """A block of text; `links` counts the characters of it that stand in links."""

    text: str
    kind: str
    level: int
    links: int
    box: int


@dataclass(slots=True)
class Shot:
    """A picture in its place: its image, and the reason why it can't be kept, if there is one."""

    image: Image
    reason: str
    box: int
    link: str = ""
    """Where the link leads in which it stands."""
    linked_text: bool = False
    fallback: bool = False
    """Stood in a <noscript>."""


@dataclass(slots=True)
class Clip:
    """A video or a sound in its place."""

    item: Video | Audio
    box: int


Piece = Block | Shot | Clip


@dataclass(slots=True)
class Box:
    """An element that holds pieces `start` to before `end`; `name` is its class and id."""

    parent: int
    tag: str
    name: str
    start: int
    end: int = 0
    depth: int = 0


@dataclass(slots=True)
class Page:
    """What the walk found."""

    pieces: list[Piece] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    elements: int = 0


class TooMany(Exception):
    """The page has more elements than it may have."""


@dataclass(slots=True)
class Walker:
    """The state of the walk: the block that is being gathered, and the elements around it."""

    base: str
    limit: int
    page: Page = field(default_factory=Page)
    parts: list[str] = field(default_factory=list)
    links: int = 0
    box: int = 0
    kinds: list[str] = field(default_factory=list)
    link: list[str] = field(default_factory=list)
    pre: int = 0
    rows: int = 0
    fallback: int = 0
    sources: list[media.Attributes] = field(default_factory=list)

    def walk(self, root: LexborNode) -> Page:
        """Go through the tree without recursion: pages nest as deep as they like."""
        self.page.boxes.append(Box(-1, "root", "", 0))
        stack: list[tuple[LexborNode, Callable[[], None] | None]] = []
        node: Any = root
        while True:
            down = self.enter(node)
            child = node.child if down is not None else None
            if child is not None:
                stack.append((node, down))
                node = child
                continue
            if down is not None:
                down()
            following = node.next
            while following is None or not stack:
                if not stack:
                    self.flush()
                    self.page.boxes[0].end = len(self.page.pieces)
                    return self.page
                node, up = stack.pop()
                if up is not None:
                    up()
                following = node.next
            node = following

    def enter(self, node: LexborNode) -> Callable[[], None] | None:
        """Take in one node; what to do when its children are done, or None where they are not to be read."""
        tag = node.tag or ""
        self.page.elements += 1
        if tag == "-text":
            text = node.text_content
            if text and not self.fallback:
                self.parts.append(text)
                if self.link:
                    self.links += len(text.strip())
            return None
        if self.page.elements > self.limit:
            raise TooMany
        if not tag or tag in SKIPPED or tag[0] in "-!":
            return None
        if tag == "br":
            self.parts.append(BREAK)
            return None
        if tag not in BREAKS:
            return self.inline(node, tag)
        return self.block(node, tag)

    def inline(self, node: LexborNode, tag: str) -> Callable[[], None] | None:
        if tag == "a":
            self.link.append(node.attrs.sget("href", "") or "#")
            return self.leave_link
        if tag == "math":
            self.parts.append(embeds.formula(node))
            return None
        if "-" in tag and tag in ("amp-img", "amp-anim"):
            self.picture(node)
            return None
        return _nothing

    def leave_link(self) -> None:
        self.link.pop()

    def block(self, node: LexborNode, tag: str) -> Callable[[], None] | None:
        if tag in ("img", "amp-img"):
            self.picture(node)
            return None
        if tag == "picture":
            outer, self.sources = self.sources, [source.attributes for source in node.css("source")]
            return lambda: self.leave_picture(outer)
        if tag == "noscript":
            self.fallback += 1
            return self.leave_fallback
        if tag in ("video", "audio", "iframe"):
            self.clip(node)
            return None
        attributes = node.attrs
        style = attributes.sget("style", "") if "style" in attributes else ""
        if "hidden" in attributes or (style and _HIDDEN.search(style)):
            return None
        kind = KINDS.get(tag, "")
        if tag == "td" or tag == "th":
            if self.rows and not _layout(node):
                if any(part.strip() for part in self.parts):
                    self.parts.append(" | ")
                return _nothing
            kind = "paragraph"  # what such a cell holds is no row of a table
        self.flush()
        if kind:
            self.kinds.append(tag)
        if tag == "pre":
            self.pre += 1
        elif tag == "tr":
            self.rows += 1
        before = self.box
        if tag in BOXES:
            name = _name(attributes)
            boxes = self.page.boxes
            self.box = len(boxes)
            boxes.append(Box(before, tag, name, len(self.page.pieces), 0, boxes[before].depth + 1))
        return lambda: self.leave_block(tag, kind, before)

    def leave_block(self, tag: str, kind: str, before: int) -> None:
        self.flush()
        if kind:
            self.kinds.pop()
        if tag == "pre":
            self.pre -= 1
        elif tag == "tr":
            self.rows -= 1
        if self.box != before:
            self.page.boxes[self.box].end = len(self.page.pieces)
            self.box = before

    def leave_picture(self, outer: list[media.Attributes]) -> None:
        self.sources = outer

    def leave_fallback(self) -> None:
        self.fallback -= 1

    def flush(self) -> None:
        """End the block that was gathered."""
        if not self.parts:
            return
        raw, links = "".join(self.parts), self.links
        self.parts, self.links = [], 0
        for text in texts(raw, self.pre > 0):
            tag = self.kinds[-1] if self.kinds else ""
            kind = KINDS.get(tag, "paragraph")
            level = int(tag[1]) if kind == "heading" else 0
            self.page.pieces.append(Block(text, kind, level, min(links, len(text)), self.box))
            links = max(0, links - len(text))

    def picture(self, node: LexborNode) -> None:
        attributes = node.attributes
        url, reason = media.address(attributes, self.base, self.sources)
        width, height = media.sides(attributes)
        image = Image(
            url or (attributes.get("src") or "")[:200],
            alt=" ".join((attributes.get("alt") or "").split())[:2000],
            title=" ".join((attributes.get("title") or "").split())[:2000],
            declared_width=width,
            declared_height=height,
        )
        if not reason:
            reason = judged(image, f"{attributes.get('class') or ''} {attributes.get('id') or ''}")
        linked = bool(self.link) and bool("".join(self.parts).strip())
        self.flush()
        target = absolute(self.link[-1], self.base) if self.link else ""
        self.page.pieces.append(Shot(image, reason, self.box, target, linked, self.fallback > 0))

    def clip(self, node: LexborNode) -> None:
        item = embeds.clip(node, self.base)
        if item is not None and not self.fallback:
            self.flush()
            self.page.pieces.append(Clip(item, self.box))


def _name(attributes: Any) -> str:
    """What an element calls itself: class, id, role and itemprop."""
    name = attributes.get("class") or ""
    for key in ("id", "role", "itemprop"):
        if key in attributes:
            name += " " + (attributes.get(key) or "")
    return name


def _nothing() -> None:
    return None


def _layout(cell: LexborNode) -> bool:
    """Whether a table's cell holds blocks of its own: then the table is the page's layout, no table of data."""
    return cell.css_first("p,div,h1,h2,h3,ul,ol,table,blockquote,form,img,br+br") is not None


def judged(image: Image, name: str) -> str:
    """Why a picture is none of content by what its element says alone; empty where nothing speaks against it."""
    width, height = image.declared_width, image.declared_height
    if 0 < width <= 2 or 0 < height <= 2:
        return "tracking_pixel"
    path = image.url.split("?", 1)[0]
    if path[-4:].lower() == ".svg":
        return "svg"
    return media.named(name, path)


def texts(raw: str, pre: bool) -> list[str]:
    """The blocks in what was gathered: white space as a reader sees it, two <br> part paragraphs."""
    if not raw.isascii() and any(sign in raw for sign in _INVISIBLE):
        raw = raw.translate(_GONE)
    if pre:
        text = raw.replace(BREAK, "\n").replace("\r\n", "\n").strip("\n").rstrip()
        return [text] if text.strip() else []
    if BREAK not in raw:
        text = " ".join(raw.split())
        return [text] if text and text.strip("| ") else []
    lines = [" ".join(line.split()) for line in raw.split(BREAK)]
    found: list[str] = []
    here: list[str] = []
    for line in [*lines, ""]:
        if line:
            here.append(line)
        elif here:
            found.append("\n".join(here))
            here = []
    return found
