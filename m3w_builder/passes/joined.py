"""Pass 3, first step: one partition's documents are joined with their pictures, and prepared for the shards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from m3w_builder import document, shards, spool, storage
from m3w_builder.align import Sample
from m3w_builder.classes import dataclass
from m3w_builder.config import Config
from m3w_builder.document import Document
from m3w_builder.ledger import Ledger
from m3w_builder.passes import decided, exchange, pages, receipt
from m3w_builder.passes.batches import batches
from m3w_builder.passes.books import Books, books
from m3w_builder.passes.decided import Decided
from m3w_builder.passes.nearby import Nearby
from m3w_builder.passes.receipt import Receipt
from m3w_builder.report.statistics import Statistics
from m3w_builder.shards import Prepared
from m3w_builder.stage import Drop

NAME = "joined"
SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("host", pa.string()),
        ("size", pa.int64()),  # about, in a tar
        ("bytes", pa.int64()),  # of it in the partition's joined/NNNNNN.samples
        ("hash", pa.uint64()),  # of these, by which they are proven when they are read
    ]
)
"""A row a document, in the order of the partition, in which they also stand in its `.samples`, one after the other
(`unpacked`). They are no column of the table: each is read once, by itself, when its turn in a shard has come."""
BATCH = 64
"""Documents whose pictures' bytes are held at once for the stages of `align`."""
TOGETHER = 256
"""Documents that are prepared at once."""
_CODE = (
    *("document.py", "words.py", "spool.py", "stage.py", "dedup", "align"),
    *("shards/assemble.py", "shards/write.py"),
    *("report/statistics.py", "report/sketches.py", "report/tokens.py"),
    *("passes/decided.py", "passes/joined.py", "passes/pictures.py"),
)

Offsets = list[int]
"""Where the bytes of a document's pictures begin, in reading order."""
Row = tuple[str, str, int, bytes]
"""Of a document its key, its host, its size in a tar, and what stands of it in `.samples`, which `unpacked` reads."""


@dataclass(frozen=True, slots=True)
class JoinTask:
    """One partition whose pictures are done and were exchanged."""

    build: str
    config: Config
    partition: int


def file_names(partition: int) -> dict[str, str]:
    """The files of a partition by their endings, named from the build's folder."""
    endings = (".parquet", ".samples", ".dropped.parquet", ".statistics")
    return {ending: f"{NAME}/{partition:06d}{ending}" for ending in endings}


def run(task: JoinTask) -> Receipt:
    """Make `joined/NNNNNN.parquet`, `.samples`, `.dropped.parquet` and `.statistics`.

    The books stand in the receipt's statistics: they are told by the bundle that takes the documents.
    """
    config = task.config
    inputs: list[Any] = []
    label = ""
    for name in ("pages", "pictures"):
        before = receipt.read(task.build, name, task.partition)
        if before is None:
            raise receipt.SpoiltError(f"no receipt of {name} {task.partition} in {task.build}")
        inputs.append(before.outputs)
        label = before.label
    inputs += [exchange.read_decisions(task.build, name, task.partition)[1] for name in ("exchange1", "exchange2")]
    mark = receipt.fingerprint(
        inputs, config.align, config.assemble, config.report, receipt.code(*_CODE), config.plugin_code
    )
    return receipt.once(task.build, NAME, task.partition, label, mark, lambda mine: _work(task, mine))


def stages(config: Config) -> list[str]:
    """The stages of pass 3 in the order of the books."""
    return ["picture_duplicates", *(stage.name for stage in config.align), "assemble", "write"]


def _work(task: JoinTask, mine: Receipt) -> None:
    for name in ("pages", "pictures"):
        receipt.check(task.build, name, task.partition, (".parquet",))
    names = file_names(task.partition)
    urls = {ending: storage.join(task.build, name) for ending, name in names.items()}
    out = {ending: storage.Written(lasting=False) for ending in names}
    ledger = Ledger()
    for name in stages(task.config):
        ledger[name]
    rows: list[tuple[str, str, int, int, int]] = []
    with (
        books(urls[".dropped.parquet"], ledger, out[".dropped.parquet"]) as the_books,
        storage.atomic(urls[".samples"], out[".samples"]) as samples,
    ):
        with the_books.timed("write"):
            statistics = Statistics(task.config.report.tokenizer)
        for batch in _assembled(task, the_books):
            with the_books.timed("write"):
                for one, offsets in batch:
                    key, host, size, told = row(one, offsets, statistics)
                    rows.append((key, host, size, samples.write(told), xxhash.xxh3_64_intdigest(told)))
                batch.clear()  # nothing else holds these documents: to free them is a part of it
        ledger.follow(stages(task.config)[:-1])
        with the_books.timed("write"):
            counted = orjson.dumps(statistics.to_json(whole=True))
    out[".statistics"] = storage.write_bytes(urls[".statistics"], counted, lasting=False)
    columns = zip(*rows, strict=True) if rows else ((),) * len(SCHEMA)
    table = pa.table(list(map(pa.array, columns, SCHEMA.types)), SCHEMA)
    out[".parquet"] = storage.write_table(urls[".parquet"], table, lasting=False)
    for ending, name in names.items():
        mine.enter(name, out[ending])
    mine.stats = {"ledger": ledger.to_json()}


