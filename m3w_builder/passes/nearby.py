"""Files that are read here and there: those of other machines lie here as a copy, and only some stand open at once."""

from __future__ import annotations

import shutil
import tempfile
from types import TracebackType
from typing import IO

from m3w_builder import storage

OPEN = 128
"""Files that stand open at once: a bundle may have more partitions than a process may open files."""


class Nearby:
    """Reads parts of files in any order; a context manager, after which nothing of it is left.

    From far stores each such read would bring megabytes for a picture's kilobytes, as fsspec reads ahead: so a file of
    theirs is copied once, to where this machine has its temporary files.
    """

    def __init__(self) -> None:
        self._open: dict[str, IO[bytes]] = {}
        self._copies: IO[bytes] | None = None
        self._places: dict[str, tuple[int, int]] = {}
        """Where each copied file begins and ends among the copies."""

    def __enter__(self) -> Nearby:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for stream in (*self._open.values(), *((self._copies,) if self._copies else ())):
            stream.close()

    def read(self, url: str, start: int, size: int) -> bytes:
        """So many bytes of a file from `start` on, fewer where it ends before."""
        stream = self._open.get(url)
        if stream is None and storage.is_local(url):
            stream = self._opened(url)
        elif stream is None:
            stream, begin, end = self._copied(url)
            start, size = begin + start, min(size, max(0, end - begin - start))
        stream.seek(start)
        return stream.read(size)

    def _opened(self, url: str) -> IO[bytes]:
        if len(self._open) == OPEN:
            self._open.pop(next(iter(self._open))).close()
        self._open[url] = storage.open_read(url)
        return self._open[url]

    def _copied(self, url: str) -> tuple[IO[bytes], int, int]:
        """The copies, and where among them the file begins and ends."""
        if self._copies is None:
            self._copies = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the others)
        if url not in self._places:
            begin = self._copies.seek(0, 2)
            with storage.open_read(url) as far:
                shutil.copyfileobj(far, self._copies, 1 << 20)
            self._places[url] = begin, self._copies.tell()
        return self._copies, *self._places[url]
