"""Event loops for fetching: the fast one where it is installed, and one that runs beside the caller's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it is there (half the CPU a request), else the standard loop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class Ready(Generic[T]):
    """Two queues of hosts: those that answer well, and those that have not answered yet or only cost time.

    Each has its own workers, so that dead and hostile hosts, however many, hold up only one another.
    """

    def __init__(self) -> None:
        self.queues: tuple[asyncio.Queue[T | None], ...] = (asyncio.Queue(), asyncio.Queue())
        self.closed = False

    def put(self, host: T, good: bool) -> None:
        self.queues[0 if good else 1].put_nowait(host)

    def close(self, workers: int) -> None:
        """Wake all workers with None; the first call does it."""
        if self.closed:
            return
        self.closed = True
        for queue in self.queues:
            for _ in range(workers):
                queue.put_nowait(None)


def run_aside(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own and wait for it; what it raises is raised here.

    So a signal's exception reaches the caller, not some task that would take it for a failed request; the
    coroutine is then cancelled and has ended before the exception goes on.
    """
    loop = new_loop()
    task = loop.create_task(work)
    ended = threading.Event()

    def turn() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(asyncio.wait([task]))
        finally:
            ended.set()

    thread = threading.Thread(target=turn, name="m3w-crawl", daemon=True)
    thread.start()
    try:
        while not ended.wait(1.0):
            pass
    finally:
        if not ended.is_set():
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
    return task.result()
