"""A URL's answer at the end of its redirects, each hop checked before it is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from m3w_builder.fetch.client import Client, Look
from m3w_builder.fetch.response import REDIRECTS, Response
from m3w_builder.stage import Drop
from m3w_builder.urls import absolute

Check = Callable[[str], Awaitable[Drop | None]]


async def follow(
    client: Client, url: str, accept: str, *, check: Check | None = None, look: Look | None = None
) -> Response | Drop:
    """The first answer that is no redirect; `check` may refuse a hop, beside the client's own guard. Takes as long as
    all hops do: the caller holds the time."""
    most = client.config.max_redirects
    here = absolute(url, "")
    been = {here}
    for _ in range(most + 1):
        # The guard stands before the check: a forbidden host is not asked even for its robots.txt.
        if fault := client.guard.check(here) or (await check(here) if check else None):
            return fault
        answer = await client.get(here, accept, look=look)
        if isinstance(answer, Drop) or answer.status not in REDIRECTS:
            return answer
        here = answer.location
        if not here:
            return Drop("bad_url", f"redirect to {answer.headers.get('location', 'nowhere')}"[:200])
        if here in been:
            return Drop("too_many_redirects", f"a circle at {here}"[:200])
        been.add(here)
    return Drop("too_many_redirects", here[:200], most + 1, most)
