"""Rights signals in an answer's headers: X-Robots-Tag with the noai family, and the TDM reservation protocol."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_DIRECTIVES = ("noindex", "none", "noimageindex", "noarchive", "noai", "noimageai", "noml")
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_AGENT = re.compile(r"\s*([\w.*-]+)\s*:\s*(.*)", re.DOTALL)


def signals(headers: Mapping[str, str], agent: str) -> list[str]:
    """What the headers (lower-case names) say, as "noai", "noindex", "tdm", …; sorted, each once.

    `X-Robots-Tag: otherbot: noindex` speaks to others only; `none` means noindex (Google's table of directives).
    """
    found = set()
    speaks = True  # to us: a bot's name in front holds until the next name
    for part in headers.get("x-robots-tag", "").split(","):
        named = _AGENT.fullmatch(part)
        if named and named[1].lower() in _VALUED:
            continue
        if named:
            speaks = named[1].lower() in ("*", agent.lower())
            part = named[2]
        directive = part.strip().lower()
        if speaks and directive in _DIRECTIVES:
            found.add("noindex" if directive == "none" else directive)
    if headers.get("tdm-reservation", "").strip() == "1":
        found.add("tdm")
    return sorted(found)


def refused(headers: Mapping[str, str], agent: str, obeyed: Collection[str]) -> str:
    """The signals among `obeyed` that the headers bear, joined by ', '; "" where nothing is reserved."""
    if "x-robots-tag" not in headers and "tdm-reservation" not in headers:
        return ""
    return ", ".join(signal for signal in signals(headers, agent) if signal in obeyed)
