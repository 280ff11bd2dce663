"""What a terminal shows while a build runs: one live view, or plain lines where there is no terminal."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from m3w_builder.storage import hidden, without_secrets

Mode = Literal["auto", "live", "plain", "quiet", "json"]

PLAIN_EVERY = 5.0
"""Seconds between two plain lines of one pass."""
SHOWN = 8
"""Reasons in the live view, most drops first."""
HOSTS = 5
"""Hosts in the live view, slowest first."""
MOST_HOSTS = 2000
"""Hosts whose seconds are added up at once; where there are more, the quicker half is forgotten."""
WIDE = 100
"""Columns from which hosts stand beside the reasons."""
STEPS = ("pages", "exchange1", "pictures", "exchange2", "shards", "report")
"""The passes and exchanges of a build in their order, and what it says of itself at the end."""


class Progress:
    """Takes a build's events; `auto` is live in a terminal and plain elsewhere."""

    def __init__(self, mode: str = "auto", console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
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

    def __enter__(self) -> Progress:
        if self.mode == "live":
            self.live = Live(console=self.console, get_renderable=self._view, refresh_per_second=4)
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
            self.console.print(f"{self._clock()} {self._state()}{self._pace()}", soft_wrap=True, markup=False)

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
            self.console.print(f"{self._clock()} {text}", soft_wrap=True, markup=False)

    def finish(self, summary: dict[str, Any]) -> None:
        """The end: figures that fit a screen."""
        self._end_of_pass()
        self.__exit__(None, None, None)
        if self.mode == "json":
            self._event({"event": "finish", **summary})
            return
        self.console.print(closing(summary))

    def _end_of_pass(self) -> None:
        if not self.pass_name:
            return
        line = f"{self._clock()} {self._state()}, {time.monotonic() - self.pass_started:.1f} s"
        self.history.append(line)
        if self.mode in ("live", "plain"):
            self.console.print(line, soft_wrap=True, markup=False)
        self.pass_name = ""

    def _state(self) -> str:
        if self.total is None and not self.done_tasks:
            return self.pass_name
        share = f"{self.done_tasks} of {self.total}" if self.total is not None else str(self.done_tasks)
        again = f", {self.reused} done before" if self.reused else ""
        return f"{self.pass_name}: {share} tasks{again}"

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self.started)
        return f"[{seconds // 60:3d}:{seconds % 60:02d}]"

    def _pace(self) -> str:
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

    def _view(self) -> Group:
        """The state at a glance: where the build is, its pace and flow, its machines, drops so far, slowest hosts."""
        if not self.pass_name:
            return Group()
        width = max(10, min(40, self.console.width - 62))
        bar = ProgressBar(
            total=self.total or None, completed=self.done_tasks, width=width, pulse=self.total is None,
            complete_style="cyan", finished_style="green",
        )  # fmt: skip
        head = Table.grid(padding=(0, 1))
        share = f"{100 * self.done_tasks // self.total:3d} %" if self.total else ""
        head.add_column()
        head.add_column(no_wrap=True)
        head.add_column(no_wrap=True)
        head.add_column(no_wrap=True, overflow="ellipsis")
        head.add_row(Text(self._clock(), style="dim"), bar, Text(share, style="bold"), Text(self._state()))
        facts = Table.grid(padding=(0, 2))
        facts.add_column(style="dim")
        facts.add_column(no_wrap=True, overflow="ellipsis")
        for name, told in self._facts():
            facts.add_row(name, told)
        return Group(self._steps(), head, facts, Text(), self._tables())

    def _steps(self) -> Text:
        """The passes: those done, the one under way, those to come."""
        here = self.pass_name.split("/")[0]
        place = STEPS.index(here) if here in STEPS else 0
        line = Text(no_wrap=True, overflow="ellipsis")
        for number, name in enumerate(STEPS):
            mark, style = (
                ("✓ ", "green") if number < place else ("▸ ", "bold cyan") if number == place else ("· ", "dim")
            )
            line.append(f"{mark}{name}   ", style=style)
        return line

    def _facts(self) -> Iterator[tuple[str, Text]]:
        """Names and texts of what is told in a line each; what is not known is left out."""
        if pace := self._pace().removeprefix(", "):
            yield "pace", Text(pace)
        if self.taken:
            flows = [f"{self.taken[u]:,} {u} in, {self.kept[u]:,} kept" for u in ("pages", "pictures") if self.taken[u]]
            yield "flow", Text(" · ".join(flows))
        machines = {name.rsplit(":", 1)[0] for name in self.workers}
        told = []
        if self.workers:
            many = len(self.workers)
            told.append(
                f"{many:,} worker{'s' if many > 1 else ''}"
                + (f" on {len(machines):,} machines" if len(machines) > 1 else "")
            )
        if self.peak_mb:
            told.append(f"largest process {self.peak_mb:,.0f} MB")
        if told:
            yield "machines", Text(" · ".join(told))
        if self.last_label:
            yield "last", Text(self.last_label)

    def _tables(self) -> Table:
        """Drops of the whole build so far by reason; beside or below them, the hosts that took longest."""
        drops = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
        for title, justify in (("dropped so far", "right"), ("", "left"), ("", "left")):
            drops.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
        for (unit, stage, reason), number in self.dropped.most_common(SHOWN):
            drops.add_row(f"{number:,}", Text(unit, style="dim"), Text(f"{stage}: {reason}"))
        hosts = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
        for title, justify in (("slowest hosts", "left"), ("requests", "right"), ("s each", "right")):
            hosts.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
        slowest = sorted(self.hosts.items(), key=lambda one: -one[1][1])[:HOSTS]
        for name, (requests, seconds) in slowest:
            hosts.add_row(Text(name[:40]), f"{requests:,}", f"{seconds / max(1, requests):.1f}")
        shown = Table.grid(padding=(0, 4))
        tables = [table for table, full in ((drops, self.dropped), (hosts, slowest)) if full]
        if self.console.width >= WIDE:
            shown.add_row(*tables)
        else:
            for table in tables:
                shown.add_row(table)
        return shown

    def _event(self, event: dict[str, Any]) -> None:
        if self.mode == "json":
            print(json.dumps(without_secrets(event), ensure_ascii=False), file=sys.stdout, flush=True)


def span(seconds: float) -> str:
    """A time as a person says it: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def closing(summary: dict[str, Any]) -> Group:
    """The books of a build as a table that fits a screen, and its figures in some lines."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("stage", "pages", "dropped", "pictures", "dropped"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    ledger = summary["ledger"]
    for entry in ledger:
        gone = {unit: entry[unit]["in"] - entry[unit]["kept"] for unit in ("pages", "pictures")}
        if any(gone.values()) or entry is ledger[0] or entry is ledger[-1]:
            row = [entry["stage"]]
            for unit, number in gone.items():
                row += [f"{entry[unit]['kept']:,}", f"−{number:,}" if number else ""]
            table.add_row(*row)
    lines = [
        f"{summary['pages']:,} records read, {summary['documents']:,} documents "
        f"with {summary['pictures']:,} pictures kept",
        f"{summary['seconds']:,} s, {summary['cpu_seconds']:,} CPU-s, peak {summary['peak_mb']:,} MB a process; "
        f"{summary['tasks']:,} tasks, {summary['reused']:,} of them done before",
        f"report: {hidden(str(summary['report']))}",
    ]
    return Group(table, *(Text(line) for line in lines))
