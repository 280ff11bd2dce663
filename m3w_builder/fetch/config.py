"""What a user can set about fetching, and every reason with which a fetch can end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from m3w_builder.classes import dataclass
from m3w_builder.rights import OPT_OUTS
from m3w_builder.stage import Drop

REASONS: Mapping[str, str] = {
    "bad_url": "no http or https URL with a host, one with credentials, or a port that is not allowed",
    "blocked": "the host or URL is on the config's block list",
    "not_allowed": "the config has an allow list, and neither the host nor the URL is on it",
    "private_address": "the host is a private, loopback, link-local, multicast or metadata address",
    "dns": "the host's name does not resolve",
    "connect": "no connection to the host",
    "tls": "the host's certificate or TLS handshake is bad",
    "timeout": "the connection, a pause in it, or the whole took too long",
    "reset": "the host closed the connection without an answer",
    "bad_response": "the answer is not HTTP, or its headers are over the limits",
    "http_4xx": "status 400 to 499",
    "http_5xx": "status 500 to 599",
    "http_other": "a status that is neither success, redirect nor error",
    "too_many_redirects": "more than max_redirects hops, or a circle",
    "too_large": "more than max_bytes, as sent or decompressed",
    "truncated": "fewer bytes came than the host said",
    "bad_encoding": "a content encoding that is unknown or broken",
    "empty": "success without a byte",
    "not_a_picture": "neither the declared type nor the bytes are a picture's",
    "robots": "refused by robots.txt, or robots.txt answers with a server error",
    **{name: OPT_OUTS[name] for name in ("robots_ai", "x_robots_tag", "tdm_header", "tdm_file", "ai_txt")},
    "broken_record": "the archive's record that should hold the picture cannot be read",
    "deadline": "the partition's total time was over",
}
"""Why a picture could not be had."""

REFUSED = frozenset({"bad_url", "blocked", "not_allowed", "private_address", "robots", "too_large", *OPT_OUTS})
"""Reasons that say that a picture may not or should not be had: `--retry-failed` does not ask for it again."""

TRANSIENT = frozenset({"dns", "connect", "timeout", "reset", "truncated", "http_5xx"})
"""Reasons worth another try; status 408, 425 and 429 are too."""


def transient(drop: Drop) -> bool:
    """Whether another try may succeed; one that used up its whole time would only do so again."""
    if drop.reason == "timeout" and drop.limit is not None:
        return False
    return drop.reason in TRANSIENT or drop.value in (408, 425, 429)


@dataclass(frozen=True, slots=True)
class FetchConfig:
    """How pages and pictures are fetched. Limits hold for each partition's own fetcher, of which one runs a worker."""

    user_agent: str = "m3w-builder/0.1"
    """Product token that robots.txt groups are matched with, and version."""

    contact: str = ""
    """URL or mail address where a site's owner can complain; a crawl of public hosts does not start without one."""

    concurrency: int = 64
    """Most requests under way at once to hosts that answer, and as many again to those that have not answered yet."""

    per_host: int = 4
    """Most requests under way at once to one host."""

    delay: float = 0.0
    """Least seconds between the starts of two requests to one host; a Crawl-delay in robots.txt may raise it."""

    max_crawl_delay: float = 30.0
    """Seconds; a longer Crawl-delay or Retry-After is taken as this."""

    connect_timeout: float = 10.0
    """Seconds to resolve the name, connect and shake hands."""

    idle_timeout: float = 15.0
    """Longest pause, in seconds, between two reads."""

    total_timeout: float = 60.0
    """Seconds for one picture or page, redirects and robots.txt included."""

    deadline: float = 1800.0
    """Seconds for all pictures of a partition; what is still missing then is dropped as `deadline`."""

    retries: int = 2
    """Rounds of further tries for transient failures, after all others were tried."""

    retry_wait: float = 1.0
    """Seconds before the first round of further tries, doubled before each next one."""

    dead_after: int = 4
    """Failures in a row to connect to a host after which its other URLs are not tried in that round."""

    max_bytes: int = 20_000_000
    """Largest body in bytes, as sent and as decompressed."""

    max_redirects: int = 5
    """Most redirects that are followed (RFC 9309, 2.3.1.2, asks for five where it is robots.txt)."""

    robots: bool = True
    """Whether robots.txt is obeyed (RFC 9309)."""

    robots_agents: list[str] = field(
        default_factory=lambda: ["Google-Extended", "Applebot-Extended", "anthropic-ai", "cohere-ai", "img2dataset"]
    )
    """Further robots.txt tokens whose named groups are obeyed as if they were ours: by these sites say that they
    want no part in AI training. Add GPTBot, CCBot and others to obey what was said to those crawlers too."""

    robots_recorded: list[str] = field(
        default_factory=lambda: [
            "GPTBot",
            "CCBot",
            "ClaudeBot",
            "Google-Extended",
            "PerplexityBot",
            "Bytespider",
            "Amazonbot",
        ]
    )
    """Robots.txt tokens of which a crawl records on each page whether they are refused; `robots_agents` are obeyed."""

    site_rights: list[Literal["tdmrep.json", "ai.txt"]] = field(default_factory=lambda: ["tdmrep.json", "ai.txt"])
    """Files of a site, asked for once beside its robots.txt, whose reservations are obeyed: two requests a site."""

    opt_out: list[str] = field(default_factory=lambda: ["noai", "noimageai", "noindex", "noimageindex", "tdm"])
    """Signals in the answer's headers that are obeyed: directives of X-Robots-Tag, `tdm` for `tdm-reservation: 1`."""

    block: list[str] = field(default_factory=list)
    """Hosts ("a.example", "*.a.example") and URL prefixes ("http://a.example/private/") that are never asked; or list
    files (*.txt, *.txt.gz) that name one a line. The config's own `block` stands for pages and pictures alike."""

    allow: list[str] = field(default_factory=list)
    """The like, and nothing else is asked; empty: no such bound."""

    proxy: str = ""
    """URL of an HTTP proxy, as "http://127.0.0.1:8099"; it resolves the names, so the guard sees only the proxy."""

    resolve: dict[str, str] = field(default_factory=dict)
    """Static host map: host or "*.suffix" to "address:port", as curl's --resolve; these alone may be private."""

    allow_private_addresses: bool = False
    """Whether private, loopback and link-local addresses and any port may be asked: for tests and intranets."""

    ports: list[int] = field(default_factory=lambda: [80, 443, 8000, 8008, 8080, 8443, 8888])
    """Ports that may be asked."""

    engine: Literal["own", "img2dataset"] = "own"
    """Who fetches pictures: our guarded client, or img2dataset, which heeds no robots.txt and guards no address."""

    img2dataset_output: list[str] = field(default_factory=list)
    """Folders or globs of what img2dataset has fetched before (webdataset or Parquet): looked through first."""

    refetch_failed: bool = True
    """Whether pictures that img2dataset could not have are asked for again."""

    archive: str = ""
    """Where `m3w build --retry-failed` looks for a picture whose own link is dead: a URL with `{url}` in it, and
    `{time}` for the time of the page (14 digits), as "https://web.archive.org/web/{time}id_/{url}"; empty: nowhere."""

    verify_tls: bool = True
    """Whether certificates are verified."""

    def __post_init__(self) -> None:
        for name in ("concurrency", "per_host", "max_bytes", "dead_after"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more")
        for name in ("connect_timeout", "idle_timeout", "total_timeout", "deadline"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be over 0 seconds")
        if self.archive and "{url}" not in self.archive:
            raise ValueError(f"archive: '{self.archive}' has no {{url}} in it")
        if self.proxy and not self.proxy.startswith("http://"):
            raise ValueError(f"proxy: '{self.proxy}' is no http:// URL")
        if self.engine == "img2dataset" and self.resolve:
            raise ValueError("engine: img2dataset knows no static host map; take resolve away, or the engine own")
        for name, target in self.resolve.items():
            address, _, port = target.rpartition(":")
            if not address or not port.isdigit():
                raise ValueError(f"resolve: '{name}: {target}' is not host: address:port")

    @property
    def identification(self) -> str:
        """The User-Agent header."""
        return f"{self.user_agent} (+{self.contact})" if self.contact else self.user_agent

    @property
    def token(self) -> str:
        """The product token of the User-Agent, which robots.txt groups name."""
        return self.user_agent.split("/")[0].strip()
