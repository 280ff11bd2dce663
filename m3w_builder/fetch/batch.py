"""All pictures of one partition: fetched by an event loop in its own thread, answered as they come."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import field
from queue import SimpleQueue

from m3w_builder.classes import dataclass
from m3w_builder.fetch.client import Client
from m3w_builder.fetch.config import FetchConfig, transient
from m3w_builder.fetch.loop import Ready, new_loop
from m3w_builder.fetch.pace import BUSY
from m3w_builder.fetch.picture import Answer, Fetched, fetch_picture, size_of
from m3w_builder.stage import Drop
from m3w_builder.urls import host

MAX_WAITING = 16_000_000
"""Bytes of fetched pictures that may wait for the caller; the fetcher pauses while there are more. What waits is memory
that nothing else gets, and each of its pages is had from the system and cleared once more."""
TOGETHER = 0.005
"""Seconds for which answers are gathered before the caller is woken: to wake it takes two threads some microseconds."""

ENOUGH = 32
"""Answers that the caller is given at once, where so many wait: what it does between them costs by the list."""

_UNREACHED = frozenset({"dns", "connect", "timeout", "reset"})
PATIENCE = 2
"""Times dead_after: so many answers in a row that say 'asked too often' end the round for a host."""

_COSTLY = _UNREACHED | {"tls", "truncated", "too_large", "bad_response", "bad_encoding", "too_many_redirects"}

Spent = dict[str, tuple[int, float]]
"""By host: requests, and the seconds that they took together."""


@dataclass(slots=True, eq=False)
class Host:
    """One host's URLs still to ask in this round, and when it may be asked next (clock of `time.monotonic`)."""

    name: str
    urls: deque[str] = field(default_factory=deque)
    tokens: int = 0  # offers of it to the workers, and requests under way
    waiting: int = 0  # offers alone
    limit: int = 1  # requests at once: doubled by an answer, halved by what only costs time
    good: bool = False  # whether its last answer was worth the time
    next: float = 0.0
    failures: int = 0  # in a row, to reach it
    refusals: int = 0  # in a row, by a host that is asked too often


@dataclass(slots=True)
class Clock:
    """CPU seconds that the fetching thread took until its last answer."""

    seconds: float = 0.0


