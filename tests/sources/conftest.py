"""Records and archives, written byte by byte."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

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


@dataclass
class Site:
    """A web on loopback: (host, path) to (status, headers, body), or to a function that gives them."""

    pages: dict[tuple[str, str], Any] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0
    port: int = 0

    def page(self, place: str, *links: str, body: str = "", status: int = 200, **headers: str) -> None:
        """Put up an HTML page at "host/path" that links to `links`."""
        name, slash, path = place.partition("/")
        text = "".join(f'<p><a href="{link}">to {link}</a></p>' for link in links)
        whole = f"<!doctype html><html><body>{body}{text}</body></html>".encode()
        self.put(name, slash + path, whole, "text/html; charset=utf-8", status, **headers)

    def put(self, host: str, path: str, body: bytes, kind: str, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[host, path] = (status, {"Content-Type": kind, **named}, body)

    @property
    def resolve(self) -> dict[str, str]:
        return {"*.test": f"127.0.0.1:{self.port}"}


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def do_GET(self) -> None:
            host = (self.headers.get("Host") or "").partition(":")[0]
            made.asked.append((host, self.path))
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            found = made.pages.get((host, self.path), (404, {"Content-Type": "text/plain"}, b"none"))
            status, headers, body = found(self) if callable(found) else found
            if status == 200 and headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            made.sent += len(body)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
