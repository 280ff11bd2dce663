"""Tables between two tasks, in Arrow's own format: they are read whole, and written in a third of Parquet's time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from m3w_builder import storage
from m3w_builder.storage import Written

TOGETHER = 1 << 14
"""Rows that are gathered before they are written: batches of fewer are larger, since each is compressed by itself."""


class Writer:
    """Takes tables of one schema, and writes some together: `out` is Arrow's or Parquet's own writer."""

    def __init__(self, out: pa.RecordBatchStreamWriter | pq.ParquetWriter, together: int) -> None:
        self._out = out
        self._together = together
        self._tables: list[pa.Table] = []

    def write(self, table: pa.Table) -> None:
        self._tables.append(table)
        if sum(map(len, self._tables)) >= self._together:
            self.flush()

    def flush(self) -> None:
        if self._tables:
            self._out.write_table(pa.concat_tables(self._tables).unify_dictionaries().combine_chunks())
            self._tables.clear()


@contextmanager
def writer(url: str, schema: pa.Schema, written: Written | None = None, together: int = TOGETHER) -> Iterator[Writer]:
    """A file of tables that come one after the other, whole or not at all; `written` is filled in at the end."""
    with storage.atomic(url, written) as stream, _open(stream, schema) as out:
        mine = Writer(out, together)
        yield mine
        mine.flush()


def write(url: str, table: pa.Table) -> Written:
    """A file of one table, whole or not at all."""
    written = Written(lasting=False)
    with storage.atomic(url, written) as stream:
        put(stream, table)
    return written


def put(stream: IO[bytes], table: pa.Table) -> None:
    """As `write`, into a stream that is there already."""
    with _open(stream, table.schema) as out:
        Writer(out, 0).write(table)


def _open(stream: IO[bytes], schema: pa.Schema) -> pa.RecordBatchStreamWriter:
    return pa.ipc.new_stream(stream, schema, options=pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False))


def read(url: str) -> pa.Table:
    """All rows of a file; of each column with words there is one dictionary."""
    with storage.open_read(url) as stream:
        return pa.ipc.open_stream(stream).read_all().unify_dictionaries()
