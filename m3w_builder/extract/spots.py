"""Where a page says something of itself: the elements of which its title, author, dates and rights are read."""

from __future__ import annotations

from m3w_builder.extract.flat import LINK, META, OTHER, SCRIPT, TIME, A, Flat

_BYLINES = frozenset(("author", "author-name", "post-author", "entry-author", "article-author", "username"))
"""Classes of elements that name a person."""


def spots(flat: Flat) -> list[int]:
    """The elements in their order: <meta>, JSON-LD, canonical and licence links, <time>, and what names an author."""
    tag, first, names = flat.tag, flat.first, flat.names
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
            name = names[number]
            size = len(name)  # most attributes are told apart by it, and to compare strings takes ten times as long
            if size not in (3, 4, 5, 8):
                continue
            if size == 5 and name == "class":
                value = flat.value(number)
                said = "byline" in value or (
                    ("author" in value or "username" in value) and not _BYLINES.isdisjoint(value.split())
                )
            elif size == 3 and name == "rel":
                words = flat.value(number).lower().split()
                said = (
                    "license" in words
                    or (kind == link and "canonical" in words)
                    or (kind == anchor and "author" in words)
                )
            elif size == 8 and name == "itemprop":
                words = flat.value(number).split()
                said = "license" in words or "author" in words
            elif size == 4 and name == "href":
                said = kind == anchor and "creativecommons.org/" in flat.value(number)
            elif size == 4 and name == "type":
                said = kind == script and flat.value(number).lower().startswith("application/ld")
            else:
                said = kind == time and name == "datetime"
            if said:
                found.append(node)
                break
    return found
