"""Pass 3, second step: the documents of some partitions are mixed, and written as shards with their pictures."""

from __future__ import annotations

import hashlib
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import field
from itertools import accumulate
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
from m3w_builder.passes.nearby import Nearby
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
    """The documents of a bundle: what orders them, in some 50 bytes each, and where they lie."""

    config: shards.ShardsConfig
    hosts: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Of the hosts that were met their numbers and splits."""
    orders: array[int] = field(default_factory=lambda: array("Q"))
    """Seeded hashes of the keys: a host's pages follow each other by them."""
    host: array[int] = field(default_factory=lambda: array("i"))
    partition: array[int] = field(default_factory=lambda: array("i"))
    starts: array[int] = field(default_factory=lambda: array("q"))
    """Where each document begins in its partition's `.samples`, or among those that a takedown left."""
    sizes: array[int] = field(default_factory=lambda: array("q"))
    hashes: array[int] = field(default_factory=lambda: array("Q"))
    expected: dict[str, int] = field(default_factory=dict)
    """About how many bytes the tars of each split will have."""

    def add(self, partition: int, key: str, host: str, size: int, start: int, told: int, digest: int) -> None:
        """Take in a document of `size` bytes in a tar, of which `told` bytes from `start` on tell, of this hash."""
        self.orders.append(xxhash.xxh3_64_intdigest(key.encode(), self.config.seed))
        if host not in self.hosts:
            self.hosts[host] = len(self.hosts), shards.split_of(host, self.config.validation)
        number, split = self.hosts[host]
        self.host.append(number)
        self.partition.append(partition)
        self.starts.append(start)
        self.sizes.append(told)
        self.hashes.append(digest)
        self.expected[split] = self.expected.get(split, 0) + size

    def ordered(self) -> Iterator[int]:
        """The documents' numbers, split by split, the pages of each host spread over it."""
        names = list(self.hosts)
        split_of = [split for _, split in self.hosts.values()]
        numbers = np.argsort(np.frombuffer(self.orders, np.uint64), kind="stable").tolist()
        for split in sorted(set(split_of)):
            mine = [number for number in numbers if split_of[self.host[number]] == split]
            yield from shards.spread(mine, lambda number: names[self.host[number]], self.config.seed)


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
    return receipt.once(task.build, NAME, task.bundle, label, mark, lambda mine: _work(task, mine), lasting=True)


