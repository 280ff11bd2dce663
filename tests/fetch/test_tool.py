"""img2dataset as an engine and as a source: its list, its run, both of its output formats, its failures."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from m3w_builder.fetch import REASONS, FetchConfig, Fetched, fetch_all, tool
from m3w_builder.stage import Drop

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
ROWS = [
    {"url": "http://a.example/1", "key": "000000000", "status": "success", "error_message": None},
    {"url": "http://a.example/2", "key": "000000001", "status": "failed", "error_message": "HTTP Error 404: Not Found"},
    {"url": "http://a.example/3", "key": "000000002", "status": "success", "error_message": None},
    {"url": "http://a.example/4", "key": "000000003", "status": "success", "error_message": None},
]  # fmt: skip


def outcome(result: Fetched | Drop) -> str:
    return result.reason if isinstance(result, Drop) else "ok"


@pytest.fixture(params=["webdataset", "parquet"])
def output(request: Any, tmp_path: Path) -> Path:
    """A shard as img2dataset writes it: picture 3 is no picture, picture 4 is missing from the tar."""
    bodies = {"000000000": PNG, "000000002": b"<html>no picture"}
    rows = ROWS if request.param == "webdataset" else [{**row, "jpg": bodies.get(row["key"])} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "00000.parquet")
    if request.param == "webdataset":
        with tarfile.open(tmp_path / "00000.tar", "w") as tar:
            for key, body in bodies.items():
                for name, data in ((f"{key}.json", b"{}"), (f"{key}.jpg", body)):
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
    return tmp_path


def test_its_output_is_read_back_by_url(output: Path) -> None:
    urls = [f"http://a.example/{n}" for n in (4, 3, 2, 1, 9)]
    got = dict(tool.read_output([str(output)], urls))
    assert outcome(got["http://a.example/1"]) == "ok"
    assert isinstance(got["http://a.example/1"], Fetched)
    assert got["http://a.example/1"].body == PNG
    assert [outcome(got[f"http://a.example/{n}"]) for n in (2, 3)] == ["http_4xx", "not_a_picture"]
    assert outcome(got["http://a.example/4"]) in ("broken_record", "empty")
    assert "http://a.example/9" not in got


def test_what_it_has_is_taken_and_the_rest_is_fetched(output: Path, server: Any, answer: Any) -> None:
    server.paths["/2"] = answer(PNG)
    settings = FetchConfig(
        img2dataset_output=[str(output / "*.parquet")],
        resolve={"a.example": server.place},
        retry_wait=0.01,
        site_rights=[],
    )
    got = {
        url[-1]: outcome(result) for url, result in fetch_all(["http://a.example/1", "http://a.example/2"], settings)
    }
    assert got == {"1": "ok", "2": "ok"}
    assert [path for _, path in server.hits] == ["/robots.txt", "/2"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("HTTP Error 503: Service Unavailable", "http_5xx"),
        ("<urlopen error timed out>", "timeout"),
        ("<urlopen error [Errno -2] Name or service not known>", "dns"),
        ("<urlopen error [Errno 111] Connection refused>", "connect"),
        ("[Errno 104] Connection reset by peer", "reset"),
        ("Use of image disallowed by X-Robots-Tag directive", "x_robots_tag"),
        ("image decoding error", "not_a_picture"),
        ("something else", "connect"),
    ],
)
def test_its_messages_have_our_reasons(message: str, reason: str) -> None:
    assert tool.explain("failed_to_download", message).reason == reason
    assert reason in REASONS


def test_it_runs_as_the_engine(server: Any, answer: Any) -> None:
    server.paths["/1"] = answer(PNG)
    place = f"http://127.0.0.1:{server.port}"
    settings = FetchConfig(engine="img2dataset", allow_private_addresses=True, retries=0, concurrency=4)
    urls = [f"{place}/1", f"{place}/2", "file:///etc/passwd"]
    got = {url: outcome(result) for url, result in fetch_all(urls, settings, deadline=120)}
    assert got == {f"{place}/1": "ok", f"{place}/2": "http_4xx", "file:///etc/passwd": "bad_url"}
