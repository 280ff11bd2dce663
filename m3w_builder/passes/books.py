"""A task's books: counts every page and picture at every stage, and keeps a row for each one dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from resource import RUSAGE_SELF, getrusage
from time import process_time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from m3w_builder import storage
from m3w_builder.document import Document, Image, valid
from m3w_builder.ledger import PAGE_DROPPED, Count, Entry, Ledger
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

_WORDS, _FACTS = list(DROPPED_SCHEMA)[:5], list(DROPPED_SCHEMA)[5:]
"""What stands there of a picture or page, and of the `Drop`."""


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
        self._words: tuple[list[str], ...] = tuple([] for _ in _WORDS)
        self._drops: list[Drop] = []
        self._peak = peak_mb()

    def page(self, stage: str, url: str, drop: Drop, document: Document | None = None) -> None:
        """A page went, and with it the pictures that it still had."""
        if document:
            self.gone(stage, [(document, drop)])
            return
        self.ledger[stage].pages.drop(drop.reason)
        self._rows("page", stage, [url], [url], [""], [drop])

    def gone(self, stage: str, pages: Sequence[tuple[Document, Drop]]) -> None:
        """Documents went, and with them the pictures that they still had."""
        urls, drops = [one.url for one, _ in pages], [drop for _, drop in pages]
        entry = self.ledger[stage]
        _count(entry.pages, drops)
        self._rows("page", stage, urls, urls, [one.key for one, _ in pages], drops)
        self._removed(stage, [one for one, _ in pages])
        with_it = {drop.reason: Drop(PAGE_DROPPED, drop.reason) for drop in drops}
        left = [(one, one.images, with_it[drop.reason]) for one, drop in pages]
        self._pictures(stage, [(one, images, [drop] * len(images)) for one, images, drop in left])

    def picture(self, stage: str, image_url: str, page_url: str, key: str, drop: Drop, size: int = 0) -> None:
        """A picture of `size` bytes, 0 where none had come, went; its page, of this URL and document key, stays."""
        self.ledger[stage].pictures.drop(drop.reason, size=size)
        self._rows("picture", stage, [image_url], [page_url], [key], [drop])

    def kept(self, stage: str, documents: Sequence[Document]) -> None:
        """Documents come out of a stage; the pictures that the stage took out of them are entered. Of those that they
        still have see `pictures` and `Ledger.follow`."""
        self._removed(stage, documents)
        self.ledger[stage].pages.kept += len(documents)

    def pictures(self, stage: str, number: int, size: int = 0) -> None:
        """So many pictures, of `size` bytes together, come out of a stage, with their pages or alone."""
        count = self.ledger[stage].pictures
        count.kept += number
        count.bytes += size

    def _removed(self, stage: str, documents: Sequence[Document]) -> None:
        """Enter the pictures that a stage took out of documents, whether these stay or go."""
        left = [one for one in documents if one.removed]
        of = [(one, [image for image, _ in one.removed], [drop for _, drop in one.removed]) for one in left]
        self._pictures(stage, of)
        for one in left:
            one.removed.clear()

    def _pictures(self, stage: str, lost: Iterable[tuple[Document, list[Image], list[Drop]]]) -> None:
        """Enter pictures that went of documents, each with its reason."""
        urls: list[str] = []
        sizes: list[int] = []
        drops: list[Drop] = []
        pages: list[str] = []
        keys: list[str] = []
        for one, images, why in lost:
            urls += [image.url for image in images]
            sizes += [image.bytes for image in images]
            drops += why
            pages += [one.url] * len(images)
            keys += [one.key] * len(images)
        if drops:
            _count(self.ledger[stage].pictures, drops, sizes)
            self._rows("picture", stage, urls, pages, keys, drops)

    def through(
        self, stages: Sequence[Stage[Record]], records: list[Record], document_of: Callable[[Any], Document] = _itself
    ) -> list[Record]:
        """The records that come out of all the stages, every drop entered; `document_of` gives a record's document.

        What the stages keep of the pictures is left to `Ledger.follow`. `records` are taken out of their list, so that
        those which went are freed with the stage that dropped them.
        """
        for stage in stages:
            with self.timed(stage.name):
                answers = ask(stage, records)
            told = list(zip(records, answers, strict=True))
            gone = [(document_of(record), answer) for record, answer in told if isinstance(answer, Drop)]
            left = [answer for answer in answers if not isinstance(answer, Drop)]
            if gone:
                self.gone(stage.name, gone)
            self.kept(stage.name, list(map(document_of, left)))
            with self.timed(stage.name):
                records.clear()
                del answers, told, gone
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

    def _rows(
        self, unit: str, stage: str, urls: list[str], pages: list[str], keys: list[str], drops: list[Drop]
    ) -> None:
        """What went; `pages` and `keys` are the URLs and keys of the documents concerned."""
        self._drops.extend(drops)
        words = ([unit] * len(urls), urls, pages, keys, [stage] * len(urls))
        for column, told in zip(self._words, words, strict=True):
            column.extend(told)
        if len(self._drops) >= 8192:
            self.flush()

    def flush(self) -> None:
        if not self._drops:
            return
        words = map(_column, self._words, _WORDS)
        known = {id(drop): drop for drop in self._drops}  # many went for the very same one
        place = {name: number for number, name in enumerate(known)}
        which = pa.array([place[id(drop)] for drop in self._drops])
        told = zip(*[(drop.reason, drop.detail, drop.value, drop.limit) for drop in known.values()], strict=True)
        facts = (_column(fact, of).take(which) for fact, of in zip(told, _FACTS, strict=True))
        self._writer.write_table(pa.table([*words, *facts], DROPPED_SCHEMA))
        self._drops.clear()
        for column in self._words:
            column.clear()


def _count(count: Count, drops: Sequence[Drop], sizes: Sequence[int] = ()) -> None:
    reasons = [drop.reason for drop in drops]
    for reason in dict.fromkeys(reasons):
        count.drop(reason, reasons.count(reason))
    if any(sizes):
        for reason, size in zip(reasons, sizes, strict=True):
            count.drop(reason, 0, size)


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
