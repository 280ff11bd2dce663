"""A picture's address, looked for in all attributes of its element: src, srcset, <source>, what a script would load."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from m3w_builder.extract import srcset
from m3w_builder.extract.addresses import absolute
from m3w_builder.extract.kinds import is_usable, look
from m3w_builder.extract.srcset import Attributes, Screen

_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?)(?:$|[?#&!;:/])", re.IGNORECASE)
MOST = 60
"""Attributes of an element that are looked at."""
LONGEST = 20_000
"""Characters of an attribute's value that can be an address, or a list of them."""
LONGEST_ADDRESS = 8000
"""Characters of an address; servers refuse longer ones."""
PAGE = Screen()
_FIRST = ("data-src", "data-original", "data-lazy-src", "data-srcset", "data-lazy-srcset")
_NOT_THE_PICTURE = ("data-link", "data-href", "data-permalink", "data-share", "data-page", "data-avatar", "data-icon")


def usable(value: str | None) -> bool:
    """Whether an attribute's value can be a picture's address, and not a stand-in until a script runs."""
    return value is not None and is_usable(value, look(value))


def lazy(attributes: Attributes) -> str:
    """The address that a script would put in: a value that looks like a picture's URL, a srcset or JSON.

    It stands in a data-* attribute, or in one that pages have made up: `lazy-src`, `_src`, `original`, `zoomfile`.
    """
    for name in _FIRST:
        value = attributes.get(name)
        if value and (found := _lazy(name, value, True)):
            return found
    left = MOST
    for name in attributes:
        if left and _is_spare(name) and name not in _NOT_THE_PICTURE:
            value = attributes.get(name)
            if value and (found := _lazy(name, value, False)):
                return found
        left -= left > 0
    return ""


def _lazy(name: str, value: str, known: bool) -> str:
    """The address in the value of an attribute; known: whether the attribute has no other use."""
    if len(value) > LONGEST:
        return ""
    value = value.strip()
    if value.startswith(("{", "[")):
        return _from_json(value)
    spaced = len(value.split(None, 1)) > 1
    if "srcset" in name or (spaced and _LISTS.search(value)):
        found = srcset.largest(value)
        return found if found and usable(found) else ""
    if not usable(value):
        return ""
    return value if (known and not spaced) or _PICTURE.search(value) else ""


def _is_spare(name: str) -> bool:
    """Whether an attribute of this name can hold an address for a script to put in."""
    return name.startswith("data-") or name in _SPARE or ("src" in name and name not in _TAKEN and name[:2] != "on")


_SPARE = frozenset(("original", "file", "zoomfile", "lazy", "echo", "v-lazy", "url", "image_filename"))
_TAKEN = frozenset(("src", "srcset", "lowsrc", "dynsrc"))
_LISTS = re.compile(r"\s\d+(?:\.\d+)?[wx](?:\s*,|\s*$)")


def _from_json(value: str) -> str:
    """The first picture's address in a JSON value, keys included (some map addresses to sizes)."""
    try:
        entry = json.loads(value)
    except (ValueError, RecursionError):
        return ""
    stack = [entry]
    while stack:
        here = stack.pop(0)
        if isinstance(here, dict):
            stack += [*here.keys(), *here.values()]
        elif isinstance(here, list):
            stack += here
        elif isinstance(here, str) and _PICTURE.search(here) and usable(here) and " " not in here:
            return here
    return ""


def address(
    attributes: Attributes, base: str, sources: Sequence[Attributes] = (), screen: Screen = PAGE
) -> tuple[str, str]:
    """A picture element's absolute URL, or "" and the reason why it has none.

    sources: the attributes of the <source> elements in its <picture>. By the screen's policy, `page` takes what stands
    in the page's src, else what a script would load, else the largest candidate of a srcset; `browser` what a browser
    loads on this screen; `largest` the largest candidate of all. A picture whose bytes stand in src has the reason
    "data_uri", where no other address is given.
    """
    source = attributes.get("src") or ""
    data = source[:20].lstrip()[:5].lower() == "data:"
    if data or len(source) > LONGEST_ADDRESS:
        src = ""
    elif ("," in source or "%20" in source) and LISTED.search(source):  # a srcset was written into src
        src = srcset.largest(source.replace("%20", " "))
    else:
        src = source
    if screen.policy != "page":
        for candidate in _by_policy(attributes, sources, screen):
            if url := _resolved(candidate, base):
                return url, ""
    if url := _resolved(src, base):
        return url, ""
    for candidate in _spare(attributes, sources):
        if url := _resolved(candidate, base):
            return url, ""
    if data:
        return "", "svg" if source[:30].lstrip()[:14].lower() == "data:image/svg" else "data_uri"
    if not src:
        return "", "bad_url" if source else "placeholder"
    return "", "placeholder" if absolute(src, base) else "bad_url"


LISTED = re.compile(r"(?:\s|%20)\d+[wx]")


def _resolved(candidate: str, base: str) -> str:
    """The absolute URL of what can be a picture's address; else empty."""
    return absolute(candidate, base) if len(candidate) <= LONGEST_ADDRESS and usable(candidate) else ""


def _by_policy(attributes: Attributes, sources: Sequence[Attributes], screen: Screen) -> Iterator[str]:
    """The addresses that go before src for a screen of another policy than `page`."""
    if screen.policy == "browser":
        one = srcset.source(sources, screen)
        if one is not None:
            yield srcset.chosen(one.get("srcset") or one.get("data-srcset") or "", one.get("sizes") or "", screen)
        lists = _listed(attributes) or attributes.get("data-srcset") or attributes.get("data-lazy-srcset") or ""
        if lists:
            yield srcset.chosen(lists, attributes.get("sizes") or attributes.get("data-sizes") or "", screen)
    else:
        every = [value for one in (*sources, attributes) if _loaded(one) for value in _lists(one)]
        if every:
            yield srcset.largest(", ".join(every), screen.widest)


def _spare(attributes: Attributes, sources: Sequence[Attributes]) -> Iterator[str]:
    """The addresses that a picture has beside src, the one to take first."""
    yield lazy(attributes)
    if listed := _listed(attributes):
        yield srcset.largest(listed)
    for one in sources:
        if _loaded(one):
            yield srcset.largest(one.get("srcset") or "")
            yield lazy(one)


def _listed(attributes: Attributes) -> str:
    return attributes.get("srcset") or attributes.get("imagesrcset") or ""


def _loaded(attributes: Attributes) -> bool:
    """Whether a <source> is of a type that can be read; an <img> tells no type."""
    return srcset.LOADED.match(attributes.get("type") or "") is not None


def _lists(attributes: Attributes) -> Iterable[str]:
    return filter(None, (attributes.get(name) for name in ("srcset", "data-srcset", "data-lazy-srcset")))


def is_picture(url: str) -> bool:
    """Whether a picture is known by the ending of its address."""
    return len(url) <= LONGEST_ADDRESS and _PICTURE.search(url) is not None