def row(one: Document, offsets: Offsets, statistics: Statistics) -> Row:
    """What the next step is told of a document, which is counted."""
    one.scores = {name: round(score, 4) for name, score in sorted(one.scores.items())}  # as a sample has them
    shards.name_parts(one)
    statistics.add_document(one)
    made = shards.prepared(one)
    pictures = made.row["pictures"]
    # As before its pictures' parts were named: where a tar ends must not hang on it.
    text = len(made.sample) - sum(len(f',"part":"{picture["part"]}"') for picture in pictures)
    size = shards.size_of(text, [picture["bytes"] for picture in pictures])
    head = b"[%b,%b]" % (orjson.dumps(offsets), orjson.dumps(made.row))
    return one.key, one.host, size, b"%d %b%b" % (len(head), head, made.sample)


def unpacked(told: bytes) -> tuple[Offsets, Prepared]:
    """Where a document's pictures begin in its partition's `.bin`, and the document; the reverse of `row`."""
    size, _, rest = told.partition(b" ")
    offsets, row = orjson.loads(rest[: int(size)])
    return offsets, Prepared(rest[int(size) :], row)


def _assembled(task: JoinTask, the_books: Books) -> Iterator[list[tuple[Document, Offsets]]]:
    """The documents of a partition that come out whole, some at a time, every drop entered."""
    condemned = _condemned(task)
    with Nearby() as near:
        aligned = _aligned(
            task, _joined(task, decided.read(task.build, task.partition, the_books), the_books, near), the_books, near
        )
        for batch in batches(aligned, TOGETHER):
            places = {id(one): offsets for one, offsets in batch}
            standing = []
            for one, _ in batch:
                if one.key in condemned:
                    the_books.page("assemble", one.url, Drop("bad_picture", condemned[one.key]), one)
                else:
                    standing.append(one)
            batch.clear()
            left = [(one, places[id(one)]) for one in the_books.through([task.config.assemble], standing)]
            if left:
                yield left


def _joined(task: JoinTask, by: Decided, the_books: Books, near: Nearby) -> Iterator[tuple[Document, Offsets]]:
    """The documents with what is left of their pictures, in the order of the partition."""
    stage = "picture_duplicates"
    base = pages.spooled(task.build, task.partition)
    for table, places in spool.tables(base):
        with the_books.timed(stage):
            told = zip(document.references(table), places, strict=True)
            rows = [(one, by.join(one), place) for one, place in told if one.id not in by.gone]
        bodies = [
            near.read(base + spool.TEXTS, place.start, place.stored) if _stands(task, by, one, offsets) else b""
            for one, (offsets, _), place in rows
        ]
        with the_books.timed(stage):
            for number, ((_, _, place), body) in enumerate(zip(rows, bodies, strict=True)):
                if body:
                    whole = _opened(task, body, place)
                    rows[number] = whole, by.join(whole), place
        left, number, held = [], 0, 0
        for one, (offsets, size), _ in rows:
            if one.id in by.same:
                the_books.page(stage, one.url, by.same[one.id], one)
                continue
            by.take_out_lines(one)
            left.append((one, offsets))
            number, held = number + len(offsets), held + size
        the_books.kept(stage, [one for one, _ in left])
        the_books.pictures(stage, number, held)
        rows.clear()
        left.reverse()
        while left:  # what was taken is not held here
            yield left.pop()


def _stands(task: JoinTask, by: Decided, one: Document, offsets: Offsets) -> bool:
    """Whether more is asked of a document than how many pictures it has left: else it is never read, and goes as what
    its row tells. `assemble` looks at their number first."""
    return one.id not in by.same and (bool(task.config.align) or len(offsets) >= task.config.assemble.min_pictures)


def _opened(task: JoinTask, body: bytes, place: spool.Place) -> Document:
    """A document as pass 1 kept it; raises SpoiltError where its file holds something else."""
    try:
        return spool.opened(body, place)
    except ValueError:
        name = pages.file_names(task.partition)[spool.TEXTS]
        raise receipt.spoilt(task.build, pages.NAME, task.partition, name) from None


def _condemned(task: JoinTask) -> dict[str, str]:
    """Documents of which a filter of `assemble.drop_with` dropped a picture, by key, and the filter's name."""
    wanted = list(task.config.assemble.drop_with)
    if not wanted:
        return {}
    rows = storage.read_table(
        storage.join(task.build, f"pictures/{task.partition:06d}.dropped.parquet"), ["stage", "doc"]
    )
    mine = rows.filter(pc.is_in(rows["stage"], value_set=pa.array(wanted)))
    return dict(zip(mine["doc"].to_pylist(), mine["stage"].to_pylist(), strict=True))


def _aligned(
    task: JoinTask, pairs: Iterator[tuple[Document, Offsets]], the_books: Books, near: Nearby
) -> Iterator[tuple[Document, Offsets]]:
    """The documents through the stages that look at pictures' bytes, some at a time."""
    if not task.config.align:
        yield from pairs
        return
    bodies = storage.join(task.build, f"pictures/{task.partition:06d}.bin")
    for batch in batches(pairs, BATCH):
        samples: list[Sample] = []
        offset_of: dict[int, int] = {}
        for one, offsets in batch:
            places = list(zip(one.images, offsets, strict=True))
            samples.append(Sample(one, [near.read(bodies, offset, image.bytes) for image, offset in places]))
            offset_of |= {id(image): offset for image, offset in places}
        for left in the_books.through(task.config.align, samples, lambda sample: sample.document):
            yield left.document, [offset_of[id(image)] for image in left.document.images]
