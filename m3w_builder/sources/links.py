"""The links, pictures and feeds of one page, and the URLs in sitemaps and feeds: what a crawl goes on to."""

from __future__ import annotations

import codecs
import html as html_module
import re
from collections.abc import Iterator
from dataclasses import field

from m3w_builder.classes import dataclass
from m3w_builder.urls import absolute

MAX_LINKS = 5000
"""Links taken of one page, and pictures."""

MAX_LISTED = 50_000
"""URLs taken of one sitemap (the protocol's own limit) or feed."""

MAX_PAGE = 8_000_000
"""Bytes of a page that are searched."""

MAX_DEPTH = 4000
"""Levels of block elements; browsers stop at 512, and real pages far below that."""

_BLOCK = re.compile(
    r"<(/?)(?:address|article|aside|blockquote|center|details|dialog|dir|div|dl|fieldset|figcaption|figure|footer|header"
    r"|hgroup|li|main|menu|nav|ol|section|summary|ul)\b",
    re.IGNORECASE,
)
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:-]+)""", re.IGNORECASE)
_REFRESH = re.compile(r"url\s*=\s*[\"']?([^\"'>]+)", re.IGNORECASE)
_WIDTH = re.compile(r"([\d.]+)[wx]$")
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy")
_FEEDS = ("application/rss+xml", "application/atom+xml")
# Every repeat is bounded and stops at the next tag: a hostile feed must not cost more than its length.
_LISTED = re.compile(
    r"<(?:loc|link)(?:\s[^<>]{0,300})?>\s{0,99}(?:<!\[CDATA\[\s{0,99})?([^<>\]\s]{1,2000})"
    r"|<link\s[^<>]{0,300}?\bhref\s{0,9}=\s{0,9}[\"']([^\"'<>]{1,2000})[\"']",
    re.IGNORECASE,
)
_LIST = re.compile(
    rb"\A\s*(?:\xef\xbb\xbf)?(?:<\?xml.{0,300}?\?>|<\?xml-stylesheet.{0,300}?\?>|<!--.{0,900}?-->|\s)*"
    rb"<(?:urlset|sitemapindex|rss|feed|rdf:RDF)\b",
    re.DOTALL,
)


@dataclass(slots=True)
class Links:
    """What a page leads to, absolute, each once, in the page's order."""

    pages: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)


def text_of(body: bytes, charset: str) -> str:
    """A page's text by its declared charset, else its meta element's, else UTF-8; broken bytes are replaced."""
    found = _META_CHARSET.search(body[:2048])
    for name in (charset, found[1].decode("ascii", "replace") if found else "", "utf-8"):
        try:
            if name and codecs.lookup(name):
                return body.decode(name, "replace")
        except (LookupError, ValueError):
            continue
    return body.decode("utf-8", "replace")


def nests_deep(text: str) -> bool:
    """Whether block elements nest over MAX_DEPTH deep: HTML's parsing rules are quadratic in that, in any parser."""
    if text.count("<") <= 2 * MAX_DEPTH:
        return False
    depth = 0
    for match in _BLOCK.finditer(text):
        depth = depth - 1 if match[1] else depth + 1
        if depth > MAX_DEPTH:
            return True
    return False


def links_of(body: bytes, url: str, charset: str = "", pictures: bool = False) -> Links:
    """What the page leads to; nothing to follow where a meta element says nofollow, or where it nests without end."""
    from selectolax.lexbor import LexborHTMLParser

    text = text_of(body[:MAX_PAGE], charset)
    if nests_deep(text):
        return Links()
    tree = LexborHTMLParser(text)
    base_node = tree.css_first("base[href]")
    base = (absolute(base_node.attributes.get("href") or "", url) if base_node else "") or url
    found: dict[str, dict[str, None]] = {"pages": {}, "pictures": {}, "feeds": {}}

    def add(kind: str, link: str | None) -> None:
        if link and len(found[kind]) < MAX_LINKS and (whole := absolute(link, base)):
            found[kind][whole] = None

    follow = True
    for node in tree.css("meta[name], meta[http-equiv], a[href], area[href], iframe[src], frame[src], link[rel][href]"):
        attributes = node.attributes
        if node.tag == "meta":
            content = attributes.get("content") or ""
            if (attributes.get("name") or "").lower() in ("robots", "m3w-builder"):
                follow = follow and "nofollow" not in content.lower() and content.strip().lower() != "none"
            elif (attributes.get("http-equiv") or "").lower() == "refresh" and (target := _REFRESH.search(content)):
                add("pages", target[1])
        elif node.tag == "link":
            relation = (attributes.get("rel") or "").lower().split()
            if "alternate" in relation and (attributes.get("type") or "").lower() in _FEEDS:
                add("feeds", attributes.get("href"))
            elif "next" in relation or "prev" in relation:
                add("pages", attributes.get("href"))
        else:
            add("pages", attributes.get("href") or attributes.get("src"))
    if pictures:
        for link in _pictures(tree):
            add("pictures", link)
    if not follow:
        found["pages"] = {}
    return Links(*(list(found[kind]) for kind in ("pages", "pictures", "feeds")))


def _pictures(tree: object) -> Iterator[str]:
    for node in tree.css("img, picture source, video[poster]"):  # type: ignore[attr-defined]
        attributes = node.attributes
        if node.tag == "video":
            yield attributes.get("poster") or ""
            continue
        for name in ("src", *_LAZY):
            if (link := attributes.get(name)) and not link.startswith("data:"):
                yield link
        for name in ("srcset", "data-srcset"):
            if attributes.get(name):
                yield largest(attributes[name])


def largest(srcset: str) -> str:
    """The candidate of a srcset with the greatest width or density, "" where it has none."""
    best, most = "", -1.0
    for candidate in re.split(r",\s+|,(?=https?:|/)", srcset):
        link, _, size = candidate.strip().rstrip(",").partition(" ")
        match = _WIDTH.match(size.strip())
        try:
            weight = float(match[1]) if match else 1.0
        except ValueError:
            weight = 1.0
        if link and not link.startswith("data:") and weight > most:
            best, most = link, weight
    return best


def listed(body: bytes, url: str) -> list[str]:
    """The URLs that a sitemap, a sitemap index or a feed names; broken XML gives what can be read of it."""
    if body[:2] == b"\x1f\x8b":
        from m3w_builder.fetch import encodings

        unpacked = encodings.decode(body, "gzip", 52_428_800)  # the protocol's limit, uncompressed
        if not isinstance(unpacked, bytes):
            return []
        body = unpacked
    found: dict[str, None] = {}
    for match in _LISTED.finditer(body.decode("utf-8", "replace")):
        if whole := absolute(html_module.unescape(match[1] or match[2]), url):
            found[whole] = None
            if len(found) >= MAX_LISTED:
                break
    return list(found)


def is_index(body: bytes) -> bool:
    """Whether a sitemap names further sitemaps."""
    return b"<sitemapindex" in body[:4096]


def is_list(body: bytes) -> bool:
    """Whether what was asked as a page is a sitemap or a feed."""
    return _LIST.search(body[:4096]) is not None
