"""Cuts an archive file into records: gzip members, WARC and ARC headers, blocks; a broken record costs itself alone.

Libraries stop at the first fault, hand over a cut body as a whole one, or know no offsets in files that were
compressed as one; here every record has its offset and its fault, nothing is read twice, and what is not wanted
is not held. Layout: ISO 28500 (WARC 1.1); ARC 1 as the Internet Archive wrote it until 2009.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import IO

from zlib_ng import zlib_ng

from m3w_builder.stage import Drop

CHUNK = 1 << 17
MAX_HEAD = 1 << 16
"""Bytes of a record's own header; a longer one is broken."""

MAGIC = b"\x1f\x8b\x08"
Broken: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its types say one, not a kind
"""What is raised of a gzip member that is none."""
_ARC = re.compile(rb"([a-z][a-z0-9+.-]*:[^ \n]*) ([0-9A-Fa-f.:]*) (\d{14}) ([^ \n]*) (?:[^\n]* )?(\d+)\r?\n")
_WARC_AT = re.compile(rb"\r\n\r\nWARC/[01]\.")


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


class Tape:
    """The decoded bytes of an archive from some offset on, member by member; a plain file is one member."""

    def __init__(self, stream: IO[bytes], start: int = 0, probe: int = 0):
        # `probe`: where the packing is told from; a remote file is then not asked for its beginning too.
        self.stream = stream
        self.size = stream.seek(0, 2)
        self.origin = start  # where the current member begins
        self.buffer = bytearray()
        self.done = 0  # decoded bytes of this member that were taken out of the buffer
        self.over = False  # whether the member has no more bytes than the buffer's
        self._seek(probe)
        self.packed = self.stream.read(3) == MAGIC
        self._seek(start)

    def _seek(self, offset: int) -> None:
        self.stream.seek(offset)
        self.raw = b""
        self.position = offset  # of the next byte behind `raw`

    def open(self, offset: int) -> None:
        """Begin a member at a raw offset."""
        if offset != self.position - len(self.raw):
            self._seek(offset)
        self.origin, self.done, self.over = offset, 0, False
        self.buffer.clear()
        self.unzip = zlib_ng.decompressobj(31) if self.packed else None

    def _chunk(self) -> bytes:
        """The next raw bytes, b"" at the file's end."""
        if self.raw:
            data, self.raw = self.raw, b""
            return data
        data = self.stream.read(CHUNK)
        self.position += len(data)
        return data

    def fill(self) -> bool:
        """Decode some more into the buffer; False where the member is over. Raises Broken; EOFError at a cut."""
        if self.over:
            return False
        data = self._chunk()
        if self.unzip is None:
            self.buffer += data
            self.over = not data
            return bool(data)
        if not data:
            self.over = True
            raise EOFError("the file ends inside a gzip member")
        out = self.unzip.decompress(data, 8 * CHUNK)
        self.buffer += out
        self.raw = self.unzip.unused_data if self.unzip.eof else self.unzip.unconsumed_tail
        self.over = self.unzip.eof
        return True

    def drop(self, count: int) -> bytes:
        """Take `count` bytes out of the buffer."""
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        self.done += len(data)
        return data

    def need(self, count: int) -> bool:
        """Whether the buffer could be filled to `count` bytes."""
        while len(self.buffer) < count:
            if not self.fill():
                return False
        return True

    def skip(self, count: int) -> int:
        """Pass over `count` bytes without holding them; how many there were."""
        left = count
        while left:
            if not self.buffer:
                if self.unzip is None:  # a plain file is sought, not read
                    step = min(left, self.size - (self.origin + self.done))
                    self._seek(self.origin + self.done + step)
                    self.done += step
                    return count - left + step
                if not self.fill():
                    break
            left -= len(self.drop(min(left, len(self.buffer))))
        return count - left

    def blank(self) -> bool:
        """Pass over line ends between records; whether anything follows in this member."""
        while True:
            count = len(self.buffer) - len(self.buffer.lstrip(b"\r\n"))
            self.drop(count)
            if self.buffer or not self.fill():
                return bool(self.buffer)

    @property
    def offset(self) -> int:
        """Where a reader finds the record that begins at the buffer's first byte.

        Inside a file that was compressed as one, its place in the decoded bytes, which no member can begin at.
        """
        if not self.packed:
            return self.origin + self.done
        return self.origin if self.done == 0 else self.done if self.origin == 0 else -1

    def member_end(self) -> int:
        """The raw offset behind the current member, once it is over."""
        return self.position - len(self.raw)

    def search(self, offset: int) -> int:
        """The first raw offset from `offset` on where a record begins, the file's size where there is none."""
        self.stream.seek(offset)
        self.position = -1  # the next member is sought
        window, at = b"", offset
        while data := self.stream.read(CHUNK):
            window += data
            for place in self._candidates(window):
                if not self.packed or self._is_member(at + place):
                    return at + place
            self.stream.seek(at + len(window))
            keep = window[-16:]
            at, window = at + len(window) - len(keep), keep
        return self.size

    def _candidates(self, window: bytes) -> Iterator[int]:
        if not self.packed:
            for match in _WARC_AT.finditer(window):
                yield match.start() + 4
            return
        place = window.find(MAGIC)
        while place >= 0:
            yield place
            place = window.find(MAGIC, place + 1)

    def _is_member(self, offset: int) -> bool:
        """Whether a gzip member that begins like a record stands there: the magic alone turns up by chance."""
        self.stream.seek(offset)
        self.raw, self.position = b"", -1
        try:
            head = zlib_ng.decompressobj(31).decompress(self.stream.read(4096), 512)
        except Broken:
            return False
        return head.startswith(b"WARC/") or _ARC.match(head) is not None


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
    if tape.packed and tape._is_member(offset):
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
    return _ARC.match(bytes(tape.buffer[:4096]))


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
