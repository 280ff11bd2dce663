"""One pass over a page: from its nodes to a flat list of pieces in reading order, and the boxes that hold them.

What is done for every node stands here and is compiled where a compiler was at hand (walk.pxd gives the types);
pictures, players and formulae, of which a page has few, are read by `figures`.
"""

from __future__ import annotations

from array import array

from m3w_builder.extract import figures, media, sought, unseen
from m3w_builder.extract.embeds import ELEMENTS, PLUGINS
from m3w_builder.extract.flat import END, INPUT, LINK, META, NOSCRIPT, NUMBERS, OTHER, RAW, SCRIPT, SVG, Flat
from m3w_builder.extract.keys import HREF, ITEMPROP, STYLE, TYPE, WIDTH
from m3w_builder.extract.lines import BREAK, texts
from m3w_builder.extract.pieces import Box, Page, TooMany, new_block, new_box
from m3w_builder.extract.runs import inside
from m3w_builder.extract.skims import SKIM, Skims, plan
from m3w_builder.extract.srcset import Screen
from m3w_builder.extract.tags import BOXES, CODE_LINES, KINDS, LEAVES_KIND, LINES, SHOWN, SKIPPED

_ON, _PAST, _LINE, _PART, _CELL, _LINK, _BREAK, _PICTURE, _NOSCRIPT, _RARE = range(10)
"""What the walk does at an element: its content is read, or passed over, or it begins something; `figures` has the
rare ones."""
_BLOCK, _CODE_LINE = 2, 1
"""Marks of elements that begin and end a block, and of those that are lines of code; others bear what they began."""
_NO_BLOCK = -1
_NO_SPLIT = -2
_GONE, _HIDDEN, _SKIM = unseen.GONE, unseen.HIDDEN, SKIM

_DONE: dict[str, int] = {
    **dict.fromkeys(SKIPPED, _PAST),
    **dict.fromkeys(LINES, _LINE),
    **dict.fromkeys(BOXES, _PART),
    **dict.fromkeys(("td", "th"), _CELL),
    **dict.fromkeys((*SHOWN, *ELEMENTS, *PLUGINS, "meta", "link", "script", "mjx-container", "svg"), _RARE),
    **dict.fromkeys(("button", "math", "dialog"), _RARE),
    "a": _LINK,
    "br": _BREAK,
    "picture": _PICTURE,
    "noscript": _NOSCRIPT,
}
_ACTIONS = array("i", (0,) * (OTHER + 1 + len(NUMBERS)))
for _tag, _action in _DONE.items():
    _ACTIONS[NUMBERS[_tag]] = _action
_OF_A_KIND, _PRE, _ROW = 1, 2, 3
_KINDED = array("i", bytes(4 * len(_ACTIONS)))
"""The elements that give the blocks in them a kind, two of them by numbers of their own."""
for _tag in LEAVES_KIND:
    _KINDED[NUMBERS[_tag]] = _PRE if _tag == "pre" else _ROW if _tag == "tr" else _OF_A_KIND
_SHOWN = array("i", bytes(4 * len(_ACTIONS)))
"""1 for the elements that are told of as pictures where a part is skimmed."""
for _tag in ("img", "amp-img", "amp-anim"):
    _SHOWN[NUMBERS[_tag]] = 1


