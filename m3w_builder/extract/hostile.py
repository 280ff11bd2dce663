"""What is not worth parsing, told from the text alone: binary, too many tags, nested without end."""

from __future__ import annotations

import re

from m3w_builder.extract.config import ExtractConfig
from m3w_builder.stage import Drop

_TAGS = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_NO_DEPTH = (
    "area base br col embed hr img input link meta param source track wbr p li td th tr dt dd option thead tbody"
)
_FLAT = frozenset(_NO_DEPTH.split())
"""Elements that end by themselves, or end each other."""
_LONG_TAG = re.compile(r"<[a-zA-Z][^>]{20000,}")
_QUOTED = re.compile("\"[^\"]*\"|'[^']*'")
_ATTRIBUTES = 5000
"""Most attributes of one element: parsers compare each with each."""
_PLAIN = 5000
"""Pages of fewer tags are parsed at once whatever they hold."""


def is_html(text: str) -> bool:
    """Whether there is a tag near the start, and few characters that no text has."""
    head = text[:4000]
    strange = sum(1 for c in head if c < " " and c not in "\t\n\r\f\x00")
    return "<" in text[:100_000] and strange * 50 <= len(head)


def too_much(text: str, config: ExtractConfig) -> Drop | None:
    """A Drop where parsing would take for ever: too many tags or attributes, or nested too deeply."""
    tags = text.count("<")
    if tags > config.max_elements:
        return Drop("too_many_elements", f"{tags} tags", tags, config.max_elements)
    attributes = max((len(_QUOTED.sub("", tag).split()) for tag in _LONG_TAG.findall(text)), default=0)
    if attributes > _ATTRIBUTES:
        return Drop("too_many_attributes", "", attributes, _ATTRIBUTES)
    if tags < max(_PLAIN, config.max_depth):
        return None
    depth = 0
    for closing, name in _TAGS.findall(text):
        if name.lower() not in _FLAT:
            depth = max(0, depth - 1) if closing else depth + 1
            if depth > config.max_depth:
                return Drop("too_deep", "", depth, config.max_depth)
    return None
