"""What a page's head says of it: title, author, dates, site, language, licence, and what its holder reserves."""

from __future__ import annotations

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser

from m3w_builder import rights
from m3w_builder.document import Document

_LICENCE = re.compile(r"https?://creativecommons\.org/(?:licenses|publicdomain)/[\w\-./]+", re.IGNORECASE)
_AUTHOR = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author")
_DATE = ("article:published_time", "date", "dc.date", "dcterms.created", "datepublished", "citation_publication_date")
_TITLE = ("og:title", "twitter:title", "dc.title")
_SITE = ("og:site_name", "application-name")
_ROBOTS = ("robots", "googlebot", "bingbot")
LONGEST = 500
"""Characters kept of any of these."""


def fill(document: Document, tree: LexborHTMLParser, headers: Mapping[str, str]) -> None:
    """Set the document's metadata and rights from the page's head, and licence links in its body."""
    named: dict[str, str] = {}
    for node in tree.css("meta[name],meta[property],meta[itemprop]"):
        attributes = node.attributes
        name = (attributes.get("name") or attributes.get("property") or attributes.get("itemprop") or "").lower()
        value = " ".join((attributes.get("content") or "").split())[:LONGEST]
        if name and value:
            named.setdefault(name, value)
    title = tree.css_first("head > title") or tree.css_first("title")
    heading = " ".join(title.text().split())[:LONGEST] if title is not None else ""
    document.title = _first(named, _TITLE) or heading
    document.author = _first(named, _AUTHOR)
    document.date = _first(named, _DATE)
    document.site = _first(named, _SITE)
    root = tree.root
    document.language = ((root.attributes.get("lang") or "") if root is not None else "").split("-")[0].lower()[:3]
    document.licence = _licence(tree)
    document.rights = _rights(named, headers)


def cover(tree: LexborHTMLParser) -> str:
    """The address of the picture by which a page shows itself elsewhere; empty where it names none."""
    head = tree.head
    node = head.css_first('meta[property="og:image"],meta[name="twitter:image"]') if head is not None else None
    return (node.attributes.get("content") or "").strip() if node is not None else ""


def _first(named: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((named[name] for name in names if name in named), "")


def _licence(tree: LexborHTMLParser) -> str:
    """The address of the licence that the page links with rel=license, or its Creative Commons link."""
    node = tree.css_first('a[rel~="license"],link[rel~="license"],a[href*="creativecommons.org/"]')
    address = (node.attributes.get("href") or "").strip() if node is not None else ""
    return address[:LONGEST] if node is not None and (node.attributes.get("rel") or _LICENCE.match(address)) else ""


def _rights(named: Mapping[str, str], headers: Mapping[str, str]) -> list[str]:
    """Signals as "meta:noai", "header:noai", "meta:tdm-reservation"."""
    found = []
    for name in _ROBOTS:
        found += [f"meta:{word}" for word in rights.directives(named.get(name, ""))]
    if named.get("tdm-reservation") == "1":
        found.append("meta:tdm-reservation")
    found += [f"header:{signal}" for signal in rights.signals(headers, "m3w-builder")]
    # What robots.txt says to others, as the crawl recorded it.
    found += headers.get("m3w-rights", "").replace(",", " ").split()
    return sorted(set(found))
