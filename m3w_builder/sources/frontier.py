"""The frontier: which URLs belong to a crawl, in which order each host is asked, and what bounds its traps."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import field

import xxhash

from m3w_builder.classes import dataclass
from m3w_builder.sources.config import CrawlSource
from m3w_builder.sources.links import is_index, is_list, links_of, listed
from m3w_builder.sources.payload import Answer
from m3w_builder.urls import canonical, host, site_path

MAX_URL = 2000
"""Characters of the longest URL that is followed (courlan and most crawlers hold to the like)."""

MAX_SEGMENTS = 20
MAX_REPEATS = 3
"""Times that one path segment may stand in a path: more is a relative link that nests without end."""

MAX_PARAMETERS = 12
MAX_HOPS = 5
"""Redirects behind one another."""

NO_PAGE = re.compile(
    r"\.(?:7z|aac|apk|avi|avif|bin|bmp|bz2|css|csv|deb|dmg|docx?|eot|epub|exe|flac|flv|gif|gz|heic|ico|iso|jar|jpe?g|js"
    r"|json|m4[av]|mjs|mkv|mov|mp[34]|mpe?g|ods|odt|og[agv]|otf|pdf|png|pptx?|ps|rar|rpm|svgz?|swf|t[bg]z|tar|tiff?"
    r"|ttf|wasm|wav|web[mp]|whl|wm[av]|woff2?|xlsx?|xz|zip|zst)$",
    re.IGNORECASE,
)
"""Ends of paths that are no pages; what only the answer shows is found out then."""

_DIGITS = re.compile(r"\d+")
_TOKEN = re.compile(r"(?=[A-Za-z_-]{0,63}\d)(?=\d{0,63}[A-Za-z])[A-Za-z0-9_-]{20,}")
"""A session's name or another random one, wherever it stands: long, of letters and digits."""


@dataclass(slots=True, eq=False)
class Task:
    """One URL to ask. `kind`: "page", "picture" or "list" (a sitemap or feed)."""

    url: str
    kind: str
    depth: int
    key: int
    hops: int = 0
    tries: int = 0


@dataclass(slots=True, eq=False)
class Host:
    """One host's queue, first in first out: breadth first within the host."""

    name: str
    queue: deque[Task] = field(default_factory=deque)
    shapes: Counter[str] = field(default_factory=Counter)
    pages: int = 0  # that were put in the queue, or stand in the archive already
    lists: int = 0


def key_of(url: str) -> int:
    """What a URL is known by: 64 bits of its canonical form."""
    return xxhash.xxh3_64_intdigest(canonical(url).encode("utf-8", "surrogatepass"))


class Frontier:
    """Hosts and their queues. A URL enters once; `done` are those that the archive holds from before."""

    def __init__(self, config: CrawlSource, seeds: list[str]):
        self.config = config
        self.hosts: dict[str, Host] = {}
        self.seen: set[int] = set()
        self.done: set[int] = set()
        self.pages = 0
        names = config.hosts or [host(seed) for seed in seeds]
        self.scope = {_bare(name) for name in names if not name.startswith("*")}
        self.suffixes = tuple(name[1:].lower() for name in names if name.startswith("*"))
        self.include = tuple(config.include)
        self.exclude = re.compile("|".join(f"(?:{pattern})" for pattern in config.exclude)) if config.exclude else None

    def add(self, url: str, kind: str, depth: int, hops: int = 0) -> Host | None:
        """Enter a URL; its host where it is new and belongs to the crawl, else None."""
        if len(url) > MAX_URL or hops > MAX_HOPS:
            return None
        name = host(url)
        if kind == "page" and not self._wanted(url, name, depth):
            return None
        key = key_of(url)
        if key in self.seen:
            return None
        here = self.hosts.get(name)
        if here is None:
            here = self.hosts[name] = Host(name)
        if not self._room(here, url, kind):
            return None
        self.seen.add(key)
        if key in self.done:
            return None
        here.queue.append(Task(url, kind, depth, key, hops))
        return here

    def _wanted(self, url: str, name: str, depth: int) -> bool:
        """Whether a page lies within the crawl's scope."""
        if depth > self.config.max_depth or not self.in_scope(name):
            return False
        if self.include and not url.startswith(self.include) and depth > 0:
            return False
        if self.exclude and self.exclude.search(url):
            return False
        path = site_path(url).partition("?")
        return not NO_PAGE.search(path[0]) and not _nests(path[0]) and path[2].count("&") < MAX_PARAMETERS

    def in_scope(self, name: str) -> bool:
        """Whether pages of this host belong to the crawl; www. in front makes no other host."""
        return _bare(name) in self.scope or name.endswith(self.suffixes)

    def _room(self, here: Host, url: str, kind: str) -> bool:
        """Count the URL against its host's bounds; False where they are used up."""
        if kind == "list":
            here.lists += 1
            return here.lists <= 1000
        if kind != "page":
            return True
        if here.pages >= self.config.pages_per_host or self.pages >= self.config.max_pages:
            return False
        shapes = self._shapes(site_path(url))
        if any(here.shapes[shape] >= most for shape, most in shapes):
            return False
        for shape, _ in shapes:
            here.shapes[shape] += 1
        here.pages += 1
        self.pages += 1
        return True

    def _shapes(self, path: str) -> list[tuple[str, int]]:
        """What the path has in common with others that a trap may make without end, and how many of these may be."""
        shapes = []
        alike = _DIGITS.sub("0", _TOKEN.sub("0", path))
        if alike != path:
            shapes.append((alike, self.config.same_shape))
        place, mark, _ = path.partition("?")
        if mark:
            shapes.append((place + mark, self.config.same_path))
        return shapes

    def follow(self, kind: str, url: str, depth: int, hops: int, location: str, answer: Answer) -> Iterator[Host]:
        """Enter what an answer leads to, its encodings undone; the hosts that have a new URL to ask."""
        config = self.config
        if location:
            found = [self.add(location, kind, depth, hops + 1)]
        elif not 200 <= answer.status < 300:
            return
        elif kind == "page" and not is_list(answer.body):
            links = links_of(answer.body, url, answer.charset, config.pictures)
            feeds = links.feeds if config.feeds else []
            found = [self.add(link, "picture", depth) for link in links.pictures]
            found += [self.add(link, "page", depth + 1) for link in links.pages]
            found += [self.add(link, "list", depth) for link in feeds if self.in_scope(host(link))]
        elif kind in ("page", "list"):
            inner = "list" if is_index(answer.body) else "page"
            inside = [link for link in listed(answer.body, url) if self.in_scope(host(link))]
            found = [self.add(link, inner, depth + 1) for link in inside]
        else:
            return
        yield from (here for here in found if here is not None)

    def left(self) -> Iterator[Task]:
        """All tasks that wait."""
        for here in self.hosts.values():
            yield from here.queue


def _bare(name: str) -> str:
    return name.lower().removeprefix("www.")


def _nests(path: str) -> bool:
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) > MAX_SEGMENTS:
        return True
    return len(segments) > MAX_REPEATS and max(Counter(segments).values()) > MAX_REPEATS
