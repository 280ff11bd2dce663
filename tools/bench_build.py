"""Benchmarks a whole build beside the usual glue of libraries: the same WARC, the same server, one run.

    python tools/bench_build.py [--quick] [--json FILE] [--pages 1000] [--engine auto] [--peer SCRIPT]
    python tools/bench_build.py --warc PAGES.warc.gz --server 127.0.0.1:PORT --peer SCRIPT

Pages come from WARC files without pictures; both fetch the pictures from one server: of a sample web made here, or the
one named, which must answer for every host. The peer is tools/peer_build.py, or a SCRIPT called as `SCRIPT OUT WARC
--processes 2` with `http_proxy` set, whose last line of output is JSON with `documents` and `images`. CPU seconds and
peak memory (of the largest process) are the operating system's, of each job with all its processes. Ours does all that
a build does: robots.txt, two exchanges, checksums, tables of drops, shards, report. Goals: 8 times the peer's pages a
CPU second, at less memory, with more documents and more pictures.

Both are run on the first page alone too: what that costs is a job's fixed cost, start and end, and what the others add
is the cost of a page. With `--rounds N` both run N times by turns, ours before and after each run of the peer, and the
means are told: on a machine that others use, a CPU second is more in one minute than in the next. Of ours it is told
what is no stage's work: in the tasks (tables, checksums, receipts, exchanges), and outside of them (start, engine,
report).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter

import bench
from m3w_builder import sampleweb

RATIO = 8.0
PEER = Path(__file__).with_name("peer_build.py")


def child(command: list[str], environment: dict[str, str], log: Path) -> None:
    """Run one job, and write what it took as JSON beside its log: a process of its own, so that nothing adds up."""
    started = time.monotonic()
    with log.open("w") as stream:
        code = subprocess.run(command, env={**os.environ, **environment}, stdout=stream, stderr=subprocess.STDOUT)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "code": code.returncode,
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "wall_s": round(time.monotonic() - started, 2),
        "peak_mb": round(used.ru_maxrss / 1024),
    }
    log.with_suffix(".figures").write_text(json.dumps(figures))


def measured(command: list[str], environment: dict[str, str], log: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what the job took, the last line of JSON that it printed)."""
    log.with_suffix(".job").write_text(json.dumps([command, environment, str(log)]))
    subprocess.run([sys.executable, __file__, "--child", str(log.with_suffix(".job"))], check=True)
    figures = json.loads(log.with_suffix(".figures").read_text())
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("{")]
    if figures["code"] or not lines:
        raise SystemExit(f"{command[1]} ended with {figures['code']}:\n{log.read_text(errors='replace')[-2000:]}")
    return figures, json.loads(lines[-1])


