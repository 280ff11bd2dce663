"""What a site's own files say of one URL: robots.txt (RFC 9309), ai.txt, and the TDM reservation protocol's file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import field
from typing import Any

from m3w_builder.classes import dataclass
from m3w_builder.stage import Drop
from m3w_builder.urls import site_path

MAX_BYTES = 512_000
"""What is read of a robots.txt; RFC 9309, 2.5, asks for 500 kibibytes at least."""

_AGENT = re.compile(rb"^[ \t]*user-?agent[ \t]*:[ \t]*([^\r\n#]*)", re.IGNORECASE | re.MULTILINE)
_AGENT_REST = re.compile(rb"^([ \t]*user-?agent[ \t]*:[ \t]*[^\s/#]+)[^\r\n]*", re.IGNORECASE | re.MULTILINE)
_OTHER_LINE = re.compile(
    rb"^[ \t]*(?!user.?agent|dis|dia|allow|site-?map|crawl.delay|request.rate|visit.time|host)"
    rb"[a-z][a-z -]{0,60}:[^\r\n]*",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(slots=True)
class Rules:
    """One site's robots.txt. `verdict` settles all URLs where there is no file to ask: "allow" or "disallow"."""

    parsed: Any = None
    agents: tuple[str, ...] = ()
    verdict: str = ""
    detail: str = ""
    named: list[str] = field(default_factory=list)  # every agent that the file names, lower-case
    ai_txt: Any = None
    tdm: list[tuple[str, bool]] = field(default_factory=list)
    delay: float | None = None  # `crawl_delay`, once it was asked for

    def refused(self, url: str) -> Drop | None:
        """A Drop where one of the site's files refuses the URL, or reserves the rights in it."""
        agent = self.refuses(url)
        if agent:
            return Drop("robots" if self.verdict or agent == self.agents[0] else "robots_ai", agent)
        if self.ai_txt is not None and not self.ai_txt.can_fetch(url, self.agents[0] if self.agents else "*"):
            return Drop("ai_txt")
        path = site_path(url)
        # The first location that fits decides (TDMRep, 6.2).
        fitting = next((pattern for pattern, _ in self.tdm if fits(pattern, path)), None)
        return Drop("tdm_file", fitting[:200]) if fitting is not None and dict(self.tdm)[fitting] else None

    def closed_to(self, url: str, agents: Iterable[str]) -> list[str]:
        """Those of `agents` whom the file names and refuses the URL: signals to record."""
        if self.parsed is None or not self.named:
            return []
        return [agent for agent in agents if agent.lower() in self.named and not self.parsed.can_fetch(url, agent)]

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
        if self.delay is None:  # each URL asks
            asked = float(self.parsed.crawl_delay(self.agents[0]) or 0.0)
            rate = self.parsed.request_rate(self.agents[0])
            self.delay = max(asked, rate.seconds / rate.requests if rate and rate.requests else 0.0)
        return self.delay

    @property
    def sitemaps(self) -> list[str]:
        return list(self.parsed.sitemaps) if self.parsed is not None else []


WELL_KNOWN = {"tdmrep.json": "/.well-known/tdmrep.json", "ai.txt": "/ai.txt"}
"""Files beside robots.txt in which a site reserves its rights: TDMRep (W3C community group), ai.txt (Spawning)."""


def add_rights(rules: Rules, name: str, body: bytes) -> None:
    """Take into the rules what a file of `WELL_KNOWN` says; what can't be read says nothing."""
    text = body[:MAX_BYTES].decode("utf-8", "replace")
    if text.lstrip().startswith("<"):  # a page of apology with status 200
        return
    if name == "tdmrep.json":
        rules.tdm = _tdm(text)
        return
    from protego import Protego

    # Its patterns may begin with an extension's star, "*.jpg", where robots.txt wants a slash.
    text = re.sub(r"(?im)^(\s*(?:dis)?allow\s*:\s*)\*", r"\1/*", text)
    try:
        rules.ai_txt = Protego.parse(text)
    except Exception:
        return


def fits(pattern: str, path: str) -> bool:
    """Whether a path begins as a pattern says, in which `*` stands for anything and `$` at the end for the end.

    Part by part, not as a regular expression: a pattern of many stars would keep one busy for ever.
    """
    parts = pattern.removesuffix("$").split("*")
    if not path.startswith(parts[0]):
        return False
    at = len(parts[0])
    for part in parts[1:]:
        place = path.find(part, at)
        if place < 0:
            return False
        at = place + len(part)
    if not pattern.endswith("$"):
        return True
    return (len(parts) > 1 and path.endswith(parts[-1])) or path == parts[0]


def _tdm(text: str) -> list[tuple[str, bool]]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(place := entry.get("location"), str):
            found.append((place, str(entry.get("tdm-reservation")) == "1"))
    return found


def _known(body: bytes) -> bytes:
    """The file without lines of other names, which end no group, and with agents up to their first space or slash."""
    body = _OTHER_LINE.sub(b"", body)
    return _AGENT_REST.sub(rb"\1", body)


def parse(body: bytes, token: str, others: Iterable[str] = ()) -> Rules:
    """The rules of a file's bytes. Of `others` only those count that the file names: '*' speaks to us, not to them."""
    from protego import Protego

    body = _known(body[:MAX_BYTES].removeprefix(b"\xef\xbb\xbf"))
    named = {name.strip().lower() for name in (m[1].decode("utf-8", "replace") for m in _AGENT.finditer(body))}
    heeded = [other for other in others if other.lower() in named]
    try:
        parsed = Protego.parse(body.decode("utf-8", "replace"))
    except Exception:  # a file that its parser can't take says nothing
        return Rules(verdict="allow")
    return Rules(parsed, (token, *heeded), named=sorted(named - {"*"}))


def from_status(status: int, body: bytes, token: str, others: Iterable[str] = ()) -> Rules:
    """The rules that an answer to /robots.txt means: 4xx allows all, 5xx refuses all (RFC 9309, 2.3.1)."""
    if 200 <= status < 300:
        return parse(body, token, others)
    if 500 <= status < 600 or status == 429:
        return Rules(verdict="disallow", detail=f"robots.txt answered {status}")
    return Rules(verdict="allow")
