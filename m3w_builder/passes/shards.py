"""Pass 3, second step: the documents of some partitions are mixed, and written as shards with their pictures."""

from __future__ import annotations

import hashlib
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import field
from typing import IO, Any

import numpy as np
import orjson
import xxhash

from m3w_builder import document, shards, storage
from m3w_builder.classes import dataclass
from m3w_builder.config import Config
from m3w_builder.ledger import Ledger
from m3w_builder.passes import joined, receipt
from m3w_builder.passes.books import Books, books
from m3w_builder.passes.joined import Offsets
from m3w_builder.passes.receipt import Receipt
from m3w_builder.report.statistics import Statistics
from m3w_builder.shards import Prepared, tombstones
from m3w_builder.shards.tombstones import Tombstones
from m3w_builder.stage import Drop

NAME = "shards"
TAKEN_DOWN = "taken_down"
"""The reason of a page or picture that was asked to be removed; it stands in the books of the stage `write`."""
_CODE = (
    *("document.py", "words.py", "stage.py"),
    *("shards/config.py", "shards/search.py", "shards/spread.py", "shards/tombstones.py", "shards/write.py"),
    *("report/statistics.py", "report/sketches.py", "report/tokens.py", "passes/joined.py", "passes/shards.py"),
)


@dataclass(frozen=True, slots=True)
class ShardsTask:
    """A bundle of partitions whose pictures fill about a shard or more; mixing happens within it."""

    build: str
    config: Config
    bundle: int
    partitions: tuple[int, ...]


@dataclass(slots=True)
class Ready:
    """The documents of a bundle: what orders them, in some 30 bytes each, and where they lie on this machine's disk."""

    texts: IO[bytes]
    hosts: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Of the hosts that were met their numbers and splits."""
    orders: array[int] = field(default_factory=lambda: array("Q"))
    """Seeded hashes of the keys: a host's pages follow each other by them."""
    host: array[int] = field(default_factory=lambda: array("i"))
    ends: array[int] = field(default_factory=lambda: array("q", [0]))
    """Where each document ends among the texts, and the next begins."""
    expected: dict[str, int] = field(default_factory=dict)
    """About how many bytes the tars of each split will have."""

    def add(self, partition: int, told: joined.Row, config: shards.ShardsConfig) -> None:
        key, host, size, sample, row, offsets = told
        self.orders.append(xxhash.xxh3_64_intdigest(key.encode(), config.seed))
        if host not in self.hosts:
            self.hosts[host] = len(self.hosts), shards.split_of(host, config.validation)
        number, split = self.hosts[host]
        self.host.append(number)
        head = b"[%d,%b,%b]" % (partition, offsets, row)
        self.ends.append(self.ends[-1] + self.texts.write(b"%d %b%b" % (len(head), head, sample)))
        self.expected[split] = self.expected.get(split, 0) + size

    def ordered(self, config: shards.ShardsConfig) -> Iterator[int]:
        """The documents' numbers, split by split, the pages of each host spread over it."""
        names = list(self.hosts)
        split_of = [split for _, split in self.hosts.values()]
        numbers = np.argsort(np.frombuffer(self.orders, np.uint64), kind="stable").tolist()
        for split in sorted(set(split_of)):
            mine = [number for number in numbers if split_of[self.host[number]] == split]
            yield from shards.spread(mine, lambda number: names[self.host[number]], config.seed)

    def read(self, number: int) -> tuple[int, Offsets, Prepared]:
        """(partition, where its pictures begin, the document)."""
        start, end = self.ends[number], self.ends[number + 1]
        self.texts.seek(start)
        size, _, rest = self.texts.read(end - start).partition(b" ")
        partition, offsets, row = orjson.loads(rest[: int(size)])
        return partition, offsets, Prepared(rest[int(size) :], row)


def run(task: ShardsTask) -> Receipt:
    """Make the shards of one bundle, their index and `shards/NNNNNN.dropped.parquet`."""
    config = task.config
    inputs: list[Any] = []
    for partition in task.partitions:
        before = receipt.read(task.build, joined.NAME, partition)
        if before is None:
            raise receipt.SpoiltError(f"no receipt of {joined.NAME} {partition} in {task.build}")
        inputs.append(before.outputs)
    mark = receipt.fingerprint(inputs, config.assemble.min_pictures, config.shards, config.report, receipt.code(*_CODE))
    label = f"partitions {task.partitions[0]}–{task.partitions[-1]}"
    return receipt.once(task.build, NAME, task.bundle, label, mark, lambda mine: _work(task, mine))


