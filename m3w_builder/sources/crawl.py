"""The crawl as a source: checks that it may start, goes on behind its archive, plans its files as partitions."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.errors import ConfigError
from m3w_builder.fetch import FetchConfig
from m3w_builder.fetch.guard import Guard, is_public, parse_address
from m3w_builder.fetch.loop import run_aside
from m3w_builder.fetch.response import now
from m3w_builder.sources import files, index, warc, writer
from m3w_builder.sources.config import CrawlSource, Part, WarcSource
from m3w_builder.sources.crawler import Crawler
from m3w_builder.sources.frontier import Frontier
from m3w_builder.sources.memory import Memory
from m3w_builder.sources.replay import archive_files, replay
from m3w_builder.urls import absolute, host

STATE = "crawl.json"
_PASSING = ("max_seconds", "refresh_hours")  # these don't decide which URLs belong to the crawl


def seeds_of(config: CrawlSource) -> list[str]:
    """The seeds, absolute; raises ConfigError where one is no URL, or a list cannot be read."""
    found: dict[str, None] = {}
    for entry in config.seeds:
        lines = [entry] if re.match(r"https?:", entry) else files.expand([entry], "", {}, "source.crawl.seeds")
        for line in lines:
            url = absolute(line, "")
            if not url:
                raise ConfigError(f"source.crawl.seeds: '{line[:200]}' is no http or https URL")
            found[url] = None
    if not found:
        raise ConfigError("source.crawl.seeds: no URL to begin with; name one, as 'https://a.example/'")
    return list(found)


def _check_contact(seeds: list[str], fetch: FetchConfig) -> None:
    """Public hosts are asked only by one who can be reached."""
    if fetch.contact or fetch.allow_private_addresses:
        return
    proxy = parse_address(urlsplit(fetch.proxy).hostname or "")
    if proxy is not None and proxy.is_loopback:
        return
    guard = Guard(fetch)
    for seed in seeds:
        name = host(seed)
        address = parse_address(name)
        if not guard.mapped(name) and (address is None or is_public(address)):
            raise ConfigError(
                f"fetch.contact: '{name}' is a public host; set a URL or mail address where its owner can reach you"
            )


def run(config: CrawlSource, fetch: FetchConfig, folder: str, note: Callable[[str], None]) -> None:
    """Crawl until the frontier is empty or a budget is used up; at once where that was reached before."""
    seeds = seeds_of(config)
    _check_contact(seeds, fetch)
    if not storage.is_local(folder):
        raise ConfigError(f"out: a crawl appends to its archive, which '{folder}' does not allow; name a local folder")
    folder = folder.removeprefix("file://")
    storage.make_folder(folder)
    mark = fingerprint(config, seeds)
    state = storage.join(folder, STATE)
    here = State(mark)
    if storage.exists(state):
        here = State(**storage.read_json(state))
        if here.finished and here.fingerprint == mark:
            if not config.refresh_hours or _hours(here.begun) < config.refresh_hours:
                note(f"crawl: done before, {here.counts['pages']} pages")
                return
            here = State(mark, here.round + 1)
        here = replace(here, fingerprint=mark, finished=False)
    storage.write_json(state, dataclasses.asdict(here))
    frontier = Frontier(config, seeds)
    for seed in seeds:
        frontier.add(seed, "list" if re.search(r"\.(?:xml(?:\.gz)?|rss|atom)$", seed) else "page", 0)
    for path in last_files(folder):
        cut = writer.repair(path)
        if cut:
            note(f"crawl: {os.path.basename(path)} was cut off; {cut} bytes behind its last whole record are gone")
    quiet = replace(fetch, per_host=config.per_host, delay=config.delay)
    memory = Memory(folder, here.round)
    known = replay(frontier, memory, quiet)
    if known:
        note(f"crawl: goes on behind {known} answers in the archive")
    crawler = Crawler(config, quiet, frontier, memory, note)
    finished = run_aside(crawler.run())
    index.write(folder)
    storage.write_json(state, dataclasses.asdict(replace(here, finished=finished, counts=crawler.counts())))


@dataclass(frozen=True, slots=True)
class State:
    """What `crawl.json` says: the archive itself says all else."""

    fingerprint: str
    round: int = 1
    begun: str = field(default_factory=now)
    finished: bool = False
    counts: dict[str, int] = field(default_factory=dict)


def _hours(since: str) -> float:
    then = datetime.fromisoformat(since.replace("Z", "+00:00"))
    return (datetime.now(UTC) - then).total_seconds() / 3600


def fingerprint(config: CrawlSource, seeds: list[str]) -> str:
    """Stands for what decides which URLs belong to the crawl."""
    wanted = {f.name: getattr(config, f.name) for f in dataclasses.fields(config) if f.name not in _PASSING}
    return hashlib.sha256(repr((sorted(wanted.items()), seeds)).encode()).hexdigest()[:32]


def last_files(folder: str) -> list[str]:
    """The last file of each series: the only ones that a kill can have cut off."""
    by_series = {path.rsplit("-", 1)[0]: path for path in archive_files(folder)}
    return list(by_series.values())


def plan(config: CrawlSource, folder: str) -> Iterator[Part]:
    """A partition a WARC file of the crawl, without the records that a later round has replaced."""
    folder = folder.removeprefix("file://")
    paths = archive_files(folder)
    if not paths:
        return
    listing = storage.join(folder, index.REPLACED)
    replaced = storage.read_json(listing) if storage.exists(listing) else {}
    for part in warc.plan(WarcSource(paths)):
        offsets = replaced.get(os.path.basename(part.input["file"]))
        if offsets:
            mark = hashlib.sha256(repr((part.fingerprint, offsets)).encode()).hexdigest()[:32]
            part = Part({**part.input, "skip": offsets}, mark, part.label)
        yield part
