"""fetch_all: every URL answers once, each failure with its declared reason, within bounded time."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import threading
import time
import zlib
from typing import Any

import pytest

from m3w_builder.fetch import REASONS, FetchConfig, Fetched, batch, fetch_all
from m3w_builder.stage import Drop

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def config(server: Any, **more: Any) -> FetchConfig:
    quick = {
        "connect_timeout": 1.0,
        "idle_timeout": 1.0,
        "total_timeout": 2.0,
        "retry_wait": 0.01,
        "retries": 1,
        "site_rights": [],
    }
    return FetchConfig(**{"resolve": {"*.test": server.place}, **quick, **more})


def outcome(result: Fetched | Drop) -> str:
    return result.reason if isinstance(result, Drop) else "ok"


def one(url: str, settings: FetchConfig) -> Fetched | Drop:
    ((asked, result),) = fetch_all([url], settings)
    assert asked == url
    return result


async def close_at_once(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n" + PNG)
    for _ in range(50):
        await asyncio.sleep(0.2)
        writer.write(b"x")


async def stall(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = PNG + bytes(65536)
    while not writer.is_closing():
        writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        await writer.drain()


TWO = b'[{"location": "/art/", "tdm-reservation": 0}, {"location": "*.jpg$", "tdm-reservation": 1}]'
BOMB = gzip.compress(bytes(30_000_000), 9)
MANY_HEADERS = "\r\n".join(f"X-{n}: y" for n in range(10_000))


def test_failures_have_their_reasons(server: Any, answer: Any) -> None:
    table = {
        "/ok": (answer(PNG), "ok"),
        "/untyped": (answer(PNG, 200, "application/octet-stream"), "ok"),
        "/mislabelled": (answer(PNG, 200, "text/html"), "ok"),
        "/zipped": (answer(gzip.compress(PNG), 200, "image/png", "Content-Encoding: gzip"), "ok"),
        "/gone": (answer(b"", 410), "http_4xx"),
        "/broken": (answer(b"", 500), "http_5xx"),
        "/partial": (answer(PNG, 206), "http_other"),
        "/empty": (answer(b""), "empty"),
        "/page": (answer(b"<!doctype html><p>no picture", 200, "image/png"), "not_a_picture"),
        "/text": (answer(b"plain text, long enough to be seen", 200, "text/plain"), "not_a_picture"),
        "/declared": (answer(b"", 200, "image/png").replace(b"Length: 0", b"Length: 99999999"), "too_large"),
        "/endless": (endless, "too_large"),
        "/bomb": (answer(BOMB, 200, "image/png", "Content-Encoding: gzip"), "too_large"),
        "/odd": (answer(PNG, 200, "image/png", "Content-Encoding: rot13"), "bad_encoding"),
        "/cutzip": (answer(gzip.compress(PNG)[:40], 200, "image/png", "Content-Encoding: gzip"), "truncated"),
        "/short": (
            answer(PNG, 200, "image/png", "Connection: close").replace(b"Length: 264", b"Length: 900"),
            "truncated",
        ),
        "/reset": (close_at_once, "reset"),
        "/stall": (stall, "timeout"),
        "/drip": (drip, "timeout"),
        "/garbage": (b"220 ftp ready\r\n\r\n", "bad_response"),
        "/headers": (f"HTTP/1.1 200 OK\r\n{MANY_HEADERS}\r\n\r\n".encode(), "bad_response"),
        "/nowhere": (answer(b"", 302, "text/html"), "bad_url"),
        "/file": (answer(b"", 302, "text/html", "Location: file:///etc/passwd"), "bad_url"),
        "/loop": (answer(b"", 302, "text/html", "Location: /loop2"), "too_many_redirects"),
        "/loop2": (answer(b"", 302, "text/html", "Location: /loop"), "too_many_redirects"),
        "/moved": (answer(b"", 301, "text/html", "Location: /ok"), "ok"),
        "/inside": (answer(b"", 302, "text/html", "Location: http://127.0.0.1/x"), "private_address"),
        "/metadata": (answer(b"", 302, "text/html", "Location: http://169.254.169.254/x"), "private_address"),
        "/noai": (answer(PNG, 200, "image/png", "X-Robots-Tag: noai"), "x_robots_tag"),
        "/tdm": (answer(PNG, 200, "image/png", "TDM-Reservation: 1"), "tdm_header"),
        "/theirs": (answer(PNG, 200, "image/png", "X-Robots-Tag: otherbot: noindex"), "ok"),
    }
    for number, (path, (raw, _)) in enumerate(table.items()):
        server.paths[f"h{number}.test{path}"] = raw
        server.paths[f"h{number}.test/ok"] = answer(PNG)
        if path.startswith("/loop"):
            server.paths[f"h{number}.test/loop"] = table["/loop"][0]
            server.paths[f"h{number}.test/loop2"] = table["/loop2"][0]
    wanted = {f"http://h{number}.test{path}": reason for number, (path, (_, reason)) in enumerate(table.items())}
    got = {url: outcome(result) for url, result in fetch_all(wanted, config(server, max_bytes=10_000_000))}
    assert got == wanted
    assert set(got.values()) - {"ok"} <= set(REASONS)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://a.test/x", "bad_url"),
        ("no url", "bad_url"),
        ("", "bad_url"),
        ("http://me:secret@a.test/x", "bad_url"),
        ("http://a.example:22/x", "bad_url"),
        ("http://a.example:notaport/x", "bad_url"),
        ("http://localhost/x", "private_address"),
        ("http://127.0.0.1/x", "private_address"),
        ("http://[::1]/x", "private_address"),
        ("http://[::ffff:127.0.0.1]/x", "private_address"),
        ("http://10.0.0.1/x", "private_address"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://blocked.test/x", "blocked"),
        ("http://sub.blocked.test/x", "blocked"),
        ("http://a.test/private/x", "blocked"),
        ("http://nothing.invalid/x", "dns"),
    ],
)
def test_what_must_not_be_asked_is_not(server: Any, url: str, reason: str) -> None:
    block = ["blocked.test", "*.blocked.test", "http://a.test/private/"]
    assert outcome(one(url, config(server, block=block))) == reason
    assert server.hits == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
def test_addresses_in_disguise_do_not_pass(server: Any, host: str) -> None:
    result = one(f"http://{host}:{server.port}/x", config(server, ports=[server.port]))
    assert outcome(result) in ("private_address", "bad_url", "dns")
    assert server.hits == []


def test_a_name_that_resolves_to_a_private_address_is_refused(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: inside)
    monkeypatch.setattr("m3w_builder.fetch.batch.new_loop", asyncio.new_event_loop)
    assert outcome(one("http://rebound.example/x", config(server))) == "private_address"
    assert server.hits == []


def test_private_addresses_pass_where_the_config_says_so(server: Any, answer: Any) -> None:
    server.paths["/x"] = answer(PNG)
    settings = config(server, resolve={}, allow_private_addresses=True)
    assert outcome(one(f"http://127.0.0.1:{server.port}/x", settings)) == "ok"


def test_a_proxy_is_asked_for_every_host_but_not_for_private_ones(server: Any, answer: Any) -> None:
    server.paths["http://far.example/x"] = answer(PNG)
    settings = config(server, resolve={}, proxy=f"http://{server.place}", robots=False)
    assert outcome(one("http://far.example/x", settings)) == "ok"
    assert outcome(one("http://192.168.0.1/x", settings)) == "private_address"


def test_robots_txt_is_asked_once_and_obeyed(server: Any, answer: Any) -> None:
    server.paths["/robots.txt"] = answer(b"User-agent: *\nDisallow: /no/\n", 200, "text/plain")
    server.paths["/yes"] = answer(PNG)
    urls = ["http://a.test/yes", "http://a.test/no/x", "http://a.test/no/y"]
    got = {url: outcome(result) for url, result in fetch_all(urls, config(server))}
    assert [got[url] for url in urls] == ["ok", "robots", "robots"]
    assert sorted(path for _, path in server.hits) == ["/robots.txt", "/yes"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, b"", "ok"),
        (403, b"", "ok"),
        (503, b"", "robots"),
        (200, b"User-agent: Google-Extended\nDisallow: /\n", "robots_ai"),
        (200, b"User-agent: GPTBot\nDisallow: /\n", "ok"),
        (200, b"User-agent: *\nDisallow: /\nUser-agent: m3w-builder\nAllow: /\n", "ok"),
        (200, b"<html>not robots at all</html>", "ok"),
        (200, b"\xff\xfe\x00binary", "ok"),
    ],
)
def test_what_robots_txt_means(server: Any, answer: Any, status: int, body: bytes, reason: str) -> None:
    server.paths["/robots.txt"] = answer(body, status, "text/plain")
    server.paths["/x"] = answer(PNG)
    assert outcome(one("http://a.test/x", config(server, retries=0))) == reason


def test_a_transient_failure_is_tried_again_at_the_end(server: Any, answer: Any) -> None:
    tries = itertools.count()

    async def recovers(writer: asyncio.StreamWriter) -> None:
        # "Connection: close": else the next URL may go out on the connection that is closed here, and come again too.
        busy = answer(b"", 503, "text/plain", "Retry-After: 0", "Connection: close")
        writer.write(busy if next(tries) == 0 else answer(PNG))
        await writer.drain()
        writer.close()

    server.paths["/x"] = recovers
    server.paths["/y"] = answer(PNG)
    got = list(fetch_all(["http://a.test/x", "http://a.test/y"], config(server, per_host=1)))
    assert [(url[-1], outcome(result)) for url, result in got] == [("y", "ok"), ("x", "ok")]


def test_a_missing_picture_is_not_tried_again(server: Any) -> None:
    assert outcome(one("http://a.test/x", config(server, retries=3))) == "http_4xx"
    assert [path for _, path in server.hits].count("/x") == 1


def test_requests_to_one_host_keep_their_distance(server: Any, answer: Any) -> None:
    server.paths["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: 0.2\n", 200, "text/plain")
    for n in range(4):
        server.paths[f"/{n}"] = answer(PNG)
    got = list(fetch_all([f"http://a.test/{n}" for n in range(4)], config(server, delay=0.05)))
    assert all(outcome(result) == "ok" for _, result in got)
    starts = server.starts
    assert min(b - a for a, b in itertools.pairwise(starts)) > 0.15


def test_a_dead_host_is_given_up_and_the_others_go_on(server: Any, answer: Any) -> None:
    server.paths["/x"] = answer(PNG)
    dead = [f"http://dead.test/{n}" for n in range(50)]
    settings = config(server, resolve={"dead.test": "127.0.0.1:1", "*.test": server.place}, retries=0)
    got = dict(fetch_all([*dead, "http://a.test/x"], settings))
    assert {outcome(got[url]) for url in dead} == {"connect"}
    assert outcome(got["http://a.test/x"]) == "ok"
    assert sum("given up" in got[url].detail for url in dead) > 40


def test_a_host_that_is_always_busy_is_given_up_with_its_reason(server: Any, answer: Any) -> None:
    busy = [f"http://busy.test/{n}" for n in range(100)]
    for url in busy:
        server.paths[url.removeprefix("http://")] = answer(b"", 429, "text/plain", "Retry-After: 0")
    server.paths["/x"] = answer(PNG)
    got = dict(fetch_all([*busy, "http://a.test/x"], config(server, retries=0, max_crawl_delay=0.02)))
    assert {outcome(got[url]) for url in busy} == {"http_4xx"}
    assert outcome(got["http://a.test/x"]) == "ok"
    assert len([path for host, path in server.hits if host == "busy.test"]) < 40


def test_the_deadline_answers_what_is_left(server: Any) -> None:
    server.paths["/x"] = stall
    settings = config(server, idle_timeout=60.0, total_timeout=60.0, robots=False)
    begun = time.monotonic()
    got = list(fetch_all([f"http://{n}.test/x" for n in range(3)], settings, deadline=0.5))
    assert [outcome(result) for _, result in got] == ["deadline"] * 3
    assert time.monotonic() - begun < 30


def test_every_url_answers_once_however_often_it_is_asked(server: Any, answer: Any) -> None:
    server.paths["/x"] = answer(PNG)
    got = list(fetch_all(["http://a.test/x"] * 3, config(server)))
    assert len(got) == 1
    assert list(fetch_all([], config(server))) == []


def test_a_slow_caller_holds_the_fetcher_up_and_every_url_answers(
    server: Any, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MAX_WAITING", 0)
    server.paths |= {f"/{n}": answer(PNG) for n in range(40)}
    got = []
    for url, result in fetch_all([f"http://a.test/{n}" for n in range(40)], config(server, per_host=8)):
        got.append((url, outcome(result)))
        time.sleep(0.002)
    assert sorted(got) == sorted((f"http://a.test/{n}", "ok") for n in range(40))


def test_leaving_early_ends_the_fetching(server: Any, answer: Any) -> None:
    for n in range(50):
        server.paths[f"/{n}"] = answer(PNG)
    answers = fetch_all([f"http://a.test/{n}" for n in range(50)], config(server, delay=0.05))
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "m3w-fetch"]


def test_raw_deflate_is_undone(server: Any, answer: Any) -> None:
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = packed.compress(PNG) + packed.flush()
    server.paths["/x"] = answer(raw, 200, "image/png", "Content-Encoding: deflate")
    result = one("http://a.test/x", config(server))
    assert isinstance(result, Fetched)
    assert result.body == PNG


@pytest.mark.parametrize(
    ("path", "body", "refused"),
    [
        ("/.well-known/tdmrep.json", b'[{"location": "/art/*", "tdm-reservation": 1}]', {"/art/x.png"}),
        ("/.well-known/tdmrep.json", b'[{"location": "/", "tdm-reservation": 1}]', {"/x.jpg", "/art/x.png"}),
        ("/.well-known/tdmrep.json", TWO, {"/x.jpg"}),
        ("/.well-known/tdmrep.json", b"<html>not found, with status 200", set()),
        ("/.well-known/tdmrep.json", b'{"broken": ', set()),
        ("/.well-known/tdmrep.json", b"[" * 100_000, set()),
        ("/ai.txt", b"User-Agent: *\nDisallow: *.jpg\nAllow: /\n", {"/x.jpg"}),
        ("/ai.txt", b"User-Agent: *\nDisallow: /\n", {"/x.jpg", "/art/x.png"}),
        ("/ai.txt", b"User-Agent: otherbot\nDisallow: /\n", set()),
    ],
)  # fmt: skip
def test_a_site_reserves_its_rights_in_a_file(
    path: str, body: bytes, refused: set[str], server: Any, answer: Any
) -> None:
    server.paths[path] = answer(body, 200, "application/json")
    for picture in ("/x.jpg", "/art/x.png"):
        server.paths[picture] = answer(PNG)
    settings = config(server, site_rights=["tdmrep.json", "ai.txt"])
    got = {
        url: outcome(result) for url, result in fetch_all(["http://a.test/x.jpg", "http://a.test/art/x.png"], settings)
    }
    assert {url.removeprefix("http://a.test") for url, reason in got.items() if reason != "ok"} == refused
    assert set(got.values()) <= {"ok", "ai_txt" if path == "/ai.txt" else "tdm_file"}
