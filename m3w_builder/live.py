"""Draws the live view of a build's progress, and its closing words, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from m3w_builder.storage import hidden

if TYPE_CHECKING:
    from m3w_builder.progress import Progress

SHOWN = 8
"""Reasons in the live view, most drops first."""
HOSTS = 5
"""Hosts in the live view, slowest first."""
WIDE = 100
"""Columns from which hosts stand beside the reasons."""
STEPS = ("pages", "exchange1", "pictures", "exchange2", "joined", "shards", "report")
"""The passes and exchanges of a build in their order, and what it says of itself at the end."""


def view(progress: Progress) -> Group:
    """The state at a glance: where the build is, its pace and flow, its machines, drops so far, slowest hosts."""
    if not progress.pass_name:
        return Group()
    width = max(10, min(40, progress.console.width - 62))
    bar = ProgressBar(
        total=progress.total or None, completed=progress.done_tasks, width=width, pulse=progress.total is None,
        complete_style="cyan", finished_style="green",
    )  # fmt: skip
    head = Table.grid(padding=(0, 1))
    share = f"{100 * progress.done_tasks // progress.total:3d} %" if progress.total else ""
    head.add_column()
    head.add_column(no_wrap=True)
    head.add_column(no_wrap=True)
    head.add_column(no_wrap=True, overflow="ellipsis")
    head.add_row(Text(progress.clock(), style="dim"), bar, Text(share, style="bold"), Text(progress.state()))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(no_wrap=True, overflow="ellipsis")
    for name, told in _facts(progress):
        facts.add_row(name, told)
    return Group(_steps(progress), head, facts, Text(), _tables(progress))


def _steps(progress: Progress) -> Text:
    """The passes: those done, the one under way, those to come."""
    here = progress.pass_name.split("/")[0]
    place = STEPS.index(here) if here in STEPS else 0
    line = Text(no_wrap=True, overflow="ellipsis")
    for number, name in enumerate(STEPS):
        mark, style = ("✓ ", "green") if number < place else ("▸ ", "bold cyan") if number == place else ("· ", "dim")
        line.append(f"{mark}{name}   ", style=style)
    return line


def _facts(progress: Progress) -> Iterator[tuple[str, Text]]:
    """Names and texts of what is told in a line each; what is not known is left out."""
    if pace := progress.pace().removeprefix(", "):
        yield "pace", Text(pace)
    if progress.taken:
        flows = [
            f"{progress.taken[u]:,} {u} in, {progress.kept[u]:,} kept"
            for u in ("pages", "pictures")
            if progress.taken[u]
        ]
        yield "flow", Text(" · ".join(flows))
    machines = {name.rsplit(":", 1)[0] for name in progress.workers}
    told = []
    if progress.workers:
        many = len(progress.workers)
        told.append(
            f"{many:,} worker{'s' if many > 1 else ''}"
            + (f" on {len(machines):,} machines" if len(machines) > 1 else "")
        )
    if progress.peak_mb:
        told.append(f"largest process {progress.peak_mb:,.0f} MB")
    if told:
        yield "machines", Text(" · ".join(told))
    if progress.last_label:
        yield "last", Text(progress.last_label)


def _tables(progress: Progress) -> Table:
    """Drops of the whole build so far by reason; beside or below them, the hosts that took longest."""
    drops = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
    for title, justify in (("dropped so far", "right"), ("", "left"), ("", "left")):
        drops.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for (unit, stage, reason), number in progress.dropped.most_common(SHOWN):
        drops.add_row(f"{number:,}", Text(unit, style="dim"), Text(f"{stage}: {reason}"))
    hosts = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
    for title, justify in (("slowest hosts", "left"), ("requests", "right"), ("s each", "right")):
        hosts.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    slowest = sorted(progress.hosts.items(), key=lambda one: -one[1][1])[:HOSTS]
    for name, (requests, seconds) in slowest:
        hosts.add_row(Text(name[:40]), f"{requests:,}", f"{seconds / max(1, requests):.1f}")
    shown = Table.grid(padding=(0, 4))
    tables = [table for table, full in ((drops, progress.dropped), (hosts, slowest)) if full]
    if progress.console.width >= WIDE:
        shown.add_row(*tables)
    else:
        for table in tables:
            shown.add_row(table)
    return shown


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
