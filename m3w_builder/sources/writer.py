"""Writes WARC 1.1: a series of files by size, one gzip member a record; repairs a file that was cut off."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import re
import uuid
from collections import deque
from collections.abc import Mapping
from typing import IO

from m3w_builder.classes import dataclass
from m3w_builder.fetch.response import Response, now
from m3w_builder.sources.framing import records
from m3w_builder.urls import host, site_path

_NAME = re.compile(r"(.+)-(\d{5})\.warc\.gz")
_PACKED = re.compile(r"image/(?!svg|bmp|x-ms-bmp|x-icon|tiff)|video/|audio/|application/(?:zip|gzip|pdf)")


def digest(data: bytes) -> str:
    """A digest as archives write it: SHA-1 in base 32."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def record(kind: str, headers: Mapping[str, str], block: bytes, level: int = 5) -> bytes:
    """One record as one gzip member."""
    lines = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: {headers.get('WARC-Record-ID') or new_id()}",
        *(f"{name}: {_line(value)}" for name, value in headers.items() if value and name != "WARC-Record-ID"),
        f"WARC-Block-Digest: {digest(block)}",
        f"Content-Length: {len(block)}",
    ]
    head = "\r\n".join(lines).encode("utf-8", "replace")
    return gzip.compress(b"%b\r\n\r\n%b\r\n\r\n" % (head, block), level, mtime=0)


def _line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def new_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def http_head(response: Response) -> bytes:
    """The answer's head as it came; chunking was undone, so its header is renamed and the true length stands there."""
    lines = [f"HTTP/{response.version} {response.status} {response.reason}".rstrip().encode("latin-1", "replace")]
    chunked = False
    for name, value in response.raw_headers:
        lower = name.lower()
        if lower == b"transfer-encoding":
            chunked = True
            name = b"X-Crawler-Transfer-Encoding"
        lines.append(name + b": " + value)
    if chunked:
        lines.append(b"Content-Length: %d" % len(response.body))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def request_head(url: str, agent: str, accept: str) -> bytes:
    """The request as it was sent, in what matters."""
    return (
        f"GET {site_path(url)} HTTP/1.1\r\nHost: {host(url)}\r\nUser-Agent: {agent}\r\nAccept: {accept}\r\n\r\n"
    ).encode("utf-8", "replace")


def exchange(
    response: Response,
    agent: str,
    accept: str,
    extra: Mapping[str, str],
    payload: str,
    same: Mapping[str, str] | None = None,
) -> tuple[bytes, bytes]:
    """A request and its answer, a record each; `payload` is the digest of the body.

    With `same` (WARC-Profile, WARC-Refers-To-…) the answer is a revisit.
    """
    head = http_head(response)
    one = new_id()
    common = {"WARC-Target-URI": response.url, "WARC-Date": response.fetched}
    asked = {**common, "WARC-Concurrent-To": one, "Content-Type": "application/http; msgtype=request"}
    answered = {
        **common,
        "WARC-Record-ID": one,
        "WARC-IP-Address": response.address,
        "WARC-Payload-Digest": payload,
        "Content-Type": "application/http; msgtype=response",
        **extra,
    }
    level = 0 if _PACKED.match(response.headers.get("content-type", "")) else 5
    if same is not None:
        answer = record("revisit", {**answered, **same}, head)
    else:
        answer = record("response", answered, head + response.body, level)
    return record("request", asked, request_head(response.url, agent, accept), 1), answer


def failure(url: str, reason: str, detail: str, extra: Mapping[str, str]) -> bytes:
    """The metadata record of a URL that could not be had."""
    text = f"{reason} {detail}".strip()
    headers = {
        "WARC-Target-URI": url,
        "WARC-Date": now(),
        "Content-Type": "application/warc-fields",
        "M3W-Fetch-Failed": text[:300],
        **extra,
    }
    return record("metadata", headers, f"fetchFailed: {_line(text)}\r\n".encode("utf-8", "replace"), 1)


@dataclass(slots=True)
class Series:
    """One series of files `PREFIX-00000.warc.gz`, …; a new one is begun where the last is over `limit` bytes."""

    folder: str
    prefix: str
    limit: int
    info: str  # the warcinfo record's block
    number: int = 0
    stream: IO[bytes] | None = None
    size: int = 0

    def write(self, data: bytes) -> tuple[str, int]:
        """Append whole records; the file's name and the offset at which they begin."""
        if self.stream is None or self.size >= self.limit:
            self._begin()
        assert self.stream is not None
        at = self.size
        self._append(data)
        return self.name, at

    @property
    def name(self) -> str:
        return f"{self.prefix}-{self.number:05d}.warc.gz"

    def _begin(self) -> None:
        """Open the series' last file, or begin one."""
        if self.stream is not None:
            self.close()
            self.number += 1
        else:
            self.number = max(numbers(self.folder, self.prefix), default=0)
        path = os.path.join(self.folder, self.name)
        self.size = os.path.getsize(path) if os.path.exists(path) else 0
        if self.size >= self.limit:
            self.number += 1
            path, self.size = os.path.join(self.folder, self.name), 0
        self.stream = open(path, "ab", buffering=0)  # noqa: SIM115
        if not self.size:
            fields = {"WARC-Date": now(), "WARC-Filename": self.name, "Content-Type": "application/warc-fields"}
            self._append(record("warcinfo", fields, self.info.encode()))

    def _append(self, data: bytes) -> None:
        """Write through to the system, so that what was written outlives a kill."""
        assert self.stream is not None
        rest = memoryview(data)
        while rest:
            rest = rest[self.stream.write(rest) :]
        self.size += len(data)

    def close(self) -> None:
        if self.stream is not None:
            os.fsync(self.stream.fileno())
            self.stream.close()
            self.stream = None


def numbers(folder: str, prefix: str) -> list[int]:
    """The numbers of a series' files."""
    return sorted(int(m[2]) for name in os.listdir(folder) if (m := _NAME.fullmatch(name)) and m[1] == prefix)


def warcinfo(agent: str, contact: str, robots: bool) -> str:
    """The fields of a warcinfo record."""
    fields = {
        "software": agent.partition(" ")[0],
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "http-header-user-agent": agent,
        "operator": contact,
        "robots": "obey" if robots else "ignore",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)


def repair(path: str) -> int:
    """Cut a file back to its last whole record; the bytes taken off. A fault with whole records behind it stays."""
    size = os.path.getsize(path)
    with open(path, "rb") as stream:
        last = deque(records(stream, lambda _: 0), maxlen=1)
    if not last or not last[0].fault:
        return 0
    with open(path, "r+b") as stream:
        stream.truncate(last[0].offset)
        os.fsync(stream.fileno())
    return size - last[0].offset
