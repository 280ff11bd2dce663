"""What is not worth parsing, told from the bytes alone: binary, too many tags, nested without end."""

from __future__ import annotations

import re

from m3w_builder.extract import native
from m3w_builder.extract.config import ExtractConfig
from m3w_builder.extract.scans import CONTROLS, Survey
from m3w_builder.stage import Drop

_NO_DEPTH = (
    "area base br col embed hr img input link meta param source track wbr p li td th tr dt dd option thead tbody"
)
_FLAT = frozenset(int.from_bytes(tag, "big") for tag in _NO_DEPTH.encode().split())
"""Elements that end by themselves, or end each other, each with its letters as one number."""
LONG = 20_000
"""Bytes of a tag from which on its attributes are counted."""
_QUOTED = re.compile(b"\"[^\"]*\"|'[^']*'")
_OPTIONS = 10_000
"""Most <option> of a page: the parser takes time by the square of their number, half a second for these."""
_PLAIN = 5000
"""Pages of fewer tags are parsed at once whatever they hold."""


def is_html(html: bytes, seen: Survey) -> bool:
    """Whether there is a tag near the start, and few bytes that no text has; html: the page in UTF-8; seen: of it."""
    if html.find(b"<", 0, 100_000) < 0:
        return False
    head = html[:4000] if seen.controls else b""
    return (len(head) - len(head.translate(None, CONTROLS))) * 50 <= len(head)


def clean(html: bytes, seen: Survey) -> bytes:
    """The page without control characters, which stand for nothing; seen: of this page."""
    return html.translate(None, CONTROLS) if seen.controls else html


def _most_attributes(html: bytes) -> int:
    """The attributes of the tag with most of those of LONG bytes and more; 0 where there is none of these.

    One of the windows of half that length is in such a tag and has no ">".
    """
    step = LONG // 2
    end = most = 0
    for start in range(0, len(html) - step, step):
        if start >= end and html.find(b">", start, start + step) < 0:
            begin, end = html.rfind(b">", end, start) + 1 or end, html.find(b">", start)
            end = end if end >= 0 else len(html)
            begin = _tag(html, begin, end - LONG)
            if begin >= 0:
                most = max(most, len(_QUOTED.sub(b"", html[begin:end]).split()))
    return most


def _tag(html: bytes, begin: int, end: int) -> int:
    """Where a tag begins between two places; -1 where none does."""
    while begin < end:
        begin = html.find(b"<", begin, end)
        if begin < 0 or begin + 1 >= end:
            return -1
        begin += 1
        if 97 <= html[begin] | 32 <= 122:
            return begin - 1
    return -1


def too_much(html: bytes, seen: Survey, config: ExtractConfig) -> Drop | None:
    """A Drop where parsing would take for ever: too many tags or attributes, or nested too deeply.

    seen: of this page, with control characters or without.
    """
    tags = seen.tags
    if tags > config.max_elements:
        return Drop("too_many_elements", f"{tags} tags", tags, config.max_elements)
    attributes = _most_attributes(html)
    if attributes > config.max_attributes:
        return Drop("too_many_attributes", "", attributes, config.max_attributes)
    if tags < max(_PLAIN, config.max_depth):
        return None
    depth = native.scans().nesting(html, _FLAT, config.max_depth, _OPTIONS)
    if depth < 0:
        return Drop("too_many_elements", "<option>", -depth, _OPTIONS)
    return Drop("too_deep", "", depth, config.max_depth) if depth else None
