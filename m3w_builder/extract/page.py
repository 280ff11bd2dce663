"""One page from its bytes to a `Document`, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from selectolax.lexbor import LexborHTMLParser

from m3w_builder.document import Audio, Document, Image, Video
from m3w_builder.extract import (
    backgrounds,
    borrowed,
    charset,
    choose,
    content,
    embeds,
    hostile,
    keys,
    metadata,
    reference,
    threads,
)
from m3w_builder.extract.addresses import absolute
from m3w_builder.extract.config import ExtractConfig
from m3w_builder.extract.fast import items_of, with_captions
from m3w_builder.extract.flat import BASE, BODY, HTML, Flat, flatten, parse
from m3w_builder.extract.pieces import Page, TooMany
from m3w_builder.extract.srcset import Screen
from m3w_builder.extract.walk import Walker
from m3w_builder.stage import Drop
from m3w_builder.urls import host


def extract(
    html: bytes, url: str, config: ExtractConfig, encoding: str = "", headers: Mapping[str, str] | None = None
) -> Document | Drop:
    """The page's document: items, metadata, rights, and in `removed` the pictures that are not among the items.

    encoding: the charset of the HTTP header, "" where it names none. headers: of the answer, lower-case names.
    """
    page, seen = charset.surveyed(html, encoding)
    if not hostile.is_html(page, seen):
        return Drop("not_text", f"{len(html)} bytes")
    page = hostile.clean(page, seen)
    fault = hostile.too_much(page, seen, config)
    if fault:
        return fault
    document = Document(url, host=host(url))
    flat = nodes(page, config)
    linked = metadata.fill(document, flat, headers or {})
    refused = [signal for signal in document.rights if signal.removeprefix("meta:") in config.opt_out]
    if refused:
        return Drop("tdm_meta" if refused[0] == "meta:tdm-reservation" else "meta_robots", refused[0])
    thread = threads.is_thread(url, page)
    try:
        walk = walked(flat, url, config, thread, config.extractor in ("trafilatura", "reference"))
    except TooMany:
        return Drop("too_many_elements", "", None, config.max_elements)
    _fill(document, walk, page, flat, thread, config)
    if document.items and linked.media:
        lead(document, linked.media)
    if walk.inline:
        document.inline = {one.url: walk.inline[one.url] for one in document.images if one.url in walk.inline}
    if not document.items:
        return Drop("no_content", f"{len(walk.pieces)} pieces")
    return document


def nodes(html: bytes, config: ExtractConfig) -> Flat:
    """The nodes of a page in UTF-8; background pictures stand among them where the config asks for these."""
    if not config.backgrounds:
        return parse(html)
    tree = LexborHTMLParser(html)
    if (root := tree.body or tree.root) is not None:
        backgrounds.show(root)
    return flatten(tree.html or "")


def lead(document: Document, told: Sequence[tuple[str, str]]) -> None:
    """Put the video and the sound that a page's head names before its first paragraph, where its body shows none.

    told: address and title of each, the first that is a known player or a file of either kind is taken. A player that
    a script makes is named in the head alone, and stands above the text as a rule.
    """
    for kind in (Video, Audio):
        if any(isinstance(item, kind) for item in document.items):
            continue
        found = (embeds.named(address, title, document.url) for address, title in told)
        item = next((one for one in found if isinstance(one, kind)), None)
        if item is not None:
            place = next((at for at, one in enumerate(document.items) if getattr(one, "kind", "") != "heading"), 0)
            document.items.insert(place, item)


def _fill(document: Document, page: Page, html: bytes, flat: Flat, thread: bool, config: ExtractConfig) -> None:
    """Items, removed pictures and confidence, by the extractor that the config names."""
    if config.extractor == "reference":
        document.items = list(reference.read(LexborHTMLParser(html).html or "", document.url))
        kept = {item.url for item in document.items if isinstance(item, Image)}
        _, removed = items_of(page, [False] * len(page.pieces), config)
        document.removed = [(image, drop) for image, drop in removed if image.url not in kept]
        return
    chosen = content.select(page, thread, document.title)
    keep = with_pictures(chosen, document.url, metadata.cover(flat), config)
    if config.extractor == "trafilatura" or (config.extractor == "cascade" and chosen.confidence < config.sure):
        whole = walked(flat, document.url, config, thread)
        borrowed_keep = borrowed.select(whole, html.decode("utf-8", "replace"), document.url)
        if any(borrowed_keep):
            page, keep = whole, borrowed_keep
            document.scores["borrowed"] = 1.0
    document.items, document.removed = items_of(page, keep, config)
    document.scores["confidence"] = round(chosen.confidence, 4)


def with_pictures(
    chosen: content.Selection,
    url: str,
    cover: str,
    config: ExtractConfig,
    weights: Mapping[str, float] | None = None,
) -> list[bool]:
    """For each piece whether it is content, the pictures judged one by one; cover, weights: see `choose`."""
    odds = choose.choose(chosen.weighed, chosen.root, chosen.keep, url, cover, config.min_declared_side, weights)
    keep = choose.kept(chosen.weighed.page.pieces, chosen.keep, odds)
    return with_captions(chosen.weighed.page, keep)


def walked(flat: Flat, url: str, config: ExtractConfig, thread: bool = False, whole: bool = True) -> Page:
    """The pieces and boxes of a page; raises TooMany.

    thread: whether it is a discussion. whole: whether also what looks like furniture is read.
    """
    base = flat.next(BASE)
    while base >= 0 and flat.find(base, keys.HREF) < 0:
        base = flat.next(BASE, base + 1)
    start = absolute(flat.get(base, keys.HREF), url) if base >= 0 else ""
    root = flat.next(BODY)
    root = flat.next(HTML) if root < 0 else root
    if root < 0:
        return Page()
    walker = Walker(
        flat,
        start or url,
        config.max_elements,
        thread,
        not whole,
        Screen(config.candidate, config.screen_width, widest=config.widest),
        config.max_pictures,
        config.min_inline_bytes,
    )
    return walker.walk(root)
