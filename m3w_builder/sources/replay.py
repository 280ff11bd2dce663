"""Leads a crawl through its own archive: what this round has asked already, and what earlier rounds know of a URL."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from m3w_builder import storage
from m3w_builder.fetch import robots
from m3w_builder.fetch.client import REDIRECTS
from m3w_builder.sources import payload
from m3w_builder.sources.framing import MAX_HEAD, Record, record_at, records
from m3w_builder.sources.frontier import key_of
from m3w_builder.urls import absolute

if TYPE_CHECKING:
    from m3w_builder.sources.crawler import Crawler

ROBOTS_SECONDS = 86_400
"""How old a robots.txt may be that is still gone by (RFC 9309, 2.4: a day)."""

MAX_BODY = 50_000_000
"""Bytes of an archived page or sitemap, decoded, that are searched for links."""


@dataclass(slots=True)
class Before:
    """The last whole answer of an earlier round to one URL, and what a conditional request says of it."""

    file: str
    offset: int
    url: str
    date: str
    digest: str
    etag: str
    modified: str

    @property
    def conditions(self) -> dict[str, str]:
        """Request headers that ask for the content only if it changed."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}

    def revisit(self, profile: str) -> dict[str, str]:
        """WARC headers of a record that says that nothing changed."""
        return {
            "WARC-Profile": f"http://netpreserve.org/warc/1.1/revisit/{profile}",
            "WARC-Refers-To-Target-URI": self.url,
            "WARC-Refers-To-Date": self.date,
            "WARC-Payload-Digest": self.digest,
        }

    def load(self) -> payload.Answer | None:
        """The archived answer, content encodings undone; None where its record is gone."""
        with open(self.file, "rb") as stream:
            record = record_at(stream, self.offset, lambda one: one.length)
        answer = payload.answer_of(record) if record and not record.fault else None
        if not isinstance(answer, payload.Answer):
            return None
        body = payload.content(answer, MAX_BODY)
        return payload.Answer(answer.status, answer.headers, body if isinstance(body, bytes) else b"")


def archive_files(folder: str) -> list[str]:
    """The archive's files in the order of their names."""
    return [os.path.join(folder, name) for name in storage.names(folder) if name.endswith(".warc.gz")]


def round_of(record: Record) -> int:
    """The number of the crawl's round in which a record was written; the first bears none."""
    text = record.headers.get("m3w-round", "")
    return int(text) if text.isdigit() else 1


def replay(folder: str, crawler: Crawler) -> int:
    """Enter in the crawler what the archive holds; how many URLs this round has asked already."""
    count = 0

    def hold(record: Record) -> int:
        # Only what leads on is loaded whole: pages, sitemaps, robots.txt, and redirects; of pictures the head.
        if record.kind != "response":
            return 0
        leads = record.headers.get("m3w-kind", "") in ("page", "list", "robots") and round_of(record) == crawler.round
        return record.length if leads else min(record.length, MAX_HEAD)

    for path in archive_files(folder):
        with open(path, "rb") as stream:
            for record in records(stream, hold):
                kind = record.headers.get("m3w-kind", "")
                if record.fault or not kind or record.kind == "request":
                    continue
                if round_of(record) < crawler.round:
                    _remember(record, path, crawler)
                    continue
                if kind != "robots":
                    count += 1
                    crawler.frontier.done.add(key_of(record.url))
                _lead(record, kind, crawler)
    return count


def _remember(record: Record, path: str, crawler: Crawler) -> None:
    """Keep what an earlier round's answer says of its URL."""
    if record.kind != "response" or record.headers["m3w-kind"] == "robots":
        return
    answer = payload.answer_of(record)
    if isinstance(answer, payload.Answer) and answer.status == 200:
        headers = record.headers
        crawler.before[key_of(record.url)] = Before(
            path,
            record.offset,
            record.url,
            headers.get("warc-date", ""),
            headers.get("warc-payload-digest", ""),
            answer.headers.get("etag", ""),
            answer.headers.get("last-modified", ""),
        )


def _lead(record: Record, kind: str, crawler: Crawler) -> None:
    """Follow an archived answer of this round, as if it were fetched now."""
    answer: payload.Answer | None = None
    if record.kind == "revisit":
        before = crawler.before.get(key_of(record.url))
        answer = before.load() if before and kind != "picture" else None
    elif record.whole and record.kind == "response":
        parsed = payload.answer_of(record)
        if isinstance(parsed, payload.Answer):
            content = payload.content(parsed, MAX_BODY)
            body = content if isinstance(content, bytes) else b""
            answer = payload.Answer(parsed.status, parsed.headers, body)
    if answer is None:
        return
    if kind == "robots":
        if _age(record) < ROBOTS_SECONDS and answer.status < 500:
            _lead_robots(record.url, answer, crawler)
        return
    depth, hops = int(record.headers.get("m3w-depth", "0")), int(record.headers.get("m3w-hops", "0"))
    location = absolute(answer.headers.get("location", ""), record.url) if answer.status in REDIRECTS else ""
    led = crawler.follow(kind, record.url, depth, hops, answer.status, location, answer.body, answer.charset)
    for _ in led:
        pass


def _lead_robots(url: str, answer: payload.Answer, crawler: Crawler) -> None:
    """Take an archived robots.txt, or a file of reserved rights, as if it were asked for now."""
    if url.endswith("/robots.txt"):
        rules = robots.from_status(answer.status, answer.body, crawler.fetch.token, crawler.fetch.robots_agents)
        crawler.known_robots[url.removesuffix("/robots.txt")] = rules
        return
    for name, path in robots.WELL_KNOWN.items():
        known = crawler.known_robots.get(url.removesuffix(path))
        if known is not None and url.endswith(path) and name in crawler.fetch.site_rights:
            robots.add_rights(known, name, answer.body)


def _age(record: Record) -> float:
    """Seconds since the record's date."""
    try:
        then = datetime.fromisoformat(record.headers.get("warc-date", "").replace("Z", "+00:00"))
        return (datetime.now(UTC) - then).total_seconds()
    except (ValueError, TypeError):
        return float("inf")
