"""Pages and pictures out of WARC and ARC files: partitions by file and byte range, streaming, payloads by offset."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from m3w_builder import rights, storage
from m3w_builder.document import Source
from m3w_builder.fetch import REASONS, Fetched, picture
from m3w_builder.sources import files, payload, revisits
from m3w_builder.sources.config import Archived, Page, Part, ReadLimits, Refused, WarcSource
from m3w_builder.sources.framing import MAX_HEAD, Record, record_at, records
from m3w_builder.stage import Drop

FAILED = "m3w-fetch-failed"
"""Header of the metadata record that our crawler leaves of a URL that it could not have: reason, then detail."""

OPT_OUT = ("noai", "noimageai", "noindex", "noimageindex", "tdm")
"""Header signals that refuse an archived picture, where nothing else is said."""

PAYLOAD_BLOCK = 1 << 18
"""Bytes that a remote archive is asked for at once where one picture is wanted."""

_BEARING = frozenset({"response", "resource"})


def plan(source: WarcSource, place: str = "source.warc") -> Iterator[Part]:
    """A partition a file, or several where `split_mb` cuts large gzipped ones; in the order of the names."""
    names = list(files.expand(source.paths, source.base, source.options, f"{place}.paths"))
    names = names[source.first : source.first + source.count if source.count else None]
    step = source.split_mb << 20

    def look(url: str) -> tuple[int, str, bool]:
        size, mark = files.describe(url, source.options, place)
        return size, mark, bool(step) and size > step * 3 // 2 and _packed(url, source.options)

    for url, (size, mark, cut) in zip(names, storage.abreast(look, names), strict=True):
        label = storage.hidden(url).rsplit("/", 1)[-1]
        options = {"options": source.options} if source.options else {}
        if not cut:
            yield Part({"kind": "warc", "file": url, **options}, mark, label)
            continue
        count = max(1, round(size / step))
        bounds = [size * number // count for number in range(count + 1)]
        for number, (start, stop) in enumerate(itertools.pairwise(bounds)):
            entry = {"kind": "warc", "file": url, "start": start, "stop": stop, **options}
            yield Part(entry, f"{mark}-{start}-{stop}", f"{label} {number + 1}/{count}")


def _packed(url: str, options: Mapping[str, Any]) -> bool:
    with files.open_binary(url, options) as stream:
        return stream.read(2) == b"\x1f\x8b"


def read(entry: Mapping[str, Any], limits: ReadLimits) -> Iterator[Page | Archived | Refused]:
    """What one part holds, in its order. A record belongs to the part in which it begins."""
    file = entry["file"]

    def hold(record: Record) -> int:
        if record.kind not in _BEARING and not revisits.refers(record, file):
            return 0
        return record.length if record.length <= limits.max_record_bytes else MAX_HEAD

    skip = frozenset(entry.get("skip", ()))
    with files.open_binary(file, entry.get("options")) as stream:
        seen = False
        for record in records(stream, hold, entry.get("start", 0), entry.get("stop")):
            if record.fault and not seen and record.offset == 0 and not record.headers:
                drop = Drop("not_an_archive", record.fault.detail)
                yield Refused(file, Source(file, 0), drop)
                return
            seen = True
            if record.offset in skip:
                continue
            one = found(record, file, limits, entry.get("options"))
            if one:
                yield one


def found(
    record: Record, file: str, limits: ReadLimits, options: Mapping[str, Any] | None = None
) -> Page | Archived | Refused | None:
    """What one record gives; None where it bears no answer to a request."""
    source = Source(
        file, record.offset, record.headers.get("warc-payload-digest", ""), record.headers.get("warc-date", "")
    )
    url = record.url or f"{file}#{record.offset}"
    if record.fault:
        return Refused(url, source, record.fault)
    asked = record.headers.get("m3w-kind", "")
    place = revisits.refers(record, file)
    if place and asked == "picture":
        return Archived(url, *place)
    if place and asked == "page":
        record = revisits.made_whole(record, file, limits.max_record_bytes, options)
        if record.fault:
            return Refused(url, source, record.fault)
    if asked in ("robots", "list") or (asked and record.kind == "revisit"):
        return None  # what our own crawl asked for its guidance is no page; what it found unchanged stands before
    if asked == "picture" and record.kind not in _BEARING:
        return None
    if record.kind == "revisit":
        of = record.headers.get("warc-refers-to-target-uri", "") or record.headers.get("warc-refers-to", "")
        return Refused(
            url, source, Drop("revisit", f"{of} {record.headers.get('warc-refers-to-date', '')}".strip()[:300])
        )
    if record.kind == "metadata" and FAILED in record.headers:
        reason, _, detail = record.headers[FAILED].partition(" ")
        known = reason in REASONS or reason == "not_html"
        return Refused(url, source, Drop(reason, detail[:300]) if known else Drop("not_fetched", reason[:300]))
    if record.kind not in _BEARING:
        return None
    judged = payload.judge(record, file, limits)
    # Of a picture that our crawl could not have, the pictures' own books tell.
    return None if asked == "picture" and isinstance(judged, Refused) else judged


def read_payload(
    file: str,
    offset: int,
    max_bytes: int,
    options: Mapping[str, Any] | None = None,
    opt_out: tuple[str, ...] = OPT_OUT,
    agent: str = "m3w-builder",
) -> Fetched | Drop:
    """One archived picture by the offset that `Archived` gives; a Drop has a reason of fetch.REASONS."""
    with files.open_binary(file, options, PAYLOAD_BLOCK) as stream:
        record = record_at(stream, offset, lambda one: min(one.length, max_bytes + MAX_HEAD))
    if record is None or record.kind not in _BEARING:
        return Drop("broken_record", f"no answer at byte {offset} of {file}")
    if record.fault:
        return Drop(record.fault.reason, record.fault.detail, record.fault.value, record.fault.limit)
    answer = payload.answer_of(record)
    if isinstance(answer, Drop):
        return answer
    if not record.whole:
        return Drop("too_large", "archived record", record.length, max_bytes)
    if fault := picture.status_fault(answer.status):
        return fault
    if cut := record.headers.get("warc-truncated", ""):
        return Drop("truncated", f"WARC-Truncated: {cut}"[:80])
    if reserved := rights.refused(answer.headers, agent, opt_out):
        return reserved
    body = payload.content(answer, max_bytes)
    if isinstance(body, Drop):
        return body
    if not body:
        return Drop("empty", "archived")
    if len(body) > max_bytes:
        return Drop("too_large", "archived body", len(body), max_bytes)
    if fault := picture.not_a_picture(answer.headers.get("content-type", ""), body):
        return fault
    found = [f"header:{signal}" for signal in rights.signals(answer.headers, agent)]
    found += record.headers.get("m3w-rights", "").replace(",", " ").split()
    date = record.headers.get("warc-date", "")
    return Fetched(record.url, record.url, answer.status, answer.headers, body, date, found)
