"""Where a picture's bytes are, as a browser would load it, and what its element says about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from m3w_builder.document import Image
from m3w_builder.extract import inline, srcset
from m3w_builder.extract.srcset import Attributes, Screen
from m3w_builder.urls import absolute

_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?)(?:$|[?#&!;:/])", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:^data:)|(?:^about:)|(?:^$)"
    r"|(?:/|^|[-_])(?:blank|spacer|pixel|transparent|placeholder|loading|loader|lazy(?:load)?|grey|gray|1x1|trans|shim)"
    r"(?:[-_.\d][^/]{0,80})?\.(?:gif|png|jpe?g|svg|webp)(?:$|\?)"
    r"|/(?:clear|dot|empty|space|s|none|nothing|null)\.gif(?:$|\?)",
    re.IGNORECASE,
)
MOST = 60
"""Attributes of an element that are looked at."""
LONGEST = 20_000
"""Characters of an attribute's value that can be an address, or a list of them."""
LONGEST_ADDRESS = 8000
"""Characters of an address; servers refuse longer ones."""
LONGEST_NAME = 1000
"""Characters of a class or an id that are looked at."""
SMALL = 2000
"""Characters of a data: URI that only stands in for a picture which a script puts there."""
DRAWN = 64
"""Declared px of either side from which on an <svg> is more than an icon."""
PAGE = Screen()
_FIRST = ("data-src", "data-original", "data-lazy-src", "data-srcset", "data-lazy-srcset")
_NOT_THE_PICTURE = ("data-link", "data-href", "data-permalink", "data-share", "data-page", "data-avatar", "data-icon")


_STAND_INS_TEXT = "blank spacer pixel trans placeholder loading loader lazy grey gray 1x1 shim .gif"
_STAND_INS = tuple(_STAND_INS_TEXT.split())


def usable(value: str | None) -> bool:
    """Whether an attribute's value can be a picture's address, and not a stand-in until a script runs."""
    if not value:
        return False
    value = value.strip()
    low = value.lower()
    if _has_any(low, _STAND_INS):
        return not _PLACEHOLDER.search(value)
    return bool(value) and not low.startswith(("data:", "about:"))


def _has_any(text: str, stems: tuple[str, ...]) -> bool:
    """Whether one of these stands in a text."""
    for stem in stems:  # noqa: SIM110 a plain loop is what the compiler makes fast
        if stem in text:
            return True
    return False


def lazy(attributes: Attributes) -> str:
    """The address that a script would put in: a value that looks like a picture's URL, a srcset or JSON.

    It stands in a data-* attribute, or in one that pages have made up: `lazy-src`, `_src`, `original`, `zoomfile`.
    """
    for name in (*_FIRST, *filter(_is_spare, islice(attributes, MOST))):
        value = attributes.get(name)
        if not value or name in _NOT_THE_PICTURE or len(value) > LONGEST:
            continue
        value = value.strip()
        if value[:1] in "{[":
            found = _from_json(value)
            if found:
                return found
        elif "srcset" in name or _LISTS.search(value):
            found = srcset.largest(value)
            if found and usable(found):
                return found
        elif usable(value) and (_PICTURE.search(value) or (name in _FIRST and not any(c.isspace() for c in value))):
            return value
    return ""


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
    elif ("," in source or "%20" in source) and _LISTED.search(source):  # a srcset was written into src
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


_LISTED = re.compile(r"(?:\s|%20)\d+[wx]")


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


def image(
    attributes: Attributes, base: str, sources: Sequence[Attributes], screen: Screen, least_inline: int
) -> tuple[Image, str, bytes]:
    """A picture's element as an image, with the reason why it has no address, and its bytes where they stand in it.

    least_inline: bytes from which on a picture in the page itself is taken; 0 for never.
    """
    body = b""
    url, reason = address(attributes, base, sources, screen)
    src = attributes.get("src") or ""
    if reason == "data_uri":
        found = inline.decode(src, least_inline) if least_inline else None
        if found is not None:
            (url, body), reason = found, ""
        elif len(src) < SMALL:
            reason = "placeholder"
    width, height = sides(attributes)
    told = Image(
        url or src[:200],
        _line(attributes.get("alt")),
        _line(attributes.get("title")),
        declared_width=width,
        declared_height=height,
    )
    return told, reason, body


