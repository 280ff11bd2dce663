"""Documents on their way from pass to pass: a row each in a Parquet file, and their JSON in a file beside it.

Most of them are asked for their pictures' addresses and nothing else: so each one's JSON can be read alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import accumulate
from types import TracebackType

import orjson
import pyarrow as pa
import xxhash

from m3w_builder import document, storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document
from m3w_builder.storage import Written

SCHEMA = document.SCHEMA.append(pa.field("stored", pa.int64()))  # bytes of its JSON in the file, packed
SCHEMA = SCHEMA.append(pa.field("size", pa.int64()))  # of its JSON
SCHEMA = SCHEMA.append(pa.field("hash", pa.uint64()))  # XXH3 of what is stored, by which it is proven
ROWS, TEXTS = ".parquet", ".documents"
"""How the names of the two files end."""
_CODEC = "lz4_raw"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document's JSON stands, and what it has to be."""

    start: int
    stored: int
    size: int
    hash: int


class Writer:
    """Writes the two files of `base`, whole or not at all; a context manager."""

    def __init__(self, base: str, rows: Written, texts: Written) -> None:
        self._stack = ExitStack()
        self._texts = self._stack.enter_context(storage.atomic(base + TEXTS, texts))
        self._rows = self._stack.enter_context(storage.table_writer(base + ROWS, SCHEMA, rows, texts=True))
        self._codec = pa.Codec(_CODEC)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)

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
        self._rows.write_table(table)
        return table


def tables(base: str) -> Iterator[tuple[pa.Table, list[Place]]]:
    """The rows that tell of the documents, some at a time, and where each one's JSON stands."""
    start = 0
    for table in storage.iter_tables(base + ROWS):
        stored, size, digest = (table[name].to_pylist() for name in SCHEMA.names[-3:])
        starts = list(accumulate(stored, initial=start))
        start = starts.pop()
        yield table, list(map(Place, starts, stored, size, digest))


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
