"""What the element of a picture says about it: its address, most of the time in src, its sides, its words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from m3w_builder.extract import inline
from m3w_builder.extract.addresses import absolute, base_of, join
from m3w_builder.extract.flat import SOURCE, Flat
from m3w_builder.extract.keys import ALT, ARIA_LABEL, CLASS, DATA_SRC, HEIGHT, ID, SRC, STYLE, TITLE, WIDTH
from m3w_builder.extract.kinds import LONGEST_NAME, STAND_IN, is_usable, judged, look, stands_for
from m3w_builder.extract.pieces import Picture, new_picture
from m3w_builder.extract.runs import is_line
from m3w_builder.extract.sought import LISTED, LONGEST_ADDRESS, address
from m3w_builder.extract.srcset import Attributes, Screen

SMALL = 2000
"""Characters of a data: URI that only stands in for a picture which a script puts there."""
DRAWN = 64
"""Declared px of either side from which on an <svg> is more than an icon."""


def picture(
    flat: Flat, node: int, base: str, within: Sources | None, screen: Screen, least_inline: int, against: str = ""
) -> Picture:
    """What an <img> or its like says, its attributes read where they stand: most have their address in src.

    within: the sources of the <picture> around it. least_inline: bytes from which on a picture in the page itself is
    taken; 0 for never. against: a reason for which it goes where it has an address.
    """
    source = later = alt = title = name = spot = style = -1
    width = height = 0
    for number in range(flat.first[node], flat.first[node + 1]):
        key = flat.key[number]
        if key == SRC:
            source = number
        elif key == ALT:
            alt = number
        elif key == CLASS:
            name = number
        elif key == WIDTH:
            width = _side(flat, number)
        elif key == HEIGHT:
            height = _side(flat, number)
        elif key == STYLE:
            style = number
        elif key == TITLE:
            title = number
        elif key == ID:
            spot = number
        elif key == DATA_SRC:
            later = number
    if style >= 0 and not (width and height):
        width, height = styled(flat.value(style), width, height)
    url, reason, body = "", "", b""
    bits = 0
    if screen.policy == "page":
        url, bits = _direct(flat, source, later, base)
    if not url:
        sources = within.attributes() if within is not None else ()
        url, reason, body = _sought(flat.attributes(node), base, sources, screen, least_inline)
        bits = look(url)
    found = new_picture(url, _said(flat, alt), _said(flat, title), width, height, reason or against, body)
    _judge(found, bits, flat.value(name) if name >= 0 else "", flat.value(spot) if spot >= 0 else "")
    return found


def told(attributes: Attributes, base: str, screen: Screen, least_inline: int) -> Picture:
    """The same of an element that is a picture by other attributes than an <img>."""
    url, reason, body = _sought(attributes, base, (), screen, least_inline)
    alt, title = _line(attributes.get("alt") or ""), _line(attributes.get("title") or "")
    found = new_picture(url, alt, title, *sides(attributes), reason, body)
    _judge(found, look(url), attributes.get("class") or "", attributes.get("id") or "")
    return found


def _judge(found: Picture, bits: int, name: str, spot: str) -> None:
    """Say of a picture what its class and id tell: why it goes, where nothing else is against it; what it stands for.

    bits: of its URL, by `kinds.look`.
    """
    if not found.reason:
        names = (f"{name} {spot}" if spot else name)[:LONGEST_NAME]
        found.reason = judged(found.url, found.width, found.height, names)
    if found.alt and found.reason != "placeholder":
        found.stands = stands_for(found.alt, name, found.url, bits)


def _direct(flat: Flat, source: int, later: int, base: str) -> tuple[str, int]:
    """The URL that src gives, or data-src where src stands in for it, and its bits by `kinds.look`.

    It is empty where all attributes have to be asked. source, later: the numbers of the two.
    """
    if source >= 0:
        url = _plain(flat, source, base)
        bits = look(url)
        if url and not _stands_in(flat, source, bits):
            return url, bits
        if not url and not _is_data(flat, source):
            return "", 0
    if later < 0 or not (url := _plain(flat, later, base)):
        return "", 0
    bits = look(url)
    return ("", 0) if _stands_in(flat, later, bits) or _is_more(flat, later) else (url, bits)


def _stands_in(flat: Flat, number: int, bits: int) -> bool:
    """Whether an address stands in for the picture until a script runs; bits: of the URL that it gives."""
    return bits & STAND_IN != 0 and not is_usable(flat.value(number), bits)


def _is_data(flat: Flat, number: int) -> bool:
    """Whether an attribute is empty or has the picture's bytes."""
    value = flat.data[flat.value_start[number] : min(flat.value_stop[number], flat.value_start[number] + 20)].lstrip()
    return not value or value[:5].lower() == b"data:"


def _is_more(flat: Flat, number: int) -> bool:
    """Whether a value is JSON, or can be a list."""
    value = flat.value(number).strip()
    return value.startswith(("{", "[")) or len(value.split(None, 1)) > 1