class Outbox:
    """Hands answers from the fetching thread to the caller, some at a time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.over = False
        self.error: BaseException | None = None
        self._ready: SimpleQueue[list[Answer]] = SimpleQueue()
        self._gathered: list[Answer] = []
        self._put = self._taken = 0  # bytes: each is counted by one of the two threads alone

    @property
    def bytes(self) -> int:
        """What waits."""
        return self._put - self._taken

    def put(self, url: str, result: Fetched | Drop) -> None:
        """In the fetching thread, within its loop."""
        if not self._gathered:
            asyncio.get_running_loop().call_later(TOGETHER, self._hand_over)
        self._gathered.append((url, result))
        self._put += size_of(self._gathered[-1])
        self.clock.seconds = time.thread_time()

    def close(self, error: BaseException | None) -> None:
        """The last of the fetching thread, behind its loop."""
        self._hand_over()
        self.over, self.error = True, error
        self.clock.seconds = time.thread_time()
        self._ready.put([])

    def _hand_over(self) -> None:
        if self._gathered:
            self._ready.put(self._gathered)
            self._gathered = []

    def __iter__(self) -> Iterator[list[Answer]]:
        while some := self._next():
            size = sum(map(size_of, some))
            yield some
            self._taken += size  # only now: what the caller still works on is memory too
        if self.error:
            raise self.error

    def _next(self) -> list[Answer]:
        """The answers that wait, some `ENOUGH` at most; none once it is over."""
        some = self._ready.get()
        while some and len(some) < ENOUGH and not self._ready.empty():
            more = self._ready.get()
            if not more:
                self._ready.put(more)  # the end, which is told by itself
                break
            some += more
        return some


class Batch:
    """The scheduler: rounds over hosts, each host asked by few at a time, transient failures asked again at the end."""

    def __init__(self, urls: Iterable[str], config: FetchConfig, deadline: float, outbox: Outbox, spent: Spent):
        self.config = config
        self.spent = spent
        self.outbox = outbox
        self.open = dict.fromkeys(urls)  # each once, in order; taken out when answered
        self.deadline = deadline
        self.hosts: dict[str, Host] = {}
        self.again: list[tuple[str, Drop]] = []
        self.ready: Ready[Host]
        self.left = 0  # URLs of this round without an outcome
        self.full = asyncio.Lock()  # of the one that looks whether there is room again

    async def run(self) -> None:
        """Answer every URL; what the deadline leaves over is answered with it."""
        async with Client(self.config) as client:
            try:
                async with asyncio.timeout(max(0.0, self.deadline)):
                    await self._rounds(client)
            except TimeoutError:
                pass
            for url in list(self.open):
                self._answer(url, Drop("deadline", f"{self.config.deadline:g} s for the partition"))

    async def _rounds(self, client: Client) -> None:
        urls = list(self.open)
        for number in range(self.config.retries + 1):
            last = number == self.config.retries
            self.again = []
            await self._round(client, urls, last)
            if not self.again:
                return
            await asyncio.sleep(self.config.retry_wait * 2**number)
            urls = [url for url, _ in self.again]

    async def _round(self, client: Client, urls: list[str], last: bool) -> None:
        self.ready = Ready()
        self.left = len(urls)
        for url in urls:
            name = host(url)
            if name not in self.hosts:
                self.hosts[name] = Host(name)
            self.hosts[name].urls.append(url)
        for each in self.hosts.values():
            each.failures = min(each.failures, self.config.dead_after - 1)  # one try may raise it from the dead
            each.refusals = min(each.refusals, PATIENCE * self.config.dead_after - 1)  # the like
            each.tokens = each.waiting = 0
            self._offer(each)
        number = min(self.config.concurrency, len(urls))
        workers = [
            asyncio.create_task(self._work(client, last, queue)) for queue in self.ready.queues for _ in range(number)
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()

    def _offer(self, each: Host) -> None:
        """Offer the host to as many workers as its limit and its URLs allow."""
        while each.tokens < each.limit and each.waiting < len(each.urls):
            each.tokens += 1
            each.waiting += 1
            self.ready.put(each, each.good)

    async def _work(self, client: Client, last: bool, queue: asyncio.Queue[Host | None]) -> None:
        while self.left:
            each = await queue.get()
            if each is None:
                break
            await self._room()
            wait = max(each.next, client.pace(each.name).until) - time.monotonic()
            if wait > 0 and each.urls:
                asyncio.get_running_loop().call_later(wait, queue.put_nowait, each)
                continue
            each.waiting -= 1
            if each.urls:
                await self._one(client, each, each.urls.popleft(), last)
            each.tokens -= 1
            self._offer(each)
        self.ready.close(self.config.concurrency)  # the round is over: the others may go too

    async def _one(self, client: Client, each: Host, url: str, last: bool) -> None:
        """Fetch one URL and book its outcome."""
        if self.config.robots and client.guard.check(url) is None:
            await client.sites.rules_of(url)  # outside of the URL's own time: the whole site waits for them
        each.next = time.monotonic() + self._delay(client, each.name, url)
        started = time.monotonic()
        result = await fetch_picture(client, url)
        requests, seconds = self.spent.get(each.name, (0, 0.0))
        self.spent[each.name] = (requests + 1, seconds + time.monotonic() - started)
        if isinstance(result, Drop) and result.reason in _UNREACHED:
            each.failures += 1
        else:
            each.failures = 0
        # A host that costs time and gives nothing keeps one worker; good ones soon have per_host of them.
        costly = isinstance(result, Drop) and result.reason in _COSTLY
        each.good = not costly
        each.limit = max(1, each.limit // 2) if costly else min(2 * each.limit, self.config.per_host)
        each.refusals = each.refusals + 1 if isinstance(result, Drop) and result.value in BUSY else 0
        self._outcome(url, result, last)
        count = max(each.failures, each.refusals // PATIENCE)
        if count >= self.config.dead_after:
            assert isinstance(result, Drop)
            while each.urls:
                detail = f"host given up after {max(each.failures, each.refusals)} failures: {result.detail}"[:300]
                self._outcome(each.urls.popleft(), Drop(result.reason, detail, result.value), last)

    def _outcome(self, url: str, result: Fetched | Drop, last: bool) -> None:
        self.left -= 1
        if isinstance(result, Drop) and transient(result) and not last:
            self.again.append((url, result))
        else:
            self._answer(url, result)

    def _answer(self, url: str, result: Fetched | Drop) -> None:
        del self.open[url]
        self.outbox.put(url, result)

    def _delay(self, client: Client, name: str, url: str) -> float:
        """Seconds until the host's next request: as the config, robots.txt and its answers so far ask."""
        rules = client.sites.ready(url)
        ceiling = self.config.max_crawl_delay
        asked = min(rules.crawl_delay, ceiling) if rules else 0.0
        return client.pace(name).distance(max(self.config.delay, asked), ceiling)

    async def _room(self) -> None:
        """Wait while the caller is behind with taking the answers."""
        if self.outbox.bytes > MAX_WAITING:
            async with self.full:
                while self.outbox.bytes > MAX_WAITING:
                    await asyncio.sleep(0.02)


