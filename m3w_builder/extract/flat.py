"""A parsed page as flat arrays: elements, their attributes and texts in reading order.

Asking the parser for one node after the other from Python costs a page more than all else that is done with it. Where
a compiler was at hand the nodes are read in C (`nodes`). Elsewhere the tree is written out and read again: what the
parser writes is regular, whatever the page was: every element but the void ones is closed, values are quoted, and of
entities there are five. So one pass finds all of it. Either way the arrays are the same.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from typing import cast

from selectolax.lexbor import LexborHTMLParser

from m3w_builder.extract import keys, native

TEXT, RAW, END, OTHER = 0, 1, 2, 3
"""What stands in `Flat.tag` for texts, texts without entities (scripts, styles), ends of elements, and elements of
tags that have no number of their own."""

_VOID = "img br input meta link base source embed area col hr param track wbr frame keygen basefont bgsound"
"""Elements that have no content and no end."""
_UNPARSED = "script style xmp iframe noembed noframes plaintext"
"""Elements whose text is written as it is."""
_NAMED = (
    "html head title body p div a h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table tbody tr td th pre blockquote form figure "
    "template noscript picture button select textarea svg math video audio object annotation time amp-img amp-anim "
    "section article main details center nav footer aside header fieldset hgroup menu address figcaption caption "
    "summary thead tfoot colgroup legend optgroup option datalist canvas map applet frameset rp rt math-source dialog "
    "mjx-container amp-video amp-audio video-js amp-iframe lite-youtube amp-youtube lite-vimeo amp-vimeo "
    "amp-dailymotion amp-soundcloud wistia-player span b i u s strong em small sup sub code label path g use abbr"
)
NUMBERS: dict[str, int] = {tag: number for number, tag in enumerate(f"{_VOID} {_UNPARSED} {_NAMED}".split(), OTHER + 1)}
"""The number of each tag that is asked for by number, and of those that are met most."""
TAGS: tuple[str, ...] = ("",) * (OTHER + 1) + tuple(NUMBERS)
"""The tags by their numbers."""
_NOWHERE = array("i", (-1,) * len(TAGS))
IMG, BR, META, LINK, BASE, SOURCE = (NUMBERS[tag] for tag in ("img", "br", "meta", "link", "base", "source"))
HTML, HEAD, TITLE, BODY, A, H1 = (NUMBERS[tag] for tag in ("html", "head", "title", "body", "a", "h1"))
SCRIPT, STYLE, PLAINTEXT, TEMPLATE = (NUMBERS[tag] for tag in ("script", "style", "plaintext", "template"))
TD, TH, PRE, SVG, TIME, NOSCRIPT, INPUT, FIGURE = (
    NUMBERS[tag] for tag in ("td", "th", "pre", "svg", "time", "noscript", "input", "figure")
)
LAST_VOID = SCRIPT - 1
LAST_UNPARSED = PLAINTEXT
SIGNS = tuple(b' "-/=>!?')
"""The bytes at which markup is told apart."""
_MARKS = re.compile(rb"<!---?>|<!--|-->|<(/?)script[\t\n\f />]", re.IGNORECASE)


class Flat:
    """A page's nodes by their number, in reading order; -1 stands for none.

    Comments are left out, what stands in a <template>, styles, and scripts but those with data or a formula. An
    element's nodes are those from itself to before `over[it]`; the last of these is its end, unless it is void.
    """

    def __init__(self, data: bytes, escaped: bool) -> None:
        self.data = data
        """What holds the texts and the values of attributes, in UTF-8."""
        self.escaped = escaped
        """Whether `data` has entities, as the parser writes them."""
        self.count = 0
        self.attribute_count = 0
        self.open = -1
        """The innermost element that is open, while the arrays are filled."""
        self.tag = self.start = self.stop = self.over = self.parent = self.first = _zeros(1)
        """`start`: where a text begins in `data`, or the name of a tag that has no number; for an end the number of
        its element. `stop`: where that text or name ends.

        `first`: the number of an element's first attribute; its last is before the next node's first."""
        self.key = self.value_start = self.value_stop = _zeros(1)
        """Of each attribute its name's number, and where its value stands in `data`."""
        self.foremost = array("i", _NOWHERE)
        """The first element of each tag, by its number; -1 where there is none."""
        self.names: list[str] = list(keys.NAMES)
        """The names of attributes by their numbers: those of `keys`, and behind them the page's others."""

    def make_room(self, nodes: int, attributes: int) -> None:
        """Make room for so many nodes and attributes, of which none is there yet."""
        self.tag, self.start, self.stop = _zeros(nodes), _zeros(nodes), _zeros(nodes)
        self.over, self.parent, self.first = _zeros(nodes), _zeros(nodes), _zeros(nodes)
        self.key = _zeros(attributes + 1)
        self.value_start, self.value_stop = _zeros(attributes + 1), _zeros(attributes + 1)

    def grow(self) -> None:
        """Make room for twice as many nodes."""
        self.tag, self.start, self.stop = _grown(self.tag), _grown(self.start), _grown(self.stop)
        self.over, self.parent, self.first = _grown(self.over), _grown(self.parent), _grown(self.first)

    def grow_attributes(self) -> None:
        """Make room for twice as many attributes."""
        self.key = _grown(self.key)
        self.value_start, self.value_stop = _grown(self.value_start), _grown(self.value_stop)

    def tag_name(self, node: int) -> str:
        """The tag of an element; empty for any other node."""
        kind = self.tag[node]
        if kind != OTHER:
            return TAGS[kind]
        return self.data[self.start[node] : self.stop[node]].decode("utf-8", "replace")

    def text(self, node: int) -> str:
        """The text of a text node."""
        found = self.data[self.start[node] : self.stop[node]].decode("utf-8", "replace")
        return unescaped(found) if self.escaped and self.tag[node] == TEXT and "&" in found else found

    def is_blank(self, node: int) -> bool:
        """Whether a text node is plain white space, as most are between elements: told without making the text."""
        data, stop = self.data, self.stop[node]
        for at in range(self.start[node], stop):
            byte = data[at]
            if byte > 32 or byte not in (32, 10, 9, 13, 12):
                return False
        return True

    def value(self, attribute: int) -> str:
        """The value of an attribute."""
        found = self.data[self.value_start[attribute] : self.value_stop[attribute]].decode("utf-8", "replace")
        return unescaped(found) if self.escaped and "&" in found else found

    def get(self, node: int, key: int) -> str:
        """The value of an element's attribute of a name, by its number in `keys`; empty where it has none."""
        number = self.find(node, key)
        return self.value(number) if number >= 0 else ""

    def find(self, node: int, key: int) -> int:
        """The number of an element's attribute of a name, by the name's number; -1 where it has none."""
        for number in range(self.first[node], self.first[node + 1]):
            if self.key[number] == key:
                return number
        return -1

    def says(self, node: int, key: int, value: bytes) -> bool:
        """Whether an element's attribute of a name has a value, in which no sign is written as an entity."""
        number = self.find(node, key)
        if number < 0 or self.value_stop[number] - self.value_start[number] != len(value):
            return False
        return self.data[self.value_start[number] : self.value_stop[number]] == value

    def attributes(self, node: int) -> dict[str, str | None]:
        """An element's attributes, the first of a name."""
        found: dict[str, str | None] = {}
        for number in range(self.first[node], self.first[node + 1]):
            found[self.names[self.key[number]]] = self.value(number)
        return found

    def children(self, node: int) -> Iterator[int]:
        """The elements right below an element."""
        at = node + 1
        while at < self.over[node]:
            if self.tag[at] >= OTHER:
                yield at
                at = self.over[at]
            else:
                at += 1

    def below(self, node: int, number: int) -> Iterator[int]:
        """All elements of a tag, by its number, below an element."""
        for at in range(node + 1, self.over[node]):
            if self.tag[at] == number:
                yield at

    def next(self, number: int, at: int = 0) -> int:
        """The first element of a tag, by its number, from node `at` on; -1 where there is none."""
        node = self.foremost[number]
        if node < 0 or node >= at:
            return node
        for node in range(at, self.count):
            if self.tag[node] == number:
                return node
        return -1

    def texts(self, node: int, most: int = -1) -> list[str]:
        """The texts below an element: all of them, or the first that have `most` characters together."""
        found: list[str] = []
        left = most
        for at in range(node + 1, self.over[node]):
            if self.tag[at] <= RAW:
                found.append(self.text(at))
                left -= len(found[len(found) - 1])
                if left <= 0 <= most:
                    break
        return found

    def line(self, node: int, most: int = 4000) -> str:
        """The text of an element as one line, read to about `most` characters."""
        found: list[str] = []
        for at in range(node + 1, self.over[node]):
            if self.tag[at] <= RAW:
                found.append(self.text(at)[:most])
                most -= len(found[len(found) - 1])
                if most <= 0:
                    break
        return " ".join("".join(found).split())


