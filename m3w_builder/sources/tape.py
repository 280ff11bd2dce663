"""The decoded bytes of an archive file, gzip member by gzip member, with the place of each in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from zlib_ng import zlib_ng

CHUNK = 1 << 17
MAGIC = b"\x1f\x8b\x08"
ARC = re.compile(rb"([a-z][a-z0-9+.-]*:[^ \n]*) ([0-9A-Fa-f.:]*) (\d{14}) ([^ \n]*) (?:[^\n]* )?(\d+)\r?\n")
"""An ARC record's line: URL, address, date, type, length."""
_WARC_AT = re.compile(rb"\r\n\r\nWARC/[01]\.")
Broken: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its types say one, not a kind
"""What is raised of a gzip member that is none."""


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
                if not self.packed or self.is_member(at + place):
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

    def is_member(self, offset: int) -> bool:
        """Whether a gzip member that begins like a record stands there: the magic alone turns up by chance."""
        self.stream.seek(offset)
        self.raw, self.position = b"", -1
        try:
            head = zlib_ng.decompressobj(31).decompress(self.stream.read(4096), 512)
        except Broken:
            return False
        return head.startswith(b"WARC/") or ARC.match(head) is not None