def fetch_all(urls: Iterable[str], config: FetchConfig, *, deadline: float | None = None) -> Iterator[Answer]:
    """Each URL once with its picture or its Drop, in the order in which they come; see `fetch_some`."""
    for some in fetch_some(urls, config, deadline=deadline):
        yield from some


def fetch_some(
    urls: Iterable[str],
    config: FetchConfig,
    *,
    deadline: float | None = None,
    spent: Spent | None = None,
    clock: Clock | None = None,
) -> Iterator[list[Answer]]:
    """Each URL once with its picture or its Drop, in the order in which they come, as many at once as have come.

    `deadline`: seconds for all of them (the config's where None). Transient failures are asked again after all
    others; every URL answers, whatever happens. Closing the iterator early ends the fetching. `spent`, where given,
    is told by host how many requests were made and the seconds that they took, `clock` what its thread took.
    """
    deadline = config.deadline if deadline is None else deadline
    if config.img2dataset_output:
        from m3w_builder.fetch import tool

        left = dict.fromkeys(urls)
        for url, result in tool.read_output(config.img2dataset_output, left, failures=not config.refetch_failed):
            del left[url]
            yield [(url, result)]
        urls = left
    if config.engine == "img2dataset":
        from m3w_builder.fetch import tool

        yield from ([answer] for answer in tool.run(urls, config, deadline))
        return
    outbox = Outbox(clock or Clock())
    batch = Batch(urls, config, deadline, outbox, {} if spent is None else spent)
    if not batch.open:
        return
    loop = new_loop()
    ended: list[asyncio.Task[None]] = []

    def work() -> None:
        error: BaseException | None = None
        try:
            asyncio.set_event_loop(loop)
            ended.append(loop.create_task(batch.run()))
            loop.run_until_complete(ended[0])
        except asyncio.CancelledError:
            pass
        except BaseException as caught:  # handed to the caller's thread, and raised there
            error = caught
        finally:
            outbox.close(error)
            loop.close()

    thread = threading.Thread(target=work, name="m3w-fetch", daemon=True)
    thread.start()
    try:
        yield from outbox
    finally:
        if not outbox.over and ended:
            loop.call_soon_threadsafe(ended[0].cancel)
        thread.join()