def unescaped(text: str) -> str:
    """A text as it was before the parser wrote it with entities."""
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\xa0").replace("&quot;", '"')
    return text.replace("&amp;", "&")


def is_read(kind: bytes) -> bool:
    """Whether a script of this type is data or a formula, by the first bytes of its type."""
    return kind[:15].lower().startswith((b"math", b"application/ld"))


def parse(html: bytes) -> Flat:
    """The nodes of a page in UTF-8."""
    nodes = native.reader()
    if nodes is not None:
        return cast(Flat, nodes.read(html))
    return flatten(LexborHTMLParser(html).html or "")


def flatten(html: str) -> Flat:
    """The nodes of a tree that the parser wrote down; never raises, and makes some tree of any other text."""
    data = html.encode("utf-8", "replace")
    flat = Flat(data, True)
    flat.make_room(len(data) // 32 + 64, len(data) // 32 + 64)
    try:
        _scan(flat, data)
    except IndexError:  # text that no parser wrote, which ends within a tag
        pass
    _close(flat)
    for node in range(flat.count - 1, -1, -1):
        flat.foremost[flat.tag[node]] = node
    return flat


def _zeros(number: int) -> array[int]:
    return array("i", bytes(4 * number))


def _grown(old: array[int]) -> array[int]:
    new = _zeros(2 * len(old))
    new[: len(old)] = old
    return new


def _scan(flat: Flat, html: bytes) -> None:
    """Fill the arrays. What the loop needs stands in local names, which the compiler knows to be numbers and arrays."""
    text, raw, close, other, template, drawing = TEXT, RAW, END, OTHER, TEMPLATE, SVG
    last_void, last_unparsed = LAST_VOID, LAST_UNPARSED
    space, quote, dash, slash, equals, greater, exclaims, asks = SIGNS
    length = len(html)
    here = -1
    count = attributes = place = 0
    names, numbers = flat.names, NUMBERS
    named = dict(keys.NUMBERS)
    tag, start, stop, over, parent, first = flat.tag, flat.start, flat.stop, flat.over, flat.parent, flat.first
    key, value_start, value_stop = flat.key, flat.value_start, flat.value_stop
    room, attribute_room = len(tag) - 4, len(value_start)
    while place < length:
        if count >= room:
            flat.grow()
            tag, start, stop, over, parent, first = flat.tag, flat.start, flat.stop, flat.over, flat.parent, flat.first
            room = len(tag) - 4
        at = html.find(b"<", place)
        if at < 0:
            at = length
        if at > place:
            tag[count], start[count], stop[count], over[count] = text, place, at, count + 1
            parent[count], first[count] = here, attributes
            count += 1
        if at >= length:
            break
        sign = html[at + 1]
        if sign == slash:
            end = at + 2 + (stop[here] - start[here] if here >= 0 else 0)
            if here < 0 or end >= length or html[end] != greater or html[at + 2] != html[start[here]]:
                place = html.find(b">", at) + 1  # an end of nothing that is open
                if place <= 0:
                    break
                continue
            place = end + 1
            if (tag[here] == template or tag[here] == drawing) and count > here + 1:
                count, attributes = here + 1, first[here + 1]
            tag[count], start[count], stop[count], over[count] = close, here, at, count + 1
            parent[count], first[count] = parent[here], attributes
            count += 1
            over[here] = count
            here = parent[here]
        elif sign in (exclaims, asks):
            comment = sign == exclaims and html[at + 2] == dash
            place = html.find(b"-->", at + 4) + 3 if comment else html.find(b">", at) + 1
            if place < 3:
                break
        else:
            end = at + 2
            while html[end] != space and html[end] != greater:
                end += 1
            name = html[at + 1 : end].decode("utf-8", "replace")
            number = numbers.get(name, other)
            tag[count], start[count], stop[count], over[count] = number, at + 1, end, count + 1
            parent[count], first[count] = here, attributes
            count += 1
            while html[end] == space:
                begin = end + 1
                end = begin + 1
                while html[end] != equals and html[end] != space and html[end] != greater:
                    end += 1
                name_end = value = value_end = end
                if html[end] == equals and html[end + 1] == quote:
                    value = end + 2
                    value_end = html.find(b'"', value)
                    if value_end < 0:
                        value_end = length
                    end = value_end + 1
                if attributes >= attribute_room:
                    flat.grow_attributes()
                    key, value_start, value_stop = flat.key, flat.value_start, flat.value_stop
                    attribute_room = len(value_start)
                called = html[begin:name_end].decode("utf-8", "replace")
                if called not in named:
                    named[called] = len(names)
                    names.append(called)
                key[attributes], value_start[attributes], value_stop[attributes] = named[called], value, value_end
                attributes += 1
            place = end + 1
            if number > last_void or number == other:
                here = count - 1
                if other < number <= last_unparsed:
                    end = _unparsed_end(html, place, name, number)
                    first[count] = attributes
                    if end > place and _holds_text(flat, here, number):
                        tag[count], start[count], stop[count], over[count] = raw, place, end, count + 1
                        parent[count], first[count] = here, attributes
                        count += 1
                    place = end
        flat.count, flat.attribute_count, flat.open = count, attributes, here
    flat.count = count


def _holds_text(flat: Flat, node: int, number: int) -> bool:
    """Whether the text of an element that is not parsed is read: of styles and most scripts nobody does."""
    return number != STYLE and (number != SCRIPT or is_read(flat.get(node, keys.TYPE).encode()))


def _unparsed_end(html: bytes, place: int, name: str, number: int) -> int:
    """Where the text of an element ends that is written as it is."""
    mark = f"</{name}>".encode()
    end = html.rfind(mark, place) if number == PLAINTEXT else html.find(mark, place)
    if number == SCRIPT and end >= 0 and html.find(b"<!--", place, end) >= 0:
        end = _script_end(html, place)
    return end if end >= 0 else len(html)


def _script_end(html: bytes, place: int) -> int:
    """Where a script ends in which a comment begins: there another script can begin and end within it.

    https://html.spec.whatwg.org/#script-data-double-escaped-state
    """
    comment = inner = False
    for mark in _MARKS.finditer(html, place):
        what = mark.group()
        if what.endswith(b"->"):
            comment = inner = False
        elif what == b"<!--":
            comment = True
        elif mark.group(1):
            if not inner:
                return mark.start()
            inner = False
        else:
            inner = comment
    return -1


def _close(flat: Flat) -> None:
    """End what is open still, and say where the last node's attributes end."""
    here = flat.open
    while here >= 0:
        count = flat.count
        if count + 2 >= len(flat.tag):
            flat.grow()
        flat.tag[count], flat.start[count], flat.stop[count], flat.over[count] = END, here, len(flat.data), count + 1
        flat.parent[count], flat.first[count] = flat.parent[here], flat.attribute_count
        flat.over[here] = flat.count = count + 1
        here = flat.parent[here]
    flat.first[flat.count] = flat.attribute_count
