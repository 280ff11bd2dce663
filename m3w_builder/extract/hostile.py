"""What is not worth parsing, told from the text alone: binary, too many tags, nested without end."""

from __future__ import annotations

import re

from m3w_builder.extract.config import ExtractConfig
from m3w_builder.extract.runs import nesting
from m3w_builder.stage import Drop

_STRANGE = re.compile(r"[\x01-\x08\x0b\x0e-\x1f]")
_CONTROLS = bytes((*range(1, 9), 11, *range(14, 32)))
_NO_DEPTH = (
    "area base br col embed hr img input link meta param source track wbr p li td th tr dt dd option thead tbody"
)
_FLAT = frozenset(_NO_DEPTH.split())
"""Elements that end by themselves, or end each other."""
LONG = 20_000
"""Characters of a tag from which on its attributes are counted."""
_LONG_TAG = re.compile(rf"<[a-zA-Z][^>]{{{LONG},}}")
_QUOTED = re.compile("\"[^\"]*\"|'[^']*'")
_OPTIONS = 10_000
"""Most <option> of a page: the parser takes time by the square of their number, half a second for these."""
_PLAIN = 5000
"""Pages of fewer tags are parsed at once whatever they hold."""


def is_html(text: str) -> bool:
    """Whether there is a tag near the start, and few characters that no text has."""
    head = text[:4000]
    return "<" in text[:100_000] and len(_STRANGE.findall(head)) * 50 <= len(head)


def clean(text: str, html: bytes) -> str:
    """The text without control characters, which stand for nothing; html: its bytes, in which they are quickly seen."""
    if len(html) == len(html.translate(None, _CONTROLS)):
        return text
    return _STRANGE.sub("", text)


def _has_long_tag(text: str) -> bool:
    """Whether some LONG characters in a row have no ">": one of the windows of half that length is in them."""
    step = LONG // 2
    return any(text.find(">", start, start + step) < 0 for start in range(0, len(text) - step, step))


def too_much(text: str, config: ExtractConfig) -> Drop | None:
    """A Drop where parsing would take for ever: too many tags or attributes, or nested too deeply."""
    tags = text.count("<")
    if tags > config.max_elements:
        return Drop("too_many_elements", f"{tags} tags", tags, config.max_elements)
    if _has_long_tag(text):
        attributes = max((len(_QUOTED.sub("", tag).split()) for tag in _LONG_TAG.findall(text)), default=0)
        if attributes > config.max_attributes:
            return Drop("too_many_attributes", "", attributes, config.max_attributes)
    if tags < max(_PLAIN, config.max_depth):
        return None
    depth = nesting(text, _FLAT, config.max_depth, _OPTIONS)
    if depth < 0:
        return Drop("too_many_elements", "<option>", -depth, _OPTIONS)
    return Drop("too_deep", "", depth, config.max_depth) if depth else None
