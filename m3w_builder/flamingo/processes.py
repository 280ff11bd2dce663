"""Two processes that do the work of a validation side by side, and never outlive the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection


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


def follow(parent: Connection) -> None:
    """End this process when the parent's end of the pipe is closed, be it by the parent's death."""

    def wait() -> None:
        try:
            parent.recv_bytes()
        except (EOFError, OSError):
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
