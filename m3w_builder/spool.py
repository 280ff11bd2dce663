"""Documents on their way from pass to pass: a row each in a Parquet file, and their JSON in a file beside it.

Most of them are asked for their pictures' addresses and nothing else: so each one's JSON can be read alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import IO, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from m3w_builder import document, interim, storage
from m3w_builder.document import Document
from m3w_builder.storage import Written

SCHEMA = document.SCHEMA.append(pa.field("stored", pa.int64()))  # bytes of its JSON in the file, packed
SCHEMA = SCHEMA.append(pa.field("size", pa.int64()))  # of its JSON
SCHEMA = SCHEMA.append(pa.field("hash", pa.uint64()))  # XXH3 of what is stored, by which it is proven
ROWS, TEXTS = ".parquet", ".documents"
"""How the names of the two files end."""
_CODEC = "lz4_raw"
TOGETHER = 2048
"""Rows that stand together in their file: those of a few hundred documents alone take as long to be read."""
AT_ONCE = 256
"""Rows that are handed out at once."""


class Place(NamedTuple):
    """Where a document's JSON stands, and what it has to be."""

    start: int
    stored: int
    size: int
    hash: int


class Writer:
    """Takes documents; see `writer`."""

    def __init__(self, texts: IO[bytes], rows: pq.ParquetWriter) -> None:
        self._texts, self.rows = texts, interim.Writer(rows, TOGETHER)
        self._codec = pa.Codec(_CODEC)

    def write(self, documents: Iterable[Document]) -> pa.Table:
        """Take documents; the rows that tell of them."""
        table, told = document.to_table(documents)
        packed = [self._codec.compress(one, asbytes=True) for one in told]
        facts = (
            [len(one) for one in packed],
            [len(one) for one in told],
            [xxhash.xxh3_64_intdigest(p) for p in packed],
        )
        columns = [pa.array(fact, field.type) for fact, field in zip(facts, list(SCHEMA)[-3:], strict=True)]
        table = pa.table([*table.columns, *columns], SCHEMA)
        self._texts.write(b"".join(packed))
        self.rows.write(table)
        return table


@contextmanager
def writer(base: str, rows: Written, texts: Written) -> Iterator[Writer]:
    """The two files of `base`, whole or not at all; `rows` and `texts` are filled in at the end."""
    with (
        storage.atomic(base + TEXTS, texts) as stream,
        storage.table_writer(base + ROWS, SCHEMA, rows, texts=True) as table,
    ):
        mine = Writer(stream, table)
        yield mine
        mine.rows.flush()


def tables(base: str) -> Iterator[tuple[pa.Table, list[Place]]]:
    """The rows that tell of the documents, some at a time, and where each one's JSON stands."""
    start = 0
    for table in storage.iter_tables(base + ROWS):
        stored, size, digest = (table[name].to_pylist() for name in SCHEMA.names[-3:])
        starts = list(accumulate(stored, initial=start))
        start = starts.pop()
        places = list(map(Place, starts, stored, size, digest))
        for first in range(0, len(table), AT_ONCE):
            yield table.slice(first, AT_ONCE), places[first : first + AT_ONCE]


def opened(body: bytes, place: Place) -> Document:
    """The document of what stands at a place; raises ValueError where that is not what was written there."""
    if xxhash.xxh3_64_intdigest(body) != place.hash:
        raise ValueError("not what was written there")
    return document.from_json(orjson.loads(pa.Codec(_CODEC).decompress(body, place.size, asbytes=True)))


def read(base: str, url: str = "") -> Iterator[Document]:
    """All documents in their order, or those of a page's URL; raises ValueError where one is not what was written."""
    with storage.open_read(base + TEXTS) as stream:
        for table, places in tables(base):
            for of, place in zip(table["url"].to_pylist(), places, strict=True):
                if not url or of == url:
                    stream.seek(place.start)
                    yield opened(stream.read(place.stored), place)
