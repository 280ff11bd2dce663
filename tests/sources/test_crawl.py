"""The crawl: finds what is reachable and allowed, archives every outcome, and goes on where it was killed."""

from __future__ import annotations

import gzip
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from m3w_builder.errors import ConfigError
from m3w_builder.fetch import FetchConfig, Fetched
from m3w_builder.sources import (
    Archived,
    CrawlSource,
    Page,
    ReadLimits,
    Refused,
    SourceConfig,
    acquire,
    check,
    plan,
    read,
    read_payload,
)

LIMITS = ReadLimits()


def crawl(site: Any, folder: Path, seeds: list[str], fetch: dict[str, Any] | None = None, **more: Any) -> list[Any]:
    """Crawl and read back: everything that the archive holds, in its order."""
    source = SourceConfig(crawl=CrawlSource(seeds=seeds, **{"delay": 0.0, "series": 1, **more}))
    quick = {
        "retry_wait": 0.01,
        "total_timeout": 5.0,
        "connect_timeout": 1.0,
        "resolve": site.resolve,
        "site_rights": [],
    }
    acquire(source, FetchConfig(**{**quick, **(fetch or {})}), str(folder))
    return [one for part in plan(source, str(folder)) for one in read(part.input, LIMITS)]


def pages(found: list[Any]) -> list[str]:
    return [one.url.removeprefix("http://") for one in found if isinstance(one, Page)]


def reasons(found: list[Any]) -> dict[str, str]:
    return {
        one.url.removeprefix("http://"): f"{one.drop.reason} {one.drop.detail}"
        for one in found
        if isinstance(one, Refused)
    }


def small_web(site: Any) -> None:
    site.page("a.test/", "/1", "/2", "http://b.test/", "http://far.test/")
    site.page("a.test/1", "/3", "/", "mailto:x@a.test", "/file.pdf", "javascript:void(0)")
    site.page("a.test/2", "/3", "4/", "#part", "/1?utm_source=x")
    site.page("a.test/3", "/5")
    site.page("a.test/4/", "../5")
    site.page("a.test/5")
    site.page("b.test/", "http://a.test/6")
    site.page("a.test/6")


def test_every_page_in_scope_is_found_once_breadth_first(site: Any, tmp_path: Path) -> None:
    small_web(site)
    found = pages(crawl(site, tmp_path, ["http://a.test/", "http://b.test/"]))
    assert [url for url in found if url.startswith("a.") and url != "a.test/6"] == [
        "a.test/", "a.test/1", "a.test/2", "a.test/3", "a.test/4/", "a.test/5"
    ]  # fmt: skip
    assert sorted(found) == [*sorted(f"a.test/{x}" for x in ("", "1", "2", "3", "4/", "5", "6")), "b.test/"]
    assert len(site.asked) == len(set(site.asked))
    assert not [host for host, _ in site.asked if host == "far.test"]


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"max_depth": 1}, {"", "1", "2"}),
        ({"max_pages": 3}, {"", "1", "2"}),
        ({"pages_per_host": 2}, {"", "1"}),
        ({"exclude": ["/[34]"]}, {"", "1", "2"}),
        ({"include": ["http://a.test/2", "http://a.test/4"]}, {"", "2", "4/"}),
    ],
)
def test_the_scope_bounds_the_crawl(more: dict[str, Any], wanted: set[str], site: Any, tmp_path: Path) -> None:
    small_web(site)
    found = pages(crawl(site, tmp_path, ["http://a.test/"], **more))
    assert {url.removeprefix("a.test/") for url in found} == wanted


def test_hosts_may_be_named_by_suffix_and_www_is_no_other_host(site: Any, tmp_path: Path) -> None:
    site.page("a.test/", "http://www.a.test/x", "http://sub.b.test/", "http://c.test/")
    site.page("www.a.test/x")
    site.page("sub.b.test/")
    site.page("c.test/")
    found = pages(crawl(site, tmp_path, ["http://a.test/"], hosts=["a.test", "*.b.test"]))
    assert sorted(found) == ["a.test/", "sub.b.test/", "www.a.test/x"]


