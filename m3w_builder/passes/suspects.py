"""Which page or picture kills or hangs its worker: it is named before it is touched, and left out after three times.

What raises is dropped where it raises. What kills the process leaves nothing but its name, and that only where
somebody wrote it down before: so a task that is tried again goes one by one, each name written first. A name that was
found so may stand there by chance (a machine was taken away); the third time running, under a driver that lives on, it
is poison, is remembered beside the build, and becomes a drop with its reason while the rest of the partition is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from m3w_builder import storage
from m3w_builder.stage import Drop

POISONED = "poisoned"
"""The reason of a page or picture whose processing ended its worker, or took the whole time of its partition."""

DEATHS = 3
"""How often running a worker must die over the same one. Tasks begin at their first page each time, so kills from
outside that come at regular times meet the same one twice more easily than one would think."""


class Suspects:
    """The names of one task, a page's record or a picture's URL; see the module."""

    def __init__(self, build: str, pass_name: str, partition: int, attempt: int) -> None:
        folder = storage.join(build, "quarantine")
        self._mark = storage.join(folder, f"{pass_name}-{partition:06d}.suspect")
        self._list = storage.join(folder, f"{pass_name}-{partition:06d}.deaths")
        self.careful = attempt > 1
        deaths: dict[str, int] = _read(self._list)
        found = _read(self._mark)
        if found and not self.careful:  # its driver is gone too, and no page ends that one
            storage.remove(self._mark)
        for name in found if self.careful else ():
            known = {one: times for one, times in deaths.items() if times >= DEATHS}
            deaths = {**known, name: deaths.get(name, 0) + 1}
            storage.write_json(self._list, deaths)
            storage.remove(self._mark)
        self.poisoned = frozenset(name for name, times in deaths.items() if times >= DEATHS)

    def touch(self, name: str) -> None:
        """Say that this one comes next."""
        if self.careful:
            storage.write_json(self._mark, {name: 1})

    def clear(self) -> None:
        """Say that none is being worked on."""
        if self.careful:
            storage.remove(self._mark)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Around the work: an error that Python can tell is nobody's death."""
        try:
            yield
        finally:
            self.clear()

    def drop(self, name: str) -> Drop | None:
        """Why it is left out; None where it is not."""
        return Drop(POISONED, f"its worker died or hung over it, {DEATHS} times") if name in self.poisoned else None


def _read(url: str) -> dict[str, int]:
    try:
        return dict(storage.read_json(url))
    except (FileNotFoundError, ValueError):
        return {}
