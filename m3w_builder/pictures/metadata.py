"""Takes private metadata (EXIF, XMP, IPTC, comments) out of a picture's bytes without touching its pixels.

Every function gives the very bytes it got where there is nothing to take out, and None where the file is built
in a way that it cannot follow: such a picture has to be encoded anew.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping

_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_BEHIND_DATA = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""What ends a scan: no stuffed zero, fill byte or restart."""
_JPEG_PRIVATE = {0xE1, 0xED, 0xFE}  # EXIF and XMP, Photoshop and IPTC, comments
_PNG_PRIVATE = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
_WEBP_PRIVATE = {b"EXIF", b"XMP "}


def strip(body: bytes, name: str) -> bytes | None:
    """The picture of format `name` without private metadata; None where it has to be encoded anew for that."""
    if name not in _STRIPPERS:
        return None
    try:
        return _STRIPPERS[name](body)
    except (struct.error, IndexError):
        return None


def _jpeg(body: bytes) -> bytes | None:
    kept, at, changed = [body[:2]], 2, False
    while True:
        marker = _MARKER.match(body, at)
        if not marker:
            return None
        kind = body[marker.end() - 1]
        if kind == 0xD9:
            # What follows the end is no part of the picture: a phone's film, a second picture with its own EXIF.
            kept.append(body[at : marker.end()])
            return b"".join(kept) if changed or marker.end() < len(body) else body
        (length,) = struct.unpack(">H", body[marker.end() : marker.end() + 2])
        end = marker.end() + length
        private = kind in _JPEG_PRIVATE or (kind == 0xE2 and body[marker.end() + 2 : marker.end() + 6] == b"MPF\0")
        if kind == 0xDA:  # a scan: its data run to the next marker
            following = _BEHIND_DATA.search(body, end)
            if not following:
                return None
            end = following.start()
        if private:
            changed = True
        else:
            kept.append(body[at:end])
        at = end


def _png(body: bytes) -> bytes | None:
    kept, at, changed = [body[:8]], 8, False
    while at + 8 <= len(body):
        (length,) = struct.unpack(">I", body[at : at + 4])
        kind, end = body[at + 4 : at + 8], at + 12 + length
        if kind in _PNG_PRIVATE:
            changed = True
        else:
            kept.append(body[at:end])
        at = end
        if kind == b"IEND":
            return b"".join(kept) if changed or at < len(body) else body
    return None


def _webp(body: bytes) -> bytes | None:
    end = min(len(body), struct.unpack("<I", body[4:8])[0] + 8)
    kept, at, changed = [], 12, end < len(body)
    while at + 8 <= end:
        kind, (length,) = body[at : at + 4], struct.unpack("<I", body[at + 4 : at + 8])
        following = at + 8 + length + (length & 1)
        if kind in _WEBP_PRIVATE:
            changed = True
        else:
            kept.append(body[at:following])
        at = following
    if not changed:
        return body
    chunks = b"".join(kept)
    if chunks[:4] == b"VP8X":  # its flags announce EXIF (8) and XMP (4)
        chunks = chunks[:8] + bytes([chunks[8] & ~0x0C]) + chunks[9:]
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _gif(body: bytes) -> bytes | None:
    at = 13 + _palette(body[10])
    kept, changed = [body[:at]], False
    while True:
        start, kind = at, body[at]
        if kind == 0x3B:
            kept.append(b"\x3b")
            return b"".join(kept) if changed or at + 1 < len(body) else body
        if kind == 0x2C:
            at += 10 + _palette(body[at + 9]) + 1
        elif kind == 0x21:
            at += 2
        else:
            return None
        while body[at]:  # data blocks up to an empty one
            at += body[at] + 1
        at += 1
        comment = kind == 0x21 and (body[start + 1] == 0xFE or body[start + 3 : start + 11] == b"XMP Data")
        if comment:
            changed = True
        else:
            kept.append(body[start:at])


def _palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


_STRIPPERS: Mapping[str, Callable[[bytes], bytes | None]] = {"jpeg": _jpeg, "png": _png, "webp": _webp, "gif": _gif}
