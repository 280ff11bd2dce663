"""A task's books: counts every page and picture at every stage, and keeps a row for each one dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from resource import RUSAGE_SELF, getrusage
from time import process_time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from m3w_builder import storage
from m3w_builder.document import Document, Image, valid
from m3w_builder.ledger import PAGE_DROPPED, Entry, Ledger
from m3w_builder.stage import Drop, Record, Stage, ask

DROPPED_SCHEMA = pa.schema(
    [
        ("unit", pa.string()),  # "page" or "picture"
        ("url", pa.string()),
        ("page", pa.string()),  # the URL of the page on which a picture stood
        ("doc", pa.string()),  # the document's key, empty where there was no document yet
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("value", pa.float64()),
        ("limit", pa.float64()),
    ]
)


def _itself(record: Any) -> Document:
    return record  # type: ignore[no-any-return]


LONG = 0.001
"""CPU seconds of a block after which the process's size is looked at: nothing shorter has cleared much memory, and a
look takes as long as to read the clock twice."""


class _Timed:
    """Enters what a stage's blocks take, none of which lies within another of the same stage; a class by hand, since
    there are several blocks a picture, and half of what a build takes outside of its stages was this."""

    __slots__ = ("_begun", "_books", "_entry")

    def __init__(self, books: Books, entry: Entry) -> None:
        self._books, self._entry = books, entry

    def __enter__(self) -> None:
        self._begun = process_time() - self._books.aside()

    def __exit__(self, *_: object) -> None:
        self._books.enter(self._entry, process_time() - self._books.aside() - self._begun)


class Books:
    """Counts into a ledger and writes dropped rows, some thousands at a time."""

    def __init__(self, ledger: Ledger, writer: pq.ParquetWriter) -> None:
        self.ledger = ledger
        self.aside: Callable[[], float] = float
        """The CPU seconds until now of a thread whose time is entered by itself: no block's."""
        self._timed: dict[str, _Timed] = {}
        self._writer = writer
        self._rows: list[tuple[Any, ...]] = []
        self._peak = peak_mb()

    def page(self, stage: str, url: str, drop: Drop, document: Document | None = None) -> None:
        """A page went, and with it the pictures that it still had."""
        entry = self.ledger[stage]
        entry.pages.drop(drop.reason)
        key = document.key if document else ""
        self._row("page", url, (url, key, stage), drop)
        if document:
            self._removed(stage, document)
        for image in document.images if document else ():
            entry.pictures.drop(PAGE_DROPPED, size=image.bytes)
            self._row("picture", image.url, (url, key, stage), Drop(PAGE_DROPPED, drop.reason))

    def picture(self, stage: str, image_url: str, page_url: str, key: str, drop: Drop, size: int = 0) -> None:
        """A picture of `size` bytes, 0 where none had come, went; its page, of this URL and document key, stays."""
        self.ledger[stage].pictures.drop(drop.reason, size=size)
        self._row("picture", image_url, (page_url, key, stage), drop)

    def kept(self, stage: str, documents: Sequence[Document]) -> None:
        """Documents come out of a stage; the pictures that the stage took out of them are entered."""
        for document in documents:
            if document.removed:
                self._removed(stage, document)
        entry = self.ledger[stage]
        entry.pages.kept += len(documents)
        items = chain.from_iterable([document.items for document in documents])
        sizes = [item.bytes for item in items if item.__class__ is Image]  # half of what `isinstance` takes
        entry.pictures.kept += len(sizes)
        entry.pictures.bytes += sum(sizes)

    def _removed(self, stage: str, document: Document) -> None:
        """Enter the pictures that a stage took out of a document, whether the document stays or goes."""
        count, where = self.ledger[stage].pictures, (document.url, document.key, stage)
        for image, drop in document.removed:
            count.drop(drop.reason, size=image.bytes)
            self._row("picture", image.url, where, drop)
        document.removed.clear()

    def through(
        self, stages: Sequence[Stage[Record]], records: list[Record], document_of: Callable[[Any], Document] = _itself
    ) -> list[Record]:
        """The records that come out of all the stages, every drop entered; `document_of` gives a record's document."""
        for stage in stages:
            left = []
            with self.timed(stage.name):
                answers = ask(stage, records)
            for record, answer in zip(records, answers, strict=True):
                if isinstance(answer, Drop):
                    document = document_of(record)
                    self.page(stage.name, document.url, answer, document)
                else:
                    left.append(answer)
            self.kept(stage.name, list(map(document_of, left)))
            records = left
        return records

    def timed(self, stage: str) -> _Timed:
        """The process's CPU time of the block is the stage's, but for the thread `aside`; and so is the growth of its
        largest resident size, where that takes time."""
        block = self._timed.get(stage)
        if block is None:
            block = self._timed[stage] = _Timed(self, self.ledger[stage])
        return block

    def enter(self, entry: Entry, seconds: float) -> None:
        """What a stage's block took, which ends now."""
        entry.cpu_seconds += seconds
        if seconds > LONG and (peak := peak_mb()) > self._peak:
            entry.peak_mb += peak - self._peak
            self._peak = peak

    def take(self, rows: pa.Table) -> None:
        """Rows of what went that an earlier task entered, as they are."""
        self._writer.write_table(rows)

    def _row(self, unit: str, url: str, where: tuple[str, str, str], drop: Drop) -> None:
        """`where`: the page's URL, its document's key, the stage."""
        self._rows.append((unit, url, *where, drop.reason, drop.detail, drop.value, drop.limit))
        if len(self._rows) >= 8192:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            self._writer.write_table(pa.table(list(map(_column, columns, DROPPED_SCHEMA)), DROPPED_SCHEMA))
            self._rows.clear()


def peak_mb() -> float:
    """The largest resident size that this process had until now, in MB."""
    return getrusage(RUSAGE_SELF)[2] / 1024


def _column(values: Sequence[Any], of: pa.Field) -> pa.Array:
    """A column of dropped rows. A table refuses what UTF-8 cannot hold, and whole numbers that 64 bits do not hold
    exactly, as a bomb claims them."""
    try:
        return pa.array(values, of.type)
    except (UnicodeEncodeError, pa.ArrowInvalid, OverflowError):
        plain = valid if of.type == pa.string() else float
        return pa.array([value if value is None else plain(value) for value in values], of.type)


@contextmanager
def books(url: str, ledger: Ledger, written: storage.Written | None = None) -> Iterator[Books]:
    """Books whose dropped rows lie in the Parquet file `url` when the block ends, whole; then `written` tells of it."""
    with storage.table_writer(url, DROPPED_SCHEMA, written) as writer:
        mine = Books(ledger, writer)
        yield mine
        mine.flush()
