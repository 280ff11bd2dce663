"""Pass 3: the documents of some partitions are joined with their pictures, mixed, and written as shards."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from m3w_builder import dedup, document, shards, storage
from m3w_builder.align import Sample
from m3w_builder.config import Config
from m3w_builder.document import Document, Image, Text
from m3w_builder.passes import exchange, receipt
from m3w_builder.passes.books import Books, books
from m3w_builder.passes.receipt import Receipt
from m3w_builder.report.statistics import Statistics
from m3w_builder.shards import tombstones
from m3w_builder.shards.tombstones import Tombstones
from m3w_builder.stage import Drop

NAME = "shards"
TAKEN_DOWN = "taken_down"
"""The reason of a page or picture that was asked to be removed; it stands in the books of the stage `write`."""
_CODE = (
    "document.py",
    "words.py",
    "stage.py",
    "dedup",
    "align",
    "shards/assemble.py",
    "shards/config.py",
    "shards/search.py",
    "shards/spread.py",
    "shards/tombstones.py",
    "shards/write.py",
    "report/statistics.py",
    "report/sketches.py",
    "report/tokens.py",
    "passes/shards.py",
    "passes/pictures.py",
)


Places = list[tuple[int, int, int]]
"""(partition, offset, bytes) for each picture of a document, in reading order."""
BATCH = 64
"""Documents whose pictures' bytes are held at once for the stages of `align`."""


@dataclass(frozen=True, slots=True)
class ShardsTask:
    """A bundle of partitions whose pictures fill about a shard or more; mixing happens within it."""

    build: str
    config: Config
    bundle: int
    partitions: tuple[int, ...]


@dataclass(slots=True)
class Ready:
    """A finished document, light enough to hold a bundle of them: where its JSON and its pictures' bytes lie."""

    order: int
    """A seeded hash of the key: a host's pages follow each other by it."""
    host: str
    split: str
    start: int
    """Of its JSON among the texts of the bundle, which lie on this machine's disk."""
    size: int
    places: Places


def run(task: ShardsTask) -> Receipt:
    """Make the shards of one bundle, their index and `shards/NNNNNN.dropped.parquet`."""
    config = task.config
    inputs: list[Any] = []
    for partition in task.partitions:
        pages, pictures = (receipt.read(task.build, name, partition) for name in ("pages", "pictures"))
        if pages is None or pictures is None:
            raise receipt.SpoiltError(f"no receipt of partition {partition} in {task.build}")
        inputs.append([pages.outputs, pictures.outputs])
        inputs.append([exchange.read_decisions(task.build, name, partition)[1] for name in ("exchange1", "exchange2")])
    mark = receipt.fingerprint(
        inputs, config.align, config.assemble, config.shards, config.report, receipt.code(*_CODE), config.plugin_code
    )
    label = f"partitions {task.partitions[0]}–{task.partitions[-1]}"
    return receipt.once(task.build, NAME, task.bundle, label, mark, lambda mine: _work(task, mine))


def _work(task: ShardsTask, mine: Receipt) -> None:
    dropped = f"{NAME}/{task.bundle:06d}.dropped.parquet"
    ready: list[Ready] = []
    for name in ("picture_duplicates", *(stage.name for stage in task.config.align), "assemble", "write"):
        mine.ledger[name]
    gone = storage.Written()
    place = storage.join(task.build, dropped)
    with tempfile.TemporaryFile() as texts, books(place, mine.ledger, gone) as the_books:
        for partition in task.partitions:
            for name in ("pages", "pictures"):
                receipt.check(task.build, name, partition, (".parquet",))
            ready += _assembled(task, partition, texts, the_books)
        with the_books.timed("write"):
            statistics = Statistics(task.config.report.tokenizer)
            written = shards.write(
                _samples(task, _ordered(ready, task.config.shards.seed), texts, statistics, the_books),
                storage.join(task.build, NAME),
                f"{task.bundle:06d}",
                task.config.shards,
                _expected(ready),
                proven=True,
            )
    mine.enter(dropped, gone)
    for shard in written:
        mine.outputs |= shard.outputs(NAME)
    mine.stats = {
        "documents": statistics.to_json(),
        "splits": shards.totals(written),
        "rows": {shard.name: shard.samples for shard in written},
        "partitions": list(task.partitions),
    }


