"""A build as something to look through: documents by their shards' indexes, single samples, dropped rows."""

from __future__ import annotations

import json
import tarfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from m3w_builder import shards, storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document, from_json
from m3w_builder.errors import BuildError
from m3w_builder.report.passages import passage
from m3w_builder.shards import search
from m3w_builder.shards.search import Query

READERS = 8
"""Indexes that are read at once."""
PASSES = ("pages", "pictures", "shards")
"""The passes that leave dropped rows, in their order."""


@dataclass(frozen=True, slots=True)
class Index:
    """One shard's index: its Parquet file's URL, and the number of its first row among all documents."""

    url: str
    start: int
    rows: int

    @property
    def words(self) -> str:
        """The URL of the SQLite file beside it."""
        return self.url.removesuffix(".parquet") + search.SUFFIX


class Catalogue:
    """The documents of a build by number, 0 to `total`; reads the index, and a shard only for a single sample.

    Raises BuildError where there is no finished build.
    """

    def __init__(self, build: str) -> None:
        self.build = build
        self.indexes: list[Index] = []
        folder = storage.join(build, "shards")
        start = 0
        for name, rows in _rows(build, folder):
            self.indexes.append(Index(storage.join(folder, name), start, rows))
            start += rows
        if not self.indexes:
            raise BuildError(f"{build}: no finished build lies there (no index in shards/); run `m3w build` first")
        self.total = start
        self._starts = [index.start for index in self.indexes]
        self.select = lru_cache(maxsize=16)(self._select)
        self.sample = lru_cache(maxsize=8)(self._sample)
        self.find = lru_cache(maxsize=4096)(self._find)

    def _select(self, query: Query) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The numbers of the documents that a query wants, rising."""
        if query == Query():
            return np.arange(self.total)

        def one(index: Index) -> np.ndarray[Any, np.dtype[np.int64]]:
            return np.array(search.rows(index.words, query), np.int64) + index.start

        with ThreadPoolExecutor(READERS) as pool:
            return np.concatenate(list(pool.map(one, self.indexes)))

    def rows(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """The index rows of these documents, in this order; only the row groups that hold them are read."""
        found: dict[int, dict[str, Any]] = {}
        for index in {self._index(number) for number in numbers}:
            with storage.open_read(index.url) as stream:
                file = pq.ParquetFile(stream)
                start = index.start
                for group in range(file.num_row_groups):
                    end = start + file.metadata.row_group(group).num_rows
                    mine = [number for number in numbers if start <= number < end]
                    if mine:
                        taken = file.read_row_group(group).take([number - start for number in mine]).to_pylist()
                        found.update(zip(mine, taken, strict=True))
                    start = end
        return [{**found[number], "number": int(number)} for number in numbers]

    def _index(self, number: int) -> Index:
        return self.indexes[bisect_right(self._starts, number) - 1]

    def _find(self, key: str) -> int:
        """The number of the document with this key; -1 where there is none."""
        with ThreadPoolExecutor(READERS) as pool:
            found = pool.map(lambda index: search.row_of(index.words, key), self.indexes)
            return next((index.start + row for index, row in zip(self.indexes, found, strict=True) if row >= 0), -1)

    def _sample(self, number: int) -> tuple[Document, dict[str, bytes]]:
        """A document with its pictures by part name, from its shard."""
        row = self.rows([number])[0]
        return shards.read_sample(storage.join(self.build, "shards", row["shard"]), row["offset"], row["bytes"])

    def picture(self, number: int, part: str) -> bytes | None:
        """A picture's bytes, read alone by its place in the index; None where the document has no such part."""
        row = self.rows([number])[0]
        place = next((one for one in row.get("pictures") or () if one["part"] == part), None)
        if place is None:
            return None
        url = storage.join(self.build, "shards", row["shard"])
        return storage.read_bytes(url, place["offset"], place["offset"] + place["bytes"])

    def score_names(self) -> list[str]:
        """The scores that the first shard's documents bear."""
        return search.score_names(self.indexes[0].words)

    def has_texts(self) -> bool:
        """Whether whole texts can be searched; by `shards.search_texts: false` titles and addresses alone."""
        return search.has_texts(self.indexes[0].words)

    def text(self, row: Mapping[str, Any]) -> str:
        """A document's whole text by its row of the index; of its shard, its JSON alone is read."""
        pictures = row.get("pictures") or ()
        start = row["offset"] + tarfile.BLOCKSIZE
        end = pictures[0]["offset"] - tarfile.BLOCKSIZE if pictures else row["offset"] + row["bytes"]
        body = storage.read_bytes(storage.join(self.build, "shards", row["shard"]), start, end)
        return from_json(json.loads(body.rstrip(b"\0"))).text

    def passages(self, rows: Sequence[Mapping[str, Any]], asked: str) -> list[list[tuple[str, bool]]]:
        """Of each of these rows of the index, the passage of its text in which stands what was asked for."""
        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(lambda row: passage(self.text(row), asked), rows))


