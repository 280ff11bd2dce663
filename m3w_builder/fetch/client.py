"""The guarded HTTP client: one request, bounded in time, bytes and addresses, with every failure a Drop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING

from m3w_builder.fetch import encodings, roots
from m3w_builder.fetch.config import FetchConfig
from m3w_builder.fetch.guard import Guard, Refused
from m3w_builder.fetch.pace import BUSY, Pace
from m3w_builder.fetch.response import Response, now
from m3w_builder.fetch.sites import Sites
from m3w_builder.stage import Drop
from m3w_builder.urls import host

if TYPE_CHECKING:
    import aiohttp

DNS_THREADS = 32
LARGE, LARGE_AT_ONCE = 2_000_000, 8
"""Bytes over which a body counts as large, and how many of these are read at once."""

Look = Callable[[int, Mapping[str, str], bytes], Drop | None]
"""Judges an answer while it comes in: (status, headers, first bytes; b"" before any came)."""


class Client:
    """A session of guarded requests; an async context manager. What sites and hosts say is kept for its life."""

    def __init__(self, config: FetchConfig):
        with roots.read_late():  # what never asks anybody waits for no aiohttp
            from m3w_builder.fetch.resolver import Resolver

        self.config = config
        self.guard = Guard(config)
        self.resolver = Resolver(self.guard)
        self.paces: dict[str, Pace] = {}  # by host
        self.sites = Sites(config, self.get, self.pace)
        self.large = asyncio.Semaphore(LARGE_AT_ONCE)
        self.session: aiohttp.ClientSession
        self.threads: ThreadPoolExecutor

    async def __aenter__(self) -> Client:
        import aiohttp

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
        # Else it asks again at once, and no host's distance is kept, where a kept-alive connection was closed.
        self.session._retry_connection = False
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
        from yarl import URL

        fault = self.guard.check(url)
        if fault:
            return fault
        wanted = {"Accept": accept, **headers} if headers else {"Accept": accept}
        begun = time.monotonic()
        try:
            async with self.session.get(
                URL(url, encoded=True), headers=wanted, allow_redirects=False, proxy=self.config.proxy or None
            ) as answer:
                again = answer.headers.get("Retry-After", "") if answer.status in BUSY else ""
                waited = time.monotonic() - begun
                self.pace(host(url)).heard(answer.status, again, waited, self.config.max_crawl_delay)
                return await self._take(url, answer, max_bytes or self.config.max_bytes, look)
        except Exception as error:  # every failure is an answer about this URL; none may end its partition
            self.pace(host(url)).failed()
            return explain(error)

    async def _take(self, url: str, answer: aiohttp.ClientResponse, limit: int, look: Look | None) -> Response | Drop:
        """Read an answer whose headers are there."""
        fetched = now()
        address = self._address(answer)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if len(headers) < len(answer.headers):
            headers = {name: ", ".join(answer.headers.getall(name)) for name in headers}
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
            while chunk := await answer.content.readany():
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

    def pace(self, name: str) -> Pace:
        """What the host of this name has said of how it wants to be asked."""
        if name not in self.paces:
            self.paces[name] = Pace()
        return self.paces[name]


def explain(error: Exception) -> Drop:
    """The Drop that says what an exception of a request means."""
    import aiohttp

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
