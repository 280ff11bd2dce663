"""Bytes to UTF-8 in HTML's own order: byte order mark, HTTP header, <meta>, then detection.

Two departures from https://html.spec.whatwg.org/#determining-the-character-encoding, both because pages lie: bytes
that are valid UTF-8, with enough in them to be no accident, are UTF-8 whatever is declared; and a declaration under
which the bytes cannot be read, or are read as signs that no text has, gives way to detection.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from m3w_builder.extract import native
from m3w_builder.extract.scans import Survey

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_:.\-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([a-zA-Z0-9_:.\-]{2,40})""")
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
PRESCAN = 4096
"""Bytes in which a <meta> is looked for (the standard asks 1024; pages put it later)."""
FEW = 12
"""Pairs of bytes that may be valid UTF-8 by accident (three that are one sign hardly ever are): with so few, a
declaration of another charset is believed."""
SAMPLE = 8000
"""Bytes of text beyond ASCII that are shown to the detector, which is slow."""

# Labels that browsers know and Python does not, and those that browsers read as their larger kin:
# https://encoding.spec.whatwg.org/#names-and-labels
_LABELS = {
    "x-sjis": "cp932", "windows-31j": "cp932", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "x-big5": "big5hkscs",
    "x-euc-jp": "euc_jp", "x-euc-kr": "cp949", "windows-949": "cp949", "iso-8859-8-i": "iso8859-8",
    "logical": "iso8859-8",
    "windows-874": "cp874", "x-mac-roman": "mac_roman", "x-mac-cyrillic": "mac_cyrillic", "x-x-big5": "big5hkscs",
    "unicode-1-1-utf-8": "utf-8", "unicode": "utf-16-le", "utf8mb4": "utf-8", "x-unicode20utf8": "utf-8",
    "x-user-defined": "cp1252", "none": "", "default": "",
    **{f"x-cp125{number}": f"cp125{number}" for number in range(9)},
}  # fmt: skip
_KIN = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "latin-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "hz": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
    "big5": "big5hkscs", "utf-7": "cp1252", "utf-16": "utf-16-le", "utf-32": "utf-8",
}  # fmt: skip
_LATIN = frozenset(("cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2", "iso8859-15", "mac_roman"))
_NO_TEXT = ("rot", "hex", "base64", "zlib", "bz2", "quopri", "uu", "unicode", "raw", "idna", "punycode", "mbcs", "oem")


def lookup(label: str) -> str:
    """The codec for a declared label; empty where there is none."""
    label = label.strip().strip("\"'").lower()
    if label in _LABELS:
        return _LABELS[label]
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    return "" if name.startswith(_NO_TEXT) else _KIN.get(name, name)


def utf8(html: bytes, header: str = "") -> bytes:
    """The page in UTF-8: itself, where it is that. `header` is the charset of the HTTP header, "" where it names none.

    Never raises.
    """
    return surveyed(html, header)[0]


def surveyed(html: bytes, header: str = "") -> tuple[bytes, Survey]:
    """The page in UTF-8 as `utf8` gives it, and what a look through its bytes finds."""
    survey = native.scans().survey
    page, seen = _read(html, header, survey)
    return page, seen or survey(page)


def _read(html: bytes, header: str, survey: Callable[[bytes], Survey]) -> tuple[bytes, Survey | None]:
    """The page in UTF-8, and its survey where that was made."""
    for bom, name in _BOMS:
        if html.startswith(bom):
            return _encoded(html[len(bom) :].decode(name, "replace")), None
    if wide := _wide(html):
        return _encoded(html.decode(wide, "replace")), None
    seen = survey(html)
    if seen.continued > FEW or (seen.continued == 0 and not seen.controls):
        return html, seen
    declared = [name for label in (header, _declared(html)) if label and (name := lookup(label))]
    if seen.continued == 0 and not any(name.startswith("iso2022") for name in declared):
        return html, seen  # those alone go beyond ASCII with its signs, and a control character
    if seen.continued >= 0 and (not declared or declared[0] == "utf-8" or max(html.decode()) > "\u07ff"):
        return html, seen
    for name in declared:
        text = html.decode("utf-8" if name.startswith("utf-16") else name, "replace")
        if _reads(text, html, name):
            return _encoded(text), None
    return _encoded(_detected(html)), None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "ignore")


def _wide(html: bytes) -> str:
    """UTF-16 without a mark shows by its NULs: every other byte of its markup."""
    head = html[:100]
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if max(odd, even) * 3 < len(head) or min(odd, even) * 4 > max(odd, even):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _declared(html: bytes) -> str:
    """The charset that a <meta> or an XML declaration names, outside of comments; a <meta> is ASCII, so no UTF-16."""
    head = html[:PRESCAN]
    match = _META.search(_COMMENT.sub(b"", head)) or _XML.search(head)
    return match.group(1).decode("ascii") if match else ""


def _reads(text: str, html: bytes, name: str) -> bool:
    """Whether the text that a declaration gives is one: few bytes that it has no sign for, and no page of accents.

    A single-byte charset reads anything; one of Latin letters that gives accented ones by the dozen in a row was
    put over another script.
    """
    if text.count("\ufffd") * 200 >= len(text):
        return False
    if name not in _LATIN:
        return True
    sample = _beyond(html)
    high = sum(1 for byte in sample if byte >= 0x80)
    return high * 4 < len(sample) or high < 40


def _beyond(html: bytes) -> bytes:
    """The words with bytes beyond ASCII outside of tags, up to SAMPLE bytes."""
    found, size = [], 0
    for match in re.finditer(rb"(?<=>)[^<>\x80-\xff]{0,200}[\x80-\xff][^<>]{0,400}", html[:2_000_000]):
        words = [word for word in match.group().split() if not word.isascii()]
        found += words
        size += sum(map(len, words))
        if size > SAMPLE:
            break
    return b" ".join(found)[:SAMPLE]


def _detected(html: bytes) -> str:
    """UTF-8 where it nearly is; else what charset-normalizer finds in the text beyond ASCII; else cp1252."""
    text = html.decode("utf-8", "replace")
    if text.count("\ufffd") * 500 < len(text):
        beyond = sum(1 for sign in text if sign > "\x7f" and sign != "\ufffd")
        if beyond > text.count("\ufffd"):
            return text
    from charset_normalizer import from_bytes

    best = from_bytes(_beyond(html), threshold=0.3).best()
    name = lookup(best.encoding) if best else ""
    return html.decode(name or "cp1252", "replace")
