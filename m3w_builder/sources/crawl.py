"""The crawl as a source: checks that it may start, goes on behind its archive, plans its files as partitions."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.fetch import FetchConfig, robots
from m3w_builder.fetch.client import REDIRECTS
from m3w_builder.fetch.guard import Guard, is_public, parse_address
from m3w_builder.fetch.loop import run_aside
from m3w_builder.sources import files, payload, warc, writer
from m3w_builder.sources.config import CrawlSource, Part, WarcSource
from m3w_builder.sources.crawler import Crawler
from m3w_builder.sources.framing import Record, records
from m3w_builder.sources.frontier import Frontier, key_of
from m3w_builder.urls import absolute, host

STATE = "crawl.json"

ROBOTS_SECONDS = 86_400
"""How old a robots.txt may be that is still gone by (RFC 9309, 2.4: a day)."""


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
    if storage.exists(state):
        before = storage.read_json(state)
        if before["fingerprint"] == mark and before["finished"]:
            note(f"crawl: done before, {before['pages']} pages")
            return
    frontier = Frontier(config, seeds)
    for seed in seeds:
        frontier.add(seed, "list" if re.search(r"\.(?:xml(?:\.gz)?|rss|atom)$", seed) else "page", 0)
    for path in last_files(folder):
        cut = writer.repair(path)
        if cut:
            note(f"crawl: {os.path.basename(path)} was cut off; {cut} bytes behind its last whole record are gone")
    quiet = replace(fetch, per_host=config.per_host, delay=config.delay)
    crawler = Crawler(config, quiet, folder, frontier, note)
    known = replay(folder, crawler)
    if known:
        note(f"crawl: goes on behind {known} answers in the archive")
    finished = run_aside(crawler.run())
    storage.write_json(state, {"fingerprint": mark, "finished": finished, "seeds": seeds, **crawler.counts()})


def fingerprint(config: CrawlSource, seeds: list[str]) -> str:
    """Stands for what decides which URLs belong to the crawl."""
    wanted = {f.name: getattr(config, f.name) for f in dataclasses.fields(config) if f.name != "max_seconds"}
    return hashlib.sha256(repr((sorted(wanted.items()), seeds)).encode()).hexdigest()[:32]


def archive_files(folder: str) -> list[str]:
    """The archive's files in the order of their names."""
    return [os.path.join(folder, name) for name in storage.names(folder) if name.endswith(".warc.gz")]


def last_files(folder: str) -> list[str]:
    """The last file of each series: the only ones that a kill can have cut off."""
    by_series = {path.rsplit("-", 1)[0]: path for path in archive_files(folder)}
    return list(by_series.values())


def plan(config: CrawlSource, folder: str) -> Iterator[Part]:
    """A partition a WARC file of the crawl."""
    paths = archive_files(folder.removeprefix("file://"))
    if paths:
        yield from warc.plan(WarcSource(paths))


def replay(folder: str, crawler: Crawler) -> int:
    """Lead the frontier through what the archive holds, as if it were fetched now; how many answers that were."""
    count = 0

    def hold(record: Record) -> int:
        # Only what leads on is loaded: pages, sitemaps, robots.txt, and redirects.
        leads = record.kind == "response" and record.headers.get("m3w-kind", "") in ("page", "list", "robots")
        return record.length if leads else 0

    for path in archive_files(folder):
        with open(path, "rb") as stream:
            for record in records(stream, hold):
                kind = record.headers.get("m3w-kind", "")
                if record.fault or not kind or record.kind == "request":
                    continue
                if kind != "robots":
                    count += 1
                    crawler.frontier.done.add(key_of(record.url))
                if record.block:
                    _replay_one(record, kind, crawler)
    return count


def _replay_one(record: Record, kind: str, crawler: Crawler) -> None:
    answer = payload.answer_of(record)
    if not isinstance(answer, payload.Answer):
        return
    content = payload.content(answer, 50_000_000)
    body = content if isinstance(content, bytes) else b""
    if kind == "robots":
        if _age(record) < ROBOTS_SECONDS and record.url.endswith("/robots.txt") and answer.status < 500:
            others = crawler.fetch.robots_agents
            rules = robots.from_status(answer.status, body, crawler.fetch.token, others)
            crawler.known_robots[record.url.removesuffix("/robots.txt")] = rules
        return
    depth, hops = int(record.headers.get("m3w-depth", "0")), int(record.headers.get("m3w-hops", "0"))
    location = absolute(answer.headers.get("location", ""), record.url) if answer.status in REDIRECTS else ""
    for _ in crawler.follow(kind, record.url, depth, hops, answer.status, location, body, answer.charset):
        pass


def _age(record: Record) -> float:
    """Seconds since the record's date."""
    try:
        then = datetime.fromisoformat(record.headers.get("warc-date", "").replace("Z", "+00:00"))
        return (datetime.now(UTC) - then).total_seconds()
    except (ValueError, TypeError):
        return float("inf")
