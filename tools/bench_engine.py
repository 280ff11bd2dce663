"""Benchmarks what of a build is no stage's work, with more and more pages in one partition.

    python tools/bench_engine.py [--quick] [--json FILE] [--pages 1000 10000]
    python tools/bench_engine.py --warc PAGES.warc.gz --sites FOLDER [--times 1 8 52]

That work is tables, checksums, receipts, the books, keys on their way, and the loops over pages and pictures between
two stages: CPU time in the tasks that is in no stage's block. By itself this builds sample webs of so many pages. With
an archive of pages and the files of their sites (FOLDER/HOST/PATH) it takes those so many times, each time under other
host names, its letters exchanged for others and its pictures turned and moved, so that none is a copy of another.
Goals: below 5 % of the build's CPU time at 1,000 pages a partition, below 2 % at 40,000; judged for the smallest and
for the largest build, these where they have so many pages.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

import bench
from m3w_builder import sampleweb

SMALL, LARGE = (1000, 5.0), (40_000, 2.0)
"""Pages of a partition, and the percentage that is not to be exceeded there."""
MARKUP = re.compile(r"(<script.*?</script>|<style.*?</style>|<[^>]*>|&\w+;)", re.DOTALL | re.IGNORECASE)
IDEOGRAPHS = re.compile("[\u4e00-\u9000]+")
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}


def letters(copy: int) -> dict[int, str]:
    """Which letter stands for which in a copy: vowels for vowels, and consonants for consonants."""
    found = {}
    for group in ("aeiou", "bcdfghjklmnpqrstvwxyz"):
        drawn = random.Random(copy).sample(group, len(group))
        found |= {ord(one): other for one, other in zip(group, drawn, strict=True)}
        found |= {ord(one.upper()): other.upper() for one, other in zip(group, drawn, strict=True)}
    return found


def said_otherwise(html: str, copy: int) -> str:
    """A page whose texts are other words of the same lengths; its markup stays."""
    parts = MARKUP.split(html)
    table = letters(copy)

    def moved(met: re.Match[str]) -> str:
        return "".join(chr(0x4E00 + (ord(one) - 0x4E00 + 37 * copy) % 0x4200) for one in met[0])

    parts[::2] = [IDEOGRAPHS.sub(moved, part.translate(table)) for part in parts[::2]]
    return "".join(parts)


def looking_otherwise(body: bytes, copy: int) -> bytes:
    """A picture of another look and the same format; as it is where it cannot be read, or has several frames."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(body)) as image:
            if getattr(image, "n_frames", 1) > 1:
                return body
            kind = image.format or "PNG"
            pixels = np.asarray(image if image.mode in ("RGB", "RGBA", "L", "LA") else image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return body
    way, step = copy % 8, copy // 8
    pixels = pixels[:: -1 if way & 1 else 1, :: -1 if way & 2 else 1]
    pixels = np.swapaxes(pixels, 0, 1) if way & 4 else pixels
    high, wide = pixels.shape[:2]
    pixels = np.roll(pixels, (high * step // 7 + 3 * step, wide * (2 * step % 7) // 7 + 5 * step), axis=(0, 1))
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, kind, **({"quality": 85} if kind != "PNG" else {}))
    return stream.getvalue()


def copied(copy: int, warc: str, sites: Path, web: Path) -> None:
    """One copy of the pages as an archive, and of their sites' files."""
    hosts = sorted(path.name for path in sites.iterdir() if path.is_dir())
    named = re.compile("|".join(map(re.escape, hosts)))
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    with open(warc, "rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type != "response":
                continue
            html = record.content_stream().read().decode("utf-8", "surrogateescape")
            html = said_otherwise(named.sub(lambda met: f"k{copy}-{met[0]}", html), copy)
            url = named.sub(lambda met: f"k{copy}-{met[0]}", record.rec_headers.get_header("WARC-Target-URI"))
            kind = record.http_headers.get_header("Content-Type") or "text/html"
            headers = StatusAndHeaders("200 OK", [("Content-Type", kind)], "HTTP/1.1")
            body = io.BytesIO(html.encode("utf-8", "surrogateescape"))
            date = {"WARC-Date": record.rec_headers.get_header("WARC-Date")}
            made = writer.create_warc_record(url, "response", body, http_headers=headers, warc_headers_dict=date)
            writer.write_record(made)
    for host in hosts:
        for file in (sites / host).rglob("*"):
            if file.is_file() and file.suffix.lower() not in (".html", ".htm", ".xhtml"):
                target = web / "sites" / f"k{copy}-{host}" / file.relative_to(sites / host)
                target.parent.mkdir(parents=True, exist_ok=True)
                body = file.read_bytes()
                target.write_bytes(looking_otherwise(body, copy) if file.suffix.lower() in PICTURES else body)
    (web / f"{copy:03d}.warc.gz").write_bytes(out.getvalue())  # last: where it is, all of the copy is


@contextmanager
def multiplied(times: int, warc: str, sites: Path, web: Path) -> Iterator[tuple[str, str]]:
    """One archive of the pages, taken so many times, and where the server of their pictures listens."""
    missing = [copy for copy in range(times) if not (web / f"{copy:03d}.warc.gz").exists()]
    with ProcessPoolExecutor() as pool:
        list(pool.map(partial(copied, warc=warc, sites=sites, web=web), missing))
    whole = web / "all.warc.gz"
    with whole.open("wb") as out:
        for copy in range(times):
            out.write((web / f"{copy:03d}.warc.gz").read_bytes())
    hosts = sorted(path.name for path in (web / "sites").iterdir())
    (web / "answers.json").write_text(json.dumps({"hosts": hosts, "types": {}, "answers": {}}))
    with sampleweb.serve(web) as server:
        yield str(whole), server.address


@contextmanager
def made(pages: int, web: Path) -> Iterator[tuple[str, str]]:
    """One archive of a sample web's pages, and where the server of their pictures listens."""
    sampleweb.generate(web, pages, seed=0)
    with sampleweb.serve(web) as server:
        parts = sampleweb.write_warc(web, web / "warc", pictures=False)
        whole = web / "all.warc.gz"
        with whole.open("wb") as out:
            for part in parts:
                out.write(Path(part).read_bytes())
        yield str(whole), server.address


def built(warc: str, server: str, folder: Path) -> dict[str, Any]:
    """A build in one process, and where its CPU time went."""
    config = {
        "source": {"warc": {"paths": [warc]}},
        "fetch": {"resolve": {"*": server}, "delay": 0, "per_host": 8},
        "text": [{"length": {"min_words": 1}}],
        "cluster": {"kind": "serial"},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "m3w_builder.cli", "build", str(folder / "config.yaml")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": ""}
    with open(folder / "log", "w+") as log:
        process = subprocess.Popen(
            [*command, "--out", str(folder / "build"), "--json"], stdout=log, stderr=subprocess.STDOUT, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
        log.seek(0)
        text = log.read()
    if status:
        raise SystemExit(f"the build ended with {os.waitstatus_to_exitcode(status)}: {text[-1500:]}")
    said = json.loads([line for line in text.splitlines() if line.startswith("{")][-1])
    shutil.rmtree(folder / "build")
    between = said["cpu_seconds"] - sum(stage["cpu_seconds"] for stage in said["ledger"])
    cpu = used.ru_utime + used.ru_stime
    return {
        "pages": said["pages"],
        "documents": said["documents"],
        "pictures": said["pictures"],
        "cpu_s": round(cpu, 2),
        "tasks_s": said["cpu_seconds"],
        "no_stage_s": round(between, 2),
        "no_stage_ms_a_page": round(1000 * between / said["pages"], 3),
        "percent": round(100 * between / cpu, 2),
        "peak_mb": round(used.ru_maxrss / 1024),
    }


def judged(rows: list[dict[str, Any]]) -> list[str]:
    """The goals that were missed."""
    first, last = rows[0], rows[-1]
    cases = [(first, SMALL[1])] + ([(last, LARGE[1])] if last["pages"] >= LARGE[0] else [])
    return [f"{row['percent']} % at {row['pages']} pages, goal {most}" for row, most in cases if row["percent"] >= most]


def main() -> int:
    parser = bench.options(__doc__, quick="300 pages")
    parser.add_argument("--pages", type=int, nargs="*", default=[], help="sizes of sample webs")
    parser.add_argument("--warc", default="", help="an archive of pages to be taken many times")
    parser.add_argument("--sites", default="", help="the files of their sites, FOLDER/HOST/PATH")
    parser.add_argument("--times", type=int, nargs="*", default=[1, 8], help="how often they are taken")
    parser.add_argument("--keep", default="", help="a folder where the copies are kept for the next run")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="m3w-bench-") as name:
        sizes = arguments.times if arguments.warc else arguments.pages or ([300] if arguments.quick else [1000, 5000])
        for number, size in enumerate(sorted(sizes)):
            here = Path(name) / str(number)
            here.mkdir()
            web = Path(arguments.keep or f"{name}/web") if arguments.warc else here / "web"
            web.mkdir(parents=True, exist_ok=True)
            material = (
                multiplied(size, arguments.warc, Path(arguments.sites), web) if arguments.warc else made(size, web)
            )
            with material as (warc, server):
                rows.append(built(warc, server, here))
            print(json.dumps(rows[-1]), flush=True)
    print(bench.table(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))
    missed = [] if arguments.quick else judged(rows)
    bench.write(arguments.json, {"rows": rows, "missed_goals": missed}, "pyarrow")
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
