"""One pass over the tree: from elements to a flat list of pieces in reading order, and the boxes that hold them."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborNode

from m3w_builder.document import Audio, Image, Video
from m3w_builder.extract import embeds, media
from m3w_builder.extract.names import bits

BLOCK, LINK, FALLBACK, SOURCES, LEAF, BREAK, PICTURE, CLIP, FORMULA = range(1, 10)
"""What the walk does at an element. 0: part of a line; up to SOURCES: goes inside; LEAF: nothing; above: takes it in."""

_BLOCKS = (
    "body div section article main table tbody thead tfoot td th tr ul ol dl li dd dt figure details center form nav "
    "footer aside header fieldset blockquote hgroup menu address p h1 h2 h3 h4 h5 h6 pre figcaption caption summary hr "
    "legend dialog"
)
_NOT_READ = (
    "script style template svg select option button input textarea datalist canvas map area param applet frameset "
    "frame head link meta title rp rt -comment !doctype object"
)
ACTIONS: dict[str, int] = {
    **dict.fromkeys(_BLOCKS.split(), BLOCK),
    **dict.fromkeys(_NOT_READ.split(), LEAF),
    **{"br": BREAK, "a": LINK, "img": PICTURE, "amp-img": PICTURE, "amp-anim": PICTURE, "picture": SOURCES},
    **{"noscript": FALLBACK, "video": CLIP, "audio": CLIP, "iframe": CLIP, "math": FORMULA},
}
"""By tag; `rt` and `rp` are a ruby's reading, which would stand in the middle of words."""

KINDS = ("paragraph", "heading", "list", "table", "code", "quote", "caption", "formula")
_KIND_OF = {
    "h1": 1, "h2": 1, "h3": 1, "h4": 1, "h5": 1, "h6": 1, "li": 2, "dt": 2, "dd": 2, "td": 3, "th": 3, "pre": 4,
    "blockquote": 5, "figcaption": 6, "caption": 6,
}  # fmt: skip
TAGS = {tag: number for number, tag in enumerate(("root", *_BLOCKS.split()))}
"""The numbers of the boxes' tags."""

BLOCK_ROW = 9
"""Numbers kept of each block: piece, box, kind, level, characters, of these in links, links, punctuation, words."""

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u200e\u200f\ufffe\uffff]+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MARK = "\x01"
"""Stands for <br> until the block is whole."""


@dataclass(slots=True)
class Block:
    """A block of text as a reader sees it."""

    text: str
    kind: int
    level: int
    box: int


@dataclass(slots=True)
class Shot:
    """A picture in its place: its image, and the reason why it can't be kept, if there is one."""

    image: Image
    reason: str
    box: int
    name: str = ""
    """Class and id of its element."""
    link: str | None = None
    """Where the link leads in which it stands."""
    in_line: bool = False
    """Stands in the middle of a block's text."""
    fallback: bool = False
    """Stood in a <noscript>."""


@dataclass(slots=True)
class Clip:
    """A video or a sound in its place."""

    item: Video | Audio
    box: int


Piece = Block | Shot | Clip


class TooMany(Exception):
    """The page has more elements than it may have."""


@dataclass(slots=True)
class Page:
    """What the walk found: pieces in reading order, and boxes, each before what it holds; box 0 is the page.

    Box b holds the pieces from starts[b] to before ends[b]; `bits` are the groups of the words of its class and id.
    """

    pieces: list[Piece] = field(default_factory=list)
    rows: array[float] = field(default_factory=lambda: array("f"))
    """BLOCK_ROW numbers a block, in the order of the blocks."""
    tags: list[int] = field(default_factory=lambda: [0])
    names: list[str] = field(default_factory=lambda: [""])
    parents: list[int] = field(default_factory=lambda: [0])
    depths: list[int] = field(default_factory=lambda: [0])
    starts: list[int] = field(default_factory=lambda: [0])
    ends: list[int] = field(default_factory=lambda: [0])
    bits: list[int] = field(default_factory=lambda: [0])
    hidden: list[bool] = field(default_factory=lambda: [False])
    body: int = 0
    """The groups of the words of the body's class and id, which say what kind of page this is."""


