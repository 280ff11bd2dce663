"""What a page's head says of it: title, author, dates, site, language, licence, and what its holder reserves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime

from m3w_builder import rights
from m3w_builder.document import Document
from m3w_builder.extract.addresses import absolute
from m3w_builder.extract.flat import H1, HEAD, HTML, LINK, META, SCRIPT, TIME, TITLE, A, Flat
from m3w_builder.extract.keys import (
    CONTENT,
    DATETIME,
    HREF,
    HTTP_EQUIV,
    ITEMPROP,
    LANG,
    NAME,
    PROPERTY,
    REL,
    XML_LANG,
)
from m3w_builder.extract.linked import Linked, read
from m3w_builder.extract.spots import spots

_LICENCE = re.compile(r"https?://creativecommons\.org/(?:licenses|publicdomain)/[\w\-./]+", re.IGNORECASE)
_AUTHOR = (
    "author",
    "article:author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "parsely-author",
    "sailthru.author",
)
_DATE = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "pubdate",
    "publishdate",
    "publish_date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.issued",
    "citation_publication_date",
    "citation_date",
    "parsely-pub-date",
    "sailthru.date",
    "article.published",
    "cxenseparse:recs:publishtime",
    "pubtime",
    "weibo: article:create_at",
)
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "last-modified", "dcterms.modified", "lastmod")
_TITLE = ("og:title", "twitter:title", "dc.title", "citation_title", "headline")
_SITE = ("og:site_name", "application-name", "dc.publisher", "citation_journal_title", "apple-mobile-web-app-title")
_LICENCES = ("dcterms.license", "dc.rights", "dcterms.rights", "copyright-license", "license")
_MEDIA = (
    "og:video:secure_url",
    "og:video:url",
    "og:video",
    "og:audio:secure_url",
    "og:audio:url",
    "og:audio",
    "twitter:player:stream",
    "twitter:player",
)
_ROBOTS = ("robots", "googlebot", "bingbot")
LONGEST = 500
"""Characters kept of any of these."""

MOST_BYLINES = 6
"""Elements that name a person, of which the first few can be the author."""
_BY = re.compile(r"^(?:(?:posted |written |story |words )?by|von|par|por|autor:?|作者[:：]?|文[/／])\s*", re.IGNORECASE)
_NO_NAME = re.compile(
    r"https?:|@|^\W*$|^(?:admin|author|editor|staff|guest|follow|share|subscribe)s?$|\d{4}", re.IGNORECASE
)
_ISO = re.compile(r"(\d{4})-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?:[T ](\d\d:\d\d(?::\d\d)?)\S*)?(?=$|\D)")
_OTHER = re.compile(r"(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})")
_IN_URL = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?=[/-]|$)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=$|[-_;,\s])")


_ASKED = frozenset(
    (
        *(*_AUTHOR, *_DATE, *_MODIFIED, *_TITLE, *_SITE, *_LICENCES, *_MEDIA, *_ROBOTS),
        *("tdm-reservation", "content-language", "og:locale", "og:url"),
    )
)
"""Names of <meta> elements of which anything is read."""
_LENGTHS = 32
"""Bytes of such a name, all have fewer."""


def _table() -> bytes:
    """For each first letter and length whether one of these names has them: most names that pages give do not."""
    found = bytearray(32 * _LENGTHS)
    for name in _ASKED:
        found[(ord(name[0]) & 31) * _LENGTHS + len(name)] = 1
    return bytes(found)


_LOOKS = _table()


class Said:
    """What was found in one search through the page: each search costs as much as a parse of the head."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}
        """What <meta> elements say, by lower-case name, the first of a name; what several say to robots is joined."""
        self.scripts: list[str] = []
        self.canonical = ""
        self.licences: list[str] = []
        self.links_to_cc: list[str] = []
        self.bylines: list[int] = []
        """The elements that name a person."""
        self.times: list[str] = []


