"""One pass over the tree: from elements to a flat list of pieces in reading order, and the boxes that hold them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unicodedata import normalize

from selectolax.lexbor import LexborNode

from m3w_builder.document import Image
from m3w_builder.extract import embeds, media, words
from m3w_builder.extract.pieces import Block, Box, Clip, Page, Shot, TooMany
from m3w_builder.extract.srcset import Attributes, Screen
from m3w_builder.urls import absolute

_SKIPPED = (
    "style template math-source select option textarea datalist canvas map area param applet frameset frame head title "
    "rp rt -comment !doctype"
)
SKIPPED = frozenset(_SKIPPED.split())
"""Elements whose content is not read."""

_BOXES = (
    "body div section article main table tbody td th tr ul ol dl li dd figure details center form nav footer aside "
    "header fieldset blockquote hgroup menu address"
)
BOXES = frozenset(_BOXES.split())
"""Elements that can hold a part of a page."""

NEVER_SKIMMED = words.WHOLE_TAGS | {"header", "tr", "td", "th", "tbody"}
"""Parts that hold content under any name."""

UNSEEN = "script,style,select,template,button,textarea,noscript"
FEW = 200
"""Characters that are not worth to be looked at closely."""

_LINES = "p h1 h2 h3 h4 h5 h6 pre figcaption caption dt summary hr thead tfoot col colgroup legend html optgroup"
LINES = frozenset(_LINES.split())
"""Elements that begin and end a block of text, and hold no part of a page."""

KINDS = {
    "h1": "heading", "h2": "heading", "h3": "heading", "h4": "heading", "h5": "heading", "h6": "heading",
    "li": "list", "dt": "list", "dd": "list", "pre": "code", "blockquote": "quote",
    "figcaption": "caption", "caption": "caption", "tr": "table", "math": "formula",
}  # fmt: skip

HIDDEN = '[hidden],[style*="display" i]'
"""Elements whose own style is looked at: whether they are shown."""
DRAWN = ".katex-html,.MathJax_Preview,.MathJax,.MathJax_Display,.MathJax_CHTML,.MathJax_SVG"
"""Formulae as a script has drawn them."""
LAYOUT = ",".join(f"{cell}:has(p,div,h1,h2,h3,ul,ol,table,blockquote,form,img,br+br)" for cell in ("td", "th"))
"""Table cells that hold blocks of their own: then the table is the page's layout, no table of data."""

GUTTERS = "td.gutter,td.linenos,td.lineno,td.line-numbers,td.blob-num,td.rouge-gutter,td.hljs-ln-numbers,pre.lineno,"
GUTTERS += "pre.line-numbers-wrapper,span.lineno,span.linenos,span.line-number,span.line-numbers-rows,div.line-numbers"
"""Numbers of lines beside code."""
_GUTTER = re.compile(r"gutter|line-?no|line-number|blob-num|hljs-ln-numbers")
_DRAWN = re.compile(r"katex-html|MathJax")
_UNSEEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_INVISIBLE = "\u00ad\u200b\u2060\ufeff\u200e\u200f"
_ANY_INVISIBLE = re.compile(f"[{_INVISIBLE}]")
_GONE = dict.fromkeys(map(ord, _INVISIBLE))
BREAK = "\x01"
"""Stands for <br> until the block is whole."""

Leave = Callable[[], None]
Action = Callable[["Walker", LexborNode, str], "Leave | None"]


