"""Two processes that do the work of a validation side by side, and never outlive the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from m3w_builder import lean


@contextmanager
def pair() -> Iterator[ProcessPoolExecutor]:
    """Two processes, which end with this one however it ends, and at once where it leaves by an exception."""
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    with ProcessPoolExecutor(2, mp_context=context, initializer=follow, initargs=(theirs,)) as pool:
        try:
            yield pool
        except BaseException:
            ours.close()
            raise
    ours.close()


class Alone(Executor):
    """The same work in this very process, each at once: for many small validations one after the other."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def keep_memory() -> None:
    """Let this process keep all that it frees: a training step asks for the same large blocks again and again."""
    lean.keep_memory({lean.M_MMAP_MAX: 0, lean.M_TRIM_THRESHOLD: 2**31 - 1})


def follow(parent: Connection) -> None:
    """End this process when the parent's end of the pipe is closed, be it by the parent's death."""
    keep_memory()

    def wait() -> None:
        try:
            parent.recv_bytes()
        except (EOFError, OSError):
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
