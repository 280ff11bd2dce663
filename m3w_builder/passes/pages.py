"""Pass 1: reads one partition's pages, extracts documents, filters their text, and writes their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from m3w_builder import dedup, extract, interim, sources, spool, storage
from m3w_builder.classes import dataclass
from m3w_builder.config import Config
from m3w_builder.document import Document, Image, make_key
from m3w_builder.passes import receipt
from m3w_builder.passes.batches import batches
from m3w_builder.passes.books import Books, books
from m3w_builder.passes.receipt import Receipt
from m3w_builder.passes.suspects import Suspects
from m3w_builder.stage import ERROR, Drop
from m3w_builder.storage import Written

NAME = "pages"
REPEATED = "repeated_record"
"""The reason of a page whose very record, by URL, digest and time, stood earlier in the partition."""
BATCH = 256
"""Documents that go through the stages at once: enough to amortise a call, few enough to be small."""
GROUP, GROUP_BYTES = 32, 4 << 20
"""Records, and bytes of theirs, that are read before they are extracted."""


@dataclass(frozen=True, slots=True)
class PagesTask:
    """One partition to read: `input` is what `sources.plan` gave for it."""

    build: str
    config: Config
    partition: int
    label: str
    input: dict[str, Any]
    fingerprint: str
    attempt: int = 1


def run(task: PagesTask) -> Receipt:
    """Make one partition's files in `pages/` (`file_names`)."""
    config = task.config
    suspects = Suspects(task.build, NAME, task.partition, task.attempt)
    mark = receipt.fingerprint(
        task.fingerprint,
        config.read,
        config.extract,
        config.text,
        config.dedup,
        receipt.code(*_CODE),
        config.plugin_code,
        *sorted(suspects.poisoned),
    )

    def work(mine: Receipt) -> None:
        with suspects.watch():
            _work(task, mine, suspects)

    return receipt.once(task.build, NAME, task.partition, task.label, mark, work)


INLINE = pa.schema([("url", pa.string()), ("body", pa.binary())])
"""Of `pages/NNNNNN.inline.parquet`: the pictures whose bytes stand in the pages themselves, each once."""
_CODE = (
    *("document.py", "words.py", "stage.py", "rights.py", "urls.py"),
    *("sources", "extract", "text", "dedup", "passes/pages.py", "interim.py", "spool.py"),
)


def spooled(build: str, partition: int) -> str:
    """Where a partition's documents lie, for `spool`."""
    return storage.join(build, f"{NAME}/{partition:06d}")


def file_names(partition: int) -> dict[str, str]:
    """The files of a partition by their endings, named from the build's folder."""
    endings = (spool.ROWS, spool.TEXTS, ".keys.arrow", ".dropped.parquet", ".inline.parquet")
    return {ending: f"{NAME}/{partition:06d}{ending}" for ending in endings}


def _work(task: PagesTask, mine: Receipt, suspects: Suspects) -> None:
    base, names = spooled(task.build, task.partition), file_names(task.partition)
    urls = {ending: storage.join(task.build, name) for ending, name in names.items()}
    out = {ending: Written(lasting=False) for ending in names}
    archived: list[sources.Archived] = []
    written: set[str] = set()
    key_rows = 0
    stages = task.config.text
    for name in ("read", "extract", *(stage.name for stage in stages), "keys"):
        mine.ledger[name]  # every stage has its page in the books, in order, also where nothing comes through
    with (
        books(urls[".dropped.parquet"], mine.ledger, out[".dropped.parquet"]) as the_books,
        spool.writer(base, out[spool.ROWS], out[spool.TEXTS]) as kept,
        interim.writer(urls[".keys.arrow"], dedup.KEYS, out[".keys.arrow"]) as keys,
        storage.table_writer(urls[".inline.parquet"], INLINE, out[".inline.parquet"]) as inline,
    ):
        for batch in batches(_extracted(task, the_books, archived, suspects), 1 if suspects.careful else BATCH):
            documents = the_books.through(stages, batch)
            the_books.kept("keys", documents)
            if not documents:
                continue
            with the_books.timed("keys"):
                told = kept.write(documents)
                the_books.pictures("keys", pc.sum(pc.list_value_length(told["images"])).as_py())
                _keep_inline(documents, inline, written)
                made = dedup.page_keys(documents, task.partition, task.config.dedup)
                keys.write(made)
                key_rows += len(made)
                documents.clear()  # all of them at once, and not when the next ones come
                batch.clear()
        with the_books.timed("keys"):
            keys.write(dedup.archived_keys(archived, task.partition))
        mine.ledger.follow(["extract", *(stage.name for stage in stages)])
    mine.stats = {"keys": key_rows + len(archived), "archived": len(archived)}
    for ending, name in names.items():
        mine.enter(name, out[ending])


