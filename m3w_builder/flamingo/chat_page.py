"""`m3w chat --web`: the same conversation as a small page on the loopback address.

Only requests that name this very server are answered, and a content security policy keeps the page to itself.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint
from m3w_builder.flamingo.chat import MAX_BYTES, Conversation, fetch

FILES = {
    "/": ("chat.html", "text/html"),
    "/chat.js": ("chat.js", "text/javascript"),
    "/chat.css": ("chat.css", "text/css"),
}

POLICY = (
    "default-src 'none'; img-src 'self' blob:; media-src blob:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def server(folder: str, port: int = 0, host: str = "127.0.0.1", private: bool = False) -> ThreadingHTTPServer:
    """The page bound to an address, not yet serving; raises ConfigError without a checkpoint or on a taken port.

    `private` lets it fetch pictures from the own machine and network."""
    talk = Conversation(*checkpoint.load(folder))
    try:
        bound = {"talk": talk, "lock": threading.Lock(), "private": private}
        made = ThreadingHTTPServer((host, port), type("Bound", (_Handler,), bound))
    except OSError as error:
        raise ConfigError(f"--port {port}: cannot listen on {host}: {error.strerror}; name another one") from None
    made.daemon_threads = True
    return made


def serve(folder: str, port: int, private: bool = False) -> None:
    """Serve until Ctrl-C."""
    with server(folder, port, private=private) as made:
        print(f"chat at http://127.0.0.1:{made.server_address[1]}/ (Ctrl-C ends)", flush=True)
        try:
            made.serve_forever()
        except KeyboardInterrupt:
            print()


class _Handler(BaseHTTPRequestHandler):
    talk: Conversation
    lock: threading.Lock
    private: bool
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        name, kind = FILES.get(urlsplit(self.path).path, ("", ""))
        if not self._ours():
            self._send(403, b"this server answers under its own name only")
        elif not name:
            self._send(404, b"nothing lies there")
        else:
            self._send(200, (Path(__file__).parent / name).read_bytes(), kind)

    def do_POST(self) -> None:
        """/show?name=FILE takes a file's bytes, /show {"url": …} a URL, /say {"text": …} streams, /new forgets."""
        length = int(self.headers.get("Content-Length") or 0)
        if not self._ours() or length > MAX_BYTES:
            self.close_connection = True
            self._send(403, b"not from this page, or too large")
            return
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        with self.lock:  # one conversation
            try:
                if parts.path == "/say":
                    self._stream(self.talk.say(str(json.loads(body)["text"])))
                    return
                if parts.path == "/new":
                    self.talk.pieces.clear()
                elif parts.path == "/show" and "name" in (query := parse_qs(parts.query)):
                    self.talk.show(body, query["name"][0])
                elif parts.path == "/show":
                    url = str(json.loads(body)["url"])
                    if not url.startswith(("http://", "https://")):
                        raise ConfigError(f"{url}: no http or https URL")
                    self.talk.show(fetch(url, self.private), url)
                self._send(200, b"seen")
            except (ConfigError, ValueError, KeyError, TypeError) as error:
                self._send(400, str(error).encode(errors="replace"))

    def _stream(self, parts: Iterator[str]) -> None:
        """An answer as it comes, in chunks."""
        self.send_response(200)
        self._headers("text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in parts:
            if data := part.encode(errors="replace"):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _ours(self) -> bool:
        """Whether the request was sent to this server by name, and not by a page of elsewhere."""
        bound, port, *_ = cast(tuple[str, int], self.server.server_address)
        names = {f"{name}:{port}" for name in (bound, "127.0.0.1", "localhost")}
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in names and (origin is None or origin.removeprefix("http://") in names)

    def _headers(self, kind: str) -> None:
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")

    def _send(self, status: int, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self._headers(kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
