"""Rights signals as holders give them, on pages, answers, sites and in pictures: how each is read, and its reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from m3w_builder.stage import Drop

OPT_OUTS: Mapping[str, str] = {
    "robots_ai": "robots.txt refuses an agent of AI training that the config obeys",
    "x_robots_tag": "the answer's X-Robots-Tag refuses this use (noindex, noai, noimageai)",
    "meta_robots": "the page's own robots meta element refuses this use",
    "tdm_header": "the answer's tdm-reservation header reserves text and data mining",
    "tdm_meta": "the page's tdm-reservation meta element reserves text and data mining",
    "tdm_file": "the site's /.well-known/tdmrep.json reserves text and data mining",
    "ai_txt": "the site's ai.txt refuses the URL",
    "xmp_data_mining": "the picture's XMP prohibits data mining (IPTC and PLUS: plus:DataMining)",
    "xmp_tdm": "the picture's XMP reserves text and data mining (tdm:reservation)",
    "c2pa_training": "the picture's C2PA manifest does not allow training or mining",
}
"""Every opt-out that can be obeyed, by the reason with which it drops: all are, unless the config says otherwise."""

DIRECTIVES = ("noindex", "none", "noimageindex", "noarchive", "nosnippet", "noai", "noimageai", "noml")
"""Directives of X-Robots-Tag and of robots meta elements that are recorded; `none` counts as noindex."""

_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_AGENT = re.compile(r"\s*([\w.*-]+)\s*:\s*(.*)", re.DOTALL)


def directives(content: str) -> list[str]:
    """What the content of a robots meta element says, as `signals` of an X-Robots-Tag."""
    found = [word for word in re.split(r"[\s,;]+", content.lower()) if word in DIRECTIVES]
    return ["noindex" if word == "none" else word for word in found]


def signals(headers: Mapping[str, str], agent: str) -> list[str]:
    """What the headers (lower-case names) say, as "noai", "noindex", "tdm", …; sorted, each once.

    `X-Robots-Tag: otherbot: noindex` speaks to others only; `none` means noindex (Google's table of directives).
    """
    if "x-robots-tag" not in headers and "tdm-reservation" not in headers:
        return []
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
        if speaks and directive in DIRECTIVES:
            found.add("noindex" if directive == "none" else directive)
    if headers.get("tdm-reservation", "").strip() == "1":
        found.add("tdm")
    return sorted(found)


def refused(headers: Mapping[str, str], agent: str, obeyed: Collection[str]) -> Drop | None:
    """A Drop where the headers bear signals that are among `obeyed`; its detail names them."""
    heeded = [signal for signal in signals(headers, agent) if signal in obeyed]
    directives = ", ".join(signal for signal in heeded if signal != "tdm")
    if directives:
        return Drop("x_robots_tag", directives)
    return Drop("tdm_header", headers.get("tdm-policy", "")[:200]) if heeded else None
