"""A further round of a crawl: asks only for what changed, and the build reads each page's newest answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from m3w_builder.fetch import FetchConfig, Fetched
from m3w_builder.sources import (
    Archived,
    CrawlSource,
    Page,
    ReadLimits,
    Refused,
    SourceConfig,
    acquire,
    plan,
    read,
    read_payload,
)
from m3w_builder.sources.index import sort_key


def crawl(site: Any, folder: Path, hours: float) -> list[Any]:
    source = SourceConfig(
        crawl=CrawlSource(["http://a.test/"], delay=0.0, series=2, pictures=True, refresh_hours=hours)
    )
    acquire(source, FetchConfig(resolve=site.resolve, retry_wait=0.01), str(folder))
    return [one for part in plan(source, str(folder)) for one in read(part.input, ReadLimits())]


def pages(found: list[Any]) -> dict[str, bytes]:
    got = [(one.url.removeprefix("http://"), one.html) for one in found if isinstance(one, Page)]
    assert len(got) == len(dict(got))
    return dict(got)


def test_a_second_round_asks_only_for_what_changed(site: Any, tmp_path: Path, png: bytes) -> None:
    bulk = "words " * 5000
    site.page("a.test/", *(f"/{n}" for n in range(20)), body=bulk + '<img src="/1.png">', ETag='"home"')
    for n in range(20):
        site.page(f"a.test/{n}", body=bulk + str(n), ETag=f'"{n}"')
    site.page("a.test/untagged", body=bulk)
    site.page("a.test/1", "/untagged", body=bulk, ETag='"1"')
    site.put("a.test", "/1.png", png, "image/png", ETag='"p"')
    first = crawl(site, tmp_path, 0.0)
    assert len(pages(first)) == 22
    sent = site.sent
    assert pages(crawl(site, tmp_path, 1.0)) == pages(first)
    assert site.sent == sent

    site.page("a.test/2", "/new", body="changed", ETag='"2b"')
    site.page("a.test/new")
    del site.pages["a.test", "/3"]
    site.pages["a.test", "/4"] = (500, {}, b"broken for now")
    second = crawl(site, tmp_path, 0.0000001)
    assert site.sent - sent < 40_000  # of 660,000: the page without a tag, and what changed
    got = pages(second)
    assert set(got) == (set(pages(first)) | {"a.test/new"}) - {"a.test/3"}
    assert b"changed" in got["a.test/2"]
    assert got["a.test/4"] == pages(first)["a.test/4"]
    (picture,) = [one for one in second if isinstance(one, Archived)]
    payload = read_payload(picture.file, picture.offset, 10_000)
    assert isinstance(payload, Fetched)
    assert payload.body == png


def test_a_url_is_in_the_books_once_however_often_it_failed(site: Any, tmp_path: Path) -> None:
    def failing(url: str, times: int) -> Any:
        tries = {"n": 0}

        def answer(request: Any) -> Any:
            tries["n"] += 1
            if tries["n"] <= times:
                return 200, {"Content-Type": "application/zip"}, b"PK"
            return 200, {"Content-Type": "text/html"}, f"<p>{url}".encode()

        return answer

    site.page("a.test/", "/never", "/later", "/once")
    site.pages["a.test", "/never"] = failing("never", 9)
    site.pages["a.test", "/later"] = failing("later", 1)
    site.page("a.test/once")
    first = crawl(site, tmp_path, 0.0)
    assert sorted(pages(first)) == ["a.test/", "a.test/once"]
    site.put("a.test", "/once", b"PK", "application/zip")
    second = crawl(site, tmp_path, 0.0000001)
    assert sorted(pages(second)) == ["a.test/", "a.test/later", "a.test/once"]
    assert [one.url for one in second if isinstance(one, Refused)] == ["http://a.test/never"]


def test_the_index_finds_every_answer(site: Any, tmp_path: Path) -> None:
    site.page("a.test/", "/x?b=1", "/gone", ETag='"1"')
    site.page("a.test/x?b=1")
    crawl(site, tmp_path, 0.0)
    crawl(site, tmp_path, 0.0000001)
    lines = (tmp_path / "index.cdxj").read_text().splitlines()
    assert lines == sorted(lines)
    from fastwarc.warc import ArchiveIterator as Fast
    from warcio.archiveiterator import ArchiveIterator

    kinds = set()
    for line in lines:
        key, stamp, fields = line.split(" ", 2)
        row = json.loads(fields)
        assert key == sort_key(row["url"])
        with (tmp_path / row["filename"]).open("rb") as stream:
            stream.seek(int(row["offset"]))
            fast = next(iter(Fast(stream)))
            assert (fast.headers["WARC-Target-URI"], fast.http_headers.status_code) == (row["url"], int(row["status"]))
            stream.seek(int(row["offset"]))
            record = next(iter(ArchiveIterator(stream)))
        assert record.rec_headers.get_header("WARC-Target-URI") == row["url"]
        assert record.http_headers.get_statuscode() == row["status"]
        assert len(stamp) == 14
        kinds.add(record.rec_type)
    assert kinds == {"response", "revisit"}


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.Example.org/A?b=1", "org,example)/a?b=1"),
        ("https://a.b.example.org:8080/", "org,example,b,a:8080)/"),
    ],
)
def test_sort_keys(url: str, key: str) -> None:
    assert sort_key(url) == key