class Walker:
    """The state of the walk: the block that is being gathered, and the elements around it."""

    def __init__(
        self,
        flat: Flat,
        base: str,
        limit: int,
        thread: bool = False,
        skims: bool = False,
        screen: Screen = sought.PAGE,
        most_pictures: int = 5000,
        least_inline: int = 0,
    ) -> None:
        """thread: whether the page is a discussion.

        skims: whether what looks like furniture is passed over, all but its pictures. most_pictures: that are taken in;
        more go without being looked at. least_inline: bytes of a picture in the page itself from which on it is taken,
        0 for never.
        """
        self.flat = flat
        self.base = base
        self.limit = limit
        self.skimming = skims
        self.screen = screen
        self.most_pictures = most_pictures
        self.least_inline = least_inline
        self.page = Page()
        self.pieces = self.page.pieces
        self.boxes = self.page.boxes
        self.parts: list[str] = []
        self.links = 0
        self.box = 0
        self.block = _NO_BLOCK
        """The innermost block element around."""
        self.above = array("i", bytes(4 * (flat.count + 1)))
        """For each of these the one around it."""
        self.outer = array("i", bytes(4 * (flat.count + 1)))
        """And the box around it."""
        self.kinds: list[str] = []
        """Of these, the tags that give blocks a kind."""
        self.link: list[str] = []
        self.pre = 0
        self.rows = 0
        self.fallback = 0
        self.sources: list[media.Sources] = []
        """Those of each <picture> around."""
        self.marks = array("i", bytes(4 * (flat.count + 1)))
        """For each element what it began, or why it is not read (`unseen`)."""
        self.laid_out = self.marks
        self.cells = False
        self.skims = Skims(flat, thread)
        """What is known of the names of parts."""
        self.told = ""
        """The source of the last formula."""
        self.split = _NO_SPLIT
        """The block element in whose line a picture stood last."""
        self.split_by = ""
        """What stood between the text and that picture."""
        self.shots = 0

    def walk(self, root: int) -> Page:
        """Go through the nodes from `root` to its end; raises TooMany."""
        flat = self.flat
        tag, start, over, marks, actions, parts = flat.tag, flat.start, flat.over, self.marks, _ACTIONS, self.parts
        raw, close, gone = RAW, END, _GONE
        self.boxes.append(new_box(-1, "root", "", 0))
        self.cells = unseen.look(flat, root, marks)
        if self.skimming:
            plan(self.skims, root, marks)
        if self.cells:
            self.laid_out = unseen.layout(flat, root, marks)
        node, last, left = root, over[root], self.limit
        while node < last:
            kind = tag[node]
            if kind == close:
                opened = start[node]
                if marks[opened] > 0:
                    self.leave(opened)
                node += 1
                continue
            left -= 1
            if left < 0:
                raise TooMany
            if kind <= raw:
                if not self.fallback and (parts or self.pre or not flat.is_blank(node)):
                    text = flat.text(node)
                    if self.link:
                        self.links += inside(text)
                    if parts or self.pre or not text.isspace():
                        parts.append(text)
                node += 1
                continue
            action = actions[kind]
            if marks[node] == gone:
                node = over[node]
            elif action == 0:
                node += 1
            elif self.enter(node, action):
                if over[node] == node + 1 and marks[node] > 0:
                    self.leave(node)
                node += 1
            else:
                node = over[node]
        self.flush()
        self.boxes[0].end = len(self.pieces)
        return self.page

    def enter(self, node: int, action: int) -> bool:
        """Begin what an element begins; the answer is whether its content is read."""
        if action == _PART:
            return self.part(node)
        if action == _LINE:
            return self.line(node)
        if action == _LINK:
            self.link.append(self.flat.get(node, HREF) or "#")
        elif action == _BREAK:
            self.parts.append(BREAK)
            return True
        elif action == _CELL:
            return self.cell(node)
        elif action == _PICTURE:
            self.sources.append(media.Sources(self.flat, node))
        elif action == _NOSCRIPT:
            self.fallback += 1
        elif action == _RARE:
            return self.tells(node) and figures.read(self, node)
        else:
            return False
        self.marks[node] = action
        return True

    def tells(self, node: int) -> bool:
        """Whether a rare element can be anything to a reader: most scripts, drawings and <meta> are not."""
        kind, flat = self.flat.tag[node], self.flat
        if kind == SCRIPT:
            return flat.get(node, TYPE).startswith("math/")
        if kind == SVG:
            return flat.find(node, WIDTH) >= 0 or flat.find(node, STYLE) >= 0
        if kind in (META, LINK):
            return flat.find(node, ITEMPROP) >= 0
        return kind != INPUT or flat.get(node, TYPE).lower() == "image"

    def leave(self, node: int) -> None:
        """End what an element began."""
        mark = self.marks[node]
        if mark == _BLOCK:
            self.leave_block(node)
        elif mark == _LINK:
            self.link.pop()
        elif mark == _CODE_LINE:
            self.code_line()
        elif mark == _PICTURE:
            self.sources.pop()
        elif mark == _NOSCRIPT:
            self.fallback -= 1

    def line(self, node: int) -> bool:
        """Enter an element that begins a block of text."""
        if self.marks[node] == _HIDDEN:
            figures.pass_over(self, node, "hidden")
            return False
        if self.parts:
            self.flush()
        self.opens(node)
        return True

    def opens(self, node: int) -> None:
        """Begin a block in the box that is open."""
        kind = _KINDED[self.flat.tag[node]]
        if kind:
            self.kinds.append(self.flat.tag_name(node))
            if kind == _PRE:
                self.pre += 1
            elif kind == _ROW:
                self.rows += 1
        self.above[node] = self.block
        self.outer[node] = self.box
        self.block = node
        self.marks[node] = _BLOCK

    def part(self, node: int) -> bool:
        """Enter an element that begins a block of text and can hold a part of the page."""
        if self.marks[node] == _HIDDEN:
            figures.pass_over(self, node, "hidden")
            return False
        tag = self.flat.tag_name(node)
        if self.pre and tag in CODE_LINES:
            self.code_line()
            self.marks[node] = _CODE_LINE
            return True
        if self.parts:
            self.flush()
        name = self.skims.name(node)
        number = len(self.boxes)
        box = new_box(self.box, tag, name, len(self.pieces), self.skims.against(node))
        self.boxes.append(box)
        if self.marks[node] == _SKIM:
            self.skim(node, box, number)
            return False
        self.opens(node)
        self.box = number
        return True

    def code_line(self) -> None:
        """A line of code that stands in an element of its own begins or ends."""
        if self.parts and not self.parts[len(self.parts) - 1].endswith((BREAK, "\n")):
            self.parts.append(BREAK)

    def skim(self, node: int, box: Box, number: int) -> None:
        """Take the pictures out of an element, and of its text the length alone, white space aside."""
        flat, around, last, letters, linked = (
            self.flat,
            self.box,
            self.flat.over[node],
            self.skims.letters,
            self.skims.linked,
        )
        tag, shown = flat.tag, _SHOWN
        self.box = number
        at, twin_ends, gone, twin = node + 1, 0, _GONE, NOSCRIPT
        while at < last:
            kind = tag[at]
            if self.marks[at] == gone:
                at = flat.over[at]
                continue
            if shown[kind] == 1:
                self.fallback += at < twin_ends
                figures.picture(self, at)
                self.fallback -= at < twin_ends
            elif kind == twin:
                twin_ends = max(twin_ends, flat.over[at])
            at += 1
        box.unread = letters[last] - letters[node]
        box.unread_links = linked[last] - linked[node]
        self.parts.clear()  # no emoji or formula of it stands in a line
        self.box = around
        box.end = len(self.pieces)

    def cell(self, node: int) -> bool:
        """Enter a table's cell: in a table of data its text goes on in the row's line."""
        if not self.rows or self.laid_out[node] == 1:
            return self.part(node)  # what such a cell holds is no row of a table
        if self.marks[node] == _HIDDEN:
            figures.pass_over(self, node, "hidden")
            return False
        if "".join(self.parts).strip():
            self.parts.append(" | ")
        return True

    def leave_block(self, node: int) -> None:
        """End the block that an element began, and the box that it is."""
        if self.parts:
            self.flush()
        self.block = self.above[node]
        kind = _KINDED[self.flat.tag[node]]
        if kind:
            self.kinds.pop()
            if kind == _PRE:
                self.pre -= 1
            elif kind == _ROW:
                self.rows -= 1
        if self.box != self.outer[node]:
            box: Box = self.boxes[self.box]
            box.end = len(self.pieces)
            self.box = self.outer[node]

    def flush(self) -> None:
        """End the block that was gathered."""
        raw, links, joint = "".join(self.parts), self.links, None
        self.parts.clear()
        self.links = 0
        if self.split != _NO_SPLIT:
            joint = self.joint(raw)
            self.split = _NO_SPLIT
        for text in texts(raw, self.pre > 0):
            tag = self.kinds[len(self.kinds) - 1] if self.kinds else ""
            kind = KINDS.get(tag, "paragraph")
            level = int(tag[1]) if kind == "heading" else 0
            length = len(text)
            self.pieces.append(new_block(text, kind, level, min(links, length), self.box, joint))
            links, joint = max(0, links - length), None

    def joint(self, raw: str) -> str | None:
        """What parts a text from the one before the picture in its line; None where it does not go on with that."""
        if self.split != self.block:
            return None
        behind = "\n" if raw.lstrip(" \t\n")[:1] == BREAK else " " if raw[:1].isspace() else ""
        if self.split_by == behind == "\n":
            return None
        if self.split_by and behind:
            return min(self.split_by, behind)  # a line break before a space
        return self.split_by or behind

    def divide(self) -> None:
        """End the block at a picture, and remember that its line may go on behind it."""
        last = self.parts[len(self.parts) - 1]
        count = len(self.pieces)
        self.flush()
        if len(self.pieces) > count:
            self.split_by = "\n" if last.rstrip(" \t\n").endswith(BREAK) else " " if last != last.rstrip() else ""
            self.split = self.block
