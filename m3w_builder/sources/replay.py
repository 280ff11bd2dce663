"""Leads a crawl through its own archive: what this round has asked already, and what earlier rounds know of a URL."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from m3w_builder import storage
from m3w_builder.fetch import FetchConfig, robots
from m3w_builder.fetch.response import REDIRECTS
from m3w_builder.sources import payload, revisits
from m3w_builder.sources.framing import MAX_HEAD, Record, records
from m3w_builder.sources.frontier import Frontier, key_of
from m3w_builder.sources.memory import LEAST, MAX_BODY, Memory
from m3w_builder.urls import absolute

ROBOTS_SECONDS = 86_400
"""How old a robots.txt may be that is still gone by (RFC 9309, 2.4: a day)."""


def archive_files(folder: str) -> list[str]:
    """The archive's files in the order of their names."""
    return [os.path.join(folder, name) for name in storage.names(folder) if name.endswith(".warc.gz")]


def round_of(record: Record) -> int:
    """The number of the crawl's round in which a record was written; the first bears none."""
    text = record.headers.get("m3w-round", "")
    return int(text) if text.isdigit() else 1


def replay(frontier: Frontier, memory: Memory, fetch: FetchConfig) -> int:
    """Enter in frontier and memory what the archive holds; how many URLs this round has asked already."""
    count = 0

    def hold(record: Record) -> int:
        # Only what leads on is loaded whole: pages, sitemaps, robots.txt, and redirects; of pictures the head.
        if record.kind not in ("response", "revisit"):
            return 0
        leads = record.headers.get("m3w-kind", "") in ("page", "list", "robots") and round_of(record) == memory.round
        return record.length if leads else min(record.length, MAX_HEAD)

    for path in archive_files(memory.folder):
        with open(path, "rb") as stream:
            for record in records(stream, hold):
                kind = record.headers.get("m3w-kind", "")
                if record.fault or not kind or record.kind == "request":
                    continue
                if kind != "robots":
                    _remember(record, path, memory)
                if round_of(record) < memory.round:
                    continue
                if kind != "robots":
                    count += 1
                    frontier.done.add(key_of(record.url))
                _lead(record, path, kind, frontier, memory, fetch)
    return count


def _remember(record: Record, path: str, memory: Memory) -> None:
    """Keep where an answer stands: its payload for later duplicates, an earlier round's for the next request."""
    whole = record.kind == "response" or revisits.refers(record, path) is not None
    answer = payload.answer_of(record) if whole else None
    if not isinstance(answer, payload.Answer) or answer.status != 200:
        return
    name = os.path.basename(path)
    digest = record.headers.get("warc-payload-digest", "")
    if record.kind == "response" and digest and record.length >= LEAST:
        memory.hold(digest, name, record.offset)
    if round_of(record) < memory.round:
        memory.before[key_of(record.url)] = memory.place(name, record.offset)


def _lead(record: Record, path: str, kind: str, frontier: Frontier, memory: Memory, fetch: FetchConfig) -> None:
    """Follow an archived answer of this round, as if it were fetched now."""
    answer: payload.Answer | None = None
    if record.kind == "revisit":
        key = key_of(record.url)
        if kind == "picture":
            pass
        elif revisits.refers(record, path):
            answer = memory.content(memory.place(os.path.basename(path), record.offset))
        else:
            answer = memory.content(memory.before.get(key))
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
            _lead_robots(record.url, answer, memory, fetch)
        return
    depth, hops = int(record.headers.get("m3w-depth", "0")), int(record.headers.get("m3w-hops", "0"))
    location = absolute(answer.headers.get("location", ""), record.url) if answer.status in REDIRECTS else ""
    for _ in frontier.follow(kind, record.url, depth, hops, location, answer):
        pass


def _lead_robots(url: str, answer: payload.Answer, memory: Memory, fetch: FetchConfig) -> None:
    """Take an archived robots.txt, or a file of reserved rights, as if it were asked for now."""
    if url.endswith("/robots.txt"):
        rules = robots.from_status(answer.status, answer.body, fetch.token, fetch.robots_agents)
        memory.robots[url.removesuffix("/robots.txt")] = rules
        return
    for name, path in robots.WELL_KNOWN.items():
        known = memory.robots.get(url.removesuffix(path))
        if known is not None and url.endswith(path) and name in fetch.site_rights:
            robots.add_rights(known, name, answer.body)


def _age(record: Record) -> float:
    """Seconds since the record's date."""
    try:
        then = datetime.fromisoformat(record.headers.get("warc-date", "").replace("Z", "+00:00"))
        return (datetime.now(UTC) - then).total_seconds()
    except (ValueError, TypeError):
        return float("inf")
