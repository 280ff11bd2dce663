"""What a terminal shows while a build runs: one live view, or plain lines where there is no terminal."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from m3w_builder.storage import hidden, without_secrets

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

Mode = Literal["auto", "live", "plain", "quiet", "json"]

PLAIN_EVERY = 5.0
"""Seconds between two plain lines of one pass."""
MOST_HOSTS = 2000
"""Hosts whose seconds are added up at once; where there are more, the quicker half is forgotten."""


class Progress:
    """Takes a build's events; `auto` is live in a terminal and plain elsewhere."""

    def __init__(self, mode: str = "auto", console: Console | None = None) -> None:
        self._console = console
        self.mode = mode if mode != "auto" else "live" if self.console.is_terminal else "plain"
        self.started = time.monotonic()
        self.pass_name = ""
        self.total: int | None = None
        self.done_tasks = self.reused = 0
        self.pass_started = self.last_line = self.started
        self.busy = 0.0
        self.peak_mb = 0.0
        self.last_label = ""
        self.workers: set[str] = set()
        self.hosts: dict[str, tuple[int, float]] = {}
        self.taken: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()
        self.dropped: Counter[tuple[str, str, str]] = Counter()
        self.history: list[str] = []
        self.live: Live | None = None

    @property
    def console(self) -> Console:
        """What draws, made where something is drawn: importing it takes a twentieth of a second."""
        if self._console is None:
            from rich.console import Console

            self._console = Console(highlight=False)
        return self._console

    def __enter__(self) -> Progress:
        if self.mode == "live":
            from rich.live import Live

            from m3w_builder.live import view

            self.live = Live(console=self.console, get_renderable=lambda: view(self), refresh_per_second=4)
            self.live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        if self.live is not None:
            self.live.__exit__(*error)
            self.live = None

    def start(self, pass_name: str, total: int | None) -> None:
        """A pass begins, of so many tasks."""
        self._end_of_pass()
        self.pass_name, self.total = pass_name, total
        self.done_tasks = self.reused = 0
        self.busy = 0.0
        self.last_label = ""
        self.workers.clear()
        self.taken.clear()
        self.kept.clear()
        self.pass_started = self.last_line = time.monotonic()
        self._event({"event": "start", "pass": pass_name, "total": total})

    def done(self, receipt: dict[str, Any]) -> None:
        """A task ended; `receipt` is its receipt, with `reused` where it had been done before."""
        self.done_tasks += 1
        self.reused += bool(receipt.get("reused"))
        self.busy += 0 if receipt.get("reused") else receipt["seconds"]
        self.peak_mb = max(self.peak_mb, receipt.get("peak_mb", 0))
        self.last_label = receipt["label"]
        self._count(receipt["ledger"])
        if not receipt.get("reused"):
            self.workers.add(receipt.get("worker", ""))
        for name, requests, seconds in receipt.get("stats", {}).get("hosts", ()):
            before = self.hosts.get(name, (0, 0.0))
            self.hosts[name] = (before[0] + requests, before[1] + seconds)
        if len(self.hosts) > MOST_HOSTS:
            slowest = sorted(self.hosts.items(), key=lambda one: -one[1][1])
            self.hosts = dict(slowest[: MOST_HOSTS // 2])
        self._event({"event": "done", **{key: receipt[key] for key in ("pass", "partition", "label", "seconds")}})
        now = time.monotonic()
        if self.mode == "plain" and now - self.last_line >= PLAIN_EVERY:
            self.last_line = now
            self.console.print(f"{self.clock()} {self.state()}{self.pace()}", soft_wrap=True, markup=False)

    def _count(self, ledger: list[dict[str, Any]]) -> None:
        """Take a task's books in: what each unit's first stage took, what its last kept, and the drops between."""
        for unit in ("pages", "pictures"):
            met = [entry for entry in ledger if entry[unit]["in"]]
            if met:
                self.taken[unit] += met[0][unit]["in"]
                self.kept[unit] += met[-1][unit]["kept"]
            for entry in met:
                for reason, number in entry[unit]["dropped"].items():
                    self.dropped[unit, entry["stage"], reason] += number

    def note(self, text: str) -> None:
        """A line worth keeping on the screen."""
        text = hidden(text)
        self._event({"event": "note", "text": text})
        if self.mode in ("live", "plain"):
            self.console.print(f"{self.clock()} {text}", soft_wrap=True, markup=False)

    def finish(self, summary: dict[str, Any]) -> None:
        """The end: figures that fit a screen."""
        self._end_of_pass()
        self.__exit__(None, None, None)
        if self.mode == "json":
            self._event({"event": "finish", **summary})
            return
        from m3w_builder.live import closing

        self.console.print(closing(summary))

    def _end_of_pass(self) -> None:
        if not self.pass_name:
            return
        line = f"{self.clock()} {self.state()}, {time.monotonic() - self.pass_started:.1f} s"
        self.history.append(line)
        if self.mode in ("live", "plain"):
            self.console.print(line, soft_wrap=True, markup=False)
        self.pass_name = ""

    def state(self) -> str:
        """The pass, and how many of its tasks are done."""
        if self.total is None and not self.done_tasks:
            return self.pass_name
        share = f"{self.done_tasks} of {self.total}" if self.total is not None else str(self.done_tasks)
        again = f", {self.reused} done before" if self.reused else ""
        return f"{self.pass_name}: {share} tasks{again}"

    def clock(self) -> str:
        """The time since the build began."""
        seconds = int(time.monotonic() - self.started)
        return f"[{seconds // 60:3d}:{seconds % 60:02d}]"

    def pace(self) -> str:
        """Rate, time left, and how many tasks ran at once, from the tasks that were truly done in this run."""
        elapsed = time.monotonic() - self.pass_started
        fresh = self.done_tasks - self.reused
        if not fresh or elapsed <= 0:
            return ""
        told = []
        if self.taken["pages"]:
            told.append(f"{self.taken['pages'] * fresh / self.done_tasks / elapsed:,.0f} pages/s")
        if self.total and self.done_tasks < self.total:
            told.append(f"about {span(elapsed / fresh * (self.total - self.done_tasks))} left")
        if self.busy:
            told.append(f"{max(1.0, self.busy / elapsed):.1f} tasks at once")
        return "".join(f", {part}" for part in told)

    def _event(self, event: dict[str, Any]) -> None:
        if self.mode == "json":
            print(json.dumps(without_secrets(event), ensure_ascii=False), file=sys.stdout, flush=True)


def span(seconds: float) -> str:
    """A time as a person says it: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
