"""Reads and writes tars as shards are: member by member, straight through, several times faster than tarfile."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from functools import lru_cache
from typing import IO

BLOCK = 512
_REGULAR = b"0\0"
_LONG_NAME, _PAX, _PAX_GLOBAL = b"L", b"x", b"g"


def members(stream: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """(name, body) of each regular file in a tar (ustar, pax or GNU names).

    Raises tarfile.ReadError at a tar that is cut or broken, and at one without the zero block that ends it.
    """
    name, size, take = "", -1, stream.read
    head = take(BLOCK)
    while True:
        if len(head) != BLOCK:
            raise tarfile.ReadError("it ends without its end mark")
        if head[0] == 0:
            return
        kind, length = head[156:157], _size(head)
        padding = -length % BLOCK
        body = take(length)
        after = take(padding + BLOCK)
        if len(body) != length or len(after) < padding:
            raise tarfile.ReadError(f"{_name(head)} is cut off")
        if kind in _REGULAR:
            # A pax size only ever stands where the header's own field is too short, over 8 GB: no shard has that.
            yield name or _name(head), body
            name = ""
        elif kind == _LONG_NAME:
            name = body.rstrip(b"\0").decode("utf-8", "surrogateescape")
        elif kind == _PAX:
            name, size = _pax(body)
            if size >= 0:
                raise tarfile.ReadError(f"{name}: members over 8 GB are not read")
        elif kind != _PAX_GLOBAL:
            name = ""
        head = after[padding:]


def places(stream: IO[bytes]) -> Iterator[tuple[str, int, int]]:
    """(name, offset of its header, offset behind its padding) of each regular file, read from the headers alone.

    `stream` must seek. Raises tarfile.ReadError as `members` does.
    """
    stream.seek(0, io.SEEK_END)
    end = stream.tell()
    offset, start, name = 0, -1, ""
    while True:
        stream.seek(offset)
        head = stream.read(BLOCK)
        if len(head) != BLOCK:
            raise tarfile.ReadError("it ends without its end mark")
        if head[0] == 0:
            return
        kind, length = head[156:157], _size(head)
        start = offset if start < 0 else start
        behind = offset + BLOCK + length + -length % BLOCK
        if behind > end:
            raise tarfile.ReadError(f"{_name(head)} is cut off")
        if kind == _LONG_NAME:
            name = stream.read(length).rstrip(b"\0").decode("utf-8", "surrogateescape")
        elif kind == _PAX:
            name, _ = _pax(stream.read(length))
        elif kind in _REGULAR:
            yield name or _name(head), start, behind
            start, name = -1, ""
        elif kind != _PAX_GLOBAL:
            start, name = -1, ""
        offset = behind


def first(head: bytes) -> tuple[str, int]:
    """(name, where its body ends) of the member that begins here; no name where that is no regular file.

    Raises tarfile.ReadError as `members` does.
    """
    if len(head) < BLOCK:
        raise tarfile.ReadError("it ends without its end mark")
    return _name(head[:BLOCK]) if head[156:157] in _REGULAR else "", BLOCK + _size(head[:BLOCK])


def _size(head: bytes) -> int:
    """The body's length; raises tarfile.ReadError where this is no header."""
    try:
        # The checksum costs as much as all else here: it is asked only of headers older than ustar's mark.
        if head[257:262] != b"ustar" and sum(head) - sum(head[148:156]) + 256 != int(head[148:156].rstrip(b"\0 "), 8):
            raise tarfile.ReadError("a header's checksum is wrong")
        return int(head[124:135], 8)
    except ValueError:
        raise tarfile.ReadError("a header is broken") from None


def _name(head: bytes) -> str:
    name = head[:100].rstrip(b"\0")
    prefix = head[345:500].partition(b"\0")[0] if head[257:263] == b"ustar\0" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "surrogateescape")


def _pax(body: bytes) -> tuple[str, int]:
    """The path and size of a pax header; "" and -1 where it tells none."""
    found: dict[bytes, bytes] = {}
    while body:
        length, _, _ = body.partition(b" ")
        if not length.isdigit() or not 0 < int(length) <= len(body):
            raise tarfile.ReadError("a pax header is broken")
        key, _, value = body[len(length) + 1 : int(length) - 1].partition(b"=")
        found[key] = value
        body = body[int(length) :]
    return found.get(b"path", b"").decode("utf-8", "surrogateescape"), int(found.get(b"size", b"-1"))


class Writer:
    """Writes the members of a tar to a stream; tarfile would copy each body several times, by ten thousand bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.size = 0

    def add(self, name: str, body: bytes) -> None:
        self._write(header(name, len(body)))
        self._write(body)
        self._write(bytes(-len(body) % BLOCK))

    def end(self) -> None:
        """Two empty blocks, and as many as fill a whole record."""
        self._write(bytes(2 * BLOCK))
        self._write(bytes(-self.size % tarfile.RECORDSIZE))

    def _write(self, data: bytes) -> None:
        self.size += len(data)
        self.stream.write(data)


def header(name: str, size: int) -> bytes:
    """A regular file's header (ustar), as tarfile makes it; names of ASCII in a tenth of its time.

    Raises ValueError for what ustar can't tell: a name that is too long, 8 GB or more.
    """
    told = name.encode("ascii", "replace")
    if len(told) > tarfile.LENGTH_NAME or size >= 8**11 or not name.isascii():
        return _made(name, size)
    digits = b"%011o" % size
    empty = _empty()
    number = int(empty[148:154], 8) + sum(told) + sum(digits) - sum(b"0" * 11)
    return b"".join((told, empty[len(told) : 124], digits, empty[135:148], b"%06o" % number, empty[154:]))


def _made(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, 0
    return info.tobuf(tarfile.USTAR_FORMAT)


@lru_cache(1)
def _empty() -> bytes:
    """The header of an empty file without a name."""
    return _made("", 0)
