"""Bytes to text in HTML's own order: byte order mark, HTTP header, <meta>, then detection."""

from __future__ import annotations

import codecs
import re

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_:.\-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([a-zA-Z0-9_:.\-]{2,40})""")
PRESCAN = 4096
"""Bytes in which a <meta> is looked for (the standard asks 1024; pages put it later)."""

# Browsers read these labels as their larger kin: https://encoding.spec.whatwg.org/#names-and-labels
_KIN = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "latin-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-7": "cp1252",
}


def lookup(label: str) -> str:
    """The codec for a declared label; empty where there is none."""
    try:
        name = codecs.lookup(label.strip().strip("\"'").lower()).name
    except (LookupError, ValueError):
        return ""
    if name.startswith(("rot", "hex", "base64", "zlib", "bz2", "quopri", "uu", "unicode", "raw", "idna", "punycode")):
        return ""
    return _KIN.get(name, name)


def decode(html: bytes, header: str = "") -> str:
    """The page as text. A declaration under which much can't be read gives way to what can."""
    for bom, name in _BOMS:
        if html.startswith(bom):
            return html[len(bom) :].decode(name, "replace")
    if not html.isascii():
        try:
            return html.decode("utf-8")  # bytes that are valid UTF-8 are nothing else, whatever a page declares
        except UnicodeDecodeError:
            pass
    for label in (header, _declared(html)):
        name = lookup(label) if label else ""
        if not name:
            continue
        if name.startswith("utf-16") and b"<" in html[:200] and b"\0" not in html[:200]:
            name = "utf-8"  # a <meta> that could be read as ASCII proves that it is not UTF-16
        try:
            return html.decode(name)
        except UnicodeDecodeError:
            text = html.decode(name, "replace")
            if text.count("\ufffd") * 200 < len(text):
                return text
        except (LookupError, ValueError):
            continue
    return _detected(html)


def _declared(html: bytes) -> str:
    head = html[:PRESCAN]
    match = _META.search(head) or _XML.search(head)
    return match.group(1).decode("ascii") if match else ""


def _detected(html: bytes) -> str:
    """UTF-8 where it is valid or nearly so; else what charset-normalizer finds in the first bytes; else cp1252."""
    if html[:400].count(b"\0") > 100:
        return html.decode("utf-16-le" if html[1:400:2].count(0) > html[0:400:2].count(0) else "utf-16-be", "replace")
    try:
        return html.decode("utf-8")
    except UnicodeDecodeError as error:
        text = html.decode("utf-8", "replace")
        if error.start > len(html) // 2 or text.count("\ufffd") * 500 < len(text):
            return text
    from charset_normalizer import from_bytes

    best = from_bytes(html[:50_000], threshold=0.3).best()
    name = lookup(best.encoding) if best else ""
    return html.decode(name or "cp1252", "replace")
