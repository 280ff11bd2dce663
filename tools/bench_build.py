"""Benchmarks a whole build beside the usual glue of libraries: the same WARC, the same server, one run.

    python tools/bench_build.py [--quick] [--json FILE] [--pages 1000] [--engine auto] [--peer SCRIPT]
    python tools/bench_build.py --warc PAGES.warc.gz --server 127.0.0.1:PORT --peer SCRIPT

Pages come from WARC files without pictures; both fetch the pictures from one server: of a sample web made here, or the
one named, which must answer for every host. The peer is tools/peer_build.py, or a SCRIPT called as `SCRIPT OUT WARC
--processes 2` with `http_proxy` set, whose last line of output is JSON with `documents` and `images`. CPU seconds and
peak memory (of the largest process) are the operating system's, of each job with all its processes. Ours does all that
a build does: robots.txt, two exchanges, checksums, tables of drops, shards, report. Goals: 8 times the peer's pages a
CPU second, at less memory, with more documents and more pictures.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

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
    engine_cpu = figures["cpu_s"] - sum(stage["cpu_seconds"] for stage in said["ledger"])
    return {
        "who": "ours",
        **figures,
        "pages": said["pages"],
        "documents": said["documents"],
        "pictures": said["pictures"],
        "outside_stages_s": round(engine_cpu, 2),
    }


def peer(folder: Path, warcs: list[str], server: str, script: str) -> dict[str, Any]:
    command = [sys.executable, script, str(folder / "peer"), *warcs, "--processes", "2"]
    environment = {"http_proxy": f"http://{server}", "NO_ALBUMENTATIONS_UPDATE": "1"}
    figures, said = measured(command, environment, folder / "peer.log")
    return {"who": Path(script).stem, **figures, "documents": said["documents"], "pictures": said["images"]}


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
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        command, environment, log = json.loads(Path(arguments.child).read_text())
        child(command, environment, Path(log))
        return 0
    with tempfile.TemporaryDirectory(prefix="m3w-bench-") as name, material(arguments, Path(name)) as (warcs, server):
        mine = ours(Path(name), warcs, server, arguments.engine)
        rows = [mine, peer(Path(name), warcs, server, arguments.peer)]
    for row in rows:
        row["pages_a_cpu_s"] = round(mine["pages"] / row["cpu_s"], 2)
    mine["ratio"] = round(rows[1]["cpu_s"] / mine["cpu_s"], 2)
    print(f"{mine['pages']} pages")
    cells = [
        [
            row["who"],
            *(f"{row[name]:.1f}" for name in ("cpu_s", "wall_s", "pages_a_cpu_s")),
            *(str(row[name]) for name in ("peak_mb", "documents", "pictures")),
        ]
        for row in rows
    ]
    print(bench.table(["", "CPU s", "wall s", "pages/CPU s", "peak MB", "documents", "pictures"], cells))
    print(f"ours: {mine['ratio']} times the peer; outside of the stages {mine['outside_stages_s']} CPU s")
    missed = judged(rows, arguments.quick)
    packages = ("trafilatura", "pillow", "imagededup", "webdataset")
    bench.write(arguments.json, {"rows": rows, "missed_goals": missed}, *packages)
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
