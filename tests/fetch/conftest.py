"""A loopback server that sends exactly the bytes that a test writes down."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """`paths` maps a path to raw HTTP bytes or to a coroutine that writes; `hits` are the requests that came."""

    port: int = 0
    paths: dict[str, Answer] = field(default_factory=dict)
    hits: list[tuple[str, str]] = field(default_factory=list)  # (host, path)
    requests: list[str] = field(default_factory=list)  # request heads
    starts: list[float] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                text = head.decode("latin-1")
                path = text.split(" ", 2)[1]
                host = next((line[5:].strip() for line in text.split("\r\n") if line.lower().startswith("host:")), "")
                self.hits.append((host, path))
                self.requests.append(text)
                self.starts.append(asyncio.get_running_loop().time())
                answer = self.paths.get(host + path, self.paths.get(path, reply(b"none", 404, "text/plain")))
                if callable(answer):
                    await answer(writer)
                    return
                writer.write(answer)
                await writer.drain()
                if b"Connection: close" in answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()


def reply(body: bytes = b"", status: int = 200, kind: str = "image/png", *more: str) -> bytes:
    """A whole answer as bytes."""
    head = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(made.talk, "127.0.0.1", 0)

    listening = asyncio.run_coroutine_threadsafe(start(), loop).result()
    made.port = listening.sockets[0].getsockname()[1]
    yield made

    async def stop() -> None:
        listening.close()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()

    asyncio.run_coroutine_threadsafe(stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def answer() -> Callable[..., bytes]:
    return reply
