"""robots.txt (RFC 9309): what a site's file says of one URL, to us and to the AI tokens that are heeded too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MAX_BYTES = 512_000
"""What is read of a robots.txt; RFC 9309, 2.5, asks for 500 kibibytes at least."""

_AGENT = re.compile(rb"^[ \t]*user-?agent[ \t]*:[ \t]*([^\r\n#]*)", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Rules:
    """One site's robots.txt. `verdict` settles all URLs where there is no file to ask: "allow" or "disallow"."""

    parsed: Any = None
    agents: tuple[str, ...] = ()
    verdict: str = ""
    detail: str = ""
    named: list[str] = field(default_factory=list)

    def refuses(self, url: str) -> str:
        """The token in whose name the URL is refused, "" where it may be fetched."""
        if self.verdict:
            return self.detail if self.verdict == "disallow" else ""
        for agent in self.agents:
            try:
                if not self.parsed.can_fetch(url, agent):
                    return agent
            except (ValueError, IndexError, UnicodeError):  # protego on a URL that it can't split
                return agent
        return ""

    @property
    def crawl_delay(self) -> float:
        """Seconds between two requests, 0 where the file asks for none."""
        if self.parsed is None:
            return 0.0
        delay = self.parsed.crawl_delay(self.agents[0]) or 0.0
        rate = self.parsed.request_rate(self.agents[0])
        return max(float(delay), rate.seconds / rate.requests if rate and rate.requests else 0.0)

    @property
    def sitemaps(self) -> list[str]:
        return list(self.parsed.sitemaps) if self.parsed is not None else []


ALLOW_ALL = Rules(verdict="allow")


def parse(body: bytes, token: str, others: Iterable[str] = ()) -> Rules:
    """The rules of a file's bytes. Of `others` only those count that the file names: '*' speaks to us, not to them."""
    from protego import Protego

    body = body[:MAX_BYTES].removeprefix(b"\xef\xbb\xbf")
    named = {name.strip().lower() for name in (m[1].decode("utf-8", "replace") for m in _AGENT.finditer(body))}
    heeded = [other for other in others if other.lower() in named]
    try:
        parsed = Protego.parse(body.decode("utf-8", "replace"))
    except Exception:  # a file that its parser can't take says nothing
        return ALLOW_ALL
    return Rules(parsed, (token, *heeded), named=sorted(named - {"*"}))


def from_status(status: int, body: bytes, token: str, others: Iterable[str] = ()) -> Rules:
    """The rules that an answer to /robots.txt means: 4xx allows all, 5xx refuses all (RFC 9309, 2.3.1)."""
    if 200 <= status < 300:
        return parse(body, token, others)
    if 500 <= status < 600 or status == 429:
        return Rules(verdict="disallow", detail=f"robots.txt answered {status}")
    return ALLOW_ALL
