"""Disturbs whole builds in every way that a cluster knows, and holds what comes out against the undisturbed build.

    python tools/chaos.py [--quick] [--json FILE] [--kills 50] [--only NAME …] [--seed 0]

Each case ends with the same command run to its end, `m3w verify`, and a comparison of the shards' checksums with those
of a build that nobody disturbed (where one page must go: in which a filter drops it). Cases: `kills` (SIGKILL of the
driver, a worker or all workers at random moments), `scheduler` (a scheduler of its own is killed), `sigterm` (the
driver must be gone within 10 s), `hang` (a page that never ends, with a time limit), `memory` (a page that fills its
worker), `poison` (a page that ends its worker: dropped alone, its neighbours kept), `storage` (an S3 server that is
away for 5 s, then a network that is silent for 20, both twice), `disk` (a small tmpfs that is full, and grows by a
tenth of what is needed whenever the build has ended for it), `exchanges` (all workers die in each round of both),
`clock` (it jumps by years), `two` (two builds in one folder), `spoilt` (an intermediate file with one bit turned).
Exit code 1 where a build came out otherwise.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import psutil
import pyarrow.parquet as pq
import yaml

import bench
from m3w_builder import sampleweb

TOOLS = Path(__file__).parent
SIGTERM_SECONDS = 10.0


class Stage:
    """Where it all happens: a folder, the archive, the config, and the sums of the undisturbed build."""

    def __init__(self, folder: Path, pages: int, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        sampleweb.generate(folder / "web", pages=pages, seed=0)
        paths = sampleweb.write_warc(folder / "web", folder / "warc", files=4)
        self.config: dict[str, Any] = {
            "source": {"warc": {"paths": paths}},
            "fetch": {"resolve": {"*": "127.0.0.1:9"}, "retries": 0, "connect_timeout": 1.0},
            "text": [{"length": {"min_words": 50}}],
            "cluster": {"kind": "local", "workers": 2, "dashboard": ""},
        }
        self.environment = {**os.environ, "PYTHONPATH": f"{TOOLS.parent}:{TOOLS}"}
        self.out = folder / "undisturbed"
        assert self.finish(self.out, cluster={"kind": "serial"}) == 0, self.log(self.out)
        self.sums = sums(str(self.out))

    def start(self, out: Path | str, **sections: Any) -> subprocess.Popen[bytes]:
        name = str(out).rsplit("/", 1)[-1]
        file = self.folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump({**self.config, **sections}))
        command = [sys.executable, "-m", "m3w_builder.cli", "build", str(file), "--out", str(out), "--json"]
        with (self.folder / f"{name}.log").open("a") as log:
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=self.environment)

    def finish(self, out: Path | str, **sections: Any) -> int:
        return self.start(out, **sections).wait(timeout=1200)

    def log(self, out: Path | str) -> str:
        return (self.folder / f"{str(out).rsplit('/', 1)[-1]}.log").read_text()[-1500:]

    def without(self, url: str) -> dict[str, str]:
        """The sums of an undisturbed build in which a filter drops that page."""
        out = self.folder / "without"
        if not out.exists():
            sections = {**struck_by(self, url, "drop"), "cluster": {"kind": "serial"}}
            assert self.finish(out, **sections) == 0, self.log(out)
        return sums(str(out))

    def judge(self, out: Path | str, wanted: dict[str, str] | None = None) -> str:
        """What is wrong with a finished build whose shards should have these sums; empty when all is well."""
        command = [sys.executable, "-m", "m3w_builder.cli", "verify", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment)
        if done.returncode:
            return f"verify: {done.stdout[-300:]}{done.stderr[-300:]}"
        same = sums(str(out)) == (wanted or self.sums)
        return "" if same else f"the shards are others; {struck_down(str(out))}"


def struck_down(build: str) -> str:
    """What a build says ended its workers: kills may look like it where they meet one page twice."""
    fs, path = fsspec.core.url_to_fs(build)
    found = []
    for file in [name for name in fs.find(path) if name.endswith(".dropped.parquet")]:
        with fs.open(file) as stream:
            rows = pq.read_table(stream, columns=["url", "reason"]).to_pylist()
        found += [row["url"] for row in rows if row["reason"] == "poisoned"]
    return f"dropped as poisoned: {', '.join(found) or 'none'}"


def sums(build: str) -> dict[str, str]:
    """sha256 of every tar and index by name."""
    fs, path = fsspec.core.url_to_fs(build)
    fs.invalidate_cache()
    files = [file for file in fs.ls(f"{path}/shards", detail=False) if "/train-" in file or "/validation-" in file]
    return {file.rsplit("/", 1)[-1]: hashlib.sha256(fs.cat_file(file)).hexdigest() for file in files}


def files_in(out: Path) -> int:
    """How far a build is."""
    return sum(len(names) for _, _, names in os.walk(out))


def kills(stage: Stage, number: int) -> str:
    """SIGKILL at `number` random moments, over and over in one folder, begun anew whenever a build came through."""
    out, done, struck = stage.folder / "kills", 0, {"driver": 0, "worker": 0, "all workers": 0}
    stage.config["text"] = [*stage.config["text"], {"chaos_stage:Poison": {"how": "slow"}}]
    stage.config["plugins"] = ["chaos_stage"]
    begun = 0
    while done < number:
        process = stage.start(out)
        while process.poll() is None and done < number:
            # A moment of the work and not of the clock: most of a short build's seconds are spent on starting.
            goal = files_in(out) + stage.random.randint(0, 25)
            wait_for(lambda goal=goal: files_in(out) >= goal, process, 60)  # type: ignore[misc]
            time.sleep(stage.random.uniform(0, 0.2))
            whom = stage.random.choice(list(struck))
            targets = bench.workers(process.pid)
            if process.poll() is not None or (whom != "driver" and not targets):
                continue
            done, struck[whom] = done + 1, struck[whom] + 1
            print(f"  {done}: {whom}, {files_in(out)} files", flush=True)
            for target in targets if whom == "all workers" else targets[:1] if whom == "worker" else []:
                target.kill()
            if whom == "driver":
                process.kill()
                process.wait()
                for target in targets:  # orphans: their nanny was a thread of the driver
                    target.kill()
        if process.wait() == 0 and (fault := stage.judge(out)):
            return fault
        if process.returncode == 0:
            shutil.rmtree(out)
            begun += 1
    code = stage.finish(out)
    print(f"  {struck}, {begun} builds came through in between", flush=True)
    return stage.judge(out) if code == 0 else f"ended with {code}: {stage.log(out)}"


def scheduler(stage: Stage) -> str:
    """A scheduler and workers of their own, each in a folder of its own; the scheduler dies in the middle."""
    out = stage.folder / "scheduler"
    address, processes = own_cluster(stage)
    process = stage.start(out, cluster={"kind": "address", "address": address})
    wait_for(lambda: any((out / "pages").glob("*.json")), process)
    processes[0].kill()
    code = process.wait(timeout=300)
    stop(processes)
    if code not in (1, 2):
        return f"the driver ended with {code} when its scheduler died: {stage.log(out)}"
    address, processes = own_cluster(stage)
    code = stage.finish(out, cluster={"kind": "address", "address": address})
    stop(processes)
    return stage.judge(out) if code == 0 else f"ended with {code}: {stage.log(out)}"


def own_cluster(stage: Stage) -> tuple[str, list[subprocess.Popen[bytes]]]:
    file = stage.folder / f"scheduler-{time.monotonic_ns()}.json"
    dask = [sys.executable, "-m", "distributed.cli."]
    common: dict[str, Any] = {"env": stage.environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [*dask[:2], f"{dask[2]}dask_scheduler", "--port", "0", "--dashboard-address", "127.0.0.1:0"]
    processes = [subprocess.Popen([*command, "--host", "127.0.0.1", "--scheduler-file", str(file)], **common)]
    wait_for(file.exists, processes[0])
    address = json.loads(file.read_text())["address"]
    for number in range(2):
        folder = stage.folder / f"worker-{number}"
        folder.mkdir(exist_ok=True)
        command = [*dask[:2], f"{dask[2]}dask_worker", address, "--nthreads", "1", "--no-dashboard"]
        command += ["--local-directory", str(folder)]
        processes.append(subprocess.Popen(command, cwd=folder, **common))
    return address, processes


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
            child.kill()
        process.kill()
        process.wait()


def wait_for(
    moment: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 300, pause: float = 0.05
) -> None:
    ends = time.monotonic() + seconds
    while not moment():
        if process.poll() is not None or time.monotonic() > ends:
            return
        time.sleep(pause)


def sigterm(stage: Stage) -> str:
    out = stage.folder / "sigterm"
    process = stage.start(out)
    wait_for(lambda: any((out / "pages").glob("*.json")), process)
    process.terminate()
    started = time.monotonic()
    code = process.wait(timeout=120)
    took = time.monotonic() - started
    print(f"  gone {took:.1f} s after SIGTERM, exit code {code}", flush=True)
    if took > SIGTERM_SECONDS or (out / "lock.json").exists():
        return f"took {took:.1f} s, lock left: {(out / 'lock.json').exists()}"
    code = stage.finish(out)
    return stage.judge(out) if code == 0 else f"ended with {code}: {stage.log(out)}"


def struck_by(stage: Stage, url: str, how: str) -> dict[str, Any]:
    """The sections of a config under which a page does this to its worker."""
    poison = {"chaos_stage:Poison": {"url": url, "how": how}}
    others = [one for one in stage.config["text"] if "chaos_stage:Poison" not in one]
    return {"text": [*others, poison], "plugins": ["chaos_stage"]}


def struck(stage: Stage, how: str, **cluster: Any) -> str:
    """One page ends, hangs or fills its worker: it goes alone, and all else is as if it had not been there."""
    out = stage.folder / how
    rows = pq.read_table(stage.out / "pages" / "000001.parquet", columns=["url"])["url"].to_pylist()
    url = rows[len(rows) // 2]
    limits = {**stage.config["cluster"], "memory_limit": "700MB", **cluster}
    code = stage.finish(out, **struck_by(stage, url, how), cluster=limits)
    if code:
        return f"ended with {code}: {stage.log(out)}"
    dropped = pq.read_table(out / "pages" / "000001.dropped.parquet").to_pylist()
    mine = [row["url"] for row in dropped if row["unit"] == "page" and row["reason"] == "poisoned"]
    kept = pq.read_table(out / "pages" / "000001.parquet", columns=["url"])["url"].to_pylist()
    if mine != [url] or kept != [one for one in rows if one != url]:
        return f"poisoned: {mine}, wanted {url}; kept {len(kept)} of {len(rows)}"
    return stage.judge(out, stage.without(url))


class Wire:
    """A TCP relay to a server that can be cut: connections end and new ones are refused, or all goes silent."""

    def __init__(self, port: int) -> None:
        self.target, self.open, self.silent = port, True, False
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.ends: list[socket.socket] = []
        self.lost: set[socket.socket] = set()
        self.passed = 0
        """Pieces of what was sent, both ways."""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self.socket.accept()
            if not self.open:
                near.close()
                continue
            if self.silent:
                self.lost.add(near)  # kept, so that it is not closed
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            self.ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                if one not in self.lost:
                    self.passed += 1
                    other.sendall(data)
        except OSError:
            pass
        if one not in self.lost:
            end([one, other])

    def cut(self, seconds: float, silent: bool) -> None:
        """For some seconds the server is gone; what was connected stays lost, and is only told so where not silent."""
        self.open, self.silent = silent, silent
        if silent:
            self.lost.update(self.ends)
        else:
            end(self.ends)
        self.ends = []
        time.sleep(seconds)
        self.open, self.silent = True, False


def end(sockets: list[socket.socket]) -> None:
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def away(stage: Stage) -> str:
    """The build's folder lies on S3; in its midst the server is away, then the network silent, then both again."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells every request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    wire = Wire(server.get_host_and_port()[1])
    keys = {
        "AWS_ACCESS_KEY_ID": "not-a-key",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    stage.environment |= {**keys, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{wire.port}"}
    os.environ.update(stage.environment)
    fsspec.filesystem("s3").mkdir("chaos")
    out = "s3://chaos/away"
    process, cuts = stage.start(out), 0
    for silent in (False, True, False, True):
        goal = wire.passed + stage.random.randint(50, 200)
        wait_for(lambda goal=goal: wire.passed >= goal, process)  # type: ignore[misc]
        if process.poll() is None:
            cuts += 1
            wire.cut(20 if silent else 5, silent)
    codes = [process.wait(timeout=600)]
    while codes[-1] and len(codes) < 5:
        codes.append(stage.finish(out))
    print(f"  cut {cuts} times; exit codes, run by run: {codes}", flush=True)
    fault = stage.judge(out) if codes[-1] == 0 else f"ended with {codes}: {stage.log(out)}"
    server.stop()
    return fault


def disk(stage: Stage) -> str:
    """The disk is full at one write after another: there is a tenth more each time, and the build goes on."""
    place = stage.folder / "small"
    place.mkdir()
    need = sum(file.stat().st_size for file in stage.out.rglob("*") if file.is_file())
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={need // 10}", "tmpfs", str(place)]).returncode:
        return "skipped: no right to mount a tmpfs"
    try:
        out, codes = place / "disk", []
        for tenths in range(1, 26):
            subprocess.run(["mount", "-o", f"remount,size={need * tenths // 10}", str(place)], check=True)
            codes.append(stage.finish(out))
            print(f"  {tenths / 10} of the space: exit code {codes[-1]}, {files_in(out)} files", flush=True)
            if codes[-1] == 0:
                break
        return stage.judge(out) if codes[-1] == 0 and codes[0] else f"ended with {codes}: {stage.log(out)}"
    finally:
        subprocess.run(["umount", "-l", str(place)])


def two(stage: Stage) -> str:
    out = stage.folder / "two"
    first = stage.start(out)
    wait_for((out / "lock.json").exists, first)
    second = stage.finish(out)
    said = [line for line in stage.log(out).splitlines() if "a build is running here" in line]
    code = first.wait(timeout=600)
    if second != 1 or not said:
        return f"the second ended with {second}: {stage.log(out)}"
    return stage.judge(out) if code == 0 else f"the first ended with {code}"


def spoilt(stage: Stage) -> str:
    """One bit of an intermediate file turns after a kill: found by its checksum and made anew."""
    late = ("joined", "shards")
    cases = {  # a file, and the folders of what comes behind it
        "pages/000001.parquet": ("pictures", "exchange2", *late),
        "pages/000002.keys.arrow": ("exchange1", "pictures", "exchange2", *late),
        "exchange1/decisions/*1.parquet": ("pictures", "exchange2", *late),
        "pictures/000000.bin": ("exchange2", *late),
        "pictures/000001.parquet": ("exchange2", *late),
        "joined/000001.parquet": ("shards",),
        "joined/000001.samples": ("shards",),
    }
    for number, (pattern, behind) in enumerate(cases.items()):
        out = stage.folder / f"spoilt{number}"
        shutil.copytree(stage.out, out)
        for done in behind:
            shutil.rmtree(out / done)
        file = sorted(out.glob(pattern))[0]
        body = bytearray(file.read_bytes())
        body[len(body) // 3] ^= 16
        file.write_bytes(bytes(body))
        code = stage.finish(out)
        fault = stage.judge(out) if code == 0 else f"ended with {code}: {stage.log(out)}"
        if fault:
            return f"{pattern}: {fault}"
    return ""


def exchanges(stage: Stage) -> str:
    """All workers die as soon as a round of an exchange has left its first file, in each that there is."""
    out = stage.folder / "exchanges"
    process = stage.start(out)
    for name in ("exchange1", "exchange2"):
        for step in ("gather", "judge", "deliver"):
            if not (stage.out / name / step).exists():  # so few keys are not gathered
                continue
            wait_for((out / name / step).exists, process, pause=0.001)
            for worker in bench.workers(process.pid):
                worker.kill()
    code = process.wait(timeout=900)
    return stage.judge(out) if code == 0 else f"ended with {code}: {stage.log(out)}"


def clock(stage: Stage) -> str:
    """The clock jumps a year ahead in the middle, the driver dies, and the next one starts two years before that."""
    library = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
    if library is None:
        return "skipped: libfaketime is not installed"
    out, file = stage.folder / "clock", stage.folder / "clock.now"
    file.write_text("+0")
    kept = stage.environment
    stage.environment = {
        **kept,
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        # A wall clock that is set: the clock that only counts is the system's own.
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    try:
        process = stage.start(out)
        wait_for(lambda: any((out / "pages").glob("*.json")), process)
        file.write_text("+365d")
        wait_for((out / "exchange1" / "deliver").exists, process)
        targets = bench.workers(process.pid)
        process.kill()
        process.wait()
        for target in targets:
            target.kill()
        file.write_text("-365d")
        code = stage.finish(out)
    finally:
        stage.environment = kept
    return stage.judge(out) if code == 0 else f"ended with {code}: {stage.log(out)}"


def cases(number: int) -> dict[str, Callable[[Stage], str]]:
    return {
        "sigterm": sigterm,
        "two": two,
        "spoilt": spoilt,
        "poison": lambda stage: struck(stage, "exit"),
        "hang": lambda stage: struck(stage, "hang", task_seconds=45),
        "memory": lambda stage: struck(stage, "memory"),
        "scheduler": scheduler,
        "exchanges": exchanges,
        "clock": clock,
        "disk": disk,
        "storage": away,
        "kills": lambda stage: kills(stage, number),
    }


def main() -> int:
    parser = bench.options(__doc__, quick="60 pages; sigterm, two, poison and 2 kills")
    parser.add_argument("--kills", type=int, default=0, help="random moments (default 50; 2 with --quick)")
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = cases(arguments.kills or (2 if arguments.quick else 50))
    if arguments.quick or arguments.only:
        names = arguments.only or ["sigterm", "two", "poison", "kills"]
        chosen = {name: chosen[name] for name in names}
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="m3w-chaos-", ignore_cleanup_errors=True) as name:
        stage = Stage(Path(name), arguments.pages or (60 if arguments.quick else 150), arguments.seed)
        for case, work in chosen.items():
            started = time.monotonic()
            print(case, flush=True)
            fault = work(stage)
            results[case] = {"fault": fault, "seconds": round(time.monotonic() - started, 1)}
            print(f"  {fault or 'the same as undisturbed'} ({results[case]['seconds']} s)", flush=True)
    bad = [case for case, result in results.items() if result["fault"] and not result["fault"].startswith("skipped")]
    bench.write(arguments.json, {"cases": results}, "dask", "distributed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
