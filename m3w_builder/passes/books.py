"""A task's books: counts every page and picture at every stage, and keeps a row for each one dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from resource import RUSAGE_SELF, getrusage, struct_rusage
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


def _enter(entry: Entry, begun: struct_rusage, ended: struct_rusage, beside: float) -> None:
    """Enter what the process took between two readings, but for the seconds of the thread beside."""
    entry.cpu_seconds += ended[0] - begun[0] + ended[1] - begun[1] - beside
    if ended[2] != begun[2]:
        entry.peak_mb += (ended[2] - begun[2]) / 1024


class _Timed:
    """Enters what a stage's blocks take, none of which lies within another of the same stage; a class by hand, and the
    system asked from here, since there are several blocks a picture, and half of what a build takes outside of its
    stages was this."""

    __slots__ = ("_aside", "_beside", "_entry", "_used")

    def __init__(self, entry: Entry, aside: Callable[[], float]) -> None:
        self._entry, self._aside = entry, aside

    def __enter__(self) -> None:
        self._beside = self._aside()
        self._used = getrusage(RUSAGE_SELF)

    def __exit__(self, *_: object) -> None:
        used = getrusage(RUSAGE_SELF)
        _enter(self._entry, self._used, used, self._aside() - self._beside)


class Laps:
    """Enters what follows each other, by one reading of the clock between two stages: a reading takes as long as to
    look at a picture's header."""

    __slots__ = ("_aside", "_beside", "_ledger", "_used")

    def __init__(self, ledger: Ledger, aside: Callable[[], float]) -> None:
        self._ledger, self._aside = ledger, aside
        self._beside = aside()
        self._used = getrusage(RUSAGE_SELF)

    def __call__(self, stage: str) -> None:
        """All since the last call, or since the beginning, was this stage's."""
        used, beside = getrusage(RUSAGE_SELF), self._aside()
        _enter(self._ledger[stage], self._used, used, beside - self._beside)
        self._used, self._beside = used, beside


class Books:
    """Counts into a ledger and writes dropped rows, some thousands at a time."""

    def __init__(self, ledger: Ledger, writer: pq.ParquetWriter) -> None:
        self.ledger = ledger
        self._aside: Callable[[], float] = float
        self._timed: dict[str, _Timed] = {}
        self._writer = writer
        self._rows: list[dict[str, Any]] = []

    def page(self, stage: str, url: str, drop: Drop, document: Document | None = None) -> None:
        """A page went, and with it the pictures that it still had."""
        entry = self.ledger[stage]
        entry.pages.drop(drop.reason)
        key = document.key if document else ""
        self._row("page", url, url, key, stage, drop)
        if document:
            self._removed(stage, document)
        for image in document.images if document else ():
            entry.pictures.drop(PAGE_DROPPED, size=image.bytes)
            self._row("picture", image.url, url, key, stage, Drop(PAGE_DROPPED, drop.reason))

    def picture(self, stage: str, image_url: str, page_url: str, key: str, drop: Drop, size: int = 0) -> None:
        """A picture of `size` bytes, 0 where none had come, went; its page, of this URL and document key, stays."""
        self.ledger[stage].pictures.drop(drop.reason, size=size)
        self._row("picture", image_url, page_url, key, stage, drop)

    def kept(self, stage: str, document: Document) -> None:
        """A document comes out of a stage; the pictures that the stage took out of it are entered."""
        self._removed(stage, document)
        entry = self.ledger[stage]
        entry.pages.kept += 1
        images = document.images
        entry.pictures.kept += len(images)
        entry.pictures.bytes += sum(image.bytes for image in images)

    def _removed(self, stage: str, document: Document) -> None:
        """Enter the pictures that a stage took out of a document, whether the document stays or goes."""
        for image, drop in document.removed:
            self.picture(stage, image.url, document.url, document.key, drop, image.bytes)
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
                    self.kept(stage.name, document_of(answer))
                    left.append(answer)
            records = left
        return records

    def beside(self, seconds: Callable[[], float]) -> None:
        """Say how to ask for the CPU seconds until now of a thread whose time is entered by itself: no block's."""
        self._aside = seconds
        self._timed.clear()

    def timed(self, stage: str) -> _Timed:
        """The process's CPU time of the block is the stage's, but for the thread `beside`; and so is the growth of its
        largest resident size."""
        block = self._timed.get(stage)
        if block is None:
            block = self._timed[stage] = _Timed(self.ledger[stage], self._aside)
        return block

    def take(self, rows: pa.Table) -> None:
        """Rows of what went that an earlier task entered, as they are."""
        self._writer.write_table(rows)

    def laps(self) -> Laps:
        """As `timed`, of stages that follow each other; the first begins here."""
        return Laps(self.ledger, self._aside)

    def _row(self, unit: str, url: str, page: str, doc: str, stage: str, drop: Drop) -> None:
        self._rows.append(
            {
                "unit": unit,
                "url": valid(url),
                "page": valid(page),
                "doc": doc,
                "stage": stage,
                "reason": drop.reason,
                "detail": valid(drop.detail),
                "value": _number(drop.value),
                "limit": _number(drop.limit),
            }
        )
        if len(self._rows) >= 8192:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=DROPPED_SCHEMA))
            self._rows.clear()


def peak_mb() -> float:
    """The largest resident size that this process had until now, in MB."""
    return getrusage(RUSAGE_SELF)[2] / 1024


def _number(value: float | None) -> float | None:
    """What a bomb claims may be a whole number that no 64 bits hold exactly, and a table refuses that."""
    return None if value is None else float(value)


@contextmanager
def books(url: str, ledger: Ledger, written: storage.Written | None = None) -> Iterator[Books]:
    """Books whose dropped rows lie in the Parquet file `url` when the block ends, whole; then `written` tells of it."""
    with storage.table_writer(url, DROPPED_SCHEMA, written) as writer:
        mine = Books(ledger, writer)
        yield mine
        mine.flush()