LIST = pa.schema([("name", pa.string()), ("rows", pa.int64()), ("bytes", pa.int64())])
"""The indexes of a build in their order: file, documents, bytes of the file; written with the report."""


def write_list(build: str, rows: Iterable[tuple[str, int, int]]) -> None:
    """Write BUILD/report/indexes.parquet, so that a browser needs not open every index to know how long it is."""
    columns = list(zip(*rows, strict=True)) or [()] * len(LIST)
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, LIST, strict=True)], schema=LIST)
    storage.write_table(storage.join(build, "report", "indexes.parquet"), table)


def _rows(build: str, folder: str) -> list[tuple[str, int]]:
    """(file, documents) of each index: from the list where it holds these very files, else from the files' ends."""
    sizes = storage.sizes(folder)
    names = sorted(name for name in sizes if name.endswith(".parquet") and name.count(".") == 1)
    if any(name.removesuffix(".parquet") + search.SUFFIX not in sizes for name in names):
        raise BuildError(f"{build}: an older version wrote its shards, without words to find; run `m3w build` again")
    url = storage.join(build, "report", "indexes.parquet")
    if storage.exists(url):
        known = {row["name"]: row for row in storage.read_table(url).to_pylist()}
        if all(name in known and known[name]["bytes"] == sizes[name] for name in names):
            return [(name, known[name]["rows"]) for name in names]

    def length(name: str) -> int:
        with storage.open_read(storage.join(folder, name)) as stream:
            return int(pq.ParquetFile(stream).metadata.num_rows)

    with ThreadPoolExecutor(READERS) as pool:
        return list(zip(names, pool.map(length, names), strict=True))


def dropped(build: str, wanted: dict[str, str], text: str, start: int, number: int) -> list[dict[str, Any]]:
    """Dropped rows `start` to `start + number` of those whose columns are as `wanted`; reads no further than these."""
    found: list[dict[str, Any]] = []
    for table in _dropped_tables(build):
        mask = np.ones(table.num_rows, bool)
        for name, value in wanted.items():
            mask &= pc.fill_null(pc.equal(table[name], value), False).to_numpy(zero_copy_only=False)
        if text:
            hits = [pc.match_substring(table[name], text, ignore_case=True) for name in ("url", "page")]
            mask &= pc.fill_null(pc.or_kleene(*hits), False).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(mask)
        found += table.take(rows[start : start + number - len(found)]).to_pylist()
        start = max(0, start - len(rows))
        if len(found) >= number:
            break
    return found


def _dropped_tables(build: str) -> Iterator[pa.Table]:
    for name in PASSES:
        folder = storage.join(build, name)
        for file in storage.names(folder):
            if file.endswith(".dropped.parquet"):
                yield from storage.iter_tables(storage.join(folder, file))
