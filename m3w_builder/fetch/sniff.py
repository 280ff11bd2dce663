"""What bytes are, by their first ones: a picture of which format, or markup. Declared types are often wrong."""

from __future__ import annotations

_MAGIC = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cJXL ", "jxl"),
    (b"\x00\x00\x00\x0cjP  ", "jp2"),
)
_BRANDS = {
    b"avif": "avif",
    b"avis": "avif",
    b"mif1": "heif",
    b"msf1": "heif",
    b"heic": "heif",
    b"heix": "heif",
    b"hevc": "heif",
}
_HTML = (
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<body",
    b"<title",
    b"<meta",
    b"<script",
    b"<div",
    b"<p>",
    b"<table",
    b"<h1",
    b"<a ",
)

NEEDED = 16
"""With so many bytes at hand `picture` has what it looks at, markup aside."""


def picture(body: bytes) -> str:
    """The format of a picture by its first bytes ("jpeg", "svg", …), "" where they are no picture's."""
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return name
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if body[4:8] == b"ftyp":
        return _BRANDS.get(body[8:12], "")
    if body[:2] == b"BM" and body[6:10] == b"\0\0\0\0":
        return "bmp"
    start = _text_start(body)
    drawing = start.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--")) and b"<svg" in body[:2048].lower()
    return "svg" if drawing and not html(body) else ""


def html(body: bytes) -> bool:
    """Whether the bytes begin as an HTML or XHTML page does."""
    start = _text_start(body)
    if start.startswith(_HTML):
        return True
    if start.startswith((b"<?xml", b"<!--")):
        head = body[:2048].lower()
        place = head.find(b"<html")
        return place >= 0 and not 0 <= head.find(b"<svg") < place
    return False


def _text_start(body: bytes) -> bytes:
    return body[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
