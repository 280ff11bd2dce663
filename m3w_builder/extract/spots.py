"""Where a page says something of itself: the elements of which its title, author, dates and rights are read."""

from __future__ import annotations

from m3w_builder.extract.flat import LINK, META, OTHER, SCRIPT, TIME, A, Flat
from m3w_builder.extract.keys import CLASS, DATETIME, HREF, ITEMPROP, REL, TYPE

_BYLINES = frozenset(("author", "author-name", "post-author", "entry-author", "article-author", "username"))
"""Classes of elements that name a person."""


def spots(flat: Flat) -> list[int]:
    """The elements in their order: <meta>, JSON-LD, canonical and licence links, <time>, and what names an author."""
    tag, first, keys = flat.tag, flat.first, flat.key
    other, meta, script, time, link, anchor = OTHER, META, SCRIPT, TIME, LINK, A
    found: list[int] = []
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
                value = flat.value(number)
                said = "byline" in value or (
                    ("author" in value or "username" in value) and not _BYLINES.isdisjoint(value.split())
                )
            elif key == REL:
                words = flat.value(number).lower().split()
                said = (
                    "license" in words
                    or (kind == link and "canonical" in words)
                    or (kind == anchor and "author" in words)
                )
            elif key == ITEMPROP:
                words = flat.value(number).split()
                said = "license" in words or "author" in words
            elif key == HREF:
                said = kind == anchor and "creativecommons.org/" in flat.value(number)
            elif key == TYPE:
                said = kind == script and flat.value(number).lower().startswith("application/ld")
            else:
                said = key == DATETIME and kind == time
            if said:
                found.append(node)
                break
    return found
