"""Tells a picture's format and claimed size from its first bytes, before anything is decoded."""

from __future__ import annotations

import re
import struct

KNOWN = ("jpeg", "png", "gif", "webp", "avif", "bmp", "tiff")
"""The formats that can be decoded."""

_STARTS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"\x00\x00\x02\x00", "cur"),
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cJXL ", "jxl"),
    (b"\x00\x00\x00\x0cjP  ", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"8BPS", "psd"),
    (b"%PDF", "pdf"),
    (b"\x1aE\xdf\xa3", "webm"),
)
_BRANDS = {
    b"avif": "avif",
    b"avis": "avif",
    b"heic": "heic",
    b"heix": "heic",
    b"hevc": "heic",
    b"mif1": "heic",
    b"msf1": "heic",
}
_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)


def sniff(body: bytes) -> str:
    """A format's name: one of KNOWN, another one ("svg", "ico", "jxl", "heic", "pdf", "mp4", …), or ""."""
    for start, name in _STARTS:
        if body.startswith(start):
            return name
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if body[4:8] == b"ftyp":
        compatible = [body[8:12], *(body[at : at + 4] for at in range(16, min(len(body), 64), 4))]
        names = [_BRANDS[brand] for brand in compatible if brand in _BRANDS]
        return ("avif" if "avif" in names else names[0]) if names else "mp4"
    head = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] == b"<" and _SVG.search(head):
        return "svg"
    return ""


def claimed_size(body: bytes, name: str) -> tuple[int, int] | None:
    """(width, height) in px as the header says, before orientation; None where it does not say or is not read here."""
    try:
        return _SIZES[name](body) if name in _SIZES else None
    except (struct.error, IndexError):
        return None


def _png(body: bytes) -> tuple[int, int] | None:
    return struct.unpack(">II", body[16:24]) if body[12:16] == b"IHDR" else None


def _gif(body: bytes) -> tuple[int, int]:
    return struct.unpack("<HH", body[6:10])


def _bmp(body: bytes) -> tuple[int, int]:
    if struct.unpack("<I", body[14:18])[0] == 12:  # OS/2
        return struct.unpack("<HH", body[18:22])
    width, height = struct.unpack("<ii", body[18:26])
    return abs(width), abs(height)  # a negative height: rows from the top


def _webp(body: bytes) -> tuple[int, int] | None:
    match body[12:16]:
        case b"VP8X":
            return (
                int.from_bytes(body[24:27], "little") + 1,
                int.from_bytes(body[27:30], "little") + 1,
            )
        case b"VP8 ":
            width, height = struct.unpack("<HH", body[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack("<I", body[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _jpeg(body: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(body):
        if body[at] != 0xFF:
            return None
        marker = body[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return width, height
        elif marker in (0xD9, 0xDA):
            return None
        else:
            at += 2 + struct.unpack(">H", body[at + 2 : at + 4])[0]
    return None


_SIZES = {"png": _png, "gif": _gif, "bmp": _bmp, "webp": _webp, "jpeg": _jpeg}
