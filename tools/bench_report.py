"""Benchmark of the report over many partitions: receipts are merged, no shard is read.

python tools/bench_report.py [--quick] [--json FILE] [--receipts N]

One bundle's statistics, of 1,000 generated documents, are written as N receipts; what gathering them takes is measured
for N / 10 and for N. Goal: the time grows with N (by no more than a fifth above it), and memory does not.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import bench
from m3w_builder import storage
from m3w_builder.document import Document, Image, Source, Text
from m3w_builder.report import figures
from m3w_builder.report.statistics import Statistics

GROWTH = 12.0
"""Most that ten times the receipts may take."""
MEMORY = 1.3
"""Most that memory may grow by, from N / 10 to N receipts."""


def statistics(documents: int) -> dict[str, Any]:
    """A bundle's statistics."""
    chance = random.Random(0)
    names = [f"word{number}" for number in range(20_000)]
    made = Statistics("clip")
    for number in range(documents):
        words = [names[min(len(names) - 1, int(chance.paretovariate(0.7)))] for _ in range(400)]
        image = Image(f"http://p{number}/", sha256=f"{number:064x}", width=640, height=480, format="jpeg", bytes=90_000)
        items = [Text(" ".join(words[:200])), image, Text(" ".join(words[200:]))]
        source = Source("a.warc.gz", number, "d", "2024-05-01T00:00:00Z")
        host = f"host{int(chance.paretovariate(1)) % 5000}.example"
        made.add_document(Document(f"http://{host}/{number}", items, f"{number:032x}", host, "en", source=source))
    return made.to_json()


def measure(told: dict[str, Any], receipts: int) -> dict[str, float]:
    """Seconds and MB (of Python's own objects) that gathering so many receipts takes."""
    with tempfile.TemporaryDirectory() as build:
        body = {
            "pass": "shards", "partition": 0, "ledger": [], "seconds": 1.0, "cpu_seconds": 1.0, "peak_mb": 1.0,
            "outputs": {"shards/train-000000-00000.tar": {"bytes": 1, "sha256": ""}}, "stats": {"documents": told},
        }  # fmt: skip
        storage.make_folder(f"{build}/shards")
        text = json.dumps(body)
        for number in range(receipts):
            Path(build, "shards", f"{number:06d}.json").write_text(text)
        storage.write_json(f"{build}/ledger.json", [])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        started = time.process_time()
        found = figures.gather(build)
        seconds = time.process_time() - started
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        assert found["sums"]["documents"] == receipts * told["sums"]["documents"]
    return {
        "receipts": receipts,
        "cpu_seconds": seconds,
        "receipt_bytes": len(text),
        "mb": after,
        "grown_mb": after - before,
    }


def main() -> int:
    parser = bench.options(__doc__, quick="1,000 receipts")
    parser.add_argument("--receipts", type=int, default=10_000)
    asked = parser.parse_args()
    number = 1000 if asked.quick else asked.receipts
    told = statistics(1000)
    rows = [measure(told, number // 10), measure(told, number)]
    growth = rows[1]["cpu_seconds"] / rows[0]["cpu_seconds"]
    grown = rows[1]["mb"] / rows[0]["mb"]
    for row in rows:
        each = 1000 * row["cpu_seconds"] / row["receipts"]
        print(f"{row['receipts']:>8,} receipts of {row['receipt_bytes'] // 1000} kB: {row['cpu_seconds']:.1f} CPU s, "
              f"{each:.2f} ms each, process {row['mb']:.0f} MB")  # fmt: skip
    missed = [f"{growth:.1f} times the time, goal {GROWTH:g}"] if growth > GROWTH else []
    missed += [f"{grown:.2f} times the memory, goal {MEMORY:g}"] if grown > MEMORY else []
    print(f"ten times the receipts: {growth:.1f} times the time (at most {GROWTH:g}), {grown:.2f} times the memory "
          f"(at most {MEMORY:g}): {'missed' if missed else 'met'}")  # fmt: skip
    bench.write(asked.json, {"rows": rows, "growth": growth, "memory": grown, "missed_goals": missed})
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
