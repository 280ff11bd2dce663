"""Which of a picture's candidates is loaded: `srcset`, `sizes`, `media` and `type`, read as a browser reads them.

https://html.spec.whatwg.org/multipage/images.html: "parse a srcset attribute", "parse a sizes attribute", "update the
source set". Of CSS only what pages write there is known: widths, heights, orientation and density of the screen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from m3w_builder.classes import dataclass

Attributes = Mapping[str, str | None]

LONGEST = 20_000
"""Characters of a srcset that are read."""
_SIZES = 500
"""Characters of a sizes or media attribute that are read."""
_EM = 16.0
"""CSS px of an em, before any style of the page."""
_CANDIDATE = re.compile(r"[\s,]*([^\s,]\S*[^\s,]|[^\s,])(?:,+(?=\s)|,+$|\s*$|\s+([^,()]*)(?:,|$))")
_DESCRIPTOR = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)([wxh])", re.IGNORECASE)
_LENGTH = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(px|vw|vh|vmin|vmax|em|rem|ch|ex|pt|cm|mm|in|%)?")
_UNITS = {
    "px": 1.0,
    "em": _EM,
    "rem": _EM,
    "ch": 8.0,
    "ex": 8.0,
    "pt": 4 / 3,
    "cm": 96 / 2.54,
    "mm": 9.6 / 2.54,
    "in": 96.0,
}
_FUNCTION = re.compile(r"([a-z-]*)\(([^()]*)\)")
_NESTED = 10
"""Functions in a length that are worked out."""
_FEATURE = re.compile(
    r"\(\s*(?:(min|max)-)?(width|height|device-width|orientation|resolution|aspect-ratio|[\w-]+)\s*(?::\s*([^()]*))?\)"
)
_RANGE = re.compile(r"\(\s*(width|height)\s*(<=|>=|<|>|=)\s*([^()<>=]+)\)")
LOADED = re.compile(r"^\s*(?:$|image/(?:jpe?g|pjpeg|png|apng|gif|webp|avif|bmp|x-icon|tiff)\b)", re.IGNORECASE)
"""Types of pictures that we can read; a <source> of another is passed over."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The screen for which a picture is chosen."""

    policy: Literal["page", "browser", "largest"] = "page"
    width: int = 1280
    """In CSS px."""
    density: float = 1.0
    """Device px in a CSS px."""
    widest: int = 2000
    """The largest candidate that `largest` takes where there are others, in px."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One address of a srcset, with its width in px or its density; 0 for what it does not tell."""

    url: str
    width: float = 0.0
    density: float = 0.0


def candidates(value: str) -> list[Candidate]:
    """The candidates of a srcset in their order; a data: URI is none, it only stands in for a picture."""
    found = []
    value = value[:LONGEST].strip()
    position = 0
    while position < len(value):
        match = _CANDIDATE.match(value, position)
        if match is None or match.end() == position:
            break
        position = match.end()
        url, descriptors = match.group(1), match.group(2) or ""
        if url[:5].lower() == "data:":
            continue
        width = density = 0.0
        for number, unit in _DESCRIPTOR.findall(descriptors):
            if unit in "wW":
                width = float(number)
            elif unit in "xX":
                density = float(number)
        found.append(Candidate(url, width, density))
    return found


def largest(value: str, widest: float = 0.0) -> str:
    """The largest candidate of a srcset, of those up to `widest` px where there are any; empty where it has none."""
    found = candidates(value)
    if widest:
        found = [one for one in found if one.width <= widest] or found
    best = max(found, key=lambda one: one.width or one.density or 1.0, default=None)
    return best.url if best else ""


def chosen(value: str, sizes: str, screen: Screen) -> str:
    """What a browser takes of a srcset: the least that is dense enough for the screen, else the densest."""
    slot = source_size(sizes, screen.width) or 1.0
    dense = [(one.width / slot if one.width else one.density or 1.0, one.url) for one in candidates(value)]
    enough = [pair for pair in dense if pair[0] >= screen.density]
    if enough:
        return min(enough, key=lambda pair: pair[0])[1]
    return max(dense, key=lambda pair: pair[0], default=(0.0, ""))[1]


def source(sources: Sequence[Attributes], screen: Screen) -> Attributes | None:
    """The first <source> that a browser would take: of a type that can be read, for this screen."""
    for one in sources:
        if not LOADED.match(one.get("type") or ""):
            continue
        if matches(one.get("media") or "", screen.width) and (one.get("srcset") or one.get("data-srcset")):
            return one
    return None