def test_robots_txt_sitemaps_feeds_and_meta_lead_the_crawl(site: Any, tmp_path: Path) -> None:
    robots = b"User-agent: *\nDisallow: /private/\nSitemap: http://a.test/map.xml\n"
    site.put("a.test", "/robots.txt", robots, "text/plain")
    site.put(
        "a.test",
        "/map.xml",
        b"<sitemapindex><sitemap><loc>http://a.test/m2.xml.gz</loc></sitemap></sitemapindex>",
        "text/xml",
    )
    inner = gzip.compress(
        b"<urlset><url><loc> http://a.test/hidden?a=1&amp;b=2 </loc></url><url><loc>http://far.test/</loc></url>"
    )
    site.put("a.test", "/m2.xml.gz", inner, "application/gzip")
    site.page("a.test/", "/private/x", "/quiet", body='<link rel="alternate" type="application/rss+xml" href="/feed">')
    site.put("a.test", "/feed", b"<rss><item><link>http://a.test/fed</link></item></rss>", "application/rss+xml")
    site.page("a.test/quiet", "/unseen", body='<meta name="robots" content="nofollow">')
    for path in ("hidden?a=1&b=2", "fed", "unseen", "private/x"):
        site.page(f"a.test/{path}")
    found = crawl(site, tmp_path, ["http://a.test/"])
    assert sorted(pages(found)) == ["a.test/", "a.test/fed", "a.test/hidden?a=1&b=2", "a.test/quiet"]
    assert reasons(found) == {"a.test/private/x": "robots m3w-builder"}
    assert ("a.test", "/private/x") not in site.asked


def test_every_outcome_stands_in_the_archive_with_its_reason(site: Any, tmp_path: Path) -> None:
    busy = {"n": 0}

    def sometimes(request: Any) -> Any:
        busy["n"] += 1
        if busy["n"] < 3:
            return 503, {"Retry-After": "0"}, b"later"
        return 200, {"Content-Type": "text/html"}, b"<p>now"

    site.page("a.test/", "/gone", "/moved", "/loop", "/zip", "/busy", "/void", "/noai", "/home", "http://dead.test/")
    site.page("a.test/moved", status=301, Location="/new")
    site.page("a.test/loop", status=302, Location="/loop")
    site.page("a.test/home", status=302, Location="http://b.test/")
    site.page("a.test/new")
    site.put("a.test", "/zip", b"PK" + bytes(100), "application/zip")
    site.pages["a.test", "/busy"] = sometimes
    site.put("a.test", "/void", b"", "text/html")
    site.page("a.test/noai", X_Robots_Tag="noai")
    resolve = {"dead.test": "127.0.0.1:1", **site.resolve}
    found = crawl(site, tmp_path, ["http://a.test/"], {"resolve": resolve}, hosts=["a.test", "dead.test"])
    assert sorted(pages(found)) == ["a.test/", "a.test/busy", "a.test/new"]
    assert {url: text.split(" ")[0:2] for url, text in reasons(found).items()} == {
        "a.test/gone": ["http_status", "404"],
        "a.test/moved": ["redirect", "301"],
        "a.test/loop": ["redirect", "302"],
        "a.test/home": ["redirect", "302"],
        "a.test/zip": ["not_html", "application/zip"],
        "a.test/void": ["empty", ""],
        "a.test/noai": ["x_robots_tag", "noai"],
        "dead.test/": ["connect", "robots.txt:"],
    }


def test_a_trap_is_bounded(site: Any, tmp_path: Path) -> None:
    def day(request: Any) -> Any:
        number = int(request.path.rsplit("/", 1)[-1])
        links = "".join(f'<a href="/day/{n}">x</a>' for n in range(number + 1, number + 9))
        return 200, {"Content-Type": "text/html"}, f"<!doctype html>{links}".encode()

    class Days(dict):  # type: ignore[type-arg]
        def get(self, key: Any, default: Any = None) -> Any:
            if key[1].startswith("/day/"):
                return day
            return (
                (200, {"Content-Type": "text/html"}, b'<a href="deeper/">x</a>')
                if "deeper" in key[1]
                else super().get(key, default)
            )

    site.pages = Days(site.pages)
    site.page("a.test/", "/day/1", "/deeper/")
    found = pages(crawl(site, tmp_path, ["http://a.test/"], same_shape=50))
    assert len([url for url in found if "/day/" in url]) == 50
    assert len([url for url in found if "deeper" in url]) == 3


