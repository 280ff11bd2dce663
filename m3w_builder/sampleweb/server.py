"""Serves a sample web on one loopback port: name-based virtual hosts, ETags, kept-alive connections, plain asyncio."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zlib import crc32

_WORDS = {
    200: "OK",
    301: "Moved Permanently",
    302: "Found",
    304: "Not Modified",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}
_TYPES = {
    "jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp", "avif": "image/avif",
    "svg": "image/svg+xml", "css": "text/css", "txt": "text/plain; charset=utf-8", "xml": "application/xml",
}  # fmt: skip
_DATED = formatdate(1_700_000_000, usegmt=True)
_GONE = b"<!DOCTYPE html><html><head><title>Not found</title></head><body><h1>Not found</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: status, headers by name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Hosts:
    """The files of a sample web, and how its addresses answer."""

    folder: Path
    hosts: frozenset[str]
    types: dict[str, str]
    special: dict[str, dict[str, dict[str, Any]]]

    @classmethod
    def load(cls, folder: str | Path) -> Hosts:
        folder = Path(folder)
        answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
        return cls(folder / "sites", frozenset(answers["hosts"]), answers["types"], answers["answers"])

    def answer(self, host: str, target: str, etag: str = "") -> Answer:
        """What the address gives; 404 for all that is not there. `etag` is the request's If-None-Match."""
        special = self.special.get(host, {}).get(unquote(target.partition("?")[0]))
        if special is not None:
            headers = {"Content-Type": "text/html; charset=utf-8"}
            if "location" in special:
                headers["Location"] = special["location"]
            return Answer(special["status"], headers, _GONE)
        path = unquote(target.partition("?")[0])
        body = self._read(host, path)
        if body is None:
            return Answer(404, {"Content-Type": "text/html; charset=utf-8"}, _GONE)
        mark = f'"{crc32(body):08x}-{len(body):x}"'
        headers = {"Content-Type": self.type_of(host, path), "ETag": mark, "Last-Modified": _DATED}
        if etag and etag == mark:
            return Answer(304, headers, b"")
        return Answer(200, headers, body)

    def type_of(self, host: str, path: str) -> str:
        suffix = path.rpartition("/")[2].rpartition(".")[2] if "." in path.rpartition("/")[2] else ""
        return _TYPES.get(suffix, self.types.get(host, "text/html"))

    def _read(self, host: str, path: str) -> bytes | None:
        if host not in self.hosts or ".." in path or "\0" in path:
            return None
        file = self.folder / host / (path + "index.html" if path.endswith("/") else path).lstrip("/")
        try:
            return file.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None


class _Connection(asyncio.Protocol):
    """One client's connection: requests in, answers out, in order."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts
        self.buffer = b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head, self.buffer = self.buffer[:end], self.buffer[end + 4 :]
            self.respond(head.decode("latin-1"))
        if len(self.buffer) > 65_536:
            self.transport.close()

    def respond(self, head: str) -> None:
        lines = head.split("\r\n")
        method, target, version = [*lines[0].split(" "), "", ""][:3]
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        if target.startswith("http://"):  # as a proxy is asked
            parts = urlsplit(target)
            host, target = parts.netloc, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        else:
            host = headers.get("host", "")
        host = host.rpartition(":")[0] if ":" in host else host
        if method in ("GET", "HEAD"):
            answer = self.hosts.answer(host.lower(), target, headers.get("if-none-match", ""))
        else:
            answer = Answer(405, {}, b"")
        fields = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        word = _WORDS.get(answer.status, "Answer")
        start = f"HTTP/1.1 {answer.status} {word}\r\n{fields}Content-Length: {len(answer.body)}\r\n\r\n"
        self.transport.write(start.encode("latin-1") + (b"" if method == "HEAD" else answer.body))
        if headers.get("connection", "").lower() == "close" or version == "HTTP/1.0":
            self.transport.close()


async def run(folder: str, port: int) -> None:
    """Serve on the loopback address until standard input ends; the port is printed once it listens."""
    hosts = Hosts.load(folder)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(hosts), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Standard input is the owner's end of a pipe: when it closes, however the owner ended, so does the server.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    server.close()