@dataclass(slots=True)
class Walker:
    """The state of the walk: the block that is being gathered, and the elements around it."""

    base: str
    limit: int
    thread: bool = False
    """Whether the page is a discussion."""
    skims: bool = False
    """Whether what looks like furniture is passed over, all but its pictures."""
    page: Page = field(default_factory=Page)
    parts: list[str] = field(default_factory=list)
    links: int = 0
    box: int = 0
    blocks: list[tuple[str, int]] = field(default_factory=list)
    """The block elements around, each with the box around it."""
    kinds: list[str] = field(default_factory=list)
    """Of these, the tags that give blocks a kind."""
    link: list[str] = field(default_factory=list)
    pre: int = 0
    rows: int = 0
    fallback: int = 0
    sources: list[list[Attributes]] = field(default_factory=list)
    """For each <picture> around, the attributes of its sources."""
    hidden: frozenset[int] = frozenset()
    layout: frozenset[int] = frozenset()
    told: str = ""
    """The source of the last formula."""
    split: tuple[tuple[str, int] | None, str] | None = None
    """The block element in whose line a picture stood last, and what stood between the text and it."""
    drawn: bool = True
    """Whether the page can hold formulae that a script has drawn."""
    code: bool = True
    """Whether it can hold numbers of lines beside code."""
    screen: Screen = media.PAGE
    most_pictures: int = 5000
    """Pictures that are taken in; more go without being looked at."""
    shots: int = 0
    least_inline: int = 0
    """Bytes of a picture in the page itself from which on it is taken; 0 for never."""

    def walk(self, root: LexborNode) -> Page:
        """Go through the tree without recursion, as pages nest as deep as they like; raises TooMany.

        What is the same for every node stands here in local names, and selectors find rare elements at once: a page
        has thousands of nodes, and each step from Python costs more than the parser's whole work on the node.
        """
        actions, limit, parts = ACTIONS, self.limit, self.parts
        self.look(root)
        stack: list[tuple[LexborNode, Leave | None]] = []
        count = 0
        node: Any = root
        while True:
            count += 1
            tag = node.tag
            child = leave = None
            if tag == "-text":
                if not self.fallback:
                    text = node.text_lexbor()
                    if self.link:
                        self.links += len(text.strip())
                    if parts or self.pre or not text.isspace():
                        parts.append(text)
            elif tag not in actions:
                child = node.first_child if tag else None
            elif action := actions[tag]:
                leave = action(self, node, tag)
                if leave is not None:
                    child = node.first_child
            if child is not None:
                stack.append((node, leave))
                node = child
                continue
            if leave is not None:
                leave()
            node = node.next
            while node is None and stack:
                above, leave = stack.pop()
                if leave is not None:
                    leave()
                node = above.next
            if node is None or not stack:
                return self.end()
            if count > limit:
                raise TooMany

    def look(self, root: LexborNode) -> None:
        """Open the page, and find the elements that are not shown and the cells that are no data."""
        self.page.boxes.append(Box(-1, "root", "", 0))
        looked_at = root.css(f"{HIDDEN},{DRAWN}" if self.drawn else HIDDEN)
        if self.code:
            looked_at += root.css(GUTTERS)
        self.hidden = frozenset(node.mem_id for node in looked_at if self.unseen(node))
        if root.css_first("td,th") is not None:
            self.layout = frozenset(cell.mem_id for cell in root.css(LAYOUT))

    def unseen(self, node: LexborNode) -> bool:
        """Whether an element is not read. One that stands in lines is taken out of the tree, unless it holds a formula.

        A formula that a script has drawn stands beside its source, which is read in its place.
        """
        attributes = node.attributes
        name = attributes.get("class") or ""
        hidden = "hidden" in attributes or bool(_UNSEEN.search(attributes.get("style") or ""))
        drawn = not hidden and (
            bool(_GUTTER.search(name)) or (bool(_DRAWN.search(name)) and embeds.has_source(node, name))
        )
        if not hidden and not drawn:
            return False
        if node.tag in HEEDED:
            return True
        if drawn or ((node.tag not in ACTIONS or node.tag == "a") and node.css_first(_NOT_WITHOUT) is None):
            node.replace_with("")
        return False

    def end(self) -> Page:
        """Close the page."""
        self.flush()
        self.page.boxes[0].end = len(self.page.pieces)
        return self.page

    def line_break(self, node: LexborNode, tag: str) -> None:
        self.parts.append(BREAK)

    def formula(self, node: LexborNode, tag: str) -> None:
        told = embeds.formula(node)
        self.told = told.strip(" $")
        self.parts.append(told)

    def script(self, node: LexborNode, tag: str) -> None:
        kind = node.attributes.get("type") or ""
        if kind.startswith("math/") and not self.fallback:
            told = embeds.script_formula(kind, node.text_content or node.text())
            self.told = told.strip(" $")
            self.parts.append(told)

    def drawn_formula(self, node: LexborNode, tag: str) -> None:
        math = node.css_first("math")
        if math is not None:
            self.formula(math, "math")

    def anchor(self, node: LexborNode, tag: str) -> Leave:
        self.link.append(node.attributes.get("href") or "#")
        return self.leave_link

    def leave_link(self) -> None:
        self.link.pop()

    def pictured(self, node: LexborNode, tag: str) -> Leave:
        sources: list[Attributes] = []
        one = node.first_child
        while one is not None:
            if one.tag == "source":
                sources.append(one.attributes)
            one = one.next
        self.sources.append(sources)
        return self.leave_picture

    def leave_picture(self) -> None:
        self.sources.pop()

    def noscript(self, node: LexborNode, tag: str) -> Leave:
        self.fallback += 1
        return self.leave_fallback

    def leave_fallback(self) -> None:
        self.fallback -= 1

    def line(self, node: LexborNode, tag: str) -> Leave | None:
        """Enter an element that begins a block of text; `leave_block` undoes it."""
        if self.hidden and node.mem_id in self.hidden:
            self.pass_over(node, "hidden")
            return None
        if self.parts:
            self.flush()
        if tag in KINDS:
            self.kinds.append(tag)
            self.pre += tag == "pre"
        self.blocks.append((tag, self.box))
        return self.leave_block

    def part(self, node: LexborNode, tag: str) -> Leave | None:
        """Enter an element that begins a block of text and can hold a part of the page."""
        if self.hidden and node.mem_id in self.hidden:
            self.pass_over(node, "hidden")
            return None
        if self.pre and tag in CODE_LINES:
            self.code_line()
            return self.code_line
        if self.parts:
            self.flush()
        before, boxes, name = self.box, self.page.boxes, _name(node.attributes)
        bad = words.furniture(tag, name, self.thread)
        box = Box(before, tag, name, len(self.page.pieces), 0, boxes[before].depth + 1, bad)
        boxes.append(box)
        if bad and self.skims and tag not in NEVER_SKIMMED and not words.WEAK.match(bad):
            self.skim(node, box, len(boxes) - 1)
            return None
        if tag in KINDS:
            self.kinds.append(tag)
            self.rows += tag == "tr"
        self.blocks.append((tag, before))
        self.box = len(boxes) - 1
        return self.leave_block

    def code_line(self) -> None:
        """A line of code that stands in an element of its own begins or ends."""
        if self.parts and not self.parts[-1].endswith((BREAK, "\n")):
            self.parts.append(BREAK)

    def skim(self, node: LexborNode, box: Box, number: int) -> None:
        """Take the pictures out of an element, and of its text the length alone."""
        box.unread = _length(node)
        if box.unread > FEW:
            box.unread = max(0, box.unread - sum(map(_length, node.css(UNSEEN))))
        box.unread_links = min(box.unread, sum(map(_length, node.css("a"))))
        around, self.box = self.box, number
        twins = {image.mem_id for image in node.css("noscript img")}
        for image in node.css("img,amp-img,amp-anim"):
            self.fallback += (twin := image.mem_id in twins)
            self.picture(image, "img")
            self.fallback -= twin
        self.parts.clear()  # no emoji or formula of it stands in a line
        self.box = around
        box.end = len(self.page.pieces)

    def cell(self, node: LexborNode, tag: str) -> Leave | None:
        """Enter a table's cell: in a table of data its text goes on in the row's line."""
        if not self.rows or node.mem_id in self.layout:
            leave = self.part(node, tag)
            if leave is not None:
                self.kinds.append(tag)  # what such a cell holds is no row of a table
            return leave
        if node.mem_id in self.hidden:
            self.pass_over(node, "hidden")
            return None
        if any(part.strip() for part in self.parts):
            self.parts.append(" | ")
        return _nothing

    def leave_block(self) -> None:
        if self.parts:
            self.flush()
        tag, before = self.blocks.pop()
        if tag in LEAVES_KIND:
            self.kinds.pop()
            if tag == "pre":
                self.pre -= 1
            elif tag == "tr":
                self.rows -= 1
        if self.box != before:
            self.page.boxes[self.box].end = len(self.page.pieces)
            self.box = before

    def flush(self) -> None:
        """End the block that was gathered."""
        raw, links, split = "".join(self.parts), self.links, self.split
        self.parts.clear()
        self.links, self.split = 0, None
        joint = None if split is None else self.joint(raw, split)
        for text in texts(raw, self.pre > 0):
            tag = self.kinds[-1] if self.kinds else ""
            kind = KINDS.get(tag, "paragraph")
            level = int(tag[1]) if kind == "heading" else 0
            length = len(text)
            self.page.pieces.append(Block(text, kind, level, min(links, length), self.box, joint))
            links, joint = max(0, links - length), None

    def joint(self, raw: str, split: tuple[tuple[str, int] | None, str]) -> str | None:
        """What parts a text from the one before the picture in its line; None where it does not go on with that."""
        if split[0] is not (self.blocks[-1] if self.blocks else None):
            return None
        behind = "\n" if raw.lstrip(" \t\n")[:1] == BREAK else " " if raw[:1].isspace() else ""
        if split[1] == behind == "\n":
            return None
        return min(split[1], behind) if split[1] and behind else split[1] or behind  # a line break before a space

    def picture(self, node: LexborNode, tag: str) -> None:
        attributes = node.attributes
        if tag == "input" and (attributes.get("type") or "").lower() != "image":
            return
        self.shoot(attributes, "icon" if tag == "input" else "")

    def shoot(self, attributes: Attributes, against: str = "") -> None:
        """Take in a picture by its element's attributes; `against` is a reason that is known before."""
        self.shots += 1
        if self.shots > self.most_pictures:
            self.page.aside.append((Image((attributes.get("src") or "")[:200]), "too_many"))
            return
        image, reason, body = media.image(
            attributes, self.base, self.sources[-1] if self.sources else (), self.screen, self.least_inline
        )
        if body:
            self.page.inline[image.url] = body
        reason = reason or against or media.judged(image, attributes)
        stands = media.stands_for(attributes, image, self.told) if image.alt and reason != "placeholder" else None
        if stands is not None:
            self.parts.append(stands[0])
            reason = reason or stands[1]
        linked = bool(self.link) and any(part.strip() for part in self.parts)
        if self.parts and not reason:
            self.divide()
        target = absolute(self.link[-1], self.base) if self.link else ""
        self.page.pieces.append(Shot(image, reason, self.box, target, linked, self.fallback > 0))

    def divide(self) -> None:
        """End the block at a picture, and remember that its line may go on behind it."""
        last = self.parts[-1]
        count = len(self.page.pieces)
        self.flush()
        if len(self.page.pieces) > count:
            space = "\n" if last.rstrip(" \t\n").endswith(BREAK) else " " if last[-1:].isspace() else ""
            self.split = (self.blocks[-1] if self.blocks else None, space)

    def clip(self, node: LexborNode, tag: str) -> None:
        item = embeds.clip(node, self.base)
        if item is not None and not self.fallback:
            self.flush()
            self.page.pieces.append(Clip(item, self.box))

    def plugin(self, node: LexborNode, tag: str) -> Leave | None:
        """An <object> or <embed>: a player, a file, or a picture; else what an <object> holds for want of these."""
        count = len(self.page.pieces)
        self.clip(node, tag)
        if len(self.page.pieces) > count:
            return None
        shown = embeds.pictured(tag, node.attributes)
        if shown is not None:
            self.shoot(shown)
            return None
        return _nothing if tag == "object" else None

    def named_media(self, node: LexborNode, tag: str) -> None:
        """A <meta> or <link> in the body that names a video's or a sound's address for machines (schema.org)."""
        item = embeds.itemprop(node.attributes, self.base)
        if item is not None and not self.fallback:
            self.flush()
            self.page.pieces.append(Clip(item, self.box))

    def drawing(self, node: LexborNode, tag: str) -> None:
        """An <svg>: icons are many and say nothing; what has a picture's size is entered."""
        image = media.drawing(node.attributes)
        if image.declared_width >= media.DRAWN and image.declared_height >= media.DRAWN:
            self.page.aside.append((image, "svg"))

    def controls(self, node: LexborNode, tag: str) -> None:
        """A <button>: a reader works with it and does not read it; in a figure it shows the picture large."""
        above = node.parent
        for _ in range(4):
            if above is not None and above.tag == "figure":
                for one in node.css("img"):
                    self.picture(one, "img")
                return
            above = above.parent if above is not None else None
        self.pass_over(node, "icon")

    def pass_over(self, node: LexborNode, why: str) -> None:
        """Enter the pictures of an element that is not read."""
        for one in node.css("img"):
            image, reason, _ = media.image(one.attributes, self.base, (), self.screen, 0)
            self.page.aside.append((image, reason or why))

    def dialog(self, node: LexborNode, tag: str) -> Leave | None:
        return self.part(node, tag) if "open" in node.attributes else None


