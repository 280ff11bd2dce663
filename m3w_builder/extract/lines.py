"""Gathered text as a reader sees it: white space, line breaks, invisible signs, Unicode's normal form."""

from __future__ import annotations

from unicodedata import normalize

from m3w_builder.extract.runs import is_line

_INVISIBLE = "\u00ad\u200b\u2060\ufeff\u200e\u200f"
_GONE = dict.fromkeys(map(ord, _INVISIBLE))
BREAK = "\x01"
"""Stands for <br> until the block is whole."""


def texts(raw: str, pre: bool) -> list[str]:
    """The blocks in what was gathered: white space as a reader sees it, two <br> part paragraphs.

    Invisible signs go (soft hyphens, zero-width spaces, marks of order and direction), joiners that shape letters stay;
    what is left is in Unicode's normal form C. pre: whether the text is code, whose lines and spaces stay.
    """
    if not raw.isascii():
        raw = normalize("NFC", raw.translate(_GONE) if _has_invisible(raw) else raw)
    if pre:
        text = raw.replace(BREAK, "\n").replace("\r\n", "\n").strip("\n").rstrip()
        return [text] if text.strip() else []
    if BREAK not in raw:
        text = raw.strip()
        if not is_line(text):
            text = " ".join(text.split())
        return [text] if text and (text[0] not in "| " or text.strip("| ")) else []
    lines = [" ".join(line.split()) for line in raw.split(BREAK)]
    found: list[str] = []
    here: list[str] = []
    for line in [*lines, ""]:
        if line:
            here.append(line)
        elif here:
            found.append("\n".join(here))
            here = []
    return found


def _has_invisible(text: str) -> bool:
    for sign in text:  # noqa: SIM110 a plain loop is what the compiler makes fast
        if sign == "\u00ad" or ("\u200a" < sign < "\u2061" and sign in _INVISIBLE) or sign == "\ufeff":
            return True
    return False