def _take(said: Said, flat: Flat, node: int) -> None:
    """Enter one of the elements that `spots` finds."""
    kind = flat.tag[node]
    if kind == SCRIPT:
        said.scripts.append("".join(flat.texts(node)))
        return
    if kind == META:
        _meta(said.named, flat, node)
    prop, relation = flat.find(node, ITEMPROP), flat.find(node, REL)
    if kind == META and prop < 0 and relation < 0:
        return
    itemprop = flat.value(prop) if prop >= 0 else ""
    rel = flat.value(relation).lower().split() if relation >= 0 else []
    if "canonical" in rel:
        said.canonical = said.canonical or flat.get(node, HREF)
    elif "license" in rel or itemprop == "license":
        said.licences.append((flat.get(node, HREF) or flat.get(node, CONTENT)).strip())
    elif kind == A and "creativecommons.org/" in (address := flat.get(node, HREF)):
        said.links_to_cc.append(address.strip())
    elif kind == TIME:
        said.times.append(flat.get(node, DATETIME))
    elif kind not in (META, LINK) and len(said.bylines) < MOST_BYLINES:
        said.bylines.append(node)


def _meta(named: dict[str, str], flat: Flat, node: int) -> None:
    """Enter what a <meta> says under a name that is asked for."""
    number = _first_said(flat, node)
    if number < 0:
        return
    length = flat.value_stop[number] - flat.value_start[number]
    if length >= _LENGTHS or not _LOOKS[(flat.data[flat.value_start[number]] & 31) * _LENGTHS + length]:
        return
    name = flat.value(number).lower()
    if name not in _ASKED:
        return
    value = " ".join(flat.get(node, CONTENT)[: 4 * LONGEST].split())[:LONGEST]
    if value:
        if name in _ROBOTS and name in named:
            named[name] += f", {value}"
        else:
            named.setdefault(name, value)


def _first_said(flat: Flat, node: int) -> int:
    """The number of the attribute that names what a <meta> speaks of; -1 where none does."""
    for key in _NAMES:
        number = flat.find(node, key)
        if number >= 0 and flat.value_stop[number] > flat.value_start[number]:
            return number
    return -1


_NAMES = (NAME, PROPERTY, ITEMPROP, HTTP_EQUIV)


def fill(document: Document, flat: Flat, headers: Mapping[str, str]) -> Linked:
    """Set the document's metadata and rights from what its page says; the answer is its JSON-LD.

    Of what a page says more than once, its <meta> elements are believed first, then JSON-LD (schema.org), then what a
    reader sees. Dates are ISO 8601 where they can be read as days.
    """
    said = Said()
    for node in spots(flat):
        _take(said, flat, node)
    named, linked = said.named, read(said.scripts)
    heading = _title(flat)
    document.site = _first(named, _SITE) or linked.site
    document.title = _first(named, _TITLE) or linked.title or _without(document.site, heading) or _heading(flat)
    author = _author(named) or linked.author
    document.author = (_BY.sub("", author) if author else "") or _byline(flat, said.bylines)
    found = _first(named, _DATE) or linked.published or _time(said.times)
    document.date = day(found) or day_in(document.url) or found
    document.modified = day(_first(named, _MODIFIED) or linked.modified)
    root = flat.next(HTML)
    declared = (flat.get(root, LANG) or flat.get(root, XML_LANG)) if root >= 0 else ""
    document.language = document.declared_language = _language(
        (declared, named.get("content-language", ""), named.get("og:locale", ""), linked.language)
    )
    document.licence = _licence(said) or _address(linked.licence) or _address(_first(named, _LICENCES))
    address = said.canonical or named.get("og:url", "")
    document.canonical = absolute(address, document.url) if address else ""
    document.rights = _rights(named, headers)
    linked.media[:0] = [(named[name], "") for name in _MEDIA if name in named]
    return linked


