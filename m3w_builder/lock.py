"""One build at a time in a folder: a lock file that a living build holds and a dead one loses."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from m3w_builder import storage
from m3w_builder.errors import BuildError

BEAT_SECONDS = 15
"""How often a living build renews its lock."""
STALE_SECONDS = 120
"""A lock on another machine that was not renewed for so long is dead."""


@contextmanager
def locked(build: str) -> Iterator[None]:
    """Hold the folder's lock; raises BuildError, in one line, where a living build has it."""
    url = storage.join(build, "lock.json")
    _refuse_if_held(url, build)
    mine = {"host": socket.gethostname(), "pid": os.getpid(), "born": _born(os.getpid())}
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            storage.write_json(url, {**mine, "beat": time.time()})

    storage.write_json(url, {**mine, "beat": time.time()})
    thread = threading.Thread(target=beat, name="lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        storage.remove(url)


def _refuse_if_held(url: str, build: str) -> None:
    try:
        holder = storage.read_json(url)
    except (FileNotFoundError, ValueError):
        return
    if holder["host"] == socket.gethostname():
        alive = _born(holder["pid"]) == holder["born"] != ""
    else:
        alive = time.time() - holder["beat"] < STALE_SECONDS
    if alive:
        raise BuildError(
            f"{build}: a build is running here (process {holder['pid']} on {holder['host']}); "
            "wait for it, or end it first"
        )


def _born(pid: int) -> str:
    """When a process of this machine started, so that a number used again is not taken for it; '' for none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            fields = stream.read().rsplit(b")", 1)[1].split()
        return "" if fields[0] == b"Z" else fields[19].decode()
    except FileNotFoundError:
        if os.path.isdir("/proc/self"):
            return ""
    try:  # no /proc on this system: being there is all that can be asked
        os.kill(pid, 0)
        return "alive"
    except OSError:
        return ""
