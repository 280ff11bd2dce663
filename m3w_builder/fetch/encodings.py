"""Undoes content encodings (gzip, deflate, brotli, zstd) with a bound on what comes out."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

from m3w_builder.stage import Drop

ACCEPT = "gzip, deflate, br, zstd"
"""What a request may say that it accepts."""

FLOOR, MAX_RATIO = 4_000_000, 100
"""Over so many bytes nothing may grow to more than so many times its packed size: pages stay far below, bombs don't."""

MAX_WINDOW = 8 << 20
"""Largest zstd window in bytes (RFC 9659 sets 8 MB for HTTP)."""


class _TooLarge(Exception):
    """More came out than is allowed."""


class _Cut(Exception):
    """The stream ended before its end mark."""


def decode(body: bytes, encoding: str, limit: int) -> bytes | Drop:
    """The body without its content encodings, at most `limit` bytes; `encoding` is the header's value.

    A gzip or zstd label on a body that bears no such mark is taken as a label that outlived its encoding:
    archives whose writer decoded the body and kept the header are common. Reasons: too_large, truncated, bad_encoding.
    """
    names = [name.strip().lower() for name in encoding.split(",")]
    for name in reversed(names):
        if name in ("", "identity", "none", "utf-8"):
            continue
        unpack = _UNPACK.get(name)
        if unpack is None:
            return Drop("bad_encoding", f"content-encoding {name[:40]}")
        if not body:
            return body
        bound = min(limit, max(FLOOR, MAX_RATIO * len(body)))
        try:
            body = unpack(body, bound)
        except _TooLarge:
            return Drop("too_large", f"{name} of {len(body)} bytes", bound + 1, bound)
        except _Cut:
            return Drop("truncated", f"{name} stream of {len(body)} bytes ends early")
        except Exception as error:  # zlib, brotli and zstandard each raise a family of their own
            return Drop("bad_encoding", f"{name}: {type(error).__name__}: {error}"[:200])
    return body


def _gzip(body: bytes, limit: int) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body
    out, rest = _inflate(body, 31, limit)
    while rest[:2] == b"\x1f\x8b":  # members may follow one another; anything else behind them is padding
        more, rest = _inflate(rest, 31, limit - len(out))
        out += more
    return out


def _deflate(body: bytes, limit: int) -> bytes:
    try:
        return _inflate(body, 15, limit)[0]
    except zlib.error:  # half of the servers mean raw deflate, without the zlib header
        return _inflate(body, -15, limit)[0]


def _inflate(body: bytes, bits: int, limit: int) -> tuple[bytes, bytes]:
    """One stream's content, and the bytes behind it."""
    stream = zlib.decompressobj(bits)
    out = stream.decompress(body, limit + 1)
    if len(out) > limit:
        raise _TooLarge
    if not stream.eof:
        raise _Cut
    return out, stream.unused_data


def _brotli(body: bytes, limit: int) -> bytes:
    import brotli

    stream = brotli.Decompressor()
    out = bytearray()
    try:
        out += stream.process(body, output_buffer_limit=min(limit, 1 << 20) + 1)
        while len(out) <= limit and not stream.is_finished():
            more = stream.process(b"", output_buffer_limit=1 << 20)
            if not more and stream.can_accept_more_data():
                raise _Cut
            out += more
    except brotli.error:
        # Brotli has no mark to tell it by: a body that reads as markup was decoded before.
        if body.lstrip()[:1] == b"<":
            return body
        raise
    if len(out) > limit:
        raise _TooLarge
    return bytes(out)


def _zstd(body: bytes, limit: int) -> bytes:
    import zstandard

    if body[:4] != b"\x28\xb5\x2f\xfd":
        return body
    stream = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    reader = stream.stream_reader(io.BytesIO(body), read_across_frames=True)
    out = reader.read(limit + 1)
    if len(out) > limit:
        raise _TooLarge
    return out


_UNPACK: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
