"""What each site's own files say: robots.txt, and the files of reserved rights beside it, asked for once a site."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from m3w_builder.fetch import robots
from m3w_builder.fetch.config import FetchConfig, transient
from m3w_builder.fetch.pace import Pace
from m3w_builder.fetch.response import Response
from m3w_builder.stage import Drop
from m3w_builder.urls import host


class Get(Protocol):
    """One request, as the client makes it."""

    def __call__(self, url: str, accept: str = "*/*", *, max_bytes: int = 0) -> Awaitable[Response | Drop]: ...


class Sites:
    """The rules of all sites that were asked, for the life of one client."""

    def __init__(self, config: FetchConfig, get: Get, paces: Callable[[str], Pace]):
        self.config = config
        self.get = get
        self.paces = paces
        self.rules: dict[str, asyncio.Future[robots.Rules | Drop]] = {}
        self.heard: Callable[[Response], None] = lambda response: None  # told of each answer to such a file

    async def rules_of(self, url: str) -> robots.Rules | Drop:
        """The robots rules of a URL's site, asked for once; a Drop where the site itself can't be reached."""
        site = _site(url)
        known = self.rules.get(site)
        if known is not None and known.done() and isinstance(rules := known.result(), robots.Rules):
            return rules
        if known is None or (known.done() and isinstance(drop := known.result(), Drop) and transient(drop)):
            known = self.rules[site] = asyncio.ensure_future(self._ask_robots(site))
        # Shielded: the one who asked may run out of time, others still wait for the answer.
        return await asyncio.shield(known)

    def ready(self, url: str) -> robots.Rules | None:
        """The rules of a URL's site, if they are there."""
        known = self.rules.get(_site(url))
        if known is None or not known.done() or known.cancelled():
            return None
        rules = known.result()
        return rules if isinstance(rules, robots.Rules) else None

    def know(self, rules: Mapping[str, robots.Rules]) -> None:
        """Take robots rules by site as if they had been asked for."""
        for site, known in rules.items():
            self.rules[site] = asyncio.get_running_loop().create_future()
            self.rules[site].set_result(known)

    async def _ask_robots(self, site: str) -> robots.Rules | Drop:
        config = self.config
        for number in range(config.retries + 1):
            try:
                async with asyncio.timeout(config.total_timeout):
                    answer = await self._get_robots(site + "/robots.txt")
            except TimeoutError:
                return Drop("timeout", "robots.txt")
            if isinstance(answer, Drop) or not (answer.status == 429 or answer.status >= 500):
                break
            if number < config.retries:  # the whole site waits on it: worth asking again at once
                pause = self.paces(host(site)).until - time.monotonic()
                await asyncio.sleep(max(pause, config.retry_wait * 2**number))
        if isinstance(answer, Drop):
            if answer.reason == "too_large":
                return robots.Rules(verdict="allow")
            return Drop(answer.reason, f"robots.txt: {answer.detail}"[:300], answer.value, answer.limit)
        rules = self._read(answer)
        # These are requests like others: they keep the distance that the host asks for.
        pause = min(max(config.delay, rules.crawl_delay), config.max_crawl_delay)
        for name in config.site_rights if rules.verdict != "disallow" else ():
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

    def _read(self, answer: Response) -> robots.Rules:
        """The rules in an answer to /robots.txt."""
        body = answer.content(robots.MAX_BYTES * 4)
        text = b"" if isinstance(body, Drop) else body
        return robots.from_status(answer.status, text, self.config.token, self.config.robots_agents)


def _site(url: str) -> str:
    return url[: url.find("/", url.find("://") + 3)]