ACTIONS: dict[str, Action | None] = {
    **dict.fromkeys(SKIPPED),
    **dict.fromkeys(LINES, Walker.line),
    **dict.fromkeys(BOXES, Walker.part),
    **dict.fromkeys(("td", "th"), Walker.cell),
    **dict.fromkeys(("img", "amp-img", "amp-anim", "input"), Walker.picture),
    **dict.fromkeys(embeds.ELEMENTS, Walker.clip),
    **dict.fromkeys(embeds.PLUGINS, Walker.plugin),
    **dict.fromkeys(("meta", "link"), Walker.named_media),
    "script": Walker.script,
    "mjx-container": Walker.drawn_formula,
    "svg": Walker.drawing,
    "button": Walker.controls,
    "dialog": Walker.dialog,
    "br": Walker.line_break,
    "math": Walker.formula,
    "a": Walker.anchor,
    "picture": Walker.pictured,
    "noscript": Walker.noscript,
}
"""What the walk does at an element, by its tag: None passes over all of it, and of others the content is read.

An action that returns None has dealt with the element's content; else what it returns is called after the content.
"""
CODE_LINES = frozenset(("div", "li", "ol", "ul"))
"""Elements that are lines of code, where they stand in a <pre>."""
HEEDED = LINES | BOXES | {"td", "th"}
"""Elements that can be hidden with all that they hold."""
_NOT_WITHOUT = "img,math,script[type^=math],video,audio,iframe,object,embed,p,div"
"""What keeps a hidden element that stands in lines: formulae for machines, and what a script shows."""
LEAVES_KIND = frozenset((*KINDS, "td", "th"))


def _name(attributes: Attributes) -> str:
    """What an element calls itself: class, id, role and itemprop."""
    name = attributes.get("class") or ""
    if len(attributes) > ("class" in attributes):
        for key in ("id", "role", "itemprop"):
            if key in attributes:
                name += " " + (attributes.get(key) or "")
    return name


def _length(node: LexborNode) -> int:
    """Characters of an element's text, white space aside."""
    return len("".join(node.text().split()))


def _nothing() -> None:
    return None


def texts(raw: str, pre: bool) -> list[str]:
    """The blocks in what was gathered: white space as a reader sees it, two <br> part paragraphs.

    Invisible signs go (soft hyphens, zero-width spaces, marks of order and direction), joiners that shape letters stay;
    what is left is in Unicode's normal form C.
    """
    if not raw.isascii():
        raw = normalize("NFC", raw.translate(_GONE) if _ANY_INVISIBLE.search(raw) else raw)
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