def _work(task: ShardsTask, mine: Receipt) -> None:
    dropped = f"{NAME}/{task.bundle:06d}.dropped.parquet"
    for name in joined.stages(task.config):
        mine.ledger[name]
    gone = storage.Written()
    place = storage.join(task.build, dropped)
    with tempfile.TemporaryFile() as texts, books(place, mine.ledger, gone) as the_books:
        ready = Ready(texts)
        with the_books.timed("write"):
            statistics = Statistics(task.config.report.tokenizer)
        for partition in task.partitions:
            _taken_in(task, partition, ready, mine.ledger, statistics, the_books)
        with the_books.timed("write"):
            written = shards.write_prepared(
                _samples(task, ready, the_books),
                storage.join(task.build, NAME),
                f"{task.bundle:06d}",
                task.config.shards,
                ready.expected,
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


def _taken_in(
    task: ShardsTask, partition: int, ready: Ready, ledger: Ledger, statistics: Statistics, the_books: Books
) -> None:
    """Take in a partition's documents, its books and statistics; what was taken down before is left out of them."""
    names = joined.file_names(partition)
    receipt.check(task.build, joined.NAME, partition, tuple(names))
    before = receipt.read(task.build, joined.NAME, partition)
    assert before is not None
    ledger.add(Ledger.from_json(before.stats["ledger"]))
    urls = {ending: storage.join(task.build, name) for ending, name in names.items()}
    for rows in storage.iter_tables(urls[".dropped.parquet"]):
        the_books.take(rows)
    stones = tombstones.read(task.build)
    if not stones:
        with the_books.timed("write"):
            statistics.merge(Statistics.from_json(orjson.loads(storage.read_bytes(urls[".statistics"]))))
    for table in storage.iter_tables(urls[".parquet"]):
        told: Iterable[joined.Row] = zip(*(column.to_pylist() for column in table.columns), strict=True)
        if stones:
            told = _still_wanted(told, stones, task.config.assemble.min_pictures, statistics, the_books)
        for one in told:
            ready.add(partition, one, task.config.shards)


def _still_wanted(
    rows: Iterable[joined.Row], stones: Tombstones, min_pictures: int, statistics: Statistics, the_books: Books
) -> Iterator[joined.Row]:
    """Apply what was taken down before: what is left of the documents, which are counted; some go whole."""
    for *_, sample, _, offsets in rows:
        one = document.from_json(orjson.loads(sample))
        whole, gone = stones.judge(one, min_pictures)
        if whole:
            the_books.page("write", one.url, Drop(TAKEN_DOWN), one)
            continue
        out = {id(image) for image in gone}
        left = [at for image, at in zip(one.images, orjson.loads(offsets), strict=True) if id(image) not in out]
        one.items = [item for item in one.items if id(item) not in out]
        for image in gone:
            the_books.picture("write", image.url, one.url, one.key, Drop(TAKEN_DOWN), image.bytes)
        yield joined.row(one, left, statistics)


def _samples(task: ShardsTask, ready: Ready, the_books: Books) -> Iterator[tuple[Prepared, list[bytes]]]:
    """Each document with the bytes of its pictures, in reading order, which are proven to be theirs."""
    entry = the_books.ledger["write"]
    with ExitStack() as stack:
        streams: dict[int, IO[bytes]] = {}
        for number in ready.ordered(task.config.shards):
            partition, offsets, one = ready.read(number)
            if partition not in streams:
                url = storage.join(task.build, f"pictures/{partition:06d}.bin")
                streams[partition] = stack.enter_context(storage.open_read(url))
            bodies = []
            for picture, offset in zip(one.row["pictures"], offsets, strict=True):
                body = joined.read(streams[partition], offset, picture["bytes"])
                if hashlib.sha256(body).hexdigest() != picture["sha256"]:
                    storage.remove(receipt.path(task.build, "pictures", partition))
                    raise receipt.SpoiltError(f"pictures/{partition:06d}.bin: not what its task wrote; run again")
                bodies.append(body)
            entry.pages.kept += 1
            entry.pictures.kept += len(bodies)
            entry.pictures.bytes += one.row["picture_bytes"]
            yield one, bodies
