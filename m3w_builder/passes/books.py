"""A task's books: counts every page and picture at every stage, and keeps a row for each one dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from resource import RUSAGE_SELF, getrusage
from time import process_time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from m3w_builder import storage
from m3w_builder.document import Document, valid
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
        self._columns: tuple[list[Any], ...] = tuple([] for _ in DROPPED_SCHEMA)
        self._peak = peak_mb()

    def page(self, stage: str, url: str, drop: Drop, document: Document | None = None) -> None:
        """A page went, and with it the pictures that it still had."""
        entry = self.ledger[stage]
        entry.pages.drop(drop.reason)
        key = document.key if document else ""
        self._rows("page", [url], (url, key, stage), [drop])
        if document:
            self._removed(stage, document)
        images = document.images if document else []
        entry.pictures.drop(PAGE_DROPPED, len(images), sum([image.bytes for image in images]))
        gone = Drop(PAGE_DROPPED, drop.reason)
        self._rows("picture", [image.url for image in images], (url, key, stage), [gone] * len(images))

    def picture(self, stage: str, image_url: str, page_url: str, key: str, drop: Drop, size: int = 0) -> None:
        """A picture of `size` bytes, 0 where none had come, went; its page, of this URL and document key, stays."""
        self.ledger[stage].pictures.drop(drop.reason, size=size)
        self._rows("picture", [image_url], (page_url, key, stage), [drop])

    def kept(self, stage: str, documents: Sequence[Document]) -> None:
        """Documents come out of a stage; the pictures that the stage took out of them are entered. Of those that they
        still have see `pictures` and `Ledger.follow`."""
        for document in documents:
            if document.removed:
                self._removed(stage, document)
        self.ledger[stage].pages.kept += len(documents)

    def pictures(self, stage: str, number: int, size: int = 0) -> None:
        """So many pictures, of `size` bytes together, come out of a stage, with their pages or alone."""
        count = self.ledger[stage].pictures
        count.kept += number
        count.bytes += size

    def _removed(self, stage: str, document: Document) -> None:
        """Enter the pictures that a stage took out of a document, whether the document stays or goes."""
        count = self.ledger[stage].pictures
        for image, drop in document.removed:
            count.drop(drop.reason, size=image.bytes)
        urls, drops = [image.url for image, _ in document.removed], [drop for _, drop in document.removed]
        self._rows("picture", urls, (document.url, document.key, stage), drops)
        document.removed.clear()

    def through(
        self, stages: Sequence[Stage[Record]], records: list[Record], document_of: Callable[[Any], Document] = _itself
    ) -> list[Record]:
        """The records that come out of all the stages, every drop entered; `document_of` gives a record's document.

        What the stages keep of the pictures is left to `Ledger.follow`. `records` are taken out of their list, so that
        those which went are freed with the stage that dropped them.
        """
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
            with self.timed(stage.name):
                records.clear()
                answers.clear()
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

    def _rows(self, unit: str, urls: list[str], where: tuple[str, str, str], drops: list[Drop]) -> None:
        """What went of one page; `where`: the page's URL, its document's key, the stage."""
        number = len(urls)
        of = self._columns
        of[0].extend([unit] * number)
        of[1].extend(urls)
        for column, told in zip(of[2:5], where, strict=True):
            column.extend([told] * number)
        of[5].extend([drop.reason for drop in drops])
        of[6].extend([drop.detail for drop in drops])
        of[7].extend([drop.value for drop in drops])
        of[8].extend([drop.limit for drop in drops])
        if len(of[0]) >= 8192:
            self.flush()

    def flush(self) -> None:
        if self._columns[0]:
            columns = list(map(_column, self._columns, DROPPED_SCHEMA))
            self._writer.write_table(pa.table(columns, DROPPED_SCHEMA))
            for column in self._columns:
                column.clear()


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
