"""Common Crawl source: whole files, slices and index picks from a folder and a server laid out as the real one."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from m3w_builder.errors import ConfigError
from m3w_builder.fetch import FetchConfig
from m3w_builder.sources import CommonCrawlSource, Page, ReadLimits, SourceConfig, acquire, check, files, plan, read
from m3w_builder.sources.commoncrawl import IndexQuery

CRAWL = "CC-MAIN-2024-33"
LANGUAGES = ("eng", "deu,eng", "eng,fra", None)


@pytest.fixture
def base(tmp_path: Path, record: Any, http: Any) -> Path:
    """Three WARC files of eight pages each, their list, and an index of two Parquet files."""
    root = tmp_path / "cc"
    warcs, rows = [], []
    for number in range(3):
        name = f"crawl-data/{CRAWL}/segments/1/warc/part-{number}.warc.gz"
        data = gzip.compress(record("", b"software: x\r\n", "warcinfo"))
        for n in range(8):
            host = f"h{n % 2}.example.{'org' if n < 4 else 'museum'}"
            url = f"http://{host}/{number}/{n}"
            member = gzip.compress(record(url, http(b"<!doctype html><p>" + url.encode() * 40)))
            rows.append(
                {
                    "url": url,
                    "url_host_name": host,
                    "url_host_registered_domain": host.split(".", 1)[1],
                    "url_host_tld": host.rsplit(".", 1)[1],
                    "fetch_status": 200 if n != 7 else 404,
                    "content_mime_detected": "text/html" if n != 6 else "application/pdf",
                    "content_languages": LANGUAGES[n % 4],
                    "content_truncated": None if n != 5 else "length",
                    "warc_filename": name,
                    "warc_record_offset": len(data),
                    "warc_record_length": len(member),
                }
            )
            data += member + gzip.compress(record(url, b"metadata", "metadata"))
        warcs.append(name)
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    index = []
    for number, some in enumerate((rows[:12], rows[12:])):
        name = f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset=warc/part-{number}.parquet"
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(some), root / name)
        index += [name, name.replace("=warc", "=robotstxt")]
    (root / f"crawl-data/{CRAWL}/warc.paths.gz").write_bytes(gzip.compress("\n".join(warcs).encode()))
    (root / f"crawl-data/{CRAWL}/cc-index-table.paths.gz").write_bytes(gzip.compress("\n".join(index).encode()))
    return root


def pages(source: CommonCrawlSource, folder: Path) -> list[str]:
    config = SourceConfig(commoncrawl=source)
    check(config)
    acquire(config, FetchConfig(), str(folder))
    found = [one for part in plan(config, str(folder)) for one in read(part.input, ReadLimits())]
    assert all(isinstance(one, Page) for one in found)
    return [one.url.partition("/")[2].rpartition("example.")[2] for one in found]


def test_whole_files_and_slices_of_them(base: Path, tmp_path: Path) -> None:
    every = pages(CommonCrawlSource(CRAWL, str(base)), tmp_path / "out")
    assert len(every) == 24
    assert pages(CommonCrawlSource(CRAWL, str(base), first=1, count=1), tmp_path / "out") == every[8:16]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"status": 0}, [0, 1, 2, 3, 4, 7]),
        ({"whole": False, "mimes": []}, [0, 1, 2, 3, 4, 5, 6]),
        ({"languages": ["deu"]}, [1]),
        ({"languages": ["eng"]}, [0, 2, 4]),
        ({"hosts": ["h1.example.org"]}, [1, 3]),
        ({"domains": ["example.museum"]}, [4]),
        ({"tlds": ["org"]}, [0, 1, 2, 3]),
    ],
)
def test_the_index_picks_records(query: dict[str, Any], wanted: list[int], base: Path, tmp_path: Path) -> None:
    source = CommonCrawlSource(CRAWL, str(base), index=IndexQuery(**query), part_records=3)
    got = pages(source, tmp_path / "out")
    assert [tuple(map(int, url.split("/")[1:])) for url in got] == [(f, n) for f in range(3) for n in wanted]


def test_a_page_read_by_index_is_the_page_read_from_its_file(base: Path, tmp_path: Path) -> None:
    def everything(source: CommonCrawlSource) -> dict[str, Any]:
        config = SourceConfig(commoncrawl=source)
        acquire(config, FetchConfig(), str(tmp_path / "out"))
        found = [one for part in plan(config, str(tmp_path / "out")) for one in read(part.input, ReadLimits())]
        return {one.url: one for one in found}

    whole = everything(CommonCrawlSource(CRAWL, str(base)))
    picked = everything(CommonCrawlSource(CRAWL, str(base), index=IndexQuery()))
    assert len(picked) == 15
    assert all(whole[url] == page for url, page in picked.items())


def test_over_http_with_a_server_that_stumbles(base: Path, tmp_path: Path, site: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "PAUSE", 0.01)
    stumbled: set[str] = set()

    class Files(dict):  # type: ignore[type-arg]
        def get(self, key: Any, default: Any = None) -> Any:
            path = base / key[1].lstrip("/")
            if not path.is_file():
                return default
            if key[1] not in stumbled:
                stumbled.add(key[1])
                return 503, {}, b"slow down"
            data = path.read_bytes()
            return lambda request: ranged(request.headers.get("Range", ""), data)

    def ranged(asked: str, data: bytes) -> Any:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
        if not match:
            return 200, {"Accept-Ranges": "bytes"}, data
        start, stop = int(match[1]), min(int(match[2] or len(data)), len(data) - 1)
        return 206, {"Content-Range": f"bytes {start}-{stop}/{len(data)}"}, data[start : stop + 1]

    site.pages = Files()
    url = f"http://127.0.0.1:{site.port}/"
    source = CommonCrawlSource(CRAWL, url, index=IndexQuery(tlds=["org"]))
    assert len(pages(source, tmp_path / "out")) == 12
    before = len(site.asked)
    assert len(pages(source, tmp_path / "out")) == 12
    assert not [path for _, path in site.asked[before:] if path.endswith(".parquet")]
    assert len(pages(CommonCrawlSource(CRAWL, url, count=2), tmp_path / "out")) == 16


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, s3_address: str) -> dict[str, Any]:
    """Options of the file system of an S3 service on the loopback."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return {"endpoint_url": s3_address}


