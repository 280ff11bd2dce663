"""One build at a time in a folder: a lock file that a living build holds and a dead one loses."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from m3w_builder import storage
from m3w_builder.errors import BuildError

BEAT_SECONDS = 15.0
"""How often a living build renews its lock."""
SILENT_SECONDS = 50.0
"""A lock of another machine that nobody renews while we look at it for so long is dead. No clock is compared."""
SETTLE_SECONDS = 1.0
"""On storage that cannot create a file exclusively: how long to wait before seeing whose lock it is."""


@contextmanager
def locked(build: str) -> Iterator[bool]:
    """Hold the folder's lock; gives whether a dead build's was taken over.

    Raises BuildError, in one line, where a living build has it.
    """
    url = storage.join(build, "lock.json")
    mine = {"host": socket.gethostname(), "pid": os.getpid(), "born": _born(os.getpid()), "id": uuid.uuid4().hex}
    died = _take(url, build, mine)
    ended, lost = threading.Event(), threading.Event()

    def beat() -> None:
        number = 0
        while not ended.wait(BEAT_SECONDS):
            number += 1
            try:
                if _another(url, mine):
                    lost.set()
                    os.kill(os.getpid(), signal.SIGINT)  # the main thread hears it, wherever it is
                    return
                storage.write_json(url, {**mine, "beat": number})
            except OSError:  # storage that is away for a moment; the tasks tell, if it stays away
                pass

    thread = threading.Thread(target=beat, name="lock", daemon=True)
    thread.start()
    try:
        yield died
    except (KeyboardInterrupt, SystemExit):  # SystemExit: a library hears SIGINT in its own way
        if lost.is_set():
            raise _refusal(build, _read(url) or {}) from None
        raise
    finally:
        ended.set()
        thread.join()
        if not _another(url, mine):
            storage.remove(url)


def _another(url: str, mine: dict[str, Any]) -> bool:
    """Whether somebody took the lock over, for instance while this machine slept."""
    holder = _read(url)
    return bool(holder and holder.get("id") != mine["id"])


def _take(url: str, build: str, mine: dict[str, Any]) -> bool:
    holder = _read(url)
    died = holder is not None
    if holder is not None:
        if _lives(url, holder):
            raise _refusal(build, holder)
        _bury(url, build, holder)
    text = json.dumps({**mine, "beat": 0}).encode()
    if storage.is_local(url):
        try:
            descriptor = os.open(url.removeprefix("file://"), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:  # another one was quicker
            raise _refusal(build, _read(url) or {}) from None
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text)
        return died
    storage.write_bytes(url, text)
    time.sleep(SETTLE_SECONDS)
    holder = _read(url)
    if holder is None or holder.get("id") != mine["id"]:
        raise _refusal(build, holder or {})
    return died


def _bury(url: str, build: str, dead: dict[str, Any]) -> None:
    """Remove a dead build's lock, and no other that came in its place since it was looked at."""
    if not storage.is_local(url):
        storage.remove(url)
        return
    path = url.removeprefix("file://")
    aside = f"{path}.{uuid.uuid4().hex}"
    try:
        os.rename(path, aside)
    except FileNotFoundError:  # another one was quicker
        return
    moved = _read(aside)
    if moved == dead:
        os.remove(aside)
        return
    with suppress(FileExistsError):
        os.link(aside, path)
    os.remove(aside)
    raise _refusal(build, moved or {})


def _refusal(build: str, holder: dict[str, Any]) -> BuildError:
    who = f"process {holder.get('pid', '?')} on {holder.get('host', '?')}"
    return BuildError(f"{build}: a build is running here ({who}); wait for it, or end it first")


def _read(url: str) -> dict[str, Any] | None:
    try:
        return dict(storage.read_json(url))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):  # cut off by a kill
        return {}


def _lives(url: str, holder: dict[str, Any], sleep: Callable[[float], None] = time.sleep) -> bool:
    """Whether the lock's holder is at work: asked of this machine's processes, or seen by a renewal."""
    if not holder:
        return False
    if holder.get("host") == socket.gethostname():
        return bool(_born(holder["pid"]) == holder.get("born") != "")
    waited = 0.0
    while waited < SILENT_SECONDS:
        sleep(1.0)
        waited += 1.0
        now = _read(url)
        if now is None:
            return False
        if now != holder:
            return True
    return False


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
