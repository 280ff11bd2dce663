"""What a page says of itself in JSON-LD (schema.org): the article, its author and dates, and the videos on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

LONGEST = 300_000
"""Characters of JSON-LD that are read of a page."""
MOST = 2000
"""Objects of it that are looked at."""

_WHOLE = "Recipe HowTo Report Review Blog Product Event Book Course Dataset Guide QAPage"
_ARTICLES = frozenset(_WHOLE.split())
"""Types of what a page can be about, beside those whose names end in Article or Posting."""
_PAGES = frozenset(("WebPage", "ItemPage", "AboutPage", "CollectionPage", "ProfilePage", "ImageGallery"))
_SITES = frozenset(("WebSite", "NewsMediaOrganization"))


@dataclass(slots=True)
class Linked:
    """What was found; empty where nothing was."""

    title: str = ""
    author: str = ""
    published: str = ""
    modified: str = ""
    site: str = ""
    language: str = ""
    licence: str = ""
    media: list[tuple[str, str]] = field(default_factory=list)
    """Address and title of each video and sound, the page's own first."""


def read(scripts: Iterable[str]) -> Linked:
    """What the JSON-LD in a page's scripts says; what cannot be parsed says nothing."""
    found = Linked()
    left = LONGEST
    objects: list[dict[str, Any]] = []
    for text in scripts:
        left -= len(text)
        if left < 0:
            break
        objects += _objects(text, MOST - len(objects))
    articles: list[dict[str, Any]] = []
    pages: list[dict[str, Any]] = []
    sites: list[dict[str, Any]] = []
    for one in objects:
        kinds = _types(one)
        if not kinds:
            continue
        _media(one, kinds, found)
        rank = _rank(kinds)
        if rank < 2:
            (pages if rank else articles).append(one)
        elif not _SITES.isdisjoint(kinds):
            sites.append(one)
    for one in (*articles, *pages):
        _article(one, found)
    for one in sites:
        found.site = found.site or _name(one)
    return found


def _objects(text: str, most: int) -> list[dict[str, Any]]:
    """The objects in a script's text, the outer ones before those in them."""
    try:
        entry = orjson.loads(text)
    except ValueError:
        try:
            entry = json.loads(text.replace("\f", " "), strict=False)  # pages write line breaks into strings
        except (ValueError, RecursionError):
            return []
    found: list[dict[str, Any]] = []
    row: list[Any] = [entry]
    for here in row:
        if len(found) >= most:
            break
        if isinstance(here, list):
            row += here[:most]
        elif isinstance(here, dict):
            found.append(here)
            row += [value for value in here.values() if isinstance(value, (dict, list))]
    return found


def _types(one: dict[str, Any]) -> list[str]:
    kinds = one.get("@type")
    if isinstance(kinds, str):
        return [kinds.rpartition("/")[2]]
    kinds = kinds if isinstance(kinds, list) else []
    return [kind.rpartition("/")[2] for kind in kinds if isinstance(kind, str)]


def _rank(kinds: list[str]) -> int:
    """0 for an article, 1 for a page, 2 for anything else."""
    for kind in kinds:
        if kind in _ARTICLES or kind.endswith(("Article", "Posting")):
            return 0
    return 2 if _PAGES.isdisjoint(kinds) else 1


def _article(one: dict[str, Any], found: Linked) -> None:
    found.title = found.title or _text(one.get("headline"))
    found.author = found.author or ", ".join(dict.fromkeys(_names(one.get("author") or one.get("creator"))))
    found.published = found.published or _text(one.get("datePublished"))
    found.modified = found.modified or _text(one.get("dateModified"))
    found.site = found.site or next(_names(one.get("publisher")), "")
    found.language = found.language or _text(one.get("inLanguage"))
    found.licence = found.licence or _text(one.get("license"))


def _media(one: dict[str, Any], kinds: list[str], found: Linked) -> None:
    if "VideoObject" in kinds or "AudioObject" in kinds or "PodcastEpisode" in kinds:
        for key in ("embedUrl", "embedURL", "contentUrl", "contentURL"):
            if address := _text(one.get(key)):
                found.media.append((address, _name(one)))


def _names(value: Any) -> Iterator[str]:
    """The names of persons or organisations, given as text, object or list of these."""
    for one in (value if isinstance(value, list) else [value])[:10]:
        name = _name(one) if isinstance(one, dict) else _text(one)
        if name and not name.startswith(("http:", "https:", "#")):
            yield name


def _name(one: dict[str, Any]) -> str:
    return _text(one.get("name"))


def _text(value: Any) -> str:
    """A value as one line of text; the first of a list, an object's @id, @value, url or name."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = next((value[key] for key in ("@value", "@id", "url", "name") if isinstance(value.get(key), str)), "")
    return " ".join(value.split())[:500] if isinstance(value, str) else ""
