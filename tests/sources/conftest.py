"""Records and archives, written byte by byte."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


def record_bytes(url: str, block: bytes, kind: str = "response", *more: str, length: int | None = None) -> bytes:
    """One WARC record with its two blank lines."""
    mime = "application/http; msgtype=response" if kind in ("response", "revisit") else "text/html"
    head = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {url}",
        "WARC-Date: 2024-05-01T00:00:00Z",
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>",
        f"Content-Type: {mime}",
        *more,
        f"Content-Length: {len(block) if length is None else length}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def http_bytes(body: bytes, kind: str = "text/html; charset=utf-8", status: str = "200 OK", *more: str) -> bytes:
    """An HTTP answer; no Content-Length, as archives may lack one."""
    head = [f"HTTP/1.1 {status}", *([f"Content-Type: {kind}"] if kind else []), *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.fixture
def record() -> Callable[..., bytes]:
    return record_bytes


@pytest.fixture
def http() -> Callable[..., bytes]:
    return http_bytes


@pytest.fixture
def png() -> bytes:
    return PNG


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes an archive of records in one of three packings; gives its path."""

    def archive(parts: list[bytes], packing: str = "members", name: str = "a") -> str:
        if packing == "members":
            data, suffix = b"".join(gzip.compress(part, 1) for part in parts), ".warc.gz"
        elif packing == "one":
            data, suffix = gzip.compress(b"".join(parts)), ".warc.gz"
        else:
            data, suffix = b"".join(parts), ".warc"
        path = tmp_path / (name + suffix)
        path.write_bytes(data)
        return str(path)

    return archive