def _plain(flat: Flat, number: int, base: str) -> str:
    """The absolute URL of what stands in an attribute; empty where that is no address, or a list of them."""
    data, at, stop = flat.data, flat.value_start[number], flat.value_stop[number]
    if flat.escaped:
        data = flat.value(number).encode("utf-8", "replace")
        at, stop = 0, len(data)
    while at < stop and data[at] <= _SPACE:
        at += 1
    if at >= stop or stop - at > LONGEST_ADDRESS or _is_listed(data, at, stop):
        return ""
    url = join(data, at, stop, base_of(base))
    return absolute(data[at:stop].decode("utf-8", "replace"), base) if url is None else url


_SPACE, _ZERO, _TWO, _NINE, _PERCENT = b" 029%"


def _is_listed(data: bytes, at: int, stop: int) -> bool:
    """Whether a srcset can have been written into src: a number stands behind a space, or behind one in escapes."""
    signs = data
    for place in range(at, stop - 1):
        sign = signs[place]
        spaced = sign <= _SPACE or sign >= 128
        if sign == _ZERO and place > at + 1:
            spaced = signs[place - 1] == _TWO and signs[place - 2] == _PERCENT
        if spaced and _ZERO <= signs[place + 1] <= _NINE:
            return LISTED.search(data[at:stop].decode("utf-8", "replace")) is not None
    return False


def _sought(
    attributes: Attributes, base: str, sources: Sequence[Attributes], screen: Screen, least_inline: int
) -> tuple[str, str, bytes]:
    """A picture's address by all of its attributes, the reason why it has none, and its bytes where they stand there.

    Without an address it is known by how its src begins.
    """
    url, reason = address(attributes, base, sources, screen)
    src = attributes.get("src") or ""
    if reason == "data_uri":
        found = inline.decode(src, least_inline) if least_inline else None
        if found is not None:
            return found[0], "", found[1]
        if len(src) < SMALL:
            reason = "placeholder"
    return url or src[:200], reason, b""


class Sources:
    """The <source> elements in a <picture>, of which most pictures are never asked: so they are read late, and once."""

    def __init__(self, flat: Flat, node: int) -> None:
        self.flat = flat
        self.node = node
        self.found: list[Attributes] | None = None

    def attributes(self) -> list[Attributes]:
        """The attributes of each."""
        if self.found is None:
            flat = self.flat
            self.found = [flat.attributes(one) for one in flat.children(self.node) if flat.tag[one] == SOURCE]
        return self.found


def _said(flat: Flat, number: int) -> str:
    """What an attribute says for a reader, as one line; empty where there is no such attribute."""
    return _line(flat.value(number)) if number >= 0 else ""


def _line(value: str) -> str:
    value = value.strip()
    return (value if is_line(value) else " ".join(value.split()))[:2000]


def drawing(flat: Flat, node: int) -> Picture | None:
    """An <svg> in the page, which has no address; None where it is no larger than icons are."""
    width, height = _side(flat, flat.find(node, WIDTH)), _side(flat, flat.find(node, HEIGHT))
    if not (width and height):
        width, height = styled(flat.get(node, STYLE), width, height)
    if width < DRAWN or height < DRAWN:
        return None
    return new_picture("", " ".join(flat.get(node, ARIA_LABEL).split())[:200], "", width, height, "svg")


def _side(flat: Flat, number: int) -> int:
    """A declared width or height in CSS px; 0 where it is relative, or there is no such attribute."""
    if number < 0:
        return 0
    data, at, stop = flat.data, flat.value_start[number], flat.value_stop[number]
    if not 0 < stop - at < 6:
        return side(flat.value(number))
    found = 0
    for place in range(at, stop):
        if not _ZERO <= data[place] <= _NINE:
            return side(flat.value(number))
        found = 10 * found + data[place] - _ZERO
    return found


def side(value: str | None) -> int:
    """A declared width or height in CSS px; 0 where there is none, or it is relative."""
    match = _SIDE.match(value) if value else None
    return int(match.group(1)) if match else 0


_SIDE = re.compile(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$")
_STYLE = re.compile(r"(?<![-\w])(width|height)\s*:\s*(\d{1,5})(?:\.\d+)?px")


def sides(attributes: Attributes) -> tuple[int, int]:
    """Declared (width, height) in CSS px, by attribute or style; 0 where not given."""
    width, height = side(attributes.get("width")), side(attributes.get("height"))
    style = attributes.get("style")
    return styled(style, width, height) if style and not (width and height) else (width, height)


def styled(style: str, width: int, height: int) -> tuple[int, int]:
    """A width and a height, where they are 0 by the style's."""
    if "px" not in style:
        return width, height
    found = {name: int(value) for name, value in _STYLE.findall(style)}
    return width or found.get("width", 0), height or found.get("height", 0)