@pytest.mark.parametrize(
    ("paths", "bounds", "wanted"),
    [
        ([f"/list?sort={a}&by={b}" for a in "abcde" for b in "vwxyz"], {"same_path": 7}, 7),
        ([f"/s/{n:x}f00dcafe0123456789ab{n:x}/page" for n in range(1, 20)], {"same_shape": 6}, 6),
        ([f"/2024-0{m}/{d}/" for m in range(1, 6) for d in range(5)], {"same_shape": 4}, 4),
        ([f"/a-long-name-of-an-article-about-{word}" for word in "abcdefgh"], {"same_shape": 2, "same_path": 2}, 8),
        ([f"/x/?jsessionid={n}" for n in "abc"], {}, 1),
    ],
)
def test_what_can_be_made_without_end_is_bounded(
    paths: list[str], bounds: dict[str, int], wanted: int, site: Any, tmp_path: Path
) -> None:
    site.page("a.test/", *paths)
    for path in paths:
        site.page(f"a.test{path}")
    site.page("a.test/x/")
    crawl(site, tmp_path, ["http://a.test/"], **bounds)
    assert len([path for _, path in site.asked if path not in ("/", "/robots.txt")]) == wanted


def test_pictures_are_archived_only_where_the_config_says_so(site: Any, tmp_path: Path, png: bytes) -> None:
    body = (
        '<img src="/1.png"><img data-src="/2.png" src="data:image/gif;base64,AA">'
        '<noscript><img src="/3.png"></noscript><img src="/missing.png">'
        '<picture><source srcset="http://cdn.test/4.png 1x, http://cdn.test/4big.png 2x"></picture>'
    )
    site.page("a.test/", "/p2", body=body)
    site.page("a.test/p2")
    for host, path in (("a.test", "/1.png"), ("a.test", "/2.png"), ("a.test", "/3.png"), ("cdn.test", "/4big.png")):
        site.put(host, path, png + path.encode(), "image/png")
    without = crawl(site, tmp_path / "without", ["http://a.test/"])
    assert not [one for one in without if isinstance(one, Archived)]
    found = crawl(site, tmp_path / "with", ["http://a.test/"], pictures=True)
    held = [one for one in found if isinstance(one, Archived)]
    wanted = ["http://a.test/1.png", "http://a.test/2.png", "http://a.test/3.png", "http://cdn.test/4big.png"]
    assert sorted(one.url for one in held) == wanted
    for one in held:
        payload = read_payload(one.file, one.offset, 100_000)
        assert isinstance(payload, Fetched)
        assert payload.body == png + one.url.partition(".test")[2].encode()
    assert pages(found) == pages(without) == ["a.test/", "a.test/p2"]
    assert reasons(found) == {}


def test_a_payload_under_two_urls_is_stored_once_and_read_twice(site: Any, tmp_path: Path, png: bytes) -> None:
    from warcio.archiveiterator import ArchiveIterator

    twin = "words " * 500 + '<img src="/1.png"><img src="/2.png"><a href="leaf">leaf</a>'
    site.page("a.test/", "/x/one", "/y/two", "/z/three")
    for place in ("x/one", "y/two"):
        site.page(f"a.test/{place}", body=twin)
    site.page("a.test/z/three", body=twin, X_Robots_Tag="noarchive")
    for place in ("x/leaf", "y/leaf", "z/leaf"):
        site.page(f"a.test/{place}")
    site.put("a.test", "/1.png", png, "image/png")
    site.put("a.test", "/2.png", png, "image/png")
    found = crawl(site, tmp_path, ["http://a.test/"], pictures=True)
    wanted = ["", "x/leaf", "x/one", "y/leaf", "y/two", "z/leaf", "z/three"]
    assert sorted(pages(found)) == [f"a.test/{place}" for place in wanted]
    bodies = {one.url[-3:]: one.html for one in found if isinstance(one, Page)}
    assert bodies["one"] == bodies["two"]
    held = {one.url: one for one in found if isinstance(one, Archived)}
    assert sorted(held) == ["http://a.test/1.png", "http://a.test/2.png"]
    for one in held.values():
        payload = read_payload(one.file, one.offset, 10_000)
        assert isinstance(payload, Fetched)
        assert payload.body == png
    (path,) = tmp_path.glob("*.warc.gz")
    with path.open("rb") as stream:
        revisits = [
            (record.rec_headers["WARC-Target-URI"], record.rec_headers["WARC-Refers-To-Target-URI"])
            for record in ArchiveIterator(stream, check_digests="raise")
            if record.rec_type == "revisit"
        ]
    assert revisits == [
        ("http://a.test/y/two", "http://a.test/x/one"),
        ("http://a.test/2.png", "http://a.test/1.png"),
    ]
    (tmp_path / "crawl.json").unlink()  # as a kill leaves it: all is led through again out of the archive
    site.asked.clear()
    assert crawl(site, tmp_path, ["http://a.test/"], pictures=True) == found
    assert site.asked == []


