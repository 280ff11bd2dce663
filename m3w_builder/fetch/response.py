"""`Response`: one HTTP answer as it was sent, and what its headers say of where to go on."""

from __future__ import annotations

import time
from functools import lru_cache

from m3w_builder.classes import dataclass
from m3w_builder.fetch import encodings
from m3w_builder.stage import Drop
from m3w_builder.urls import absolute

REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class Response:
    """One answer as it was sent: the body still bears its content encodings, chunking is undone."""

    url: str
    status: int
    reason: str
    version: str  # "1.1"
    raw_headers: tuple[tuple[bytes, bytes], ...]
    headers: dict[str, str]  # lower-case names; repeated ones joined by ", "
    body: bytes
    address: str  # IP address of the host, "" where it is not known
    fetched: str  # RFC 3339

    def content(self, limit: int) -> bytes | Drop:
        """The body without its content encodings."""
        encoding = self.headers.get("content-encoding", "")
        return encodings.decode(self.body, encoding, limit) if encoding else self.body

    @property
    def location(self) -> str:
        """Where a redirect leads, "" where this is none or it leads to no http or https URL."""
        if self.status not in REDIRECTS or "location" not in self.headers:
            return ""
        # aiohttp reads headers as UTF-8 with surrogates for what is not: those bytes are Latin-1 in practice.
        text = self.headers["location"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return absolute(text, self.url)


def now() -> str:
    """The time as RFC 3339 writes it, in whole seconds."""
    return _stamp(int(time.time()))


@lru_cache(4)
def _stamp(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
