"""Names to addresses for the client, as the guard allows."""

from __future__ import annotations

import asyncio
import socket
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

from m3w_builder.fetch.guard import Guard, Refused


class Resolver(AbstractResolver):
    """Names to addresses: the static map first, then the system; addresses that the guard refuses are left out."""

    def __init__(self, guard: Guard):
        self.guard = guard
        self.addresses: dict[str, str] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        place = self.guard.mapped(host.lower())
        target, wanted = place or (host, port)
        # Not the loop's own getaddrinfo: uvloop has four threads for that, which four dead names hold up for all.
        ask = partial(
            socket.getaddrinfo, target, wanted, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG
        )
        infos = await asyncio.get_running_loop().run_in_executor(None, ask)
        operators = place is not None or (host == self.guard.proxy_host and port == self.guard.proxy_port)
        if operators:
            self.guard.trusted.update((str(info[4][0]), int(info[4][1])) for info in infos)
        # A name that merely leads to the operator's own target is not the operator's choice: it must be public.
        found = [info for info in infos if operators or self.guard.is_open(str(info[4][0]))]
        if not found:
            raise Refused(f"{host} is {infos[0][4][0] if infos else 'nothing'}")
        self.addresses[host] = str(found[0][4][0]) if len(found) == 1 else ""
        return [
            ResolveResult(
                hostname=host,
                host=str(info[4][0]),
                port=int(info[4][1]),
                family=info[0],
                proto=info[2],
                flags=socket.AI_NUMERICHOST,
            )
            for info in found
        ]

    async def close(self) -> None:
        return None
