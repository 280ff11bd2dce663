"""Fuzzes what reads foreign bytes: mutated inputs for some time a target, every finding kept as a file.

    python tools/fuzz.py [--quick] [--json FILE] [--seconds 600] [--only NAME …] [--keep FOLDER] [--seed 0]

Targets: `extract` (HTML), `warc` (archive files), `picture` (decode and finish), `config` (YAML), `shard` (tars). An
input is a good or hostile one with bytes changed, cut, doubled or crossed with another. A finding is an exception that
the target may not raise, or an input that takes more than 10 CPU seconds. Exit code 1 where there is one. (A
coverage-guided fuzzer can be put on the same functions: each takes bytes.)
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import sys
import tarfile
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench
import hostile_pages

SECONDS = 10.0


def extract(body: bytes) -> None:
    from m3w_builder.extract import ExtractConfig
    from m3w_builder.extract import extract as read

    read(body, "http://fuzz.example/a/b.html", ExtractConfig())


def warc(body: bytes) -> None:
    from m3w_builder import sources

    with tempfile.NamedTemporaryFile(suffix=".warc.gz", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        file.write(body)
        file.flush()
        for _ in sources.read({"kind": "warc", "file": file.name}, sources.ReadLimits()):
            pass


def picture(body: bytes) -> None:
    from m3w_builder.pictures import Picture, PicturesConfig, decode, finish

    answer = decode("", body, PicturesConfig())
    if isinstance(answer, Picture):
        finish(answer, PicturesConfig())


def config(body: bytes) -> None:
    from m3w_builder import config as configs
    from m3w_builder.errors import ConfigError

    with tempfile.NamedTemporaryFile(suffix=".yaml", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        file.write(body)
        file.flush()
        try:
            configs.load(file.name)
        except ConfigError as error:
            if "\n" in str(error):
                raise AssertionError("an error of more than one line") from error


def shard(body: bytes) -> None:
    from m3w_builder.shards import read

    with tempfile.NamedTemporaryFile(suffix=".tar", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        file.write(body)
        file.flush()
        for _ in read.samples(file.name, {}):
            pass


def _warcs() -> list[bytes]:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    made = []
    for gzipped in (True, False):
        stream = io.BytesIO()
        writer = WARCWriter(stream, gzip=gzipped)
        for seed in range(4):
            headers = StatusAndHeaders("200 OK", list(hostile_pages.HTML.items()), "HTTP/1.1")
            body = io.BytesIO(hostile_pages.good(seed))
            url = f"http://fuzz.example/{seed}"
            writer.write_record(writer.create_warc_record(url, "response", payload=body, http_headers=headers))
        made.append(stream.getvalue())
    return made


def _tars() -> list[bytes]:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key in ("a", "b"):
            entry = {
                "key": key,
                "url": "http://x/",
                "items": [{"text": "words"}, {"image": "http://x/a.jpg", "part": "0.jpg"}],
                "metadata": {"host": "x"},
                "provenance": {"file": "f", "offset": 0, "digest": "", "fetched": ""},
                "rights": [],
                "scores": {},
            }
            for name, body in ((f"{key}.json", json.dumps(entry).encode()), (f"{key}.0.jpg", b"\xff\xd8\xff" * 30)):
                info = tarfile.TarInfo(name)
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))
    return [stream.getvalue()]


def _configs() -> list[bytes]:
    return [file.read_bytes() for file in sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))]


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]]]] = {
    "extract": (extract, lambda: [page[0][:20_000] for page in hostile_pages.pages(1).values()]),
    "warc": (warc, _warcs),
    "picture": (picture, lambda: [body for body in hostile_pages.pictures(80).values() if len(body) < 100_000]),
    "config": (config, _configs),
    "shard": (shard, _tars),
}


def mutant(corpus: list[bytes], rng: random.Random) -> bytes:
    body = rng.choice(corpus)
    if rng.random() < 0.2:
        other = rng.choice(corpus)
        body = body[: rng.randrange(len(body) + 1)] + other[rng.randrange(len(other) + 1) :]
    if rng.random() < 0.2:
        body = body[: rng.randrange(len(body) + 1)]
    return hostile_pages.mutated(body, rng, rng.choice((0.0001, 0.001, 0.01))) if body else body


def fuzz(name: str, seconds: float, seed: int, keep: Path) -> dict[str, Any]:
    target, corpus_of = TARGETS[name]
    rng, corpus = random.Random(f"{name} {seed}"), corpus_of()
    ends, runs, findings, worst = time.process_time() + seconds, 0, dict[str, str](), 0.0
    while time.process_time() < ends:
        body = mutant(corpus, rng)
        start = time.process_time()
        fault = ""
        try:
            target(body)
        except Exception:
            lines = traceback.format_exc().strip().splitlines()
            fault = f"{lines[-1][:200]} [{lines[-3].strip() if len(lines) > 2 else ''}]"
        took = time.process_time() - start
        runs, worst = runs + 1, max(worst, took)
        if took > SECONDS:
            fault = f"took more than {SECONDS:g} CPU seconds"
        if fault and fault not in findings:
            file = keep / f"{name}-{hashlib.sha256(body).hexdigest()[:12]}"
            keep.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
            findings[fault] = str(file)
    return {"runs": runs, "findings": findings, "slowest_s": round(worst, 2), "cpu_s": seconds}


def main() -> int:
    parser = bench.options(__doc__, quick="4 CPU seconds a target")
    parser.add_argument("--seconds", type=float, default=0, help="CPU seconds a target (default 600)")
    parser.add_argument("--only", nargs="*", default=list(TARGETS))
    parser.add_argument("--keep", default=str(Path(tempfile.gettempdir()) / "m3w-fuzz"), help="where findings go")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    seconds = arguments.seconds or (4 if arguments.quick else 600)
    results = {name: fuzz(name, seconds, arguments.seed, Path(arguments.keep)) for name in arguments.only}
    for name, result in results.items():
        print(f"{name:8} {result['runs']:7} inputs in {seconds:g} CPU s, slowest {result['slowest_s']} s")
        for fault, file in result["findings"].items():
            print(f"  {fault}\n    {file}")
    bench.write(arguments.json, {"targets": results})
    return 1 if any(result["findings"] for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
