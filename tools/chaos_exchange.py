"""Disturbs the exchanges alone: keys ten times a worker's memory, workers killed in the middle of every round.

    python tools/chaos_exchange.py [--quick] [--json FILE] [--rows 41600000] [--memory-mb 270] [--workers 2]

Key files of 128 partitions are written with their receipts, as passes 1 and 2 leave them; then both exchanges run
twice: in one process that nobody disturbs, and on Dask workers with a memory limit that hold `--held` rows at once, of
which one is killed as soon as a round has begun to write, in each of the six rounds. The second exchange has a quarter
of the first one's keys.
Goals: the same decisions to the byte, every kill in the middle of a round, no worker above its limit (Dask would end
it). The keys in memory are at least ten times the limit unless `--rows` says otherwise.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa

import bench
from m3w_builder import build as building
from m3w_builder import cluster, config, engine, interim, storage
from m3w_builder.dedup.tables import keys_table
from m3w_builder.passes import exchange, receipt

PARTITIONS = [exchange.GROUP * group + member for group in range(4) for member in range(32)]
"""Four groups: rounds in whose middle a worker can die while others are done."""
STILL = 4_000_000
"""Rows that the process which nobody disturbs holds at once."""
ROUNDS = [f"{name}/{step}" for name in ("exchange1", "exchange2") for step in ("gather", "judge", "deliver")]
KINDS = {"pages": ("url", "text", "picture"), "pictures": ("exact", "pixels", "look")}


def write_keys(out: str, rows: int) -> int:
    """Key files and receipts of both passes, `rows` in each; the bytes that all keys of one take in memory."""
    size = 0
    for pass_name, kinds in KINDS.items():
        for partition in PARTITIONS:
            rng = np.random.default_rng([partition, len(kinds[0])])
            tables = []
            for kind in kinds:
                number = rows // len(PARTITIONS) // len(kinds) // (1 if pass_name == "pages" else 4)
                # One in some twenty meets another; half of them lie near each other in no order.
                key = dedup_keys(rng, number, rows)
                doc = rng.integers(0, 2**63, number, np.uint64)
                columns = {"key": key, "doc": doc, "rank": doc, "value": doc, "picture": doc, "host": key % 97}
                tables.append(keys_table(kind, number, partition=np.full(number, partition), **columns))
            table = pa.concat_tables(tables)
            size += table.nbytes if pass_name == "pages" else 0
            name = f"{pass_name}/{partition:06d}.keys.arrow"
            written = interim.write(storage.join(out, name), table)
            mine = receipt.Receipt(pass_name, partition, stats={"keys": len(table), "sample_bytes": 1})
            mine.enter(name, written)
            storage.write_json(receipt.path(out, pass_name, partition), mine.to_json())
    return size


def dedup_keys(rng: np.random.Generator, number: int, rows: int) -> np.ndarray:
    """Hashes over all 64 bits, drawn out of ten times as many as there are rows."""
    spread = rng.integers(0, 10 * rows, number, np.uint64)
    return spread * np.uint64(0x9E3779B97F4A7C15)


class Held(building.Job):
    """A job whose exchanges hold other numbers of rows than a real one."""

    held = STILL

    def each(self, name: str, function: Any, tasks: Any, total: int) -> Any:
        return building.Job.each(
            self, name, function, (dataclasses.replace(task, held=self.held) for task in tasks), total
        )


class Listener:
    """Says which round begins."""

    def start(self, pass_name: str, total: int | None) -> None:
        print(f"  {pass_name}: {total} tasks", flush=True)

    def done(self, receipt: dict[str, Any]) -> None: ...

    def note(self, text: str) -> None:
        print(f"  {text[:300]}", flush=True)


def run(out: str, on: Any, held: int, rows: int) -> None:
    loaded = config.parse({"source": {"warc": {"paths": ["none"]}}, "cluster": {"kind": "serial"}})
    job = Held(loaded, out, on, Listener(), building.Summary(out))
    job.held = held
    building.KEYS_A_BUCKET, building.FEW_BUCKETS = max(1, held // 2), 1
    for name in ("exchange1", "exchange2"):
        job.exchange(name, PARTITIONS, rows if name == "exchange1" else rows // 4)


def sums(out: str) -> dict[str, str]:
    files = sorted(Path(out).glob("exchange?/decisions/*.parquet"))
    return {str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


class Killer(threading.Thread):
    """Kills a worker in each round, as soon as a task of it has written a file and left no receipt yet."""

    def __init__(self, out: str) -> None:
        super().__init__(daemon=True)
        self.out = Path(out)
        self.struck: Counter[str] = Counter()
        self.peak, self.over = 0, False

    def run(self) -> None:
        while not self.over:
            time.sleep(0.1)  # each look passes over all processes: 5 ms
            try:
                found = bench.workers(os.getpid())
                self.peak = max([self.peak, *(one.memory_info().rss for one in found)])
                for name in ROUNDS:
                    if not self.struck[name] and found and self.in_the_middle(name):
                        found[0].kill()
                        self.struck[name] += 1
                        time.sleep(2)  # the next one is started again first
            except psutil.Error:
                continue

    def in_the_middle(self, name: str) -> bool:
        folder = self.out / name
        if name.endswith("deliver"):
            folder = self.out / name.replace("deliver", "decisions")
        return bool(tables(folder)) and not all_receipts(self.out / name)


def tables(folder: Path) -> list[Path]:
    """What a round has written so far."""
    return [*folder.glob("*.parquet"), *folder.glob("*.arrow")]


def all_receipts(folder: Path) -> bool:
    """Whether a round is over: each number that wrote a file has its receipt."""
    numbers = {file.name[:5] for file in tables(folder)}
    done = {file.stem[-5:] for file in folder.glob("*.json")}
    return bool(done) and numbers <= done


def main() -> int:
    parser = bench.options(__doc__, quick="2,000,000 rows")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--memory-mb", type=int, default=270)
    parser.add_argument("--held", type=int, default=120_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", default=None, help="where the keys are written; about 60 bytes a row, three times")
    arguments = parser.parse_args()
    rows = arguments.rows or (2_000_000 if arguments.quick else 41_600_000)
    with tempfile.TemporaryDirectory(prefix="m3w-exchange-", dir=arguments.folder) as name:
        still, struck = f"{name}/still", f"{name}/struck"
        size = write_keys(still, rows)
        os.makedirs(struck)
        for pass_name in KINDS:
            os.symlink(f"{still}/{pass_name}", f"{struck}/{pass_name}")
        print(f"keys of an exchange: {rows:,} rows, {size / 1e6:,.0f} MB in memory", flush=True)
        run(still, engine.Serial(1), STILL, rows)
        expected = sums(still)
        settings = engine.ClusterConfig(
            kind="local", workers=arguments.workers, memory_limit=f"{arguments.memory_mb}MB", dashboard="", attempts=6
        )
        killer = Killer(struck)
        with cluster.start(settings) as dask:
            killer.start()
            run(struck, dask, arguments.held, rows)
            killer.over = True
        found = sums(struck)
    missed = [f"{name}: nobody was killed in it" for name in ROUNDS if not killer.struck[name] and not arguments.quick]
    if not expected or found != expected:
        missed.append(f"{sum(found.get(name) != value for name, value in expected.items())} decisions differ")
    if killer.peak > 1e6 * arguments.memory_mb:
        missed.append(f"a worker had {killer.peak / 1e6:.0f} MB, its limit is {arguments.memory_mb}")
    facts = {
        "rows": rows,
        "keys_mb": round(size / 1e6),
        "limit_mb": arguments.memory_mb,
        "files": len(expected),
        "peak_mb": round(killer.peak / 1e6),
        "struck": dict(killer.struck),
        "held": arguments.held,
    }
    print("\n".join(f"{what:10} {value}" for what, value in facts.items()))
    bench.write(arguments.json, {**facts, "missed_goals": missed}, "dask", "pyarrow")
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
