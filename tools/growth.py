"""Builds of more and more pages: what a page costs and what each process holds must not grow with their number.

    python tools/growth.py [--quick] [--json FILE] [--pages 1000 5000 20000 50000] [--workers 2]

Pages are made here: some paragraphs of words drawn at random and two small pictures each, 250 pages to a WARC file.
Pages and pictures are a hundredth of real ones, and so are the tars, of 4 MB, so that there are as many bundles to a
partition as there. Each build runs on local workers. Told: CPU seconds a page (of the tasks, by their receipts, and of
all processes, by the operating system), the largest resident size of the driver and of a worker, and seconds; last, the
largest size of up to 50,000 pages with one worker beside it, and what the machine itself gives: how much more two
processes that only count get done than one. Goals: from the second size on, CPU of the tasks a page and both sizes
within 1.1 times those of the size before; two workers at least 1.8 times as quick as one (judged only with `--quiet`,
on a machine that does nothing else).
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import yaml

import bench

FILE, FLAT, TWICE = 250, 1.1, 1.8
COMPARED = 50_000
"""Pages up to which a build is run once more with one worker."""
COUNTED = "for _ in range(50_000_000): pass"
"""What a process does that shows what the machine gives: some seconds of nothing but counting."""
HOSTS = 40


def words() -> list[str]:
    rng = random.Random(0)
    syllables = [first + second for first in "bdfgklmnprstv" for second in "aeiou"]
    return ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(4000)]


def page(number: int, vocabulary: list[str]) -> tuple[str, bytes, list[tuple[str, bytes]]]:
    """(URL, HTML, its pictures) of one page."""
    import cv2
    import numpy as np

    rng = random.Random(number)
    host = f"http://site-{number % HOSTS}.example"
    pictures, body = [], []
    for place in range(2):
        few = np.frombuffer(rng.randbytes(432), np.uint8).reshape(12, 12, 3)
        pixels = cv2.resize(few, (220, 180), interpolation=cv2.INTER_CUBIC)
        stream = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])[1].tobytes()
        pictures.append((f"{host}/pictures/{number}-{place}.jpg", stream))
    for place in range(6):
        sentences = [" ".join(rng.choices(vocabulary, k=rng.randint(8, 16))).capitalize() + "." for _ in range(4)]
        body.append(f"<p>{' '.join(sentences)}</p>")
        if place in (1, 3):
            body.append(f'<figure><img src="{pictures[place // 2][0]}" alt="{" ".join(rng.choices(vocabulary, k=5))}">')
            body.append("</figure>")
    title = " ".join(rng.choices(vocabulary, k=6))
    article = f"<article><h1>{title}</h1>{''.join(body)}</article>"
    html = f"<html><head><title>{title}</title></head><body>{article}</body></html>"
    return f"{host}/pages/{number}.html", html.encode(), pictures


def record(number: int, url: str, body: bytes, kind: str) -> bytes:
    """One response as a WARC record, a gzip member of its own."""
    http = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    head = (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{uuid.UUID(int=number)}>\r\n"
        f"WARC-Target-URI: {url}\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http) + len(body)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + http + body + b"\r\n\r\n", 1 if kind.startswith("text") else 0, mtime=0)


def write(folder: Path, pages: int) -> None:
    """The archive of so many pages, made by all cores; files that are there already are kept."""
    missing = [
        path for start in range(0, pages, FILE) if not (path := folder / f"{start // FILE:05d}.warc.gz").exists()
    ]
    if missing:
        with ProcessPoolExecutor() as pool:
            list(pool.map(write_file, missing))


def write_file(path: Path) -> None:
    """One file of the archive, of `FILE` pages, by the number in its name."""
    vocabulary = words()
    start = FILE * int(path.name.split(".")[0])
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        for number in range(start, start + FILE):
            url, html, pictures = page(number, vocabulary)
            stream.write(record(8 * number, url, html, "text/html; charset=utf-8"))
            for place, (name, body) in enumerate(pictures, 1):
                stream.write(record(8 * number + place, name, body, "image/jpeg"))
    part.rename(path)


def built(folder: Path, pages: int, workers: int) -> dict[str, Any]:
    """One build in a process of its own, and what it took."""
    files = [str(folder / f"{number:05d}.warc.gz") for number in range((pages + FILE - 1) // FILE)]
    config = {
        "source": {"warc": {"paths": files}},
        "fetch": {"resolve": {"*": "127.0.0.1:9"}, "retries": 0},
        "text": [{"length": {"min_words": 20}}],
        "shards": {"target_mb": 4},
        "cluster": {"kind": "local", "workers": workers, "dashboard": ""},
    }
    with tempfile.TemporaryDirectory(prefix="m3w-growth-build-", dir=folder) as name:
        (Path(name) / "config.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "m3w_builder.cli", "build", f"{name}/config.yaml", "--out", f"{name}/build"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        with open(f"{name}/log", "w+") as log:
            process = subprocess.Popen([*command, "--json"], stdout=log, stderr=subprocess.STDOUT, env=environment)
            driver, worker = watched(process)
            log.seek(0)
            text = log.read()
        if process.returncode:
            raise SystemExit(f"the build of {pages} pages ended with {process.returncode}: {text[-1500:]}")
        took = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = json.loads([line for line in text.splitlines() if line.startswith("{")][-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "pages": said["pages"],
        "documents": said["documents"],
        "pictures": said["pictures"],
        "workers": workers,
        "task_cpu_ms_a_page": round(1000 * said["cpu_seconds"] / pages, 2),
        "cpu_ms_a_page": round(1000 * cpu / pages, 2),
        "driver_mb": round(driver / 1e6),
        "worker_mb": round(worker / 1e6),
        "wall_s": round(took, 1),
    }


def watched(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> tuple[int, int]:
    """The largest resident bytes of the driver and of any process below it, until it ends."""
    driver = worker = 0
    above = psutil.Process(process.pid)
    below: list[psutil.Process] = []
    for look in itertools.count():
        if process.poll() is not None:
            break
        with contextlib.suppress(psutil.Error):
            if look % 10 == 0:  # to look for processes reads of all that the machine has
                below = above.children(recursive=True)
            driver = max(driver, above.memory_info().rss)
        for child in below:
            with contextlib.suppress(psutil.Error):
                worker = max(worker, child.memory_info().rss)
        time.sleep(0.2)
    return driver, worker


def machine() -> float:
    """How much more two processes get done than one in the same time, on this machine as it is now."""

    def seconds(number: int) -> float:
        started = time.monotonic()
        for process in [subprocess.Popen([sys.executable, "-c", COUNTED]) for _ in range(number)]:
            process.wait()
        return time.monotonic() - started

    return round(2 * seconds(1) / seconds(2), 2)


def main() -> int:
    parser = bench.options(__doc__, quick="250 and 500 pages")
    parser.add_argument("--pages", type=int, nargs="*", default=[])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", default="", help="where archives are kept for the next run")
    parser.add_argument("--quiet", action="store_true", help="the machine does nothing else: judge seconds too")
    arguments = parser.parse_args()
    sizes = arguments.pages or ([250, 500] if arguments.quick else [1000, 5000, 20_000, 50_000])
    with tempfile.TemporaryDirectory(prefix="m3w-growth-") as name:
        folder = Path(arguments.folder or name)
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for pages in sizes:
            write(folder, pages)
            rows.append(built(folder, pages, arguments.workers))
            print(json.dumps(rows[-1]), flush=True)
        two = max((row for row in rows if row["pages"] <= COMPARED), key=lambda row: row["pages"], default=rows[0])
        one, gives = None, [machine()]
        if arguments.workers > 1:
            one = built(folder, two["pages"], 1)
            gives.append(machine())
    missed = [
        f"{what} {later[what]} at {later['pages']} pages, {row[what]} at {row['pages']}"
        for row, later in itertools.pairwise(rows)
        for what in ("task_cpu_ms_a_page", "driver_mb", "worker_mb")
        if later[what] > FLAT * row[what]
    ]
    if one:
        ratio = one["wall_s"] / two["wall_s"]
        print(json.dumps(one), f"\none worker takes {ratio:.2f} times as long")
        print(f"two processes that only count get {gives[0]} times as much done as one, before, and {gives[-1]} after")
        if arguments.quiet and ratio < TWICE:
            missed.append(f"one worker takes {ratio:.2f} times as long, goal {TWICE}")
    print(bench.table(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))
    bench.write(
        arguments.json, {"rows": rows, "one_worker": one, "machine": gives, "missed_goals": missed}, "dask", "pyarrow"
    )
    return bench.exit_code([] if arguments.quick else missed)


if __name__ == "__main__":
    sys.exit(main())
