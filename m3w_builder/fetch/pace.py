"""How one host wants to be asked, learned from its answers: Retry-After, too many requests, growing slowness."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from m3w_builder.classes import dataclass

BUSY = (429, 503)
"""Statuses that say: asked too often."""

SLOW = 1.0
"""Seconds; a host that answers sooner is never called slow."""

SLOWER = 3.0
"""A host whose answers take so many times its own best is slow, and is asked one request at a time."""

_SMOOTH = 0.3  # weight of the newest answer
_LEAST = 0.1  # seconds: the first distance that a busy host gets


@dataclass(slots=True)
class Pace:
    """What one host's answers have said. Times are of `time.monotonic`; a second per answer where it says nothing."""

    until: float = 0.0  # it wants no request before
    extra: float = 0.0  # seconds of distance beyond the config's and robots.txt's
    latency: float = 0.0  # seconds to an answer's head, smoothed
    best: float = float("inf")  # the least that `latency` was
    kept: float = 0.0  # the distance that was last asked for

    def heard(self, status: int, retry_after: str, waited: float, ceiling: float) -> None:
        """Learn from one answer, whose head took `waited` seconds; no distance or pause is over `ceiling` seconds."""
        # From the answer's head on: a request that was long on its way began, for the host, later than we sent it.
        self.until = max(self.until, time.monotonic() + self.kept)
        self.latency = waited if not self.latency else self.latency + _SMOOTH * (waited - self.latency)
        self.best = min(self.best, self.latency)
        if status in BUSY:
            self.extra = min(max(2 * self.extra, _LEAST), ceiling)
            self.until = max(self.until, time.monotonic() + min(seconds_of(retry_after), ceiling))
        elif self.extra:
            self.extra = 0.8 * self.extra if self.extra > _LEAST / 5 else 0.0

    def failed(self) -> None:
        """A request ended without an answer, at whatever time the host heard of it."""
        self.until = max(self.until, time.monotonic() + self.kept)

    def distance(self, asked: float, ceiling: float) -> float:
        """Seconds between the starts of two requests, where config and robots.txt ask for `asked`."""
        slow = self.latency > max(SLOW, SLOWER * self.best)
        self.kept = max(asked + self.extra, min(self.latency, ceiling) if slow else 0.0)
        return self.kept


def seconds_of(retry_after: str) -> float:
    """The wait that a Retry-After asks for, in seconds or as an HTTP date; a second where it asks for none."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    if text:
        try:
            return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
        except (ValueError, TypeError, OverflowError):
            pass
    return 1.0
