"""Where a page says something of itself: the elements of which its title, author, dates and rights are read."""

from __future__ import annotations

from m3w_builder.extract import native
from m3w_builder.extract.flat import LINK, META, OTHER, SCRIPT, TIME, A, Flat
from m3w_builder.extract.keys import CLASS, DATETIME, HREF, ITEMPROP, REL, TYPE

_BYLINES = frozenset(("author", "author-name", "post-author", "entry-author", "article-author", "username"))
"""Classes of elements that name a person."""
_AUT, _BYL, _USE, _LIC, _CAN, _CRE = (
    int.from_bytes(three, "big") for three in (b"aut", b"byl", b"use", b"lic", b"can", b"cre")
)


def spots(flat: Flat) -> list[int]:
    """The elements in their order: <meta>, JSON-LD, canonical and licence links, <time>, and what names an author."""
    tag, first, keys = flat.tag, flat.first, flat.key
    other, meta, script, time, link, anchor = OTHER, META, SCRIPT, TIME, LINK, A
    found: list[int] = []
    licensed = native.scans().holds(flat.data, b"creativecommons.org/")
    for node in range(flat.count):
        kind = tag[node]
        if kind < other:
            continue
        if kind == meta:
            found.append(node)
            continue
        for number in range(first[node], first[node + 1]):
            key = keys[number]
            if key == CLASS:
                said = begins(flat, number, _AUT, _BYL, _USE) and _names_person(flat.value(number))
            elif key == REL:
                said = begins(flat, number, _AUT, _LIC, _CAN) and _tells(
                    flat.value(number), kind == link, kind == anchor
                )
            elif key == ITEMPROP:
                words = flat.value(number).split()
                said = "license" in words or "author" in words
            elif key == HREF:
                said = (
                    kind == anchor
                    and licensed
                    and begins(flat, number, _CRE, _CRE, _CRE)
                    and "creativecommons.org/" in flat.value(number)
                )
            elif key == TYPE:
                said = kind == script and flat.value(number).lower().startswith("application/ld")
            else:
                said = key == DATETIME and kind == time
            if said:
                found.append(node)
                break
    return found


def begins(flat: Flat, attribute: int, one: int, two: int, three: int) -> bool:
    """Whether one of three rows of three ASCII letters stands in an attribute's value, in large or small letters.

    So most values are known to hold none of some words before they are made text of.
    """
    data = flat.data
    letters = 0
    for at in range(flat.value_start[attribute], flat.value_stop[attribute]):
        letters = (letters << 8 | data[at] | 32) & 0xFFFFFF
        if letters in (one, two, three):
            return True
    return False


def _names_person(name: str) -> bool:
    """Whether an element of this class names a person."""
    return "byline" in name or (("author" in name or "username" in name) and not _BYLINES.isdisjoint(name.split()))


def _tells(rel: str, is_link: bool, is_anchor: bool) -> bool:
    """Whether a link of this kind tells the page's licence, its address, or its author."""
    words = rel.lower().split()
    return "license" in words or (is_link and "canonical" in words) or (is_anchor and "author" in words)
