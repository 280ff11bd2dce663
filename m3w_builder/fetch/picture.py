"""One picture over HTTP: robots, redirects, rights and type, each hop checked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import field

from m3w_builder import rights
from m3w_builder.classes import dataclass
from m3w_builder.fetch import sniff
from m3w_builder.fetch.client import Client
from m3w_builder.fetch.follow import follow
from m3w_builder.fetch.response import Response
from m3w_builder.stage import Drop

ACCEPT = "image/*,*/*;q=0.5"


@dataclass(slots=True)
class Fetched:
    """A picture's bytes as they came, content encodings undone, and how they were had."""

    url: str  # as it was asked for
    final_url: str  # after redirects
    status: int
    headers: dict[str, str]  # lower-case names
    body: bytes
    fetched: str  # RFC 3339
    rights: list[str] = field(default_factory=list)  # signals that were found, as "header:noarchive", "robots:GPTBot"


Answer = tuple[str, Fetched | Drop]
"""A URL, and its picture or the reason why there is none."""


def size_of(answer: Answer) -> int:
    """Bytes that came; 0 where there is no picture."""
    return len(answer[1].body) if isinstance(answer[1], Fetched) else 0


async def fetch_picture(client: Client, url: str) -> Fetched | Drop:
    """One picture within the config's total time; never raises."""
    try:
        async with asyncio.timeout(client.config.total_timeout):
            return await _follow(client, url)
    except TimeoutError:
        return Drop("timeout", "total_timeout", client.config.total_timeout, client.config.total_timeout)


async def _follow(client: Client, url: str) -> Fetched | Drop:
    async def refused(here: str) -> Drop | None:
        return await refused_by_robots(client, here)

    def look(status: int, headers: Mapping[str, str], first: bytes) -> Drop | None:
        return _look(client, status, headers, first)

    answer = await follow(client, url, ACCEPT, check=refused if client.config.robots else None, look=look)
    return answer if isinstance(answer, Drop) else _judge(client, url, answer)


async def refused_by_robots(client: Client, url: str) -> Drop | None:
    """A Drop where robots.txt refuses the URL, or where its site can't be reached."""
    rules = await client.sites.rules_of(url)
    if isinstance(rules, Drop):
        return rules
    return rules.refused(url)


def _look(client: Client, status: int, headers: Mapping[str, str], first: bytes) -> Drop | None:
    """Ends an answer early that is reserved, or that is plainly no picture."""
    if not 200 <= status < 300:
        return None
    if not first:
        return rights.refused(headers, client.config.token, client.config.opt_out)
    if len(first) < sniff.NEEDED or "content-encoding" in headers:
        return None
    return not_a_picture(headers.get("content-type", ""), first)


def not_a_picture(declared: str, body: bytes) -> Drop | None:
    """A Drop unless the bytes are a picture's, or are declared one's and don't look like a page."""
    if sniff.picture(body):
        return None
    if declared.lower().lstrip().startswith("image/") and not sniff.html(body):
        return None
    return Drop("not_a_picture", declared[:80] or "no content type")


def _judge(client: Client, url: str, answer: Response) -> Fetched | Drop:
    """The picture in an answer that is no redirect, or the reason why there is none."""
    if fault := status_fault(answer.status):
        return fault
    body = answer.content(client.config.max_bytes)
    if isinstance(body, Drop):
        return body
    if not body:
        return Drop("empty", f"status {answer.status}")
    if fault := not_a_picture(answer.headers.get("content-type", ""), body):
        return fault
    found = [f"header:{signal}" for signal in rights.signals(answer.headers, client.config.token)]
    if rules := client.sites.ready(answer.url):
        found += [f"robots:{agent}" for agent in rules.closed_to(answer.url, client.config.robots_recorded)]
    return Fetched(url, answer.url, answer.status, answer.headers, body, answer.fetched, found)


def status_fault(status: int) -> Drop | None:
    """The Drop of an answer that is no success."""
    if 200 <= status < 300 and status != 206:
        return None
    family = "http_4xx" if 400 <= status < 500 else "http_5xx" if 500 <= status < 600 else "http_other"
    return Drop(family, str(status), status)
