"""Pictures whose bytes stand in the page itself: data: URIs decoded, and named by what they hold."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

_HEAD = re.compile(r"\s*data:\s*(image/[\w.+-]{1,40})((?:;[^,;]{0,80}){0,5}),", re.IGNORECASE)

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")


def decode(uri: str, least: int) -> tuple[str, bytes] | None:
    """The name and the bytes of a data: URI (RFC 2397); None where it is no picture's, broken, or under `least` bytes.

    The name is a named-information URI (RFC 6920), `ni:///sha-256;…?ct=image/png`: the same bytes have the same name
    wherever they stand, and it is as short as an address.
    """
    if len(uri) * 3 < least * 4 and "%" not in uri:
        return None
    head = _HEAD.match(uri)
    if head is None or "svg" in head.group(1).lower():
        return None
    content = uri[head.end() :]
    if "base64" in head.group(2).lower():
        try:
            plain = _unescaped(content) if "%" in content else content.encode("ascii", "replace")
            packed = b"".join(plain.split()).rstrip(b"=")
            body = base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
        except (binascii.Error, ValueError):
            return None
    else:
        body = _unescaped(content)
    return (name(body, head.group(1).lower()), body) if len(body) >= least else None


def _unescaped(content: str) -> bytes:
    """Percent-escapes undone (the library's own way takes seconds over megabytes of bare signs)."""
    return _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), content.encode("utf-8", "replace"))


def name(body: bytes, kind: str) -> str:
    """The address of bytes that stand nowhere else; kind: their media type."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
    return f"ni:///sha-256;{digest}?ct={kind}"


def encode(address: str, body: bytes) -> str:
    """The data: URI of a picture that `decode` named so."""
    return f"data:{address.partition('?ct=')[2]};base64,{base64.b64encode(body).decode()}"


def is_inline(address: str) -> bool:
    """Whether an address is the name of bytes that stood in a page."""
    return address.startswith("ni:///sha-256;")