def _ordered(ready: list[Ready], seed: int) -> Iterator[Ready]:
    """Split by split, the pages of each host spread over it."""
    ready.sort(key=lambda one: one.order)
    for split in sorted({one.split for one in ready}):
        yield from shards.spread([one for one in ready if one.split == split], lambda one: one.host, seed)


def _expected(ready: list[Ready]) -> dict[str, int]:
    """About how many bytes each split's tars will have."""
    sizes: dict[str, int] = {}
    for one in ready:
        size = shards.size_of(one.size, [bytes for _, _, bytes in one.places])
        sizes[one.split] = sizes.get(one.split, 0) + size
    return sizes


def _assembled(task: ShardsTask, partition: int, texts: IO[bytes], the_books: Books) -> Iterator[Ready]:
    """The documents of a partition that come out whole, every drop entered; their JSON goes behind `texts`."""
    build = task.build
    stones = tombstones.read(build)
    decisions = exchange.read_decisions(build, "exchange1", partition)[0]
    gone, repeated = exchange.page_drops(decisions), exchange.repeated_lines(decisions)
    decisions = exchange.read_decisions(build, "exchange2", partition)[0]
    duplicates, same = exchange.picture_duplicates(decisions), exchange.same_pictures(decisions)
    found = {
        row["url"]: row
        for row in storage.read_table(storage.join(build, f"pictures/{partition:06d}.parquet")).to_pylist()
    }

    def joined() -> Iterator[tuple[Document, Places]]:
        for table in storage.iter_tables(storage.join(build, f"pages/{partition:06d}.parquet")):
            with the_books.timed("picture_duplicates"):
                documents = list(document.from_table(table, gone))
                pairs = [(one, _join(one, found, duplicates, partition)) for one in documents]
            for one, places in pairs:
                if one.id in same:
                    the_books.page("picture_duplicates", one.url, same[one.id], one)
                    continue
                _take_out_lines(one, repeated.get(one.id, set()))
                the_books.kept("picture_duplicates", one)
                yield one, places

    condemned = _condemned(task, partition)
    for one, places in _aligned(task, partition, joined(), the_books):
        if one.key in condemned:
            the_books.page("assemble", one.url, Drop("bad_picture", condemned[one.key]), one)
            continue
        for left in the_books.through([task.config.assemble], [one]):
            if not _still_wanted(left, places, stones, task.config.assemble.min_pictures, the_books):
                continue
            order = xxhash.xxh3_64_intdigest(left.key.encode(), task.config.shards.seed)
            text = orjson.dumps(document.to_json(left))
            split = shards.split_of(left.host, task.config.shards.validation)
            yield Ready(order, left.host, split, texts.tell(), texts.write(text), places)


def _condemned(task: ShardsTask, partition: int) -> dict[str, str]:
    """Documents of which a filter of `assemble.drop_with` dropped a picture, by key, and the filter's name."""
    wanted = list(task.config.assemble.drop_with)
    if not wanted:
        return {}
    rows = storage.read_table(storage.join(task.build, f"pictures/{partition:06d}.dropped.parquet"), ["stage", "doc"])
    mine = rows.filter(pc.is_in(rows["stage"], value_set=pa.array(wanted)))
    return dict(zip(mine["doc"].to_pylist(), mine["stage"].to_pylist(), strict=True))


def _take_out_lines(one: Document, repeated: set[int]) -> None:
    """Take the lines out that the document's host repeats; the score `lines_out` says how many went."""
    if not repeated:
        return
    out = 0
    items: list[document.Item] = []
    for item in one.items:
        lines = dedup.lines(item) if isinstance(item, Text) else []
        kept = [line for line in lines if not line.strip() or dedup.line_key(one.host, line) not in repeated]
        out += len(lines) - len(kept)
        if len(kept) < len(lines) and isinstance(item, Text):
            item.text = "\n".join(kept).strip()
            if not item.text:
                continue
        items.append(item)
    one.items = items
    one.scores["lines_out"] = one.scores.get("lines_out", 0.0) + out


