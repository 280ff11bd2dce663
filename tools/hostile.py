"""Sends a hostile archive through a whole build: every item must go with a reason, in time, and harm no neighbour.

    python tools/hostile.py [--quick] [--json FILE] [--pages 1000] [--pictures 200]

The archive holds hostile pages and pictures (tools/hostile_pages.py: trees, floods, encodings, bombs, polyglots, tricks
with names, cut and mutated files of every format) with good pages between them. Goals: the build ends well and
verifies; no page or picture takes more than 10 CPU seconds, and no process more than 1.5 GB; each hostile item is in a
shard or in a table of drops; the good pages' samples are to the byte those of a build without the others.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

import bench
import hostile_pages

SECONDS, MEGABYTES = 10.0, 1500
HOST = "http://hostile.example"


def write(path: Path, hostile_too: bool, pages: int, pictures: int) -> None:
    """The archive: good pages and pictures, and between them, where asked for, the hostile ones."""
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)

        def record(url: str, body: bytes, headers: dict[str, str]) -> None:
            http = StatusAndHeaders("200 OK", list(headers.items()), "HTTP/1.1")
            more = {"WARC-Date": "2024-05-01T00:00:00Z", "WARC-Record-ID": f"<urn:hostile:{url}>"}
            writer.write_record(
                writer.create_warc_record(
                    url, "response", payload=io.BytesIO(body), http_headers=http, warc_headers_dict=more
                )
            )

        bad = list(hostile_pages.pages(pages).items()) if hostile_too else []
        shown = hostile_pages.pictures(pictures) if hostile_too else {}
        goods = max(10, pages // 50)
        for seed in range(goods):
            record(f"{HOST}/good-{seed}.html", hostile_pages.good(seed), hostile_pages.HTML)
            record(
                f"{HOST}/good-{seed}.jpg", hostile_pages._picture("JPEG", 1000 + seed), {"Content-Type": "image/jpeg"}
            )
            for name, (body, headers) in bad[seed::goods]:
                record(f"{HOST}/{name}.html", body, headers)
        for number, (name, body) in enumerate(shown.items()):
            html = hostile_pages.BASE.format(
                f"Gallery {number}", f'<img src="/{name}.jpg" alt="x">' + "<p>More of it.</p>" * 9
            )
            record(f"{HOST}/gallery-{number}.html", html.encode(), hostile_pages.HTML)
            record(f"{HOST}/{name}.jpg", body, {"Content-Type": "image/jpeg"})


def built(folder: Path, name: str, archive: Path) -> dict[str, Any]:
    """A build in a process of its own: exit codes of build and verify, CPU seconds, peak MB."""
    config = {
        "source": {"warc": {"paths": [str(archive)]}},
        "fetch": {"resolve": {"*": "127.0.0.1:9"}, "retries": 0, "connect_timeout": 1.0},
        # All stages look at all of it, and none lets go of it for being the same again.
        "text": [{"length": {"min_words": 20, "max_words": 10**9}}, {"repetition": {"scale": 1000}}, "pii"],
        "dedup": {
            "max_documents_per_picture": 10**6,
            "texts": False,
            "near_texts": False,
            "pictures": False,
            "pixels": False,
            "near_pictures": False,
        },
        "cluster": {"kind": "serial"},
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(config))
    m3w = [sys.executable, "-m", "m3w_builder.cli"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    log = folder / f"{name}.log"
    with log.open("w") as stream:
        command = [*m3w, "build", str(folder / f"{name}.yaml"), "--out", str(folder / name), "--json"]
        code = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, env=environment).returncode
        verify = subprocess.run([*m3w, "verify", str(folder / name)], stdout=stream, stderr=stream, env=environment)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "build": code,
        "verify": verify.returncode,
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
        "said": log.read_text()[-600:] if code or verify.returncode else "",
    }


def samples(build: Path) -> dict[str, dict[str, bytes]]:
    """By page URL, the members of its sample without what says where it stood in the archive."""
    found: dict[str, dict[str, bytes]] = {}
    for file in sorted((build / "shards").glob("*.tar")):
        by_key: dict[str, dict[str, bytes]] = {}
        with tarfile.open(file) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                assert stream is not None
                by_key.setdefault(member.name.partition(".")[0], {})[member.name.partition(".")[2]] = stream.read()
        for parts in by_key.values():
            entry = json.loads(parts["json"])
            parts["json"] = json.dumps([entry["items"], entry["metadata"]]).encode()
            found[entry["url"]] = parts
    return found


def fates(build: Path) -> tuple[set[str], Counter[str]]:
    """The URLs of all pages with a fate, and how often each reason was given."""
    urls = set(samples(build))
    reasons: Counter[str] = Counter()
    for file in build.glob("*/*.dropped.parquet"):
        if file.parent.name == "joined":  # its bundle tells the same
            continue
        for row in pq.read_table(file).to_pylist():
            reasons[f"{row['unit']} {row['stage']}: {row['reason']}"] += 1
            urls.add(row["url"])
    return urls, reasons


def slowest(pages: int, pictures: int) -> list[tuple[float, str]]:
    """CPU seconds of each item by itself, the slowest first."""
    from m3w_builder.extract import extract
    from m3w_builder.extract.config import ExtractConfig
    from m3w_builder.pictures import Picture, PicturesConfig, decode, finish

    took = []
    for name, (body, _) in hostile_pages.pages(pages).items():
        start = time.process_time()
        extract(body[:8_000_000], f"{HOST}/{name}.html", ExtractConfig())
        took.append((time.process_time() - start, f"page {name}"))
    for name, body in hostile_pages.pictures(pictures).items():
        start = time.process_time()
        answer = decode(name, body, PicturesConfig())
        if isinstance(answer, Picture):
            finish(answer, PicturesConfig())
        took.append((time.process_time() - start, f"picture {name}"))
    return sorted(took, reverse=True)


def main() -> int:
    parser = bench.options(__doc__, quick="one page of each kind, 60 pictures")
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--pictures", type=int, default=0)
    arguments = parser.parse_args()
    pages = arguments.pages or (1 if arguments.quick else 1000)
    pictures = arguments.pictures or (60 if arguments.quick else 200)
    faults = []
    with tempfile.TemporaryDirectory(prefix="m3w-hostile-") as name:
        folder = Path(name)
        write(folder / "good.warc.gz", False, pages, pictures)
        write(folder / "bad.warc.gz", True, pages, pictures)
        clean = built(folder, "good", folder / "good.warc.gz")
        hit = built(folder, "bad", folder / "bad.warc.gz")
        faults += [
            f"{what} ended with {done[what]}: {done['said']}"
            for done in (clean, hit)
            for what in ("build", "verify")
            if done[what]
        ]
        if hit["peak_mb"] > MEGABYTES:
            faults.append(f"peak memory {hit['peak_mb']} MB, goal {MEGABYTES}")
        if not faults:
            urls, reasons = fates(folder / "bad")
            sent = {f"{HOST}/{name}.html" for name in hostile_pages.pages(pages)}
            # A polyglot may be a picture of the archive, which waits for a page that shows it.
            lost = sorted(url for url in sent - urls if "/polyglot" not in url)
            faults += [f"no fate: {url}" for url in lost[:5]]
            before, after = samples(folder / "good"), samples(folder / "bad")
            harmed = [url for url, parts in before.items() if after.get(url) != parts]
            faults += [f"a good page was harmed: {url}" for url in harmed[:5]]
            if not before:
                faults.append("no good page came through at all")
            shown = len(hostile_pages.pictures(pictures))
            print(f"{len(sent)} hostile pages, {shown} pictures, {len(before)} good ones untouched")
            for reason, number in reasons.most_common(40):
                print(f"{number:6} {reason}")
    took = slowest(pages, pictures)
    print(
        f"build {hit['cpu_s']} CPU s, peak {hit['peak_mb']} MB; slowest: "
        + ", ".join(f"{name} {spent:.2f} s" for spent, name in took[:8])
    )
    faults += [f"{name} took {spent:.1f} s, goal {SECONDS}" for spent, name in took if spent > SECONDS]
    slow = [[name, round(spent, 2)] for spent, name in took[:20]]
    facts = {"pages": pages, "pictures": pictures, "build": hit, "slowest": slow, "faults": faults}
    bench.write(arguments.json, facts)
    return bench.exit_code(faults, mark="")


if __name__ == "__main__":
    sys.exit(main())