def test_a_seed_may_be_a_feed_or_sitemap_whatever_its_url_ends_with(site: Any, tmp_path: Path) -> None:
    feed = b'<?xml version="1.0"?>\n<!-- made by hand -->\n<feed><entry><link href="/fed"/></entry></feed>'
    site.put("a.test", "/news", feed, "application/atom+xml")
    site.put("a.test", "/map?all", b"<urlset><url><loc>http://a.test/mapped</loc></url></urlset>", "text/xml")
    site.page("a.test/fed")
    site.page("a.test/mapped")
    found = crawl(site, tmp_path, ["http://a.test/news", "http://a.test/map?all"])
    assert pages(found) == ["a.test/fed", "a.test/mapped"]
    assert reasons(found) == {}


def test_the_archive_is_read_by_others_and_its_digests_hold(site: Any, tmp_path: Path) -> None:
    from fastwarc.warc import ArchiveIterator as Fast
    from warcio.archiveiterator import ArchiveIterator

    small_web(site)
    site.put("a.test", "/5", gzip.compress(b"<!doctype html><p>packed"), "text/html", Content_Encoding="gzip")
    crawl(site, tmp_path, ["http://a.test/", "http://b.test/"])
    (path,) = tmp_path.glob("*.warc.gz")
    kinds, targets = [], []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            kinds.append(record.rec_type)
            targets.append(record.rec_headers.get_header("WARC-Target-URI"))
            body = record.content_stream().read()
            if record.rec_type == "response" and targets[-1].endswith("/5"):
                assert body == b"<!doctype html><p>packed"
    with path.open("rb") as stream:
        fast = [(str(record.record_type), record.verify_block_digest()) for record in Fast(stream, parse_http=False)]
    assert [name for name, _ in fast] == kinds
    assert all(sound for _, sound in fast)
    assert kinds[0] == "warcinfo"
    assert kinds.count("response") == kinds.count("request") == len(site.asked)
    data = path.read_bytes()
    assert data.count(b"\x1f\x8b\x08") >= len(kinds)


