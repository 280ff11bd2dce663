"""What is looked for in a page's bytes before it is parsed, in Python; `nodes` has the same functions in C.

`native.scans` gives the ones that run here.
"""

from __future__ import annotations

from m3w_builder.extract.runs import nesting

__all__ = ["continued", "has_controls", "holds", "nesting", "tags"]

CONTROLS = bytes((*range(1, 9), 11, *range(14, 32)))
"""Control characters, but NUL and white space."""


def continued(html: bytes) -> int:
    """How many bytes of a page in UTF-8 go on with a sign; -1 where it is not in UTF-8."""
    try:
        return len(html) - len(html.decode("utf-8"))
    except UnicodeDecodeError:
        return -1


def has_controls(html: bytes) -> bool:
    """Whether there are control characters, but NUL and white space."""
    return len(html) != len(html.translate(None, CONTROLS))


def tags(html: bytes) -> int:
    """How many tags can begin in a page, by their first sign."""
    return html.count(b"<")


def holds(html: bytes, part: bytes) -> bool:
    """Whether a part stands in a page."""
    return part in html
