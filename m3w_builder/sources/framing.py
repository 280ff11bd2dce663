"""Cuts an archive file into records: gzip members, WARC and ARC headers, blocks; a broken record costs itself alone.

Libraries stop at the first fault, hand over a cut body as a whole one, or know no offsets in files that were
compressed as one; here every record has its offset and its fault, nothing is read twice, and what is not wanted
is not held. Layout: ISO 28500 (WARC 1.1); ARC 1 as the Internet Archive wrote it until 2009.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import field
from typing import IO

from m3w_builder.classes import dataclass
from m3w_builder.sources.tape import ARC, Broken, Tape
from m3w_builder.stage import Drop

MAX_HEAD = 1 << 16
"""Bytes of a record's own header; a longer one is broken."""


@dataclass(slots=True)
class Record:
    """One record. `offset` is what a reader seeks to, -1 where it stands behind another inside one gzip member."""

    offset: int
    kind: str = ""  # WARC-Type: "response", "revisit", …
    headers: dict[str, str] = field(default_factory=dict)  # lower-case names
    length: int = 0  # of the block, as declared
    block: bytes = b""
    whole: bool = False  # whether `block` is all of it
    fault: Drop | None = None

    @property
    def url(self) -> str:
        return self.headers.get("warc-target-uri", "").strip("<>")


Hold = Callable[[Record], int]
"""How many bytes of a record's block are wanted, by its headers."""


def records(stream: IO[bytes], hold: Hold, start: int = 0, stop: int | None = None) -> Iterator[Record]:
    """The records that begin in [start, stop) of an archive's raw bytes; never raises on bad data.

    `start` may be any byte: reading begins at the first record from there on. In a plain file, where no member
    marks a record, a payload that itself holds an archive may be taken for records behind a fault.
    """
    tape = Tape(stream, start)
    where = tape.search(max(0, start - (0 if tape.packed else 4))) if start else 0
    end = tape.size if stop is None else min(stop, tape.size)
    while where < end:
        tape.open(where)
        where = yield from _member(tape, hold, end)


def record_at(stream: IO[bytes], offset: int, hold: Hold) -> Record | None:
    """The record at a `Record.offset`; None where none begins there."""
    tape = Tape(stream, offset, offset)
    if tape.packed and tape.is_member(offset):
        tape.open(offset)
    elif (tape := Tape(stream)).packed:
        tape.open(0)  # the offset counts the decoded bytes of a file that was compressed as one
        try:
            tape.skip(offset)
        except (Broken, EOFError):
            return None
    else:
        tape.open(offset)
    record, _ = _next(tape, hold, tape.size)
    return record


def _member(tape: Tape, hold: Hold, end: int) -> Generator[Record, None, int]:
    """The records of one gzip member, or of a plain file up to a fault or `end`; returns where to go on."""
    while True:
        record, go_on = _next(tape, hold, end)
        if record:
            yield record
        if go_on is not None:
            return go_on


def _next(tape: Tape, hold: Hold, end: int) -> tuple[Record | None, int | None]:
    """The member's next record, and where the next member is if this one has no more to give."""
    record = Record(tape.origin)
    try:
        if not tape.blank():
            return None, tape.member_end()
        record.offset = tape.offset
        if not tape.packed and record.offset >= end:
            return None, tape.size
        _read(tape, record, hold)
    except EOFError:
        record.fault = Drop("truncated", "the file ends inside this record")
        return record, tape.size
    except Broken as error:
        record.fault = Drop("broken_record", f"gzip: {error}"[:200])
        return record, tape.search(tape.origin + 1)
    if record.fault is None:
        return record, None
    return record, _next_member(tape) if tape.packed else tape.search(record.offset + 1)


def _next_member(tape: Tape) -> int:
    """Behind a record whose member is sound though it is not: the next member."""
    try:
        while tape.fill():
            tape.buffer.clear()
    except (Broken, EOFError):
        return tape.search(tape.origin + 1)
    return tape.member_end()


def _read(tape: Tape, record: Record, hold: Hold) -> None:
    """Fill in a record whose first byte is the buffer's first."""
    _head(tape, record)
    if record.fault:
        return
    if not tape.packed and tape.offset + record.length > tape.size:
        left = tape.size - tape.offset
        record.fault = Drop("truncated", "the file ends inside this record", left, record.length)
        return
    wanted = min(record.length, hold(record))
    complete = tape.need(wanted)
    record.block = tape.drop(wanted)
    record.whole = wanted == record.length
    got = len(record.block) + (tape.skip(record.length - wanted) if complete else 0)
    if got < record.length:
        record.fault = Drop("truncated", "the gzip member ends inside this record", got, record.length)
    elif tape.need(1) and bytes(tape.buffer[:1]) not in (b"\r", b"\n") and tape.need(5) and tape.buffer[:5] != b"WARC/":
        record.fault = Drop("broken_record", "its block does not end where its Content-Length says")
    else:
        tape.blank()  # to the member's end, where gzip has its checksum


def _head(tape: Tape, record: Record) -> None:
    """A record's own header."""
    tape.need(5)
    if tape.buffer[:5] != b"WARC/":
        arc = _arc(tape)
        if arc is None:
            record.fault = Drop("broken_record", "no WARC or ARC header")
            return
        _arc_head(tape, record, arc)
        return
    while (end := tape.buffer.find(b"\r\n\r\n", 0, MAX_HEAD)) < 0:
        if len(tape.buffer) >= MAX_HEAD or not tape.fill():
            record.fault = Drop("broken_record", "its header does not end")
            return
    record.headers = header_lines(tape.drop(end + 4)[:end])
    record.kind = record.headers.get("warc-type", "").lower()
    length = record.headers.get("content-length", "")
    if not length.isdigit() or len(length) > 18:
        record.fault = Drop("broken_record", f"Content-Length '{length[:40]}'")
        return
    record.length = int(length)


def _arc(tape: Tape) -> re.Match[bytes] | None:
    tape.need(4096)
    return ARC.match(bytes(tape.buffer[:4096]))


def _arc_head(tape: Tape, record: Record, match: re.Match[bytes]) -> None:
    """An ARC record's one line, as the WARC headers that mean the same."""
    url, address, date, _, length = (part.decode("utf-8", "replace") for part in match.groups())
    tape.drop(match.end())
    stamp = f"{date[:4]}-{date[4:6]}-{date[6:8]}T{date[8:10]}:{date[10:12]}:{date[12:]}Z"
    http = url.startswith(("http:", "https:"))
    record.kind = "response" if http else "warcinfo" if url.startswith("filedesc:") else "metadata"
    record.headers = {"warc-target-uri": url, "warc-date": stamp, "warc-ip-address": address, "content-length": length}
    if http:
        record.headers["content-type"] = "application/http; msgtype=response"
    record.length = int(length)


def header_lines(head: bytes) -> dict[str, str]:
    """Header lines behind a first line, by lower-case name; continued lines joined, repeated names joined by ", "."""
    headers: dict[str, str] = {}
    name = ""
    for line in head.decode("utf-8", "replace").splitlines()[1:]:
        if line[:1] in (" ", "\t") and name in headers:
            headers[name] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if colon and name:
            value = value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
