"""`m3w browse`: serves the browser's pages on the loopback address.

Only requests that name this very server are answered, so that no web page of elsewhere can read through it; a content
security policy forbids every script and picture but the app's own.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from m3w_builder.errors import ConfigError
from m3w_builder.report.app import Answer, App, whole

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def server(build: str, port: int = 0, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """The app bound to an address, not yet serving; raises BuildError without a build, ConfigError on a taken port."""
    app = App(build)
    try:
        made = ThreadingHTTPServer((host, port), type("Bound", (_Handler,), {"app": app}))
    except OSError as error:
        raise ConfigError(f"--port {port}: cannot listen on {host}: {error.strerror}; name another one") from None
    made.daemon_threads = True
    return made


def serve(build: str, port: int = 8800, host: str = "127.0.0.1") -> None:
    """Serve until Ctrl-C."""
    with server(build, port, host) as made:
        print(f"browse {build} at http://{host}:{made.server_address[1]}/ (Ctrl-C ends)", flush=True)
        try:
            made.serve_forever()
        except KeyboardInterrupt:
            print()


class _Handler(BaseHTTPRequestHandler):
    app: App
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._answer(lambda: self.app.get(self.path))

    def do_POST(self) -> None:
        length = whole(self.headers.get("Content-Length", "0"))
        # A form on another site can send neither this type nor, with it, anything that is not asked about first.
        if length > 10_000 or self.headers.get("Content-Type") != "application/json":
            self.close_connection = True
            self._send(Answer(b"a judgement is JSON", "text/plain", 400))
            return
        body = self.rfile.read(length)
        self._answer(lambda: self.app.post(self.path, body))

    def _answer(self, ask: Callable[[], Answer]) -> None:
        if not self._ours():
            self._send(Answer(b"this server answers under its own name only", "text/plain", 403))
            return
        try:
            answer = ask()
        except Exception as error:  # one broken sample must not end the app
            answer = Answer(f"{type(error).__name__}: {error}".encode(errors="replace"), "text/plain", 500)
        self._send(answer)

    def _ours(self) -> bool:
        """Whether the request was sent to this server by name, and not by a page of elsewhere."""
        bound, port, *_ = cast(tuple[str, int], self.server.server_address)
        names = {f"{name}:{port}" for name in (bound, "127.0.0.1", "localhost", "[::1]")}
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in names and (origin is None or origin.removeprefix("http://") in names)

    def _send(self, answer: Answer) -> None:
        self.send_response(HTTPStatus(answer.status))
        for name, value in {**HEADERS, **(answer.headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