def _line(value: str | None) -> str:
    """What an attribute says for a reader, as one line."""
    return " ".join(value.split())[:2000] if value else ""


def judged(image: Image, attributes: Attributes) -> str:
    """Why a picture is none of content by what its element says alone; empty where nothing speaks against it."""
    width, height = image.declared_width, image.declared_height
    if 0 < width <= 2 or 0 < height <= 2:
        return "tracking_pixel"
    path = image.url.partition("?")[0]
    if path.lower().endswith((".svg", ".svgz")):
        return "svg"
    return named(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:LONGEST_NAME], path)


def drawing(attributes: Attributes) -> Image:
    """An <svg> in the page, which has no address, as far as an image says it."""
    width, height = sides(attributes)
    return Image(
        "",
        alt=" ".join((attributes.get("aria-label") or "").split())[:200],
        declared_width=width,
        declared_height=height,
    )


def is_picture(url: str) -> bool:
    """Whether a picture is known by the ending of its address."""
    return len(url) <= LONGEST_ADDRESS and _PICTURE.search(url) is not None


_EMOJI = re.compile(r"emoji|smil(?:ey|ie)|emoticon", re.IGNORECASE)
_FORMULA = re.compile(
    r"(?<![a-z])(?:la)?tex(?![a-z])|mwe-math|ql-img|math-?(?:image|img|inline|display)|\bmath\b|equation", re.IGNORECASE
)
_FORMULA_STEMS = ("tex", "math", "ql-im", "equation", "codecogs")
"""One of these stands in whatever the patterns for formulae find; they take ten times as long."""
_DRAWS_FORMULAE = re.compile(
    r"latex\.php|/latex[./?]|mathtex|mimetex|/math/render/|codecogs\.com|/wp-latex", re.IGNORECASE
)


def stands_for(attributes: Attributes, image: Image, told: str) -> tuple[str, str] | None:
    """The text for which a picture stands in its line, and the reason under which it goes; None for any other picture.

    An emoji's alt is the sign itself, and a formula's its source. told: the last formula; it is not told twice.
    """
    name = attributes.get("class") or ""
    if (
        len(image.alt) <= 12
        and not image.alt.isascii()
        and _EMOJI.search(name + image.url[max(0, len(image.url) - 300) :])
    ):
        return (image.alt, "icon") if not any(sign.isalnum() for sign in image.alt) else None
    low = f"{name[:LONGEST_NAME]} {image.url[:300]}".lower()
    if not _has_any(low, _FORMULA_STEMS):
        return None
    if not _DRAWS_FORMULAE.search(image.url[:300]) and not (name and _FORMULA.search(name[:LONGEST_NAME])):
        return None
    source = image.alt.strip(" $")
    return ("", "formula") if source == told else (f" ${source}$ ", "formula")


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


_AD_FILE = re.compile(r"(?<![a-z])(?:ads?|advert|banner)[-_]?\d{2,4}x\d{2,4}(?!\d)", re.IGNORECASE)
"""File names of advertisements: the word and the size of the place that was sold, "ad-728x90.jpg"."""


def named(class_text: str, path: str) -> str:
    """What a picture's class, or the file name in its URL, says that it is; empty when nothing of note."""
    name = path.rpartition("/")[2]
    low = f"{class_text} {name}".lower()
    if ("ad" in low or "banner" in low) and _AD_FILE.search(name):
        return "advertisement"
    if _has_any(low, _STEMS):
        for reason, pattern in _NAMES:
            if pattern.search(class_text):
                return reason
        for reason, pattern in _NAMES:
            if reason in ("icon", "avatar") and pattern.search(name):
                return reason
    return ""