def test_over_s3(base: Path, tmp_path: Path, s3: dict[str, Any]) -> None:
    import fsspec

    fs = fsspec.filesystem("s3", **s3)
    fs.mkdir("commoncrawl")
    fs.put(str(base) + "/", "commoncrawl/", recursive=True)
    whole = pages(CommonCrawlSource(CRAWL, "s3://commoncrawl/", options=s3), tmp_path / "out")
    assert whole == pages(CommonCrawlSource(CRAWL, str(base)), tmp_path / "out")
    query = IndexQuery(tlds=["org"])
    picked = pages(CommonCrawlSource(CRAWL, "s3://commoncrawl/", index=query, options=s3), tmp_path / "s3")
    assert len(picked) == 12
    assert picked == pages(CommonCrawlSource(CRAWL, str(base), index=query), tmp_path / "local")


def test_an_index_query_that_was_cut_off_asks_only_the_files_left(base: Path, tmp_path: Path) -> None:
    config = SourceConfig(commoncrawl=CommonCrawlSource(CRAWL, str(base), index=IndexQuery()))
    acquire(config, FetchConfig(), str(tmp_path / "out"))
    first, second = sorted((tmp_path / "out").glob("index-*.parquet"))
    kept = first.stat().st_mtime_ns
    second.unlink()
    acquire(config, FetchConfig(), str(tmp_path / "out"))
    assert first.stat().st_mtime_ns == kept
    assert second.exists()


def test_a_limit_of_records_holds_over_all_files(base: Path, tmp_path: Path) -> None:
    config = SourceConfig(commoncrawl=CommonCrawlSource(CRAWL, str(base), index=IndexQuery(max_records=3)))
    acquire(config, FetchConfig(), str(tmp_path / "out"))
    assert len(list((tmp_path / "out").glob("index-*.parquet"))) == 1
    found = [one for part in plan(config, str(tmp_path / "out")) for one in read(part.input, ReadLimits())]
    assert len(found) == 3


def test_a_crawl_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"source\.commoncrawl.*cannot read the list"):
        check(SourceConfig(commoncrawl=CommonCrawlSource("CC-MAIN-1999-01", str(tmp_path))))