def _work(task: ShardsTask, mine: Receipt) -> None:
    dropped = f"{NAME}/{task.bundle:06d}.dropped.parquet"
    for name in joined.stages(task.config):
        mine.ledger[name]
    gone = storage.Written()
    place = storage.join(task.build, dropped)
    with Nearby() as near, tempfile.TemporaryFile() as left, books(place, mine.ledger, gone) as the_books:
        with the_books.timed("write"):
            statistics = Statistics(task.config.report.tokenizer)
        ready = Ready(task.config.shards)
        stones = tombstones.read(task.build)
        for partition in task.partitions:
            _books_of(task, partition, mine.ledger, the_books)
            if stones:
                _take_what_is_left(task, partition, ready, statistics, the_books, stones, left)
            else:
                _take(task, partition, ready, statistics, the_books)
        with the_books.timed("write"):
            written = shards.write_prepared(
                _samples(task, ready, near, left if stones else None, the_books),
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


def _books_of(task: ShardsTask, partition: int, ledger: Ledger, the_books: Books) -> None:
    """Prove that a partition's files are what its task wrote, and take its books over."""
    names = joined.file_names(partition)
    at_once = tuple(ending for ending in names if ending != ".samples")  # they are proven one by one
    receipt.check(task.build, joined.NAME, partition, at_once)
    before = receipt.read(task.build, joined.NAME, partition)
    assert before is not None
    ledger.add(Ledger.from_json(before.stats["ledger"]))
    for rows in storage.iter_tables(storage.join(task.build, names[".dropped.parquet"])):
        the_books.take(rows)


def _rows(task: ShardsTask, partition: int) -> Iterator[tuple[str, str, int, int, int, int]]:
    """Of each document of a partition its key, host and size, and where in `.samples` it begins, its bytes and hash."""
    table = storage.read_table(storage.join(task.build, joined.file_names(partition)[".parquet"]))
    key, host, size, told, digest = (column.to_pylist() for column in table.columns)
    starts = [0, *accumulate(told)][: len(told)]
    return zip(key, host, size, starts, told, digest, strict=True)


def _take(task: ShardsTask, partition: int, ready: Ready, statistics: Statistics, the_books: Books) -> None:
    """Take in a partition's documents and statistics as they are."""
    for one in _rows(task, partition):
        ready.add(partition, *one)
    with the_books.timed("write"):
        counted = storage.read_bytes(storage.join(task.build, joined.file_names(partition)[".statistics"]))
        statistics.merge(Statistics.from_json(orjson.loads(counted)))


def _take_what_is_left(
    task: ShardsTask,
    partition: int,
    ready: Ready,
    statistics: Statistics,
    the_books: Books,
    stones: Tombstones,
    left: IO[bytes],
) -> None:
    """Apply what was taken down before: what remains of the documents goes into `left`, and is counted anew."""
    with storage.open_read(storage.join(task.build, joined.file_names(partition)[".samples"])) as samples:
        for *_, told, digest in _rows(task, partition):
            offsets, made = _proven(task, partition, samples.read(told), digest)
            one = document.from_json(orjson.loads(made.sample))
            whole, gone = stones.judge(one, task.config.assemble.min_pictures)
            if whole:
                the_books.page("write", one.url, Drop(TAKEN_DOWN), one)
                continue
            out = {id(image) for image in gone}
            offsets = [at for image, at in zip(one.images, offsets, strict=True) if id(image) not in out]
            one.items = [item for item in one.items if id(item) not in out]
            for image in gone:
                the_books.picture("write", image.url, one.url, one.key, Drop(TAKEN_DOWN), image.bytes)
            key, host, size, remains = joined.row(one, offsets, statistics)
            ready.add(partition, key, host, size, left.tell(), left.write(remains), xxhash.xxh3_64_intdigest(remains))


def _proven(task: ShardsTask, partition: int, told: bytes, digest: int) -> tuple[Offsets, Prepared]:
    """What stands of a document in `.samples`; raises SpoiltError where it is not what was written."""
    if xxhash.xxh3_64_intdigest(told) != digest:
        raise receipt.spoilt(task.build, joined.NAME, partition, joined.file_names(partition)[".samples"])
    return joined.unpacked(told)


def _samples(
    task: ShardsTask, ready: Ready, near: Nearby, left: IO[bytes] | None, the_books: Books
) -> Iterator[tuple[Prepared, list[bytes]]]:
    """Each document, of `left` where a takedown left it there, with the bytes of its pictures, in reading order, which
    are proven to be theirs."""
    entry = the_books.ledger["write"]
    for number in ready.ordered():
        partition, start, size = ready.partition[number], ready.starts[number], ready.sizes[number]
        if left:
            left.seek(start)
            told = left.read(size)
        else:
            told = near.read(storage.join(task.build, joined.file_names(partition)[".samples"]), start, size)
        offsets, one = _proven(task, partition, told, ready.hashes[number])
        file = storage.join(task.build, f"pictures/{partition:06d}.bin")
        bodies = []
        for picture, offset in zip(one.row["pictures"], offsets, strict=True):
            body = near.read(file, offset, picture["bytes"])
            if hashlib.sha256(body).hexdigest() != picture["sha256"]:
                raise receipt.spoilt(task.build, "pictures", partition, f"pictures/{partition:06d}.bin")
            bodies.append(body)
        entry.pages.kept += 1
        entry.pictures.kept += len(bodies)
        entry.pictures.bytes += one.row["picture_bytes"]
        yield one, bodies