def test_a_crawl_is_the_same_each_time_within_a_host(site: Any, tmp_path: Path) -> None:
    def slow(body: bytes) -> Any:
        def answer(request: Any) -> Any:
            time.sleep(random.random() / 100)
            return 200, {"Content-Type": "text/html"}, body

        return answer

    for n in range(40):
        links = "".join(f'<a href="/{k}">x</a>' for k in (2 * n + 1, 2 * n + 2, n // 3) if k < 40)
        site.pages["a.test", f"/{n}"] = slow(b"<!doctype html>" + links.encode())
    runs = [pages(crawl(site, tmp_path / str(n), ["http://a.test/0"], per_host=6)) for n in range(2)]
    assert runs[0] == runs[1]
    assert len(runs[0]) == 40


def test_files_rotate_by_size_and_hosts_keep_to_one_series(site: Any, tmp_path: Path) -> None:
    noise = random.Random(0)
    for name in ("a.test", "b.test", "c.test"):
        site.page(f"{name}/", *(f"/{n}" for n in range(12)))
        for n in range(12):
            site.page(f"{name}/{n}", body=noise.randbytes(60_000).hex())
    crawl(site, tmp_path, ["http://a.test/", "http://b.test/", "http://c.test/"], rotate_mb=1, series=2)
    names = sorted(path.name for path in tmp_path.glob("*.warc.gz"))
    assert len(names) > 2
    source = SourceConfig(crawl=CrawlSource(seeds=["http://a.test/"]))
    where: dict[str, set[str]] = {}
    for part in plan(source, str(tmp_path)):
        for one in read(part.input, LIMITS):
            where.setdefault(one.url.split("/")[2], set()).add(Path(part.input["file"]).name.rsplit("-", 1)[0])
    assert all(len(series) == 1 for series in where.values())


def test_a_crawl_that_was_cut_off_goes_on_and_asks_nothing_twice(site: Any, tmp_path: Path, png: bytes) -> None:
    for n in range(30):
        site.page(f"a.test/{n}", *(f"/{k}" for k in (2 * n + 1, 2 * n + 2) if k < 30), body=f'<img src="/{n}.png">')
        site.put("a.test", f"/{n}.png", png + b"%d" % n, "image/png")
    whole = crawl(site, tmp_path / "whole", ["http://a.test/0"], pictures=True)
    (path,) = (tmp_path / "whole").glob("*.warc.gz")
    data = path.read_bytes()
    for share in (0.02, 0.3, 0.62, 0.95):
        folder = tmp_path / f"cut{share}"
        folder.mkdir()
        (folder / path.name).write_bytes(data[: int(len(data) * share)])
        held = {one.url for part in plan_of(folder) for one in read(part.input, LIMITS) if not isinstance(one, Refused)}
        site.asked.clear()
        again = crawl(site, folder, ["http://a.test/0"], pictures=True)
        assert [(type(one), one.url) for one in again] == [(type(one), one.url) for one in whole]
        assert not held & {f"http://{host}{path}" for host, path in site.asked}
        if share > 0.3:
            assert ("a.test", "/robots.txt") not in site.asked


def plan_of(folder: Path) -> list[Any]:
    return list(plan(SourceConfig(crawl=CrawlSource(seeds=["http://a.test/0"])), str(folder)))


def test_a_finished_crawl_is_not_begun_again_and_a_wider_one_goes_on(site: Any, tmp_path: Path) -> None:
    small_web(site)
    crawl(site, tmp_path, ["http://a.test/"], max_depth=1)
    site.asked.clear()
    crawl(site, tmp_path, ["http://a.test/"], max_depth=1)
    assert site.asked == []
    found = pages(crawl(site, tmp_path, ["http://a.test/"], max_depth=9))
    assert len(found) == 6
    assert ("a.test", "/") not in site.asked


SCRIPT = """
import sys
from m3w_builder.fetch import FetchConfig
from m3w_builder.sources import CrawlSource, SourceConfig, acquire
crawl = CrawlSource(seeds=["http://a.test/0"], delay=0.01, series=1)
acquire(SourceConfig(crawl=crawl), FetchConfig(resolve={"*.test": sys.argv[1]}), sys.argv[2])
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_crawl_goes_on(how: int, site: Any, tmp_path: Path) -> None:
    for n in range(120):
        site.page(f"a.test/{n}", *(f"/{k}" for k in (2 * n + 1, 2 * n + 2) if k < 120))
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, f"127.0.0.1:{site.port}", str(tmp_path)], stderr=subprocess.DEVNULL
    )
    while len(site.asked) < 30:
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, how)
    process.wait(10)
    before = len(site.asked)
    assert before < 115
    found = pages(crawl(site, tmp_path, ["http://a.test/0"]))
    assert sorted(found) == sorted(f"a.test/{n}" for n in range(120))
    assert len(site.asked) < 130


@pytest.mark.parametrize(
    ("source", "fetch", "message"),
    [
        (CrawlSource(seeds=["http://public.example/"]), FetchConfig(), "fetch.contact"),
        (CrawlSource(seeds=["no url"]), FetchConfig(), "source.crawl.seeds"),
        (CrawlSource(seeds=["/nowhere/seeds.txt"]), FetchConfig(), "cannot read the list"),
        (CrawlSource(seeds=[]), FetchConfig(), "no URL to begin with"),
    ],
)
def test_a_crawl_that_may_not_start_says_why_in_one_line(
    source: CrawlSource, fetch: FetchConfig, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        config = SourceConfig(crawl=source)
        check(config)
        acquire(config, fetch, str(tmp_path))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_seeds_may_stand_in_a_list(site: Any, tmp_path: Path) -> None:
    small_web(site)
    listing = tmp_path / "seeds.txt"
    listing.write_text("# two\nhttp://a.test/5\n\nhttp://b.test/\n")
    assert sorted(pages(crawl(site, tmp_path / "out", [str(listing)]))) == ["a.test/5", "a.test/6", "b.test/"]


def test_rights_of_a_site_are_obeyed_and_recorded_also_when_the_crawl_goes_on(site: Any, tmp_path: Path) -> None:
    site.put("a.test", "/robots.txt", b"User-agent: *\nAllow: /\n\nUser-agent: GPTBot\nDisallow: /\n", "text/plain")
    tdm = b'[{"location": "/reserved/*", "tdm-reservation": 1}]'
    site.put("a.test", "/.well-known/tdmrep.json", tdm, "application/json")
    site.page("a.test/", "/reserved/1", "/free")
    site.page("a.test/free", "/reserved/2")
    site.page("a.test/reserved/1")
    rights = {"site_rights": ["tdmrep.json"]}
    crawl(site, tmp_path, ["http://a.test/"], rights, max_depth=0)
    site.asked.clear()
    found = crawl(site, tmp_path, ["http://a.test/"], rights)
    assert pages(found) == ["a.test/", "a.test/free"]
    assert all(one.headers["m3w-rights"] == "robots:GPTBot" for one in found if isinstance(one, Page))
    assert set(reasons(found).values()) == {"tdm_file /reserved/*"}
    assert site.asked == [("a.test", "/free")]