@lru_cache(4096)
def source_size(sizes: str, width: int) -> float:
    """The width in CSS px at which a picture is shown, by its `sizes`, on a screen of this width."""
    for part in _parts(" ".join(sizes[:_SIZES].lower().split())):
        condition, length = _last(part)
        if length is None or length == "auto":
            continue
        if not condition or matches(condition, width):
            return length_of(length, width)
    return float(width)


def _parts(text: str) -> list[str]:
    """The text parted at commas outside of parentheses."""
    found, depth, start = [], 0, 0
    for index, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth <= 0:
            found.append(text[start:index])
            start = index + 1
    return [part.strip() for part in [*found, text[start:]] if part.strip()]


def _last(part: str) -> tuple[str, str | None]:
    """A size parted in its condition and its length: the last number, or the last function in parentheses."""
    if part.endswith(")"):
        depth = 0
        for index in range(len(part) - 1, -1, -1):
            depth += (part[index] == ")") - (part[index] == "(")
            if not depth:
                name = re.search(r"[a-z-]+$", part[:index])
                start = name.start() if name else index
                return (part[:start].strip(), part[start:]) if name else (part, None)
        return part, None
    head, _, length = part.rpartition(" ")
    return head.strip(), length


def length_of(text: str, width: int) -> float:
    """A CSS length in px on a screen of this width; calc(), min(), max() and clamp() are worked out from within."""
    text = text.strip()
    for _ in range(_NESTED):
        inner = _FUNCTION.search(text)
        if inner is None:
            break
        values = [_sum(part, width) for part in _parts(inner.group(2))] or [float(width)]
        text = f"{text[: inner.start()]}{_picked(inner.group(1), values):.2f}px{text[inner.end() :]}"
    return _sum(text, width)


def _picked(function: str, values: list[float]) -> float:
    if function == "clamp" and len(values) == 3:
        return max(values[0], min(values[1], values[2]))
    return min(values) if function == "min" else max(values)


def _sum(text: str, width: int) -> float:
    """A sum of lengths, products with plain numbers included; what cannot be read counts as the screen's width."""
    total = None
    for sign, term in re.findall(r"(?:^|\s+([+-])\s+)([^\s+-][^+]*?)(?=\s+[+-]\s|$)", text.strip()):
        value = 1.0
        for operator, factor in re.findall(r"(?:^|([*/]))\s*([^*/]+)", term):
            number = _number(factor, width)
            if number is None or (operator == "/" and not number):
                return float(width)
            value = value / number if operator == "/" else value * number
        total = (total or 0.0) + (-value if sign == "-" else value)
    return float(width) if total is None else max(0.0, total)


def _number(text: str, width: int) -> float | None:
    match = _LENGTH.fullmatch(text.strip())
    if match is None:
        return None
    value, unit = float(match.group(1)), match.group(2) or ""
    if unit in ("vw", "vmax", "%"):
        return value * width / 100
    if unit in ("vh", "vmin"):
        return value * _height(width) / 100
    return value * _UNITS.get(unit, 1.0)


def _height(width: int) -> float:
    """A screen's height, of the usual shape."""
    return width * 9 / 16


@lru_cache(4096)
def matches(media: str, width: int) -> bool:
    """Whether a media query holds on a screen of this width in CSS px; an empty one does."""
    queries = _parts(" ".join(media[:_SIZES].lower().split()))
    return not queries or any(_query(query, width) for query in queries)


def _query(query: str, width: int) -> bool:
    negated = query.startswith("not ")
    query = re.sub(r"^(?:not|only)\s+", "", query)
    if re.match(r"(?:print|speech|tty|tv)\b", query):
        return negated
    found = []
    for low, feature, value in _FEATURE.findall(query):
        found.append(_holds(low, feature, value, width))
    for feature, sign, value in _RANGE.findall(query):
        here, there = (float(width) if feature == "width" else _height(width)), length_of(value, width)
        found.append({"<": here < there, "<=": here <= there, ">": here > there, ">=": here >= there}.get(sign, False))
    holds = any(found) if re.search(r"\)\s*or\s*\(", query) else all(found)
    return holds != negated


def _holds(low: str, feature: str, value: str, width: int) -> bool:
    if feature in ("width", "device-width", "height"):
        here = float(width) if feature != "height" else _height(width)
        there = length_of(value, width) if value else 0.0
        return here >= there if low == "min" else here <= there if low == "max" else here == there or not value
    if feature == "orientation":
        return value.strip() == "landscape"
    if "resolution" in feature or "pixel-ratio" in feature:
        number = re.match(r"[\d.]+", value.strip())
        dense = float(number.group()) / (96 if "dpi" in value else 1) if number else 1.0
        return dense <= 1 if low == "min" or "min" in feature else dense >= 1
    return feature in ("hover", "any-hover", "prefers-color-scheme", "color") and value.strip() in (
        "",
        "hover",
        "light",
    )