def day(text: str) -> str:
    """A date in ISO 8601, with the time where one is given, its zone aside; empty where none can be read."""
    if not text:
        return ""
    if found := _ISO.search(text):
        year, month, number, time = found.groups()
        return f"{year}-{month}-{number}" + (f"T{time}" if time else "")
    if found := _OTHER.search(text):
        year, month, number = found.groups()
        return f"{year}-{int(month):02}-{int(number):02}" if int(month) < 13 and int(number) < 32 else ""
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def _time(times: list[str]) -> str:
    """The first of a page's times that is a day."""
    for one in times[:5]:
        if day(one):
            return one
    return ""


def day_in(url: str) -> str:
    """The date in an address; empty where there is none."""
    found = _IN_URL.search(url)
    return f"{found.group(1)}-{int(found.group(2)):02}-{int(found.group(3)):02}" if found else ""


def _language(told: Sequence[str]) -> str:
    """The first of these that begins as a language's code does."""
    for one in told:
        if one and (code := _LANGUAGE.match(one.strip())):
            return code.group().lower()
    return ""


def _without(site: str, title: str) -> str:
    """A title without the site's name behind it."""
    if site and title.lower().endswith(site.lower()):
        return re.sub(r"\s*[|\-–—·:»•]+\s*$", "", title[: -len(site)]).strip() or title
    return title


def _title(flat: Flat) -> str:
    """The text of the <title> in the head, else of any."""
    first = node = flat.next(TITLE)
    while node >= 0 and flat.tag_name(flat.parent[node]) != "head":
        node = flat.next(TITLE, node + 1)
    found = node if node >= 0 else first
    return flat.line(found)[:LONGEST] if found >= 0 else ""


def _heading(flat: Flat) -> str:
    node = flat.next(H1)
    return flat.line(node, 4 * LONGEST)[:LONGEST] if node >= 0 else ""


def _byline(flat: Flat, nodes: Sequence[int]) -> str:
    """The author as a reader sees it: the first short name in an element that is called so."""
    for node in nodes:
        name = _BY.sub("", " ".join(" ".join(flat.texts(node, 1000))[:1000].split()))
        if 2 <= len(name) <= 60 and not _NO_NAME.search(name):
            return name
    return ""


def _address(text: str) -> str:
    """A licence's text, where it is an address."""
    return text[:LONGEST] if text.startswith(("http://", "https://")) else ""


def cover(flat: Flat) -> str:
    """The address of the picture by which a page shows itself elsewhere; empty where it names none."""
    head = flat.next(HEAD)
    node = flat.next(META, head)
    while 0 <= head < node < flat.over[head]:
        if flat.says(node, PROPERTY, b"og:image") or flat.says(node, NAME, b"twitter:image"):
            return flat.get(node, CONTENT).strip()
        node = flat.next(META, node + 1)
    return ""


def _first(named: dict[str, str], names: tuple[str, ...]) -> str:
    """What the first of these names says that is there."""
    for name in names:
        found = named.get(name)
        if found is not None:
            return found
    return ""


def _author(named: dict[str, str]) -> str:
    """What the first of the author's names says that is one."""
    for name in _AUTHOR:
        found = named.get(name)
        if found is not None and not _NO_NAME.search(found):
            return found
    return ""


def _licence(said: Said) -> str:
    """The address of the licence that the page links with rel=license or itemprop, or its Creative Commons link."""
    for address in said.licences[:5]:
        if address and not address.startswith("#"):
            return address[:LONGEST]
    for address in said.links_to_cc[:5]:
        if found := _LICENCE.match(address):
            return found.group()[:LONGEST]
    return ""


def _rights(named: Mapping[str, str], headers: Mapping[str, str]) -> list[str]:
    """Signals as "meta:noai", "header:noai", "meta:tdm-reservation"."""
    found = []
    for name in _ROBOTS:
        if name in named:
            found += [f"meta:{word}" for word in rights.directives(named[name])]
    if named.get("tdm-reservation") == "1":
        found.append("meta:tdm-reservation")
    found += [f"header:{signal}" for signal in rights.signals(headers, "m3w-builder")]
    # What robots.txt says to others, as the crawl recorded it.
    found += headers.get("m3w-rights", "").replace(",", " ").split()
    return sorted(set(found))
