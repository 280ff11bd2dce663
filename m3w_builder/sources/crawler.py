"""The crawler: asks each host in order, politely, writes every outcome to the archive, and goes on to the links."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import field

from m3w_builder.classes import dataclass
from m3w_builder.fetch import FetchConfig, picture
from m3w_builder.fetch.client import Client
from m3w_builder.fetch.config import transient
from m3w_builder.fetch.loop import Ready
from m3w_builder.fetch.response import Response
from m3w_builder.fetch.robots import Rules
from m3w_builder.sources.archive import ACCEPT, Archive
from m3w_builder.sources.config import CrawlSource
from m3w_builder.sources.frontier import Frontier, Host, Task
from m3w_builder.sources.links import is_list
from m3w_builder.sources.memory import Memory
from m3w_builder.sources.payload import OPEN_TYPES, PAGE_TYPES, Answer
from m3w_builder.stage import Drop
from m3w_builder.urls import host

WINDOW = 4
"""Answers of one host, as a multiple of per_host, that may wait for an earlier one: they are archived in order."""

LIST_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/gzip"})
"""Types of sitemaps and feeds, beside plain XML: a seed may be one."""

_UNREACHED = frozenset({"dns", "connect", "timeout", "reset"})


@dataclass(slots=True, eq=False)
class Slot:
    """One request of a host and, once it is there, its outcome."""

    task: Task
    outcome: Response | Drop | None = None


@dataclass(slots=True, eq=False)
class Lane:
    """How one host is asked: its requests under way, in order, and when the next may begin (time.monotonic)."""

    host: Host
    window: deque[Slot] = field(default_factory=deque)
    running: int = 0
    offered: int = 0
    limit: int = 1  # requests at once: doubled by an answer; a dead host holds one worker, not all
    good: bool = False  # whether it has answered, the last time it was asked
    next: float = 0.0
    failures: int = 0
    strikes: int = 0


class Crawler:
    """One crawl by one event loop. Each host's answers are archived and followed in the order of its queue."""

    def __init__(
        self,
        config: CrawlSource,
        fetch: FetchConfig,
        frontier: Frontier,
        memory: Memory,
        note: Callable[[str], None],
    ):
        self.config = config
        self.fetch = fetch
        self.frontier = frontier
        self.memory = memory
        self.archive = Archive(config, fetch, memory)
        self.note = note
        self.lanes: dict[str, Lane] = {}
        self.ready: Ready[Lane]
        self.open = 0  # tasks that wait or are under way
        self.stopped = False
        self.tally: Counter[str] = Counter()
        self.client: Client

    def counts(self) -> dict[str, int]:
        """What was done in all: pages in the frontier's books, and the outcomes of this run."""
        return {"pages": self.frontier.pages, **dict(sorted(self.tally.items()))}

    async def run(self) -> bool:
        """Crawl; whether the frontier is empty now."""
        self.ready = Ready()
        begun = time.monotonic()
        async with Client(self.fetch) as self.client:
            self.client.sites.heard = self.archive.robots
            self.client.sites.know(self.memory.robots)
            for here in list(self.frontier.hosts.values()):
                self.open += len(here.queue)
                self._offer(self._lane(here))
            number = self.fetch.concurrency
            tasks = [asyncio.create_task(self._work(queue)) for queue in self.ready.queues for _ in range(number)]
            watch = asyncio.create_task(self._watch(begun))
            try:
                if self.open:
                    await asyncio.gather(*tasks)
            finally:
                for task in (*tasks, watch):
                    task.cancel()
                await asyncio.gather(*tasks, watch, return_exceptions=True)
                self.archive.close()
        self.note(self._line(begun))
        return self.open == 0

    async def _watch(self, begun: float) -> None:
        """Tell of progress, and end the crawl when its time is over."""
        while True:
            await asyncio.sleep(2.0)
            self.note(self._line(begun))
            if self.config.max_seconds and time.monotonic() - begun > self.config.max_seconds:
                self.stopped = True
                self.ready.close(self.fetch.concurrency)

    def _line(self, begun: float) -> str:
        tally, seconds = self.tally, max(time.monotonic() - begun, 0.001)
        rate = tally["requests"] / seconds
        return (
            f"crawl: {tally['page']:,} pages, {tally['picture']:,} pictures, {tally['failed']:,} failed, "
            f"{self.open:,} to go on {len(self.lanes):,} hosts, {rate:,.0f} answers/s"
        )

    def _lane(self, here: Host) -> Lane:
        if here.name not in self.lanes:
            self.lanes[here.name] = Lane(here)
        return self.lanes[here.name]

    def _offer(self, lane: Lane) -> None:
        """Offer the host to as many workers as its limit, its queue and its window allow."""
        while (
            lane.running + lane.offered < lane.limit
            and lane.offered < len(lane.host.queue)
            and len(lane.window) + lane.offered < WINDOW * self.fetch.per_host
        ):
            lane.offered += 1
            self.ready.put(lane, lane.good)

    async def _work(self, queue: asyncio.Queue[Lane | None]) -> None:
        while self.open and not self.stopped:
            lane = await queue.get()
            if lane is None:
                return
            wait = max(lane.next, self.client.pace(lane.host.name).until) - time.monotonic()
            if wait > 0:
                asyncio.get_running_loop().call_later(wait, queue.put_nowait, lane)
                continue
            lane.offered -= 1
            if lane.host.queue:
                await self._one(lane, lane.host.queue.popleft())
            self._offer(lane)
        self.ready.close(self.fetch.concurrency)

    async def _one(self, lane: Lane, task: Task) -> None:
        """Ask one URL, and settle what is settled by its answer."""
        if task.key in self.frontier.done:  # an archived answer was led through the frontier behind it
            self.open -= 1
            return
        slot = Slot(task)
        lane.window.append(slot)
        lane.running += 1
        if self.fetch.robots and self.client.guard.check(task.url) is None:
            await self.client.sites.rules_of(task.url)  # outside of the URL's own time: the whole site waits for them
        lane.next = time.monotonic() + self._delay(lane, task)
        try:
            async with asyncio.timeout(self.fetch.total_timeout):
                slot.outcome = await self._ask(task)
        except TimeoutError:
            slot.outcome = Drop("timeout", "total_timeout", self.fetch.total_timeout, self.fetch.total_timeout)
        lane.running -= 1
        self._weigh(lane, slot.outcome)
        while lane.window and lane.window[0].outcome is not None:
            done = lane.window.popleft()
            assert done.outcome is not None
            self._settle(lane, done.task, done.outcome)

    async def _ask(self, task: Task) -> Response | Drop:
        client = self.client
        if fault := client.guard.check(task.url):
            return fault
        if self.config.sitemaps and self.fetch.robots:
            await self._sitemaps(task.url)  # also where this URL is refused: it may be the host's only one so far
        if self.fetch.robots and (fault := await picture.refused_by_robots(client, task.url)):
            return fault

        def look(status: int, headers: Mapping[str, str], first: bytes) -> Drop | None:
            return _look(task.kind, status, headers, first)

        self.tally["requests"] += 1
        before = self.memory.unchanged(task.key)
        headers = before.conditions if before else None
        return await client.get(task.url, ACCEPT[task.kind], headers=headers, look=look)

    async def _sitemaps(self, url: str) -> None:
        """Enter the sitemaps that the site's robots.txt names; the frontier takes each once."""
        rules = await self.client.sites.rules_of(url)
        for link in rules.sitemaps[:100] if isinstance(rules, Rules) else ():
            if self.frontier.in_scope(host(link)) and (here := self.frontier.add(link, "list", 0)):
                self.open += 1
                self._offer(self._lane(here))

    def _delay(self, lane: Lane, task: Task) -> float:
        """Seconds until the host's next request: as the config, robots.txt and its answers so far ask."""
        rules = self.client.sites.ready(task.url)
        ceiling = self.fetch.max_crawl_delay
        asked = min(rules.crawl_delay, ceiling) if rules else 0.0
        return self.client.pace(lane.host.name).distance(max(self.config.delay, asked), ceiling)

    def _weigh(self, lane: Lane, outcome: Response | Drop) -> None:
        """Learn from an outcome how the host wants to be asked."""
        if isinstance(outcome, Drop) and outcome.reason in _UNREACHED:
            lane.failures, lane.limit, lane.good = lane.failures + 1, 1, False
            if lane.failures >= self.fetch.dead_after:
                lane.strikes += 1
                lane.failures = self.fetch.dead_after - 1
                lane.next = time.monotonic() + self.fetch.retry_wait * 4**lane.strikes
            return
        lane.good = True
        lane.failures, lane.limit = 0, min(2 * lane.limit, self.fetch.per_host)

    def _settle(self, lane: Lane, task: Task, outcome: Response | Drop) -> None:
        """Archive an outcome and follow where it leads, or put the URL back for another try."""
        if lane.strikes > self.fetch.retries and isinstance(outcome, Drop):
            self._give_up(lane, outcome)
        elif task.tries < self.fetch.retries and _worth_another(outcome):
            task.tries += 1
            lane.host.queue.append(task)
            return
        self.open -= 1
        self.frontier.done.add(task.key)
        if isinstance(outcome, Drop):
            self._book(task, outcome)
            return
        answer = self._answer(task, outcome)
        # A seed may be a sitemap or feed, whatever its URL ends with.
        kind = "list" if task.kind == "page" and answer.status < 300 and is_list(answer.body) else task.kind
        self.tally[self.archive.answered(task, kind, outcome, self._closed_to(task))] += 1
        for here in self.frontier.follow(kind, outcome.url, task.depth, task.hops, outcome.location, answer):
            self.open += 1
            self._offer(self._lane(here))

    def _answer(self, task: Task, outcome: Response) -> Answer:
        """The answer with its content; that of the archive where the host says that nothing changed."""
        if outcome.status == 304 and task.kind != "picture":
            known = self.memory.content(self.memory.before.get(task.key))
            if known:
                return known
        content = outcome.content(self.fetch.max_bytes * 3)
        return Answer(outcome.status, outcome.headers, content if isinstance(content, bytes) else b"")

    def _give_up(self, lane: Lane, outcome: Drop) -> None:
        """Book all that waits for a host that can't be reached."""
        detail = f"host given up: {outcome.detail}"[:250]
        while lane.host.queue:
            task = lane.host.queue.popleft()
            self.open -= 1
            self._book(task, Drop(outcome.reason, detail))

    def _book(self, task: Task, drop: Drop) -> None:
        self.tally[self.archive.failed(task, drop, self._closed_to(task))] += 1

    def _closed_to(self, task: Task) -> list[str]:
        """The recorded agents whom robots.txt names and refuses the page."""
        rules = self.client.sites.ready(task.url) if task.kind == "page" else None
        return [f"robots:{agent}" for agent in rules.closed_to(task.url, self.fetch.robots_recorded)] if rules else []


def _worth_another(outcome: Response | Drop) -> bool:
    if isinstance(outcome, Drop):
        return transient(outcome)
    return outcome.status in (408, 425, 429) or outcome.status >= 500


def _look(kind: str, status: int, headers: Mapping[str, str], first: bytes) -> Drop | None:
    """Ends an answer early that is plainly not what was asked for; its type is its reason."""
    if first or not 200 <= status < 300 or kind == "list":
        return None
    declared = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "page" and declared not in PAGE_TYPES | OPEN_TYPES | LIST_TYPES:
        return Drop("not_html", declared[:80])
    if kind == "picture" and declared.startswith(("video/", "audio/", "text/css", "application/javascript")):
        return Drop("not_a_picture", declared[:80])
    return None