def _aligned(
    task: ShardsTask, partition: int, pairs: Iterator[tuple[Document, Places]], the_books: Books
) -> Iterator[tuple[Document, Places]]:
    """The documents through the stages that look at pictures' bytes, some at a time."""
    if not task.config.align:
        yield from pairs
        return
    with storage.open_read(storage.join(task.build, f"pictures/{partition:06d}.bin")) as stream:
        while batch := list(islice(pairs, BATCH)):
            samples = [Sample(one, [_read(stream, place) for place in places]) for one, places in batch]
            place_of = {
                id(image): place for one, places in batch for image, place in zip(one.images, places, strict=True)
            }
            for left in the_books.through(task.config.align, samples, lambda sample: sample.document):
                yield left.document, [place_of[id(image)] for image in left.document.images]


def _still_wanted(one: Document, places: Places, stones: Tombstones, min_pictures: int, the_books: Books) -> bool:
    """Apply what was taken down before: whether the document stays; pictures that go leave items and places."""
    whole, gone = stones.judge(one, min_pictures)
    if whole:
        the_books.page("write", one.url, Drop(TAKEN_DOWN), one)
        return False
    left = {id(image) for image in gone}
    places[:] = [place for place, image in zip(places, one.images, strict=True) if id(image) not in left]
    one.items = [item for item in one.items if id(item) not in left]
    for image in gone:
        the_books.picture("write", image.url, one.url, one.key, Drop(TAKEN_DOWN), image.bytes)
    return True


def _join(
    one: Document, found: dict[str, dict[str, Any]], duplicates: dict[tuple[int, int], Drop], partition: int
) -> Places:
    """Fill in the document's pictures; take out those that pass 2 dropped (entered there) and the duplicates (here)."""
    items: list[document.Item] = []
    places: Places = []
    seen: set[str] = set()
    for item in one.items:
        if isinstance(item, Image):
            row = found.get(item.url)
            if row is None:
                continue
            item.bytes = row["bytes"]
            drop = duplicates.get((one.id, dedup.picture_key(row["sha256"])))
            if drop is None and row["sha256"] in seen:
                drop = Drop("repeated", "the same picture stands earlier in the document")
            if drop:
                one.removed.append((item, drop))
                continue
            seen.add(row["sha256"])
            for name in ("sha256", "width", "height", "format"):
                setattr(item, name, row[name])
            item.phash = f"{row['phash']:016x}"
            item.rights, item.licence = row["rights"] or [], row["licence"] or ""
            item.scores = dict(row["scores"] or ())
            places.append((partition, row["offset"], row["bytes"]))
        items.append(item)
    one.items = items
    return places


def _samples(
    task: ShardsTask, ready: Iterable[Ready], texts: IO[bytes], statistics: Statistics, the_books: Books
) -> Iterator[tuple[Document, list[bytes]]]:
    """Each document with the bytes of its pictures, in reading order, which are proven to be theirs."""
    with ExitStack() as stack:
        streams: dict[int, IO[bytes]] = {}
        for one in ready:
            texts.seek(one.start)
            finished = document.from_json(orjson.loads(texts.read(one.size)))
            pictures = []
            for image, place in zip(finished.images, one.places, strict=True):
                partition = place[0]
                if partition not in streams:
                    url = storage.join(task.build, f"pictures/{partition:06d}.bin")
                    streams[partition] = stack.enter_context(storage.open_read(url))
                body = _read(streams[partition], place)
                if hashlib.sha256(body).hexdigest() != image.sha256:
                    storage.remove(receipt.path(task.build, "pictures", partition))
                    raise receipt.SpoiltError(f"pictures/{partition:06d}.bin: not what its task wrote; run again")
                pictures.append(body)
            statistics.add_document(finished)
            the_books.kept("write", finished)
            yield finished, pictures


def _read(stream: IO[bytes], place: tuple[int, int, int]) -> bytes:
    stream.seek(place[1])
    return stream.read(place[2])
