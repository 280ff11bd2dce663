"""A small archive of pages and pictures, made afresh, from which real builds run in this process."""

import http.server
import io
import shutil
import threading
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from m3w_builder import build, config, job

SENTENCES = (
    "The {0} stood in the harbour of {1} for many years before anybody painted it.",
    "Nobody in {1} could say how old the {0} was, and few had asked.",
    "When the tide came in, the {0} moved a little and then lay still again.",
    "A clerk from {1} wrote its length into a book and shut the book.",
    "Later the {0} was sold, repaired and given another colour.",
)
THINGS = ("boat", "crane", "lamp", "barrel", "bell", "anchor", "rope", "ladder", "mill", "kite")


class Quiet:
    """A listener that remembers what it was told."""

    def __init__(self) -> None:
        self.receipts: list[dict] = []
        self.notes: list[str] = []

    def start(self, pass_name, total):
        pass

    def done(self, receipt):
        self.receipts.append(receipt)

    def note(self, text):
        self.notes.append(text)


def picture(seed: int, side: int = 160) -> bytes:
    """A JPEG of soft random shapes: no two seeds look alike."""
    noise = np.random.default_rng(seed).integers(0, 255, (6, 6, 3)).astype(np.uint8)
    return cv2.imencode(".jpg", cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC))[1].tobytes()


def article(number: int, pictures: list[str]) -> str:
    thing, town = THINGS[number % len(THINGS)], f"Port {number}"
    text = [sentence.format(thing, town) for sentence in SENTENCES]
    body = "".join(f"<p>{a} {b}</p>" for a, b in pairwise(text))
    images = "".join(f'<figure><img src="{url}" alt="the {thing}"></figure><p>{text[0]}</p>' for url in pictures)
    content = f"<article><h1>The {thing}</h1>{body}{images}{body}</article>"
    return f"<html><head><title>{thing}</title></head><body>{content}</body></html>"


class Archive:
    """Writes WARC files record by record."""

    def __init__(self, path: Path) -> None:
        self.stream = path.open("wb")
        self.writer = WARCWriter(self.stream, gzip=True)

    def add(self, url: str, body: bytes, kind: str = "text/html; charset=utf-8", status: str = "200 OK") -> None:
        headers = StatusAndHeaders(status, [("Content-Type", kind), ("Content-Length", str(len(body)))], "HTTP/1.1")
        warc = {"WARC-Date": "2024-05-01T00:00:00Z", "WARC-Record-ID": f"<urn:test:{url}>"}
        record = self.writer.create_warc_record(
            url, "response", payload=io.BytesIO(body), http_headers=headers, warc_headers_dict=warc
        )
        self.writer.write_record(record)

    def close(self) -> None:
        self.stream.close()


@pytest.fixture
def archives(tmp_path) -> Path:
    """The archives of `archive_in`, this test's own."""
    return archive_in(tmp_path)


def archive_in(place: Path) -> Path:
    """Three WARC files: eight articles of two hosts, their pictures in the last file, and what must be dropped.

    a.warc.gz: articles 0 to 3, each with its own picture and the logo; a copy of article 0 at another URL
    b.warc.gz: articles 4 to 7; 4 has the picture of 0 again; 5 has a tiny one; 6 has one that nobody holds
    c.warc.gz: the pictures
    """
    folder = place / "archives"
    folder.mkdir()
    a, b, c = (Archive(folder / f"{name}.warc.gz") for name in "abc")
    for number in range(8):
        host = "one" if number < 4 else "two"
        urls = [f"http://{host}.example/p{number}.jpg"]
        archive = a if number < 4 else b
        archive.add(f"http://{host}.example/{number}.html", article(number, urls).encode())
        body = picture(0) if number == 4 else picture(5, 20) if number == 5 else picture(number)
        if number != 6:
            c.add(urls[0], body, "image/jpeg")
    a.add("http://one.example/copy.html", article(0, ["http://one.example/p0.jpg"]).encode())
    a.add("http://one.example/gone.html", b"gone", status="404 Not Found")
    for archive in (a, b, c):
        archive.close()
    return folder


@pytest.fixture
def make(tmp_path, archives):
    """Builds the archives with the given sections of a config; returns the build's folder, summary and listener."""

    def run(name: str = "build", retry_failed: bool = False, **sections):
        return made(archives, str(tmp_path / name), retry_failed, **sections)

    return run


def made(archives: Path, out: str, retry_failed: bool = False, **sections):
    """A build of the archives with the given sections of a config: its folder, summary and listener."""
    listener = Quiet()
    data = {
        "source": {"warc": {"paths": [str(archives / "*.warc.gz")]}},
        "cluster": {"kind": "serial"},
        "fetch": {"retries": 0, "connect_timeout": 1.0, "resolve": {"*.example": "127.0.0.1:9"}},
        **sections,
    }
    return out, build.build(config.parse(data), out, listener, retry_failed), listener


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> str:
    """A finished build with its report, cards and version, made once: to be looked at, not to be changed."""
    place = tmp_path_factory.mktemp("whole")
    out, summary, _ = made(archive_in(place), str(place / "build"))
    job.finish(out, job.config_of(out), "build", summary.passes)
    return out


@pytest.fixture
def built(whole, tmp_path) -> str:
    """A copy of it, at `runs/mine` of the test's folder."""
    shutil.copytree(whole, tmp_path / "runs" / "mine")
    return str(tmp_path / "runs" / "mine")


@pytest.fixture
def web():
    """A server on the loopback that gives what `bodies` names by path, and notes what it was asked."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = bodies.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            pass

    bodies, asked = {}, []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.bodies, server.asked, server.place = bodies, asked, f"127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()
