"""Runs the real Build and engine over very many partitions whose work is empty: what the machinery itself costs.

    python tools/simulate.py [--quick] [--json FILE] [--partitions 90000] [--workers 2] [--seconds 0]

The plan is made of that many WARC files (empty ones, in a temporary folder), the passes and exchanges run in their
order on a Dask scheduler and workers in processes of their own, and each task leaves its real receipt. Told: seconds
that planning takes, milliseconds a task, peak memory of the driver, the scheduler and the largest worker, and how these
grew from task to task. Goals at 90,000: driver and scheduler under 2 GB each. With `--seconds` it ends in the middle
when they are over, and says how far it came.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

import bench

TOOLS = Path(__file__).parent
LIMIT_MB = 2000


def empty_pass(task: Any) -> Any:
    """A task of any pass or exchange that does nothing but leave its receipt."""
    from m3w_builder.passes import receipt

    name = {"PagesTask": "pages", "PicturesTask": "pictures", "JoinTask": "joined", "ShardsTask": "shards"}.get(
        type(task).__name__
    )
    number = next(getattr(task, field) for field in ("partition", "bundle", "number") if hasattr(task, field))

    def work(mine: Any) -> None:
        mine.stats = {"keys": 50, "sample_bytes": 10**8, "partitions": [], "links": 0}

    return receipt.once(task.build, name or f"{task.exchange}/round", number, f"{number}", "mark", work)


class TimeIsUpError(Exception):
    """The run ends where it is."""


class Listener:
    """Counts tasks and, some hundred times a run, notes what the driver and the scheduler have taken until then."""

    def __init__(self, scheduler: psutil.Process, every: int, seconds: float) -> None:
        self.tasks, self.every, self.seconds = 0, every, seconds
        self.scheduler = scheduler
        self.begun, self.scheduler_before = time.monotonic(), sum(scheduler.cpu_times()[:2])
        self.cpu = time.process_time()
        self.curve: list[dict[str, float]] = []
        self.passes: dict[str, int | None] = {}

    def start(self, pass_name: str, total: int | None) -> None:
        self.passes[pass_name] = total
        print(f"  {pass_name}: {total} tasks, {time.monotonic() - self.begun:.0f} s", flush=True)

    def done(self, receipt: dict[str, Any]) -> None:
        self.tasks += 1
        if self.tasks % self.every == 0:
            self.curve.append(self.now())
            print("    " + json.dumps(self.curve[-1]), flush=True)
        if self.seconds and time.monotonic() - self.begun > self.seconds:
            raise TimeIsUpError

    def now(self) -> dict[str, float]:
        """Tasks until now, seconds, CPU seconds and MB."""
        return {
            "tasks": self.tasks,
            "wall_s": round(time.monotonic() - self.begun, 1),
            "driver_cpu_s": round(time.process_time() - self.cpu, 2),
            "scheduler_cpu_s": round(sum(self.scheduler.cpu_times()[:2]) - self.scheduler_before, 2),
            "driver_mb": round(psutil.Process().memory_info().rss / 1e6),
            "scheduler_mb": round(self.scheduler.memory_info().rss / 1e6),
        }

    def note(self, text: str) -> None:
        pass


def simulated(
    folder: Path, partitions: int, address: str, processes: list[subprocess.Popen[bytes]], seconds: float
) -> dict[str, Any]:
    import simulate
    from m3w_builder import build as building
    from m3w_builder import cluster, config, plan, sources
    from m3w_builder.passes import exchange, joined, pages, pictures, shards

    archive = folder / "archive"
    archive.mkdir()
    for number in range(partitions):
        (archive / f"{number:06d}.warc").touch()
    (folder / "list.txt").write_text("".join(f"{archive}/{number:06d}.warc\n" for number in range(partitions)))
    data = {
        "source": {"warc": {"paths": [str(folder / "list.txt")]}},
        "cluster": {"kind": "address", "address": address, "in_flight": 3},
    }
    loaded = config.parse(data)
    out = str(folder / "build")
    started, cpu = time.monotonic(), time.process_time()
    sources.check(loaded.source)
    assert plan.make(out, loaded) == partitions
    planned, planned_cpu = time.monotonic() - started, time.process_time() - cpu
    for module, names in ((pages, ["run"]), (pictures, ["run"]), (joined, ["run"]), (shards, ["run"])):
        for name in names:
            setattr(module, name, simulate.empty_pass)
    for name in ("gather", "judge", "deliver"):
        setattr(exchange, name, simulate.empty_pass)
    scheduler = psutil.Process(processes[0].pid)
    with cluster.start(loaded.cluster) as engine:
        listener = Listener(scheduler, max(100, partitions // 40), seconds)
        with contextlib.suppress(TimeIsUpError):
            building.Job(loaded, out, engine, listener, building.Summary(out)).run(partitions)
        end = listener.now()
    workers = [child for process in processes[1:] for child in psutil.Process(process.pid).children(recursive=True)]
    return {
        "partitions": partitions,
        "tasks": listener.tasks,
        "passes_begun": listener.passes,
        "planning_s": round(planned, 2),
        "planning_cpu_s": round(planned_cpu, 2),
        "wall_ms_a_task": round(1000 * end["wall_s"] / listener.tasks, 2),
        "driver_cpu_ms_a_task": round(1000 * end["driver_cpu_s"] / listener.tasks, 2),
        "scheduler_cpu_ms_a_task": round(1000 * end["scheduler_cpu_s"] / listener.tasks, 2),
        "wall_ms_a_partition": round(1000 * end["wall_s"] / partitions, 2),
        "driver_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "scheduler_mb": round(scheduler.memory_info().rss / 1e6),
        "worker_mb": round(max(worker.memory_info().rss for worker in workers) / 1e6),
        "curve": listener.curve,
    }


def main() -> int:
    parser = bench.options(__doc__, quick="500 partitions")
    parser.add_argument("--partitions", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0)
    arguments = parser.parse_args()
    number = arguments.partitions or (500 if arguments.quick else 90_000)
    environment = {**os.environ, "PYTHONPATH": f"{TOOLS.parent}:{TOOLS}"}
    silent: dict[str, Any] = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    processes = []
    with tempfile.TemporaryDirectory(prefix="m3w-simulate-") as name:
        try:
            file = Path(name) / "scheduler.json"
            command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
            command += ["--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(file)]
            processes.append(subprocess.Popen(command, **silent))
            while not file.exists():
                time.sleep(0.1)
            address = json.loads(file.read_text())["address"]
            for worker in range(arguments.workers):
                command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1"]
                command += ["--no-dashboard", "--local-directory", f"{name}/worker-{worker}"]
                processes.append(subprocess.Popen(command, **silent))
            figures = simulated(Path(name), number, address, processes, arguments.seconds)
        finally:
            for process in processes:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()
                process.wait()
    print("\n".join(f"{what:26} {value}" for what, value in figures.items() if what != "curve"))
    missed = [
        f"{who} {figures[who]} MB, goal {LIMIT_MB}"
        for who in ("driver_peak_mb", "scheduler_mb")
        if figures[who] > LIMIT_MB
    ]
    bench.write(arguments.json, {**figures, "missed_goals": missed}, "dask", "distributed")
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
