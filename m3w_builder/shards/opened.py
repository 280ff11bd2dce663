"""The files of shards that are being read for training: few open at once, no byte held longer than it must be."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.shards import read


def spans(url: str, skipped: Counter[str]) -> list[tuple[int, int]]:
    """Where each sample of a shard lies: offset and bytes. A tar that is cut and has no index is counted in `skipped`.

    Raises ConfigError where there is no such shard.
    """
    try:
        return read.spans(url)
    except FileNotFoundError:
        raise ConfigError(f"{url}: there is no such shard") from None
    except tarfile.TarError:  # a tar that is cut and has no index
        skipped[read.BROKEN_TAR] += 1
        return []


class Files:
    """The shards in reading: local ones are read where a sample leaves the buffer, others where it enters.

    A local buffer thus holds no bytes, and a remote shard is read straight through.
    """

    OPEN = 64
    """Local files held open at once."""

    def __init__(self, urls: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]) -> None:
        self.urls, self.spans = urls, spans
        self.local = [storage.is_local(url) for url in urls]
        self.open: dict[int, IO[bytes]] = {}
        self.held: dict[tuple[int, int], bytes] = {}

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:
            for stream in self.open.values():
                stack.callback(stream.close)

    def enter(self, shard: int, row: int, behind: bool) -> None:
        """A row enters the buffer; `behind` the place from which the reading goes on, nothing is read yet."""
        if not self.local[shard] and not behind:
            try:
                self.held[shard, row] = self._bytes(shard, row)
            except OSError:
                pass  # asked again, and then counted, when it leaves

    def leave(self, shard: int, row: int) -> None:
        """A row leaves unread."""
        self.held.pop((shard, row), None)

    def take(self, shard: int, row: int, bad: Counter[str]) -> read.Sample | None:
        """The sample; None where it can't be read, which is counted in `bad`."""
        body = self.held.pop((shard, row), None)
        if body is None:
            try:
                body = self._bytes(shard, row)
            except OSError:
                bad[read.UNREADABLE] += 1
                return None
        return read.parse(body, bad)

    def _bytes(self, shard: int, row: int) -> bytes:
        offset, size = self.spans[shard][row]
        stream = self.open.pop(shard, None)
        if stream is None:
            if len(self.open) >= self.OPEN:
                self.open.pop(next(iter(self.open))).close()
            stream = storage.open_read(self.urls[shard])
        self.open[shard] = stream  # the one used last stands last
        stream.seek(offset)
        return stream.read(size)
