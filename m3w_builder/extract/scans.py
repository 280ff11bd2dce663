"""What is looked for in a page's bytes before it is parsed, in Python; `nodes` has the same functions in C.

`native.scans` gives the ones that run here.
"""

from __future__ import annotations

from typing import NamedTuple

from m3w_builder.extract.runs import nesting

__all__ = ["holds", "nesting", "survey"]

CONTROLS = bytes((*range(1, 9), 11, *range(14, 32)))
"""Control characters, but NUL and white space."""


class Survey(NamedTuple):
    """What one pass through a page's bytes finds."""

    continued: int
    """Bytes that go on with a sign in UTF-8: none in ASCII; -1 where the page is not in UTF-8."""
    controls: bool
    """Whether there are control characters, but NUL and white space."""
    tags: int
    """Tags that can begin in it, by their first sign."""


def survey(html: bytes) -> Survey:
    """Look through a page's bytes."""
    try:
        continued = len(html) - len(html.decode("utf-8"))
    except UnicodeDecodeError:
        continued = -1
    return Survey(continued, len(html) != len(html.translate(None, CONTROLS)), html.count(b"<"))


def holds(html: bytes, part: bytes) -> bool:
    """Whether a part stands in a page."""
    return part in html
