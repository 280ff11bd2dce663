"""Where a picture's bytes are, as a browser would load it, and what its element says about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from m3w_builder.urls import absolute

Attributes = Mapping[str, str | None]

_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?)(?:$|[?#&!;:/])", re.IGNORECASE)
_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s+([\d.]+)([wxh]))?\s*(?:,|$)")
_PLACEHOLDER = re.compile(
    r"(?:^data:)|(?:^about:)|(?:^$)"
    r"|(?:/|^|[-_])(?:blank|spacer|pixel|transparent|placeholder|loading|loader|lazy|grey|gray|1x1|trans)"
    r"(?:[-_.\d][^/]*)?\.(?:gif|png|jpe?g|svg|webp)(?:$|\?)",
    re.IGNORECASE,
)
MOST = 60
"""Attributes of an element that are looked at."""
LONGEST = 20_000
"""Characters of an attribute's value that can be an address, or a list of them."""
_FIRST = ("data-src", "data-original", "data-lazy-src", "data-srcset", "data-lazy-srcset")
_NOT_THE_PICTURE = ("data-link", "data-href", "data-permalink", "data-share", "data-page", "data-avatar", "data-icon")


def from_srcset(value: str) -> str:
    """The largest candidate of a srcset; empty where it has none."""
    best, most = "", -1.0
    position = 0
    value = value[:LONGEST].strip()
    while position < len(value):
        match = _CANDIDATE.match(value, position)
        if match is None or match.end() == position:
            break
        position = match.end()
        url, number = match.group(1), match.group(2)
        try:
            size = float(number) if number else 1.0
        except ValueError:
            size = 1.0
        if size > most and not url.startswith("data:"):
            best, most = url, size
    return best


_STAND_INS_TEXT = "blank spacer pixel trans placeholder load lazy grey gray 1x1"
_STAND_INS = tuple(_STAND_INS_TEXT.split())


def usable(value: str | None) -> bool:
    """Whether an attribute's value can be a picture's address, and not a stand-in until a script runs."""
    if not value:
        return False
    value = value.strip()
    low = value.lower()
    if not any(map(low.__contains__, _STAND_INS)):
        return bool(value) and not low.startswith(("data:", "about:"))
    return not _PLACEHOLDER.search(value)


def lazy(attributes: Attributes) -> str:
    """The address that a script would put in: a data-* value that looks like a picture's URL, a srcset or JSON."""
    others = [name for name in islice(attributes, MOST) if name.startswith("data-")]
    for name in (*_FIRST, *others):
        value = attributes.get(name)
        if not value or name in _NOT_THE_PICTURE or len(value) > LONGEST:
            continue
        value = value.strip()
        if value[:1] in "{[":
            found = _from_json(value)
            if found:
                return found
        elif "srcset" in name or re.search(r"\s\d+(?:\.\d+)?[wx](?:\s*,|\s*$)", value):
            found = from_srcset(value)
            if found and usable(found):
                return found
        elif usable(value) and (_PICTURE.search(value) or (name in _FIRST and not any(c.isspace() for c in value))):
            return value
    return ""


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


def address(attributes: Attributes, base: str, sources: Iterable[Attributes] = ()) -> tuple[str, str]:
    """A picture element's absolute URL, or "" and the reason why it has none.

    sources: the attributes of the <source> elements before it in its <picture>. What is already in the page's src
    is taken; else what a script would load; else the largest candidate of a srcset.
    """
    source = attributes.get("src") or ""
    if " " in source.strip() and "," in source and re.search(r"\s\d+[wx]", source):
        source = from_srcset(source)
    for candidate in _candidates(attributes, source, sources):
        if candidate and usable(candidate) and (url := absolute(candidate, base)):
            return url, ""
    if source.startswith("data:"):
        return "", "data_uri" if len(source) > 2000 else "placeholder"
    if not source:
        return "", "placeholder"
    return "", "placeholder" if absolute(source, base) else "bad_url"


def _candidates(attributes: Attributes, source: str, sources: Iterable[Attributes]) -> Iterator[str]:
    """The addresses that an element gives, the best first; the next is looked for where one is of no use."""
    yield source
    yield lazy(attributes)
    yield from_srcset(attributes.get("srcset") or "")
    for one in sources:
        if "svg" not in (one.get("type") or ""):
            yield from_srcset(one.get("srcset") or "")
            yield lazy(one)


def side(value: str | None) -> int:
    """A declared width or height in CSS px; 0 where there is none, or it is relative."""
    if not value:
        return 0
    if value.isdecimal() and len(value) < 6:
        return int(value)
    match = _SIDE.match(value)
    return int(match.group(1)) if match else 0


_SIDE = re.compile(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$")
_STYLE = re.compile(r"(?<![-\w])(width|height)\s*:\s*(\d{1,5})(?:\.\d+)?px")


def sides(attributes: Attributes) -> tuple[int, int]:
    """Declared (width, height) in CSS px, by attribute or style; 0 where not given."""
    width, height = side(attributes.get("width")), side(attributes.get("height"))
    style = attributes.get("style")
    if style and not (width and height):
        found = {name: int(value) for name, value in _STYLE.findall(style)}
        width, height = width or found.get("width", 0), height or found.get("height", 0)
    return width, height


def _words(*groups: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(groups)})(?![a-z])", re.IGNORECASE)


_NAMES = (
    (
        "avatar",
        re.compile(r"avatar|gravatar|userpic|author[-_]?(?:photo|image|img|pic)|profile[-_]?(?:pic|photo|image)", re.I),
    ),
    (
        "share_button",
        _words(
            r"(?:share|social|facebook|twitter|pinterest|linkedin|whatsapp|reddit)(?:[-_ ]?(?:button|btn|icon|logo))?"
        ),
    ),
    (
        "advertisement",
        _words(r"advert\w*|banner[-_]?ads?|ads?[-_]?banner|sponsor\w*", "doubleclick|adserver|googlesyndication"),
    ),
    (
        "icon",
        _words(
            r"icons?|emojis?|smil(?:ey|ies)|emoticons?|logos?|sprites?", "buttons?|btn|bullets?|arrows?|favicon|spacer"
        ),
    ),
)


_STEMS_TEXT = (
    "avatar userpic author profile share social facebook twitter pinterest linkedin whatsapp reddit adver banner "
    "sponsor doubleclick googlesyndication icon emoji smil emoticon logo sprite button btn bullet arrow spacer"
)
_STEMS = tuple(_STEMS_TEXT.split())
"""One of these stands in whatever a pattern above finds: to look for them takes a tenth of the patterns' time."""


def named(class_text: str, path: str) -> str:
    """What a picture's class, or the file name in its URL, says that it is; empty when nothing of note."""
    name = path.rsplit("/", 1)[-1]
    if any(map(f"{class_text} {name}".lower().__contains__, _STEMS)):
        for reason, pattern in _NAMES:
            if pattern.search(class_text):
                return reason
        for reason, pattern in _NAMES:
            if reason in ("icon", "avatar") and pattern.search(name):
                return reason
    return ""
