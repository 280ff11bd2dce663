"""Gathered text as a reader sees it: white space, line breaks, invisible signs, Unicode's normal form."""

from __future__ import annotations

from unicodedata import normalize

from m3w_builder.extract.runs import is_line

_INVISIBLE = "\u00ad\u200b\u2060\ufeff\u200e\u200f"
_GONE = dict.fromkeys(map(ord, _INVISIBLE))
_UNSEEN, _COMPOSED = 1, 2
BREAK = "\x01"
"""Stands for <br> until the block is whole."""


def texts(raw: str, pre: bool) -> list[str]:
    """The blocks in what was gathered: white space as a reader sees it, two <br> part paragraphs.

    Invisible signs go (soft hyphens, zero-width spaces, marks of order and direction), joiners that shape letters stay;
    what is left is in Unicode's normal form C. pre: whether the text is code, whose lines and spaces stay.
    """
    if not raw.isascii():
        odd = _odd(raw)
        if odd & _UNSEEN:
            raw = raw.translate(_GONE)
        if odd & _COMPOSED:
            raw = normalize("NFC", raw)
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


def _odd(text: str) -> int:
    """Whether a text has invisible signs, and whether it has some that may have another normal form.

    None below U+0300 has one, and none of the dashes, quotation marks and dots from U+2010 to U+2027.
    """
    found = 0
    for sign in text:
        if sign < "\u0300":
            if sign == "\u00ad":
                found |= _UNSEEN
        elif sign < "\u2010" or sign > "\u2027":
            found |= _COMPOSED
            if ("\u200a" < sign < "\u2061" and sign in _INVISIBLE) or sign == "\ufeff":
                found |= _UNSEEN
    return found
