"""Fuzzes what reads foreign bytes: mutated inputs for some time a target, every finding kept as a file.

    python tools/fuzz.py [--quick] [--json FILE] [--seconds 600] [--only NAME …] [--keep FOLDER] [--seed 0]

Targets: `extract` (HTML), `warc` (archive files), `picture` (decode and finish), `config` (YAML), `shard` (tars),
`corpus` (lines of MMC4). An input is a good or hostile one, or for the last three one in which a value is of another
kind: as it is, or with bytes changed, cut, doubled or crossed with another. A finding is an exception that the target
may not raise, or an input that takes more than 10 CPU seconds. Exit code 1 where there is one. (A coverage-guided
fuzzer can be put on the same functions: each takes bytes.)
"""

from __future__ import annotations

import gzip
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
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brotli
import yaml
import zstandard

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
    """As a training reads it: what a sample gives is cut into a window of tokens, in both orders."""
    from m3w_builder.shards import read, window

    tokens = window.Marked(lambda text: list(text.encode()), 256, 257, 258, 259)
    with tempfile.NamedTemporaryFile(suffix=".tar", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        file.write(body)
        file.flush()
        for document, parts in read.samples(file.name, {}):
            for order in ("page", "similarity"):
                line = window.line(document, tokens, order)
                drawn = window.draw(line, window.Sampling(order=order), document.key, tokens.image)  # type: ignore[arg-type]
                assert drawn is None or all(part in parts for part in drawn.parts)


def corpus(body: bytes) -> None:
    """Lines of a published corpus, to the table that a partition becomes and the documents that it gives back."""
    from m3w_builder import sources
    from m3w_builder.document import from_json, references, to_table

    entry = {"kind": "corpus", "format": "mmc4", "part": 0, "parts": 1, "options": {}}
    with tempfile.NamedTemporaryFile(suffix=".jsonl", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        file.write(body)
        file.flush()
        found = list(sources.read({**entry, "path": file.name}, sources.ReadLimits()))
    table, told = to_table([one.document for one in found if isinstance(one, sources.Ready)])
    back = [[image.url for image in from_json(json.loads(one)).images] for one in told]
    assert back == [[image.url for image in one.images] for one in references(table)]


def _warcs() -> list[bytes]:
    """Archives packed and plain, of 1.1 and of ARC 1, whose bodies came in every coding that the reader knows."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    good = hostile_pages.good
    codings = {
        "gzip": gzip.compress(good(4), mtime=0),
        "br": brotli.compress(good(5)),
        "zstd": zstandard.compress(good(6)),
        "deflate": zlib.compress(good(7)),
    }
    plain = [({}, good(seed)) for seed in range(3)]
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (good(8)[:99], good(8)[99:], b""))
    sent: list[tuple[dict[str, str], bytes]] = [*plain, ({"Transfer-Encoding": "chunked"}, chunked)]
    sent += [({"Content-Encoding": name}, body) for name, body in codings.items()]
    made = []
    for gzipped in (True, False):
        stream = io.BytesIO()
        writer = WARCWriter(stream, gzip=gzipped)
        for number, (headers, body) in enumerate(sent):
            http = StatusAndHeaders("200 OK", list((hostile_pages.HTML | headers).items()), "HTTP/1.1")
            url = f"http://fuzz.example/{number}"
            writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=http))
            digest = f"sha1:{number:032d}"
            writer.write_record(writer.create_revisit_record(url, digest, url, "2024-01-01T00:00:00Z", http))
        made.append(stream.getvalue())
    return [*made, _arc(sent)]


def _arc(sent: list[tuple[dict[str, str], bytes]]) -> bytes:
    version = b"1 0 Example\nURL IP-address Archive-date Content-type Archive-length\n\n"
    records = [b"filedesc://fuzz.arc 0.0.0.0 20080101000000 text/plain %d\n%s" % (len(version), version)]
    for number, (headers, body) in enumerate(sent):
        lines = "".join(f"{name}: {value}\r\n" for name, value in (hostile_pages.HTML | headers).items())
        block = f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body
        head = f"http://fuzz.example/{number} 127.0.0.1 20080101000000 text/html {len(block)}\n"
        records.append(head.encode() + block)
    return b"\n".join(records)


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1e308, float("nan"), "", "x" * 99, "\ud800", [], [[]], {}, {"x": 1}, [None], ["x"],
)  # fmt: skip


def confused(value: Any) -> Iterator[Any]:
    """Copies of plain data in which one place, at any depth, holds something else; or is left out."""
    yield from ODD
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {other: kept for other, kept in value.items() if other != name}
            yield from ({**value, name: odd} for odd in confused(inner))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], odd, *value[place + 1 :]] for odd in confused(inner))


def _tars() -> list[bytes]:
    entry = {
        "key": "a",
        "url": "http://x/",
        "items": [{"text": "words"}, {"image": "http://x/a.jpg", "part": "0.jpg", "width": 9, "height": 9}],
        "metadata": {"host": "x", "language": "en"},
        "provenance": {"file": "f", "offset": 0, "digest": "", "fetched": ""},
        "rights": ["noai"],
        "scores": {"a": 0.5},
    }
    bodies = [json.dumps(one).encode() for one in (entry, *confused(entry))]
    deep = [b"[" * 100_000, b'{"items":' * 100_000, b'{"metadata":' + b"[" * 900 + b"]" * 900 + b"}"]
    return [_tar(body) for body in [*bodies, *deep]]


def _tar(entry: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key in ("a", "b"):
            for name, body in ((f"{key}.json", entry), (f"{key}.0.jpg", b"\xff\xd8\xff" * 30)):
                info = tarfile.TarInfo(name)
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))
    return stream.getvalue()


def _lines() -> list[bytes]:
    about = {"image_name": "a.png", "raw_url": "http://x/a.jpg", "matched_text_index": 1, "matched_sim": 0.5}
    row = {"url": "http://x/", "text_list": ["one", "two"], "image_info": [about], "similarity_matrix": [[0.1, 0.5]]}
    return [json.dumps(one).encode() for one in (row, *confused(row))] + [b"[" * 100_000, b'{"url":' * 100_000]


def _configs() -> list[bytes]:
    files = [file.read_bytes() for file in sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))]
    others = [yaml.safe_dump(odd, allow_unicode=True) for file in files for odd in confused(yaml.safe_load(file))]
    return files + [other.encode("utf-8", "surrogatepass") for other in others]


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]]]] = {
    "extract": (extract, lambda: [page[0][:20_000] for page in hostile_pages.pages(1).values()]),
    "warc": (warc, _warcs),
    "picture": (picture, lambda: [body for body in hostile_pages.pictures(80).values() if len(body) < 100_000]),
    "config": (config, _configs),
    "shard": (shard, _tars),
    "corpus": (corpus, _lines),
}


def mutant(corpus: list[bytes], rng: random.Random) -> bytes:
    body = rng.choice(corpus)
    if rng.random() < 0.1:
        return body
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
