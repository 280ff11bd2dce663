"""What of a page is there and not read: hidden elements, formulae that a script has drawn, numbers of lines of code."""

from __future__ import annotations

import re
from array import array

from m3w_builder.extract import native
from m3w_builder.extract.flat import BR, END, NUMBERS, OTHER, PRE, RAW, SCRIPT, TD, TH, Flat
from m3w_builder.extract.keys import CLASS, STYLE, TYPE
from m3w_builder.extract.keys import HIDDEN as HIDDEN_KEY
from m3w_builder.extract.spots import begins
from m3w_builder.extract.tags import ACTED, HEEDED

GONE, HIDDEN = -1, -2
"""Marks of elements: those that stand in lines and are left out as if they were not there, and hidden parts, of which
the pictures are told."""

DRAWN = frozenset(("katex-html", "MathJax_Preview", "MathJax", "MathJax_Display", "MathJax_CHTML", "MathJax_SVG"))
"""Classes of formulae as a script has drawn them."""
GUTTERS: dict[str, frozenset[str]] = {
    "td": frozenset(["gutter", "linenos", "lineno", "line-numbers", "blob-num", "rouge-gutter", "hljs-ln-numbers"]),
    "pre": frozenset(("lineno", "line-numbers-wrapper")),
    "span": frozenset(["lineno", "linenos", "line-number", "line-numbers-rows"]),
    "div": frozenset(("line-numbers",)),
}
"""Classes of elements with the numbers of lines beside code."""
_KAT, _HJA, _NON = (int.from_bytes(three, "big") for three in (b"kat", b"hja", b"non"))
"""Letters of "katex", "mathjax" and "none" (`spots.begins`)."""
_UNSEEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_NOT_WITHOUT = array("i", bytes(4 * (OTHER + 1 + len(NUMBERS))))
for _tag in ("img", "math", "video", "audio", "iframe", "object", "embed", "p", "div"):
    _NOT_WITHOUT[NUMBERS[_tag]] = 1
"""What keeps a hidden element that stands in lines: formulae for machines, and what a script shows."""
_LAID_OUT = frozenset(
    NUMBERS[tag] for tag in ("p", "div", "h1", "h2", "h3", "ul", "ol", "table", "blockquote", "form", "img")
)
"""Table cells that hold one of these, or two <br> in a row, are the page's layout and no data."""
NEAR = 4
"""Nodes beside a drawn formula among which its source stands."""


def look(flat: Flat, root: int, marks: array[int]) -> bool:
    """Mark the elements below `root` that are not read; the answer is whether there are table cells."""
    tag, first, over, keys = flat.tag, flat.first, flat.over, flat.key
    other, gone = OTHER, GONE
    held: array[int] | None = None
    last = over[root]
    code = 0 <= flat.next(PRE, root) < last
    holds = native.scans().holds
    drawn = holds(flat.data, b"katex") or holds(flat.data, b"MathJax")
    node = root
    while node < last:
        if tag[node] < other:
            node += 1
            continue
        hidden = left_out = False
        for number in range(first[node], first[node + 1]):
            key = keys[number]
            if key == CLASS:
                if code or (drawn and begins(flat, number, _KAT, _HJA, _HJA)):
                    value = flat.value(number)
                    left_out = (code and _is_gutter(flat.tag_name(node), value)) or _is_drawn(flat, node, value)
            elif key == HIDDEN_KEY or (
                key == STYLE and begins(flat, number, _NON, _NON, _NON) and _hides(flat.value(number))
            ):
                hidden = True
        if hidden or left_out:
            here = flat.tag_name(node)
            if here in HEEDED:
                marks[node] = HIDDEN
            elif left_out and not hidden:
                marks[node] = GONE
            elif here == "a" or here not in ACTED:
                if held is None:
                    held = _held(flat, root)
                if held[over[node] - root] == held[node + 1 - root]:
                    marks[node] = GONE
        node = over[node] if marks[node] == gone else node + 1
    return 0 <= flat.next(TD, root) < last or 0 <= flat.next(TH, root) < last


def _hides(style: str) -> bool:
    """Whether a style hides its element."""
    return _UNSEEN.search(style) is not None


def _is_gutter(tag: str, name: str) -> bool:
    """Whether an element of this class holds numbers of lines; their names all have one of a few runs of letters."""
    if "lin" not in name and "gutter" not in name and "-num" not in name:
        return False
    return tag in GUTTERS and not GUTTERS[tag].isdisjoint(name.split())


def _is_drawn(flat: Flat, node: int, name: str) -> bool:
    """Whether an element of this class is a drawn formula whose source stands beside it."""
    if ("katex" not in name and "MathJax" not in name) or DRAWN.isdisjoint(name.split()):
        return False
    return has_source(flat, node, "katex" in name)


def has_source(flat: Flat, node: int, katex: bool) -> bool:
    """Whether a formula that a script has drawn stands beside its source, before it (KaTeX) or behind it (MathJax)."""
    at = node if katex else flat.over[node]
    for _ in range(NEAR):
        if katex:
            at -= 1
            if at < 0 or (flat.tag[at] >= OTHER and flat.over[at] > at + 1):
                return False  # the start of the element around it
            if flat.tag[at] == END:
                at = flat.start[at]
                if "katex-mathml" in flat.get(at, CLASS):
                    return True
        else:
            if at >= flat.count or flat.tag[at] == END:
                return False
            if flat.tag[at] == SCRIPT and flat.get(at, TYPE).startswith("math/"):
                return True
            at = flat.over[at]
    return False


def _held(flat: Flat, root: int) -> array[int]:
    """For each node below `root` how many elements stand before it that keep a hidden one in the text."""
    tag, kept, script = flat.tag, _NOT_WITHOUT, SCRIPT
    last = flat.over[root]
    found = array("i", bytes(4 * (last - root + 2)))
    count = 0
    for node in range(root, last):
        found[node - root] = count
        kind = tag[node]
        if kept[kind] or (kind == script and flat.get(node, TYPE).startswith("math")):
            count += 1
    found[last - root] = count
    return found


def layout(flat: Flat, root: int, marks: array[int]) -> array[int]:
    """For each node 1 where it is a table cell that holds blocks of its own: its table is the page's layout."""
    tag, over, parent = flat.tag, flat.over, flat.parent
    close, raw, td, th, br, gone = END, RAW, TD, TH, BR, GONE
    found = array("i", bytes(4 * (flat.count + 1)))
    before = array("i", bytes(4 * (flat.count + 1)))
    """The tag of an element's last child so far."""
    around: list[int] = []
    node, last = root, over[root]
    while node < last:
        kind = tag[node]
        if kind == close:
            if around and around[len(around) - 1] == flat.start[node]:
                cell = around.pop()
                if found[cell] and around:
                    found[around[len(around) - 1]] = 1
        elif kind > raw:
            if marks[node] == gone:
                node = over[node]
                continue
            above = parent[node]
            if around and (kind in _LAID_OUT or (kind == br and above >= 0 and before[above] == br)):
                found[around[len(around) - 1]] = 1
            if above >= 0:
                before[above] = kind
            if kind in (td, th):
                around.append(node)
        node += 1
    return found