@dataclass(slots=True)
class Walker:
    """The state of the walk: the block that is being gathered, and the elements around it."""

    base: str
    limit: int
    page: Page = field(default_factory=Page)
    parts: list[str] = field(default_factory=list)
    linked: int = 0
    """Characters of the block in links."""
    links: int = 0
    box: int = 0
    kind: int = 0
    level: int = 0
    anchor: LexborNode | None = None
    fallback: bool = False
    sources: list[media.Attributes] = field(default_factory=list)

    def walk(self, root: LexborNode) -> Page:
        """Go through the tree without recursion: pages nest as deep as they like. Raises TooMany."""
        stack: list[tuple[Any, int, int, int, int]] = []
        actions, parts, limit = ACTIONS, self.parts, self.limit
        node: Any = root
        while True:
            tag = node.tag
            if tag == "-text":
                text = node.text_content
                if parts or not text.isspace():
                    parts.append(text)
                    if self.anchor is not None:
                        self.linked += len(text.strip())
            else:
                action = actions.get(tag, 0)
                limit -= 1
                if action < LEAF:
                    child = node.child
                    if action == BLOCK and len(parts) > 0:
                        self.flush()
                    if child is not None:
                        stack.append((node, action, self.box, self.kind, self.level))
                        if action:
                            self.enter(node, tag, action)
                        node = child
                        continue
                elif action > LEAF:
                    self.leaf(node, tag, action)
            following = node.next
            while following is None or not stack:
                if not stack or limit < 0:
                    return self.end(limit)
                node, action, box, self.kind, self.level = stack.pop()
                if action:
                    self.leave(action, box)
                following = node.next
            node = following

    def end(self, limit: int) -> Page:
        if limit < 0:
            raise TooMany
        self.flush()
        self.page.ends[0] = len(self.page.pieces)
        return self.page

    def enter(self, node: LexborNode, tag: str, action: int) -> None:
        """What changes inside of an element; `leave` undoes it."""
        if action == BLOCK:
            self.open(tag, node.attributes)
        elif action == LINK:
            self.anchor = node
            self.links += 1
        elif action == FALLBACK:
            self.fallback = True
        else:
            self.sources = [source.attributes for source in node.css("source")]

    def leave(self, action: int, box: int) -> None:
        if action == BLOCK:
            if self.parts:
                self.flush()
            self.page.ends[self.box] = len(self.page.pieces)
            self.box = box
        elif action == LINK:
            self.anchor = None
        elif action == FALLBACK:
            self.fallback = False
        else:
            self.sources = []

    def open(self, tag: str, attributes: media.Attributes) -> None:
        """Begin a box."""
        kind = _KIND_OF.get(tag, -1)
        if kind >= 0:
            self.kind = kind
            self.level = int(tag[1]) if kind == 1 else 0
        elif tag == "p" and self.kind in (1, 3):
            self.kind = 0
        page, parent, name, hidden = self.page, self.box, "", False
        if attributes:
            get = attributes.get
            name = f"{get('class') or ''} {get('id') or ''} {get('role') or ''} {get('itemprop') or ''}"
            hidden = "hidden" in attributes or ("style" in attributes and bool(_HIDDEN.search(get("style") or "")))
        self.box = len(page.tags)
        page.tags.append(TAGS[tag])
        page.names.append(name)
        page.parents.append(parent)
        page.depths.append(page.depths[parent] + 1)
        page.starts.append(len(page.pieces))
        page.ends.append(0)
        said = bits(name) if name else 0
        if tag == "body":
            page.body = said
            said = 0
        page.bits.append(said)
        page.hidden.append(hidden or page.hidden[parent])

    def flush(self) -> None:
        """End the block that was gathered."""
        raw, linked, links, kind = "".join(self.parts), self.linked, self.links, self.kind
        self.parts.clear()
        self.linked = 0
        self.links = int(self.anchor is not None)
        if self.fallback:
            return
        for text in lines(raw, kind == 4):
            size = len(text)
            here = min(linked, size)
            linked -= here
            count = text.count
            marks = count(".") + count(",") + count("\u3002") + count("\uff0c") + count("?") + count("!") + count(";")
            row = (len(self.page.pieces), self.box, kind, self.level, size, here, links, marks, count(" ") + 1)
            self.page.rows.extend(row)
            self.page.pieces.append(Block(text, kind, self.level, self.box))

    def leaf(self, node: LexborNode, tag: str, action: int) -> None:
        """Take in an element that is read as a whole."""
        if action == BREAK:
            self.parts.append(_MARK)
        elif action == FORMULA:
            self.parts.append(embeds.formula(node))
        elif action == PICTURE:
            self.picture(node.attributes)
        elif not self.fallback:
            item = embeds.clip(node, self.base)
            if item is not None:
                self.flush()
                self.page.pieces.append(Clip(item, self.box))

    def picture(self, attributes: media.Attributes) -> None:
        url, reason = media.address(attributes, self.base, self.sources)
        width, height = media.sides(attributes)
        get = attributes.get
        alt, title = get("alt") or "", get("title") or ""
        image = Image(
            url or (get("src") or "")[:200],
            alt=" ".join(alt.split())[:2000] if alt else "",
            title=" ".join(title.split())[:2000] if title else "",
            declared_width=width,
            declared_height=height,
        )
        in_line = bool(self.parts) and not "".join(self.parts).isspace()
        if in_line:
            self.flush()
        link = None if self.anchor is None else self.anchor.attributes.get("href") or ""
        name = f"{get('class') or ''} {get('id') or ''}"
        self.page.pieces.append(Shot(image, reason, self.box, name, link, in_line, self.fallback))


def lines(raw: str, code: bool) -> list[str]:
    """The blocks in what was gathered: white space as a reader sees it, two <br> part paragraphs."""
    if not raw.isascii():
        raw = _INVISIBLE.sub("", raw)
    if code:
        text = raw.replace(_MARK, "\n").replace("\r\n", "\n").strip("\n").rstrip()
        return [text] if text.strip() else []
    if _MARK not in raw:
        text = " ".join(raw.split())
        return [text] if text else []
    found: list[str] = []
    here: list[str] = []
    for line in (*raw.split(_MARK), ""):
        line = " ".join(line.split())
        if line:
            here.append(line)
        elif here:
            found.append("\n".join(here))
            here = []
    return found
