"""img2dataset as another way to pictures: its URL list written, the tool run, its webdataset or Parquet output read.

For those who run it already. It asks no robots.txt, guards no address and bounds no body, so it is never the default;
what comes back goes through the same checks on bytes as all else.
"""

from __future__ import annotations

import glob
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from m3w_builder import storage
from m3w_builder.fetch.config import FetchConfig
from m3w_builder.fetch.guard import Guard
from m3w_builder.fetch.picture import Answer, Fetched, not_a_picture
from m3w_builder.stage import Drop

PICTURES = ("jpg", "jpeg", "png", "webp")
"""Members or columns that hold a picture, whatever its bytes are."""

_STATUS = re.compile(r"HTTP Error (\d{3})")
_WORDS = (
    ("timed out", "timeout"),
    ("name or service", "dns"),
    ("name resolution", "dns"),
    ("nodename", "dns"),
    ("refused", "connect"),
    ("unreachable", "connect"),
    ("reset", "reset"),
    ("remote end closed", "reset"),
    ("certificate", "tls"),
    ("ssl", "tls"),
    ("disallow", "x_robots_tag"),
    ("decod", "not_a_picture"),
    ("unknown url type", "bad_url"),
)


def write_list(urls: Iterable[str], path: str) -> int:
    """Write the URLs as the Parquet list that `img2dataset --input_format parquet` reads; how many there were."""
    table = pa.table({"url": list(dict.fromkeys(urls))})
    storage.write_table(path, table)
    return len(table)


def explain(status: str, message: str) -> Drop:
    """The Drop that says what img2dataset's status and error message of one URL mean."""
    message = message or status
    detail = f"img2dataset: {message}"[:300]
    found = _STATUS.search(message)
    if found:
        code = int(found[1])
        return Drop("http_4xx" if code < 500 else "http_5xx", detail, code)
    lower = message.lower()
    return Drop(next((reason for word, reason in _WORDS if word in lower), "connect"), detail)


def outputs(paths: Iterable[str]) -> list[str]:
    """The Parquet files of outputs that are named by folder or glob: one a shard, of either output format."""
    found: list[str] = []
    for path in paths:
        if not any(mark in path for mark in "*?["):
            path = storage.join(path, "*.parquet")
        fs, pattern = storage.url_to_fs(path)
        found += [name if storage.is_local(path) else fs.unstrip_protocol(name) for name in sorted(fs.glob(pattern))]
    return [name for name in found if not name.endswith("_stats.parquet")]


def read_output(paths: Iterable[str], urls: Iterable[str], failures: bool = True) -> Iterator[Answer]:
    """What outputs hold of `urls`, each at most once; of failed ones a Drop, or with `failures` off nothing."""
    wanted = set(urls)
    for path in outputs(paths):
        if not wanted:
            return
        with storage.open_read(path) as stream:
            names = pq.ParquetFile(stream).schema_arrow.names
        columns = [name for name in ("url", "key", "status", "error_message") if name in names]
        rows = storage.read_table(path, columns=columns, filters=[("url", "in", list(wanted))]).to_pylist()
        good: dict[str, str] = {}
        for row in rows:
            url = row["url"]
            if url not in wanted or (row["status"] != "success" and not failures):
                continue
            wanted.discard(url)
            if row["status"] == "success":
                good[row["key"]] = url
            else:
                yield url, explain(row["status"], row.get("error_message") or "")
        bodies = _columns(path, names, good) if set(names) & set(PICTURES) else _members(path, good)
        for key, body in bodies:
            url = good.pop(key)
            yield url, _checked(url, body)
        for url in good.values():
            yield url, Drop("broken_record", f"img2dataset's shard of {os.path.basename(path)} lacks it")


def _checked(url: str, body: bytes) -> Fetched | Drop:
    if not body:
        return Drop("empty", "img2dataset")
    return not_a_picture("", body) or Fetched(url, url, 200, {}, body, "")


def _columns(path: str, names: list[str], good: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Key and bytes out of a shard in its Parquet format."""
    column = next(name for name in PICTURES if name in names)
    for table in storage.iter_tables(path, columns=["key", column]):
        for key, body in zip(table["key"].to_pylist(), table[column].to_pylist(), strict=True):
            if key in good:
                yield key, body or b""


def _members(path: str, good: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Key and bytes out of a shard in its webdataset format: the tar beside the Parquet file."""
    if not good:
        return
    left = set(good)
    with storage.open_read(path.removesuffix(".parquet") + ".tar") as stream:
        tape: IO[bytes] = stream
        with tarfile.open(fileobj=tape, mode="r|") as tar:
            for member in tar:
                key, _, suffix = os.path.basename(member.name).partition(".")
                if key in left and suffix in PICTURES and (content := tar.extractfile(member)):
                    left.discard(key)
                    yield key, content.read()


SCRIPT = """
import json, sys
from img2dataset import download
if __name__ == "__main__":
    download(**json.load(open(sys.argv[1])))
"""


def run(urls: Iterable[str], config: FetchConfig, deadline: float) -> Iterator[Answer]:
    """Have img2dataset fetch the URLs in a process of its own, without resizing; every URL answers."""
    guard = Guard(config)
    asked: dict[str, None] = {}
    for url in dict.fromkeys(urls):
        fault = guard.check(url)
        if fault:
            yield url, fault
        else:
            asked[url] = None
    if not asked:
        return
    with tempfile.TemporaryDirectory(prefix="m3w-img2dataset-") as folder:
        said = _download(list(asked), folder, config, deadline)
        for url, result in read_output([os.path.join(folder, "out")], asked):
            del asked[url]
            yield url, result
    for url in asked:
        yield url, said


def _download(urls: list[str], folder: str, config: FetchConfig, deadline: float) -> Drop:
    """Run the tool; the Drop of URLs that it leaves without an answer."""
    import json

    write_list(urls, os.path.join(folder, "urls.parquet"))
    options: dict[str, Any] = {
        "url_list": os.path.join(folder, "urls.parquet"),
        "input_format": "parquet",
        "output_folder": os.path.join(folder, "out"),
        "output_format": "webdataset",
        "disable_all_reencoding": True,
        "extract_exif": False,
        "processes_count": 1,
        "thread_count": config.concurrency,
        "number_sample_per_shard": len(urls),
        "timeout": max(1, round(config.idle_timeout)),
        "retries": config.retries,
        "user_agent_token": config.token,
        "disallowed_header_directives": [name for name in config.opt_out if name != "tdm"],
        "enable_wandb": False,
    }
    with open(os.path.join(folder, "options.json"), "w") as stream:
        json.dump(options, stream)
    environment = {**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1"}
    if config.proxy:
        environment |= {"http_proxy": config.proxy, "https_proxy": config.proxy}
    script = os.path.join(folder, "run.py")
    with open(script, "w") as stream:
        stream.write(SCRIPT)
    command = [sys.executable, script, os.path.join(folder, "options.json")]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=deadline)
    except subprocess.TimeoutExpired:
        return Drop("deadline", "img2dataset")
    last = (done.stderr.strip().splitlines() or [""])[-1]
    tars = glob.glob(os.path.join(folder, "out", "*.tar"))
    return Drop("broken_record", f"img2dataset left no answer ({len(tars)} shards; {last})"[:300])