def _keep_inline(documents: list[Document], inline: pq.ParquetWriter, written: set[str]) -> None:
    """Write the pictures that stand in these pages themselves and were not written before."""
    for one in documents:
        for url, body in one.inline.items():
            if url not in written:
                written.add(url)
                inline.write_table(pa.Table.from_pylist([{"url": url, "body": body}], schema=INLINE))
        one.inline.clear()


def _extracted(
    task: PagesTask, the_books: Books, archived: list[sources.Archived], suspects: Suspects
) -> Iterator[Document]:
    """The documents that the partition's records hold; what is no page, or has no content, is entered as dropped."""
    reading = batches(sources.read(task.input, task.config.read), 1 if suspects.careful else GROUP, GROUP_BYTES, _size)
    seen: set[int] = set()
    while True:
        suspects.clear()
        with the_books.timed("read"):
            some = next(reading, [])
        if not some:
            return
        if suspects.careful and isinstance(some[0], sources.Page | sources.Ready):
            suspects.touch(_name(some[0]))
        with the_books.timed("extract"):
            answers = [_answer(record, task.config.extract, suspects) for record in some]
        found = _entered(some, answers, seen, archived, the_books)
        the_books.kept("extract", found)
        the_books.pictures("extract", sum([list(map(type, one.items)).count(Image) for one in found]))
        yield from found


def _size(record: sources.Record) -> int:
    return len(record.html) if isinstance(record, sources.Page) else 0


def _entered(
    records: list[sources.Record],
    answers: list[Document | Drop | None],
    seen: set[int],
    archived: list[sources.Archived],
    the_books: Books,
) -> list[Document]:
    """Enter what became of records; the documents that were not seen before, which are still to be entered as kept."""
    found = []
    read, extracted = the_books.ledger["read"].pages, the_books.ledger["extract"].pages
    for record, answer in zip(records, answers, strict=True):
        if isinstance(record, sources.Archived):
            archived.append(record)
            continue
        if isinstance(record, sources.Refused):
            the_books.page("read", record.url, record.drop)
            continue
        size = _size(record)
        read.kept += 1
        read.bytes += size
        if isinstance(answer, Document) and answer.id not in seen:
            seen.add(answer.id)
            extracted.bytes += size
            found.append(answer)
            continue
        twin = answer if isinstance(answer, Document) else None
        drop = answer if isinstance(answer, Drop) else Drop(REPEATED, twin.key if twin else "")
        the_books.page("extract", record.url, drop, twin)
        extracted.drop(drop.reason, 0, size)
    return found


def _answer(record: sources.Record, config: extract.ExtractConfig, suspects: Suspects) -> Document | Drop | None:
    """What extraction makes of a record; None of one that is no page."""
    if not isinstance(record, sources.Page | sources.Ready):
        return None
    if suspects.poisoned and (poison := suspects.drop(_name(record))):
        return poison
    return record.document if isinstance(record, sources.Ready) else _extract(record, config)


def _name(record: sources.Page | sources.Ready) -> str:
    """What a record is called among the suspects."""
    if isinstance(record, sources.Ready):
        return record.document.key or record.url
    return f"{record.url} {record.source.file} {record.source.offset}"


def _extract(page: sources.Page, config: extract.ExtractConfig) -> Document | Drop:
    try:
        answer = extract.extract(page.html, page.url, config, page.charset, page.headers)
    except Exception as error:  # one page is never allowed to end its partition
        return Drop(ERROR, f"extract: {type(error).__name__}: {error}"[:500])
    if isinstance(answer, Document):
        answer.source = page.source
        answer.key = make_key(page.url, page.source)
    return answer
