"""The guarded HTTP client: one request, bounded in time, bytes and addresses, with every failure a Drop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import TracebackType

import aiohttp
from yarl import URL

from m3w_builder.fetch import encodings, robots
from m3w_builder.fetch.config import TRANSIENT, FetchConfig
from m3w_builder.fetch.guard import Guard, Refused, Resolver
from m3w_builder.stage import Drop
from m3w_builder.urls import absolute, host

DNS_THREADS = 32
LARGE, LARGE_AT_ONCE = 2_000_000, 8
"""Bytes over which a body counts as large, and how many of these are read at once."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})

Look = Callable[[int, Mapping[str, str], bytes], Drop | None]
"""Judges an answer while it comes in: (status, headers, first bytes; b"" before any came)."""


@dataclass(slots=True)
class Response:
    """One answer as it was sent: the body still bears its content encodings, chunking is undone."""

    url: str
    status: int
    reason: str
    version: str  # "1.1"
    raw_headers: tuple[tuple[bytes, bytes], ...]
    headers: dict[str, str]  # lower-case names; repeated ones joined by ", "
    body: bytes
    address: str  # IP address of the host, "" where it is not known
    fetched: str  # RFC 3339

    def content(self, limit: int) -> bytes | Drop:
        """The body without its content encodings."""
        encoding = self.headers.get("content-encoding", "")
        return encodings.decode(self.body, encoding, limit) if encoding else self.body

    @property
    def location(self) -> str:
        """Where a redirect leads, "" where this is none or it leads to no http or https URL."""
        if self.status not in REDIRECTS or "location" not in self.headers:
            return ""
        # aiohttp reads headers as UTF-8 with surrogates for what is not: those bytes are Latin-1 in practice.
        text = self.headers["location"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return absolute(text, self.url)


def now() -> str:
    """The time as RFC 3339 writes it, in whole seconds."""
    return _stamp(int(time.time()))


@lru_cache(4)
def _stamp(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def transient(drop: Drop) -> bool:
    """Whether another try may succeed; one that used up its whole time would only do so again."""
    if drop.reason == "timeout" and drop.limit is not None:
        return False
    return drop.reason in TRANSIENT or drop.value in (408, 425, 429)


class Client:
    """A session of guarded requests; an async context manager. Robots rules are kept for its life."""

    def __init__(self, config: FetchConfig):
        self.config = config
        self.guard = Guard(config)
        self.resolver = Resolver(self.guard)
        self.rules: dict[str, asyncio.Future[robots.Rules | Drop]] = {}
        self.heard: Callable[[Response], None] = lambda response: None  # told of each answer to /robots.txt
        self.pauses: dict[str, float] = {}  # host to the time.monotonic() before which it wants no request
        self.large = asyncio.Semaphore(LARGE_AT_ONCE)
        self.session: aiohttp.ClientSession
        self.threads: ThreadPoolExecutor

    async def __aenter__(self) -> Client:
        config = self.config
        # Its own threads for names, as a loop that closes would wait for a name server that does not answer.
        self.threads = ThreadPoolExecutor(DNS_THREADS, "m3w-dns")
        asyncio.get_running_loop().set_default_executor(self.threads)
        connector = aiohttp.TCPConnector(
            limit=0,  # the callers hold the limits: a request that waits here would wait on its own clock
            resolver=self.resolver,
            ttl_dns_cache=300,
            socket_factory=self.guard.make_socket,
            ssl=bool(config.verify_tls),
            keepalive_timeout=15,
        )
        self.session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"User-Agent": config.identification, "Accept-Encoding": encodings.ACCEPT},
            timeout=aiohttp.ClientTimeout(
                total=None, connect=None, sock_connect=config.connect_timeout, sock_read=config.idle_timeout
            ),
        )
        return self

    async def __aexit__(self, kind: object, error: object, trace: TracebackType | None) -> None:
        await self.session.close()
        self.threads.shutdown(wait=False, cancel_futures=True)

    async def get(
        self,
        url: str,
        accept: str = "*/*",
        *,
        max_bytes: int = 0,
        headers: Mapping[str, str] | None = None,
        look: Look | None = None,
    ) -> Response | Drop:
        """One request, redirects not followed. `max_bytes` bounds the body (0: the config's); `look` may end it."""
        fault = self.guard.check(url)
        if fault:
            return fault
        wanted = {"Accept": accept, **headers} if headers else {"Accept": accept}
        try:
            async with self.session.get(
                URL(url, encoded=True), headers=wanted, allow_redirects=False, proxy=self.config.proxy or None
            ) as answer:
                return await self._take(url, answer, max_bytes or self.config.max_bytes, look)
        except Exception as error:  # every failure is an answer about this URL; none may end its partition
            return explain(error)

    async def _take(self, url: str, answer: aiohttp.ClientResponse, limit: int, look: Look | None) -> Response | Drop:
        """Read an answer whose headers are there."""
        fetched = now()
        address = self._address(answer)
        headers: dict[str, str] = {}
        for name, value in answer.headers.items():
            name = name.lower()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if answer.status in (429, 503):
            self._pause(url, headers.get("retry-after", ""))
        length = headers.get("content-length", "")
        if look and (fault := look(answer.status, headers, b"")):
            answer.close()
            return fault
        if length.isdigit() and int(length) > limit:
            answer.close()
            return Drop("too_large", "content-length", int(length), limit)
        body = await self._body(answer, headers, limit, look)
        if isinstance(body, Drop):
            answer.close()
            return body
        version = f"{answer.version.major}.{answer.version.minor}" if answer.version else "1.1"
        reason = answer.reason or ""
        return Response(url, answer.status, reason, version, answer.raw_headers, headers, body, address, fetched)

    async def _body(
        self, answer: aiohttp.ClientResponse, headers: Mapping[str, str], limit: int, look: Look | None
    ) -> bytes | Drop:
        """The body as it comes in; of large ones only so many at once, which bounds the memory of all."""
        chunks: list[bytes] = []
        size = 0
        large = False
        try:
            async for chunk in answer.content.iter_any():
                if not chunks and look and (fault := look(answer.status, headers, chunk)):
                    return fault
                chunks.append(chunk)
                size += len(chunk)
                if size > limit:
                    return Drop("too_large", "body", size, limit)
                if size > LARGE and not large:
                    await self.large.acquire()
                    large = True
        finally:
            if large:
                self.large.release()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _address(self, answer: aiohttp.ClientResponse) -> str:
        """The host's IP address; a short answer's connection is gone by now, then the name's only one."""
        if self.config.proxy:
            return ""
        if (
            answer.connection
            and answer.connection.transport
            and (peer := answer.connection.transport.get_extra_info("peername"))
        ):
            return str(peer[0])
        return self.resolver.addresses.get(answer.url.raw_host or "", "")

    def _pause(self, url: str, retry_after: str) -> None:
        """Keep a Retry-After (seconds or HTTP date), at most max_crawl_delay; without one, a second."""
        seconds = 1.0
        if retry_after.strip().isdigit():
            seconds = float(retry_after)
        elif retry_after:
            try:
                seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
            except (ValueError, TypeError, OverflowError):  # no date either: as if it were not there
                pass
        until = time.monotonic() + min(max(seconds, 0.0), self.config.max_crawl_delay)
        self.pauses[host(url)] = max(self.pauses.get(host(url), 0.0), until)

    async def rules_of(self, url: str) -> robots.Rules | Drop:
        """The robots rules of a URL's site, asked for once; a Drop where the site itself can't be reached."""
        site = url[: url.find("/", url.find("://") + 3)]
        known = self.rules.get(site)
        if known is not None and known.done() and isinstance(rules := known.result(), robots.Rules):
            return rules
        if known is None or (known.done() and isinstance(drop := known.result(), Drop) and transient(drop)):
            known = self.rules[site] = asyncio.ensure_future(self._ask_robots(site))
        # Shielded: the one who asked may run out of time, others still wait for the answer.
        return await asyncio.shield(known)

    def know(self, rules: Mapping[str, robots.Rules]) -> None:
        """Take robots rules by site as if they had been asked for."""
        for site, known in rules.items():
            self.rules[site] = asyncio.get_running_loop().create_future()
            self.rules[site].set_result(known)

    async def _ask_robots(self, site: str) -> robots.Rules | Drop:
        for number in range(self.config.retries + 1):
            try:
                async with asyncio.timeout(self.config.total_timeout):
                    answer = await self._get_robots(site + "/robots.txt")
            except TimeoutError:
                return Drop("timeout", "robots.txt")
            if isinstance(answer, Drop) or not (answer.status == 429 or answer.status >= 500):
                break
            if number < self.config.retries:  # the whole site waits on it: worth asking again at once
                pause = self.pauses.get(host(site), 0.0) - time.monotonic()
                await asyncio.sleep(max(pause, self.config.retry_wait * 2**number))
        if isinstance(answer, Drop):
            if answer.reason == "too_large":
                return robots.Rules(verdict="allow")
            return Drop(answer.reason, f"robots.txt: {answer.detail}"[:300], answer.value, answer.limit)
        rules = self.read_robots(answer)
        # These are requests like others: they keep the distance that the host asks for.
        pause = min(max(self.config.delay, rules.crawl_delay), self.config.max_crawl_delay)
        for name in self.config.site_rights if rules.verdict != "disallow" else ():
            await asyncio.sleep(pause)
            await self._ask_rights(site, name, rules)
        await asyncio.sleep(pause)
        return rules

    async def _ask_rights(self, site: str, name: str, rules: robots.Rules) -> None:
        """Ask one of the site's files of reserved rights; no answer is no reservation."""
        try:
            async with asyncio.timeout(self.config.total_timeout):
                answer = await self.get(site + robots.WELL_KNOWN[name], max_bytes=robots.MAX_BYTES)
        except TimeoutError:
            return
        if isinstance(answer, Drop) or answer.status != 200:
            return
        self.heard(answer)
        body = answer.content(robots.MAX_BYTES)
        if isinstance(body, bytes):
            robots.add_rights(rules, name, body)

    async def _get_robots(self, url: str) -> Response | Drop:
        """The answer to /robots.txt, redirects followed."""
        for _ in range(self.config.max_redirects + 1):
            answer = await self.get(url, "text/plain,*/*;q=0.5", max_bytes=robots.MAX_BYTES * 4)
            if isinstance(answer, Drop):
                return answer
            self.heard(answer)
            if not answer.location:
                return answer
            url = answer.location
        return answer

    def read_robots(self, answer: Response) -> robots.Rules:
        """The rules in an answer to /robots.txt."""
        body = answer.content(robots.MAX_BYTES * 4)
        others = self.config.robots_agents
        return robots.from_status(answer.status, b"" if isinstance(body, Drop) else body, self.config.token, others)


def explain(error: Exception) -> Drop:
    """The Drop that says what an exception of a request means."""
    detail = f"{type(error).__name__}: {error}"[:300]
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, Refused) or "private address" in str(cause):
        return Drop("private_address", str(cause)[:200])
    if isinstance(error, aiohttp.ClientConnectorDNSError) or isinstance(cause, socket.gaierror):
        return Drop("dns", str(cause)[:200])
    if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError, ssl.CertificateError)):
        return Drop("tls", detail)
    if isinstance(error, TimeoutError):
        return Drop("timeout", detail)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Drop("connect", str(cause)[:200])
    if isinstance(error, aiohttp.ClientPayloadError):
        return Drop("truncated", detail)
    if isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError)):
        return Drop("reset", detail)
    if isinstance(error, (aiohttp.InvalidURL, ValueError)):
        return Drop("bad_url", detail)
    return Drop("bad_response", detail)
