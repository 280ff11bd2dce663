"""A build as something to look through: documents by the Parquet index, dropped rows, single samples by their place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from m3w_builder import shards, storage
from m3w_builder.document import Document
from m3w_builder.errors import BuildError

READERS = 8
"""Indexes that are read at once."""
PASSES = ("pages", "pictures", "shards")
"""The passes that leave dropped rows, in their order."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which documents are wanted; an empty field asks for nothing."""

    text: str = ""
    """Stands in the title, the address or the first 300 characters, whatever its case."""
    host: str = ""
    """The host itself or one under it: `example.org` finds `www.example.org` too."""
    language: str = ""
    split: str = ""
    pictures: int = 0
    """Fewest pictures, included."""
    score: str = ""
    """Name of a score, for `least` and `most`."""
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """One shard's index: its URL, and the number of its first row among all documents."""

    url: str
    start: int
    rows: int


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
        needed = columns(query)

        def one(index: Index) -> np.ndarray[Any, np.dtype[np.int64]]:
            return np.flatnonzero(wanted(storage.read_table(index.url, needed), query)) + index.start

        with ThreadPoolExecutor(READERS) as pool:
            found = list(pool.map(one, self.indexes))
        return np.concatenate(found) if found else np.empty(0, np.int64)

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
        for index in self.indexes:
            row = pc.index(storage.read_table(index.url, ["key"])["key"], key).as_py()
            if row >= 0:
                return index.start + int(row)
        return -1

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
        """The scores that the first documents bear."""
        for table in storage.iter_tables(self.indexes[0].url, ["scores"]):
            return sorted({one["name"] for scores in table["scores"].to_pylist() for one in scores or ()})
        return []


def columns(query: Query) -> list[str]:
    """The columns of the index that a query needs."""
    needed = {
        "host": query.host, "language": query.language, "split": query.split,
        "images": query.pictures, "scores": query.score,
    }  # fmt: skip
    return [name for name, value in needed.items() if value] + (["title", "url", "snippet"] if query.text else [])


def wanted(table: pa.Table, query: Query) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """For each row of an index's table: whether the query wants it."""
    masks = []
    if query.text:
        hits = [pc.match_substring(table[name], query.text, ignore_case=True) for name in ("title", "url", "snippet")]
        masks.append(pc.or_(pc.or_(hits[0], hits[1]), hits[2]))
    if query.host:
        masks.append(pc.or_(pc.equal(table["host"], query.host), pc.ends_with(table["host"], "." + query.host)))
    if query.language:
        masks.append(pc.equal(table["language"], query.language))
    if query.split:
        masks.append(pc.equal(table["split"], query.split))
    if query.pictures:
        masks.append(pc.greater_equal(table["images"], query.pictures))
    if query.score:
        value = score_of(table["scores"], query.score)
        masks.append(pa.array(~np.isnan(value)))
        if query.least is not None:
            masks.append(pa.array(value >= query.least))
        if query.most is not None:
            masks.append(pa.array(value <= query.most))
    keep = np.ones(table.num_rows, bool)
    for mask in masks:
        keep &= pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return keep


def score_of(scores: pa.ChunkedArray, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A score of each row by its name; NaN where a row has none."""
    found = np.full(len(scores), np.nan)
    scores = scores.combine_chunks()
    entries = pc.list_flatten(scores)
    rows = pc.list_parent_indices(scores).to_numpy(zero_copy_only=False)
    hits = pc.equal(pc.struct_field(entries, "name"), name).to_numpy(zero_copy_only=False)
    found[rows[hits]] = pc.struct_field(entries, "score").to_numpy(zero_copy_only=False)[hits]
    return found


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
