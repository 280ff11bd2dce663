"""WARC source: pages, pictures and refusals out of sound and broken archives, by parts and by offset."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import fsspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from m3w_builder.errors import ConfigError
from m3w_builder.fetch import Fetched
from m3w_builder.sources import (
    Archived,
    Page,
    ReadLimits,
    Refused,
    SourceConfig,
    WarcSource,
    check,
    framing,
    plan,
    read,
    read_payload,
)
from m3w_builder.sources.config import REASONS
from m3w_builder.stage import Drop

HTML = b"<!doctype html><title>t</title><p>" + b"word " * 300
LIMITS = ReadLimits()


def parts(path: str, **more: Any) -> list[Any]:
    return list(plan(SourceConfig(warc=WarcSource([path], **more)), ""))


def everything(path: str, limits: ReadLimits = LIMITS, **more: Any) -> list[Any]:
    return [found for part in parts(path, **more) for found in read(part.input, limits)]


def story(found: list[Any]) -> list[tuple[str, str]]:
    """(last part of the URL, what it became) of each record."""
    return [
        (one.url.rsplit("/", 1)[-1], one.drop.reason if isinstance(one, Refused) else type(one).__name__)
        for one in found
    ]


@pytest.mark.parametrize("packing", ["members", "one", "plain"])
def test_records_come_in_order_with_an_offset_that_finds_them_again(
    packing: str, write: Any, record: Any, http: Any, png: bytes
) -> None:
    path = write(
        [
            record("http://a.example/", b"software: x\r\n", "warcinfo"),
            record("http://a.example/p1", http(HTML)),
            record("http://a.example/p1", b"GET / HTTP/1.1\r\n\r\n", "request"),
            record("http://a.example/1.png", http(png, "image/png")),
            record("http://a.example/p2", http(HTML)),
            record("http://a.example/2.png", http(png[::-1], "image/png")),
            record("http://a.example/3.png", http(png, "application/octet-stream")),
        ],
        packing,
    )
    found = everything(path)
    assert story(found) == [
        ("p1", "Page"),
        ("1.png", "Archived"),
        ("p2", "Page"),
        ("2.png", "Archived"),
        ("3.png", "Archived"),
    ]
    page = found[0]
    assert (page.html, page.charset, page.source.fetched) == (HTML, "utf-8", "2024-05-01T00:00:00Z")
    assert page.source.digest.startswith("sha1:")
    for archived, body in zip([found[1], found[3], found[4]], [png, png[::-1], png], strict=True):
        payload = read_payload(archived.file, archived.offset, 10_000)
        assert isinstance(payload, Fetched), payload
        assert (payload.url, payload.body) == (archived.url, body)


@pytest.mark.parametrize(
    ("name", "block", "kind", "more", "reason"),
    [
        ("text", ("plain words", "text/plain"), "response", (), "not_html"),
        ("css", ("a{}", "text/css"), "response", (), "not_html"),
        ("json", ("{}", "application/json"), "response", (), "not_html"),
        ("missing", ("gone", "text/html", "404 Not Found"), "response", (), "http_status"),
        ("partial", ("<p>part", "text/html", "206 Partial Content"), "response", (), "http_status"),
        ("moved", ("", "text/html", "301 Moved", "Location: /x"), "response", (), "redirect"),
        ("same", ("", "text/html", "304 Not Modified"), "response", (), "http_status"),
        ("void", ("", "text/html"), "response", (), "empty"),
        ("page-as-picture", ("<!doctype html><p>x", "image/jpeg"), "response", (), "wrong_type"),
        ("binary-as-page", ("\x01\x00\x02\x03", "text/html"), "response", (), "wrong_type"),
        ("reserved", ("<p>x", "text/html", "200 OK", "X-Robots-Tag: noai"), "response", (), "x_robots_tag"),
        ("tdm", ("<p>x", "text/html", "200 OK", "tdm-reservation: 1"), "response", (), "tdm_header"),
        ("strange", ("<p>x", "text/html", "200 OK", "Content-Encoding: rot13"), "response", (), "bad_encoding"),
        ("short", ("<p>x", "text/html", "200 OK", "Content-Length: 99"), "response", (), "truncated"),
        ("cut", ("<p>x", "text/html"), "response", ("WARC-Truncated: length",), "truncated"),
        ("again", ("", "text/html"), "revisit", ("WARC-Refers-To-Target-URI: http://a.example/first",), "revisit"),
        ("failed", ("", "text/html"), "metadata", ("M3W-Fetch-Failed: timeout total_timeout",), "timeout"),
        ("unknown", ("", "text/html"), "metadata", ("M3W-Fetch-Failed: of_later_days",), "not_fetched"),
        ("whole", ("<p>x", "text/html"), "response", (), "Page"),
        ("xhtml", ("<p>x", "application/xhtml+xml"), "response", (), "Page"),
        ("untyped", ("<!DOCTYPE html><p>x", ""), "response", (), "Page"),
        ("xml-page", ("<?xml version='1.0'?><html><p>x", "application/xml"), "response", (), "Page"),
        ("svg", ("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), "response", (), "Archived"),
        ("robots-of-others", ("<p>x", "text/html", "200 OK", "X-Robots-Tag: bingbot: noindex"), "response", (), "Page"),
    ],
)  # fmt: skip
def test_an_odd_record_has_its_reason(
    name: str, block: tuple[str, ...], kind: str, more: tuple[str, ...], reason: str, write: Any, record: Any, http: Any
) -> None:
    body, *rest = block
    raw = record(f"http://a.example/{name}", http(body.encode("latin-1"), *rest), kind, *more)
    assert story(everything(write([raw]))) == [(name, reason)]
    assert reason in REASONS or reason in ("Page", "Archived")


@pytest.mark.parametrize("url", ["dns:a.example", "metadata://a/b", "ftp://a.example/x", ""])
def test_what_was_not_had_over_http_is_no_page(url: str, write: Any, record: Any, http: Any) -> None:
    (found,) = everything(write([record(url, http(HTML))]))
    assert found.drop.reason == "not_http"


@pytest.mark.parametrize(
    "pack", [gzip.compress, brotli.compress, zstandard.compress, bytes], ids=["gzip", "br", "zstd", "label"]
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_is_decoded_whoever_left_it_encoded(
    pack: Callable[[bytes], bytes], chunked: bool, write: Any, record: Any, http: Any
) -> None:
    name = {gzip.compress: "gzip", brotli.compress: "br", zstandard.compress: "zstd"}.get(pack, "gzip")
    body = pack(HTML)
    if chunked:
        body = (
            b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (body[i : i + 100] for i in range(0, len(body), 100)))
            + b"0\r\n\r\n"
        )
    answer = http(
        body, "text/html", "200 OK", f"Content-Encoding: {name}", "Transfer-Encoding: chunked", "Content-Length: 7"
    )
    (page,) = everything(write([record("http://a.example/", answer)]))
    assert isinstance(page, Page)
    assert page.html == HTML


def test_a_page_that_says_chunked_and_is_not_is_read_as_it_is(write: Any, record: Any, http: Any) -> None:
    (page,) = everything(
        write([record("http://a.example/", http(HTML, "text/html", "200 OK", "Transfer-Encoding: chunked"))])
    )
    assert page.html == HTML


def five(record: Any, http: Any) -> list[bytes]:
    return [record(f"http://a.example/{n}", http(HTML + b"%d" % n * 500)) for n in range(5)]


@pytest.mark.parametrize("packing", ["members", "plain"])
@pytest.mark.parametrize("fault", ["length_high", "length_low", "length_word", "no_header", "endless_header"])
def test_a_broken_record_costs_itself_alone(fault: str, packing: str, write: Any, record: Any, http: Any) -> None:
    raw = five(record, http)
    block = http(HTML)
    raw[2] = {
        "length_high": record("http://a.example/2", block, length=len(block) + 50),
        "length_low": record("http://a.example/2", block, length=40),
        "length_word": record("http://a.example/2", block).replace(b"Content-Length: ", b"Content-Length: x"),
        "no_header": b"not a record at all\r\n\r\n",
        "endless_header": b"WARC/1.1\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    }[fault]
    found = everything(write(raw, packing))
    assert [one.url[-1] for one in found if isinstance(one, Page)] == ["0", "1", "3", "4"]
    refused = [one for one in found if isinstance(one, Refused)]
    assert {one.drop.reason for one in refused} <= {"broken_record", "truncated"}
    assert len(refused) == 1


@pytest.mark.parametrize("damage", ["header", "body", "crc", "between", "missing_tail"])
def test_broken_gzip_costs_its_record_alone(damage: str, tmp_path: Path, record: Any, http: Any) -> None:
    packed = [gzip.compress(part) for part in five(record, http)]
    bad = bytearray(packed[2])
    if damage == "header":
        bad[0:3] = b"XXX"
    elif damage == "body":
        bad[len(bad) // 2 : len(bad) // 2 + 8] = b"\xff" * 8
    elif damage == "crc":
        bad[-8:-4] = b"\0\0\0\0"
    elif damage == "between":
        bad += b"some bytes that belong to nothing"
    else:
        bad = bad[:-20]
    packed[2] = bytes(bad)
    path = tmp_path / "bad.warc.gz"
    path.write_bytes(b"".join(packed))
    found = everything(str(path))
    pages = [one.url[-1] for one in found if isinstance(one, Page)]
    assert pages == (["0", "1", "2", "3", "4"] if damage == "between" else ["0", "1", "3", "4"])
    assert {one.drop.reason for one in found if isinstance(one, Refused)} == {"broken_record"}


@pytest.mark.parametrize("packing", ["members", "one", "plain"])
def test_a_file_that_ends_early_gives_what_it_has(packing: str, write: Any, record: Any, http: Any) -> None:
    path = write(five(record, http), packing)
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: int(len(data) * (0.75 if packing != "one" else 0.93))])
    found = story(everything(path))
    assert len(found) >= 4
    assert all(kind == "Page" for _, kind in found[:-1])
    assert found[-1][1] == "truncated"


@pytest.mark.parametrize(
    "data", [b"<html>no archive", gzip.compress(b"no archive", mtime=0)], ids=["plain", "compressed"]
)
def test_a_file_that_is_no_archive_says_so(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(data)
    (found,) = everything(str(path))
    assert found.drop.reason == "not_an_archive"


def test_an_empty_file_has_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(b"")
    assert everything(str(path)) == []


@pytest.mark.parametrize("packing", ["members", "plain"])
def test_a_record_over_the_limit_is_passed_over_in_bounded_memory(
    packing: str, write: Any, record: Any, http: Any
) -> None:
    path = write(
        [
            record("http://a.example/big", http(b"<p>" + bytes(60_000_000))),
            record("http://a.example/big.png", http(bytes(60_000_000), "image/png")),
            record("http://a.example/page", http(HTML)),
        ],
        packing,
    )
    tracemalloc.start()
    found = everything(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert story(found) == [("big", "too_large"), ("big.png", "Archived"), ("page", "Page")]
    assert peak < 8_000_000
    too_large = read_payload(found[1].file, found[1].offset, 1_000_000)
    assert isinstance(too_large, Drop)
    assert too_large.reason == "too_large"


def test_a_bomb_is_too_large(write: Any, record: Any, http: Any) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    raw = record("http://a.example/bomb", http(bomb, "text/html", "200 OK", "Content-Encoding: gzip"))
    assert story(everything(write([raw]))) == [("bomb", "too_large")]


@pytest.mark.parametrize("split_mb", [1, 2])
def test_parts_of_a_file_hold_each_record_once(split_mb: int, tmp_path: Path, record: Any, http: Any) -> None:
    import random

    noise = random.Random(1)
    raw = [
        record(
            f"http://a.example/{n}", http(b"<p>" + noise.randbytes(noise.choice([500, 90_000])).replace(b"\0", b" "))
        )
        for n in range(120)
    ]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(gzip.compress(part, 1) for part in raw))
    whole = everything(str(path))
    cut = parts(str(path), split_mb=split_mb)
    assert len(cut) > 1
    assert len({part.fingerprint for part in cut}) == len(cut)
    pieces = [[one.source.offset for one in read(part.input, LIMITS)] for part in cut]
    assert all(pieces)
    assert [offset for piece in pieces for offset in piece] == [one.source.offset for one in whole]


def test_a_payload_that_is_itself_an_archive_stays_a_payload(write: Any, record: Any, http: Any) -> None:
    inner = record("http://inner.example/", http(HTML)) * 3
    path = write(
        [record("http://a.example/x", http(b"<pre>" + inner)), record("http://a.example/y", http(HTML))], "plain"
    )
    assert [one.url for one in everything(path)] == ["http://a.example/x", "http://a.example/y"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_arc_files_are_read(pack: Callable[[bytes], bytes], tmp_path: Path, http: Any, png: bytes) -> None:
    def arc(url: str, kind: str, block: bytes) -> bytes:
        return f"{url} 192.0.2.1 20080430204826 {kind} {len(block)}\n".encode() + block + b"\n"

    version = b"1 0 Alexa Internet\nURL IP-address Archive-date Content-type Archive-length\n"
    raw = [
        arc("filedesc://a.arc", "text/plain", version),
        arc("dns:a.example", "text/dns", b"20080430204826\na.example. 1 IN A 192.0.2.1\n"),
        arc("http://a.example/page", "text/html", http(HTML)),
        arc("http://a.example/1.png", "image/png", http(png, "image/png")),
    ]
    path = tmp_path / "a.arc.gz"
    path.write_bytes(b"".join(pack(part) for part in raw))
    page, archived = everything(str(path))
    assert (page.url, page.html, page.source.fetched) == ("http://a.example/page", HTML, "2008-04-30T20:48:26Z")
    payload = read_payload(archived.file, archived.offset, 10_000)
    assert isinstance(payload, Fetched)
    assert payload.body == png


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (("<!doctype html><p>x", "image/png"), "not_a_picture"),
        (("", "image/png"), "empty"),
        (("x", "image/png", "404 Not Found"), "http_4xx"),
        (("x", "image/png", "200 OK", "X-Robots-Tag: noimageai"), "x_robots_tag"),
        (("x", "image/png", "200 OK", "Content-Encoding: rot13"), "bad_encoding"),
    ],
)
def test_a_payload_that_is_no_picture_has_its_reason(
    block: tuple[str, ...], reason: str, write: Any, record: Any, http: Any
) -> None:
    from m3w_builder import fetch

    body, *rest = block
    result = read_payload(write([record("http://a.example/x", http(body.encode(), *rest))]), 0, 1000)
    assert isinstance(result, Drop)
    assert result.reason == reason
    assert reason in fetch.REASONS


def test_a_wrong_offset_is_a_drop(write: Any, record: Any, http: Any) -> None:
    path = write([record("http://a.example/x", http(HTML))])
    for offset in (3, 10**9):
        result = read_payload(path, offset, 1000)
        assert isinstance(result, Drop)
        assert result.reason in ("broken_record", "truncated")


def test_globs_lists_and_urls_name_files(tmp_path: Path, write: Any, record: Any, http: Any) -> None:
    one = write([record("http://a.example/1", http(HTML))], name="one")
    two = write([record("http://a.example/2", http(HTML))], name="two")
    listing = tmp_path / "all.paths.gz"
    listing.write_bytes(gzip.compress(f"# both\n{Path(one).name}\n{Path(two).name}\n".encode()))
    with fsspec.open("memory://store/three.warc.gz", "wb") as stream:
        stream.write(Path(one).read_bytes())
    assert [part.input["file"] for part in parts(str(tmp_path / "*.warc.gz"))] == [one, two]
    assert [part.input["file"] for part in parts(str(listing), base=str(tmp_path))] == [one, two]
    assert [part.input["file"] for part in parts(str(listing), base=str(tmp_path), first=1, count=5)] == [two]
    assert [one.url for one in everything("memory://store/three.warc.gz")] == ["http://a.example/1"]


def test_a_changed_file_has_another_fingerprint(write: Any, record: Any, http: Any) -> None:
    before = parts(write([record("http://a.example/1", http(HTML))]))[0].fingerprint
    after = parts(write([record("http://a.example/1", http(HTML + b"!"))]))[0].fingerprint
    assert before != after


@pytest.mark.parametrize("path", ["nowhere.warc.gz", "nothing-*.warc.gz", "no.txt", "."])
def test_what_is_not_there_is_said_in_one_line_before_any_work(path: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check(SourceConfig(warc=WarcSource([str(tmp_path / path)])))
    assert "\n" not in str(caught.value)
    assert "source.warc" in str(caught.value)


def test_a_source_is_exactly_one() -> None:
    with pytest.raises(ConfigError, match="exactly one"):
        check(SourceConfig())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    data=st.data(),
    packing=st.sampled_from(["members", "one", "plain"]),
    cut=st.integers(0, 4000),
    noise=st.binary(min_size=1, max_size=20),
)
def test_damage_anywhere_never_raises(
    data: Any, packing: str, cut: int, noise: bytes, write: Any, record: Any, http: Any, png: bytes
) -> None:
    raw = [
        record(
            f"http://a.example/{n}", http(HTML[: 40 * n + 40] if n % 2 else png, "text/html" if n % 2 else "image/png")
        )
        for n in range(4)
    ]
    path = write(raw, packing)
    body = bytearray(Path(path).read_bytes())
    at = data.draw(st.integers(0, len(body)))
    body[at : at + data.draw(st.integers(0, 30))] = noise
    Path(path).write_bytes(bytes(body[: max(0, len(body) - cut)]))
    for found in everything(path):
        assert isinstance(found, (Page, Archived, Refused))
        if isinstance(found, Refused):
            assert found.drop.reason in REASONS
        if isinstance(found, Archived):
            assert isinstance(read_payload(found.file, found.offset, 100_000), (Fetched, Drop))


def test_block_and_allow_lists_hold_for_archived_pages(write: Any, record: Any, http: Any) -> None:
    hosts = ("a.test", "b.test", "c.test")
    path = write([record(f"http://{host}/x", http(b"<!doctype html><p>words")) for host in hosts])
    limits = ReadLimits(block=["b.test"], allow=["a.test", "b.test"])
    found = list(read({"kind": "warc", "file": path}, limits))
    told = [one.drop.reason if isinstance(one, Refused) else "page" for one in found]
    assert told == ["page", "blocked", "not_allowed"]


def test_a_continued_line_behind_a_line_that_is_no_header_is_left_out():
    """Found by fuzzing: a line without a colon or a name, and one that continues it."""
    assert framing.header_lines(b"HTTP/1.1 200 OK\r\nbroken\r\n more\r\n: x\r\n y\r\nA: b\r\n c") == {"a": "b c"}