def ours(folder: Path, warcs: list[str], server: str, engine: str) -> dict[str, Any]:
    config = {
        "source": {"warc": {"paths": warcs}},
        "fetch": {"resolve": {"*": server}, "delay": 0, "per_host": 8},
        "text": [{"length": {"min_words": 1}}],
        "cluster": {"kind": engine, "dashboard": "", **({} if engine == "serial" else {"workers": 2})},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "m3w_builder.cli", "build", str(folder / "config.yaml")]
    command += ["--out", str(folder / "build"), "--json"]
    # Compiled once, as an installer does it, and as the peer's packages are.
    environment = {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": ""}
    compiled = [sys.executable, "-m", "compileall", "-q", str(Path(__file__).parents[1] / "m3w_builder")]
    subprocess.run(compiled, check=True, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    figures, said = measured(command, environment, folder / "ours.log")
    stages = sum(stage["cpu_seconds"] for stage in said["ledger"])
    return {
        "who": "ours",
        **figures,
        "pages": said["pages"],
        "documents": said["documents"],
        "pictures": said["pictures"],
        "in_tasks_s": round(said["cpu_seconds"] - stages, 2),
        "outside_tasks_s": round(figures["cpu_s"] - said["cpu_seconds"], 2),
    }


def peer(folder: Path, warcs: list[str], server: str, script: str) -> dict[str, Any]:
    command = [sys.executable, script, str(folder / "peer"), *warcs, "--processes", "2"]
    environment = {"http_proxy": f"http://{server}", "NO_ALBUMENTATIONS_UPDATE": "1"}
    figures, said = measured(command, environment, folder / "peer.log")
    return {"who": Path(script).stem, **figures, "documents": said["documents"], "pictures": said["images"]}


def by_turns(jobs: Sequence[Callable[[Path], dict[str, Any]]], folder: Path, rounds: int) -> list[dict[str, Any]]:
    """The jobs' figures: means of so many rounds, and the largest memory. The first job runs before the others and
    once more after them, so that it has its share of a machine's good and bad minutes, short as it is."""
    found: list[list[dict[str, Any]]] = [[] for _ in jobs]
    for turn in range(rounds):
        for place in (*range(len(jobs)), *((0,) if rounds > 1 else ())):
            here = folder / f"{turn}-{place}-{len(found[place])}"
            here.mkdir()
            found[place].append(jobs[place](here))
            shutil.rmtree(here)
    return [mean(rows) for rows in found]


def mean(rows: list[dict[str, Any]]) -> dict[str, Any]:
    means = {
        name: round(sum(row[name] for row in rows) / len(rows), 2) for name in rows[0] if name.endswith(("_s", "_ms"))
    }
    most = max(row["peak_mb"] for row in rows)
    return {**rows[-1], **means, "peak_mb": most, "all_cpu_s": [row["cpu_s"] for row in rows]}


def first_page(warcs: list[str], out: Path) -> str:
    """An archive of nothing but the first page of these."""
    with open(warcs[0], "rb") as stream, out.open("wb") as written:
        writer = WARCWriter(written, gzip=True)
        for record in ArchiveIterator(stream):
            if record.rec_type == "response" and "html" in (record.http_headers.get_header("Content-Type") or ""):
                writer.write_record(record)
                break
    return str(out)


def fixed_and_marginal(row: dict[str, Any], alone: dict[str, Any], pages: int) -> None:
    """Enter what the start and end of a job cost, and what a page adds."""
    row["fixed_s"] = alone["cpu_s"]
    row["page_ms"] = round(1000 * (row["cpu_s"] - alone["cpu_s"]) / max(1, pages - 1), 2)


@contextlib.contextmanager
def material(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[list[str], str]]:
    """WARC files of pages, and where the server of their pictures listens."""
    if arguments.warc:
        yield arguments.warc, arguments.server
        return
    web = folder / "web"
    sampleweb.generate(web, arguments.pages or (150 if arguments.quick else 1000), seed=0)
    with sampleweb.serve(web) as server:
        yield sampleweb.write_warc(web, folder / "warc", pictures=False), server.address


def judged(rows: list[dict[str, Any]], quick: bool) -> list[str]:
    """The goals that were missed; a quick run is too short to judge the speed by."""
    mine, other = rows
    missed = []
    if mine["ratio"] < RATIO and not quick:
        missed.append(f"{mine['ratio']} times the peer's pages a CPU second, goal {RATIO}")
    if mine["peak_mb"] >= other["peak_mb"]:
        missed.append(f"peak memory {mine['peak_mb']} MB, the peer's is {other['peak_mb']} MB")
    missed += [
        f"{mine[what]} {what}, the peer has {other[what]}"
        for what in ("documents", "pictures")
        if mine[what] < other[what]
    ]
    return missed


def main() -> int:
    parser = bench.options(__doc__, quick="150 pages")
    parser.add_argument("--pages", type=int, default=0, help="pages of the sample web")
    parser.add_argument("--warc", nargs="*", default=[], help="WARC files of pages instead of a sample web")
    parser.add_argument("--server", default="", help="HOST:PORT that answers for every host of them, also as a proxy")
    parser.add_argument("--peer", default=str(PEER), help="the script to compare with")
    parser.add_argument("--engine", default="auto", choices=("auto", "serial", "local"), help="cluster.kind of ours")
    parser.add_argument("--rounds", type=int, default=1, help="how often both are run, by turns")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        command, environment, log = json.loads(Path(arguments.child).read_text())
        child(command, environment, Path(log))
        return 0
    with tempfile.TemporaryDirectory(prefix="m3w-bench-") as name, material(arguments, Path(name)) as (warcs, server):
        one = [first_page(warcs, Path(name) / "first.warc.gz")]
        rows, alone = (
            by_turns(
                [
                    lambda folder, some=some: ours(folder, some, server, arguments.engine),
                    lambda folder, some=some: peer(folder, some, server, arguments.peer),
                ],
                Path(name),
                arguments.rounds,
            )
            for some in (warcs, one)
        )
    mine = rows[0]
    for row, first in zip(rows, alone, strict=True):
        fixed_and_marginal(row, first, mine["pages"])
    for row in rows:
        row["pages_a_cpu_s"] = round(mine["pages"] / row["cpu_s"], 2)
    mine["ratio"] = round(rows[1]["cpu_s"] / mine["cpu_s"], 2)
    print(f"{mine['pages']} pages")
    cells = [
        [
            row["who"],
            *(f"{row[name]:.1f}" for name in ("cpu_s", "wall_s", "pages_a_cpu_s", "fixed_s", "page_ms")),
            *(str(row[name]) for name in ("peak_mb", "documents", "pictures")),
        ]
        for row in rows
    ]
    head = ["", "CPU s", "wall s", "pages/CPU s", "fixed s", "ms/page", "peak MB", "documents", "pictures"]
    print(bench.table(head, cells))
    mine["marginal_ratio"] = round(rows[1]["page_ms"] / max(0.01, mine["page_ms"]), 2)
    if arguments.rounds > 1:
        print(*(f"{row['who']}, each: {', '.join(map(str, row['all_cpu_s']))} CPU s" for row in rows), sep="\n")
    print(f"ours: {mine['ratio']} times the peer, {mine['marginal_ratio']} times for each further page")
    print(f"no stage's work: {mine['in_tasks_s']} CPU s in the tasks, {mine['outside_tasks_s']} outside of them")
    missed = judged(rows, arguments.quick)
    packages = ("trafilatura", "pillow", "imagededup", "webdataset")
    bench.write(arguments.json, {"rows": rows, "missed_goals": missed}, *packages)
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
