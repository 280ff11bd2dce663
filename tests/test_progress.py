"""Progress tells the state in a terminal, in plain lines, not at all, or as JSON."""

import io
import json

import pytest
from rich.console import Console

from m3w_builder.ledger import Ledger
from m3w_builder.live import view
from m3w_builder.progress import Progress, span


def receipt(partition: int, reused: bool = False) -> dict[str, object]:
    ledger = Ledger()
    ledger["read"].pages.kept = 90
    ledger["read"].pages.drop("http_status", 10)
    ledger["extract"].pages.kept = 90
    ledger["extract"].pictures.kept = 40
    ledger["extract"].pictures.drop("icon", 160)
    return {
        "pass": "pages", "partition": partition, "label": f"part-[bold]{partition}.warc.gz", "ledger": ledger.to_json(),
        "seconds": 2.0, "cpu_seconds": 1.5, "peak_mb": 321.4, "reused": reused, "worker": "one:7",
        "stats": {"hosts": [["slow.test", 3, 12.0]]},
    }  # fmt: skip


SUMMARY = {
    "ledger": receipt(0)["ledger"], "pages": 100, "documents": 90, "pictures": 40, "seconds": 12.5,
    "cpu_seconds": 20.0, "peak_mb": 321, "tasks": 3, "reused": 1, "report": "runs/x/report/report.html",
}  # fmt: skip


def run(mode: str, terminal: bool = False, width: int = 120) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=width, highlight=False)
    with Progress(mode, console) as progress:
        progress.start("pages", 3)
        for number in range(3):
            progress.done(receipt(number, reused=number == 0))
        progress.note("quarantined: [red]odd.warc.gz[/red]")
        progress.start("pictures", None)
        progress.finish(SUMMARY)
    return out.getvalue()


def test_without_a_terminal_there_are_plain_lines():
    told = run("auto")
    assert "\x1b" not in told
    assert "pages: 3 of 3 tasks, 1 done before" in told
    assert "[red]odd.warc.gz[/red]" in told, "markup in names is text"
    assert told.rstrip().endswith("report: runs/x/report/report.html")


def test_a_terminal_shows_the_live_view():
    assert "\x1b" in run("auto", terminal=True)


@pytest.mark.parametrize("width", [200, 80, 40])
def test_the_live_view_tells_pace_flow_memory_and_drops(width):
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    progress = Progress("live", console)
    progress.start("pages", 10)
    progress.done(receipt(0, reused=True))
    progress.done(receipt(1))
    console.print(view(progress))
    told = console.file.getvalue()
    if width == 200:
        for part in ("▸ pages", "2 of 10 tasks", "pages/s", "left", "200 pages in, 180 kept", "1 worker",
                     "largest process 321 MB", "extract: icon", "slow.test", "4.0", "[bold]1.warc.gz"):  # fmt: skip
            assert part in told, part
    assert len(told.splitlines()) <= 15
    assert max(map(len, told.splitlines())) <= width


def test_the_live_view_shows_the_passes_that_are_behind_it():
    console = Console(width=120, file=io.StringIO(), force_terminal=True, color_system=None)
    progress = Progress("live", console)
    progress.start("exchange2/judge", 4)
    console.print(view(progress))
    assert "✓ pages   ✓ exchange1   ✓ pictures   ▸ exchange2   · joined   · shards" in console.file.getvalue()


def test_seconds_of_hosts_are_added_up_and_the_quicker_ones_are_forgotten(monkeypatch):
    monkeypatch.setattr("m3w_builder.progress.MOST_HOSTS", 10)
    progress = Progress("quiet", Console(file=io.StringIO()))
    progress.start("pictures", 40)
    for number in range(40):
        hosts = [["slow.test", 1, 100.0], [f"h{number}.test", 1, 0.1]]
        progress.done({**receipt(number), "stats": {"hosts": hosts}})
    assert progress.hosts["slow.test"] == (40, 4000.0)
    assert len(progress.hosts) <= 11


def test_quiet_tells_only_the_end():
    told = run("quiet")
    assert "tasks, 1 done before" not in told
    assert "100 records read, 90 documents with 40 pictures kept" in told


def test_json_is_one_event_a_line(capsys):
    assert run("json") == ""
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["start", "done", "done", "done", "note", "start", "finish"]
    assert events[-1]["documents"] == 90


def test_the_closing_words_fit_a_screen():
    assert len(run("quiet", width=80).splitlines()) < 24


@pytest.mark.parametrize(("seconds", "told"), [(3, "3 s"), (89, "89 s"), (300, "5 min"), (12_000, "3 h 20 min")])
def test_times_are_said_as_a_person_says_them(seconds, told):
    assert span(seconds) == told
