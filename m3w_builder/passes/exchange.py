"""An exchange: the only place where partitions meet. Keys travel, bytes never do.

Three rounds of ordinary tasks, each with its receipt, so that a lost worker costs one task:
gather   some partitions' keys, split by bucket (the key's top bits); few of one bucket are judged where they lie
judge    one bucket of all groups: every row of a key is here, so the duplicates are decided
deliver  a group's decisions, one file a partition, rewritten only where they changed
Where what is alike goes by connected groups and there are several buckets, `passes.groups` comes before the last.
Files grow as groups x buckets, not as partitions x buckets.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from m3w_builder import dedup, interim, storage
from m3w_builder.classes import dataclass
from m3w_builder.dedup import DedupConfig
from m3w_builder.passes import receipt
from m3w_builder.passes.buckets import LEAST_HELD, shares, split
from m3w_builder.passes.receipt import Receipt
from m3w_builder.stage import Drop

GROUP = 256
"""Partitions a group, and those whose keys one task gathers in a large build."""
LEAST_GATHERED, GATHERINGS = 16, 8
"""In a small one it gathers fewer, so that there are some tasks for all workers: see `gathered`."""
ROW_GROUP = 1 << 16
"""Rows that stand together in a table that is read whole: of fewer it is larger, and takes twice as long."""

JUDGES: Mapping[str, Callable[[pa.Table, DedupConfig, bool], pa.Table]] = {
    "exchange1": dedup.judge_pages,
    "exchange2": dedup.judge_pictures,
}
STAGE_OF = {"exchange1": "page_duplicates", "exchange2": "picture_duplicates"}
"""The stage whose time it is to judge."""
KEYS_OF = {"exchange1": "pages", "exchange2": "pictures"}
CODE = ("dedup", "passes/buckets.py", "passes/exchange.py", "passes/groups.py", "interim.py")
"""What an exchange's outcome rests on."""


@dataclass(frozen=True, slots=True)
class ExchangeTask:
    """One round's work for one group or bucket. `partitions` are a group's, `groups` are all there are."""

    build: str
    exchange: str
    config: DedupConfig
    buckets: int
    number: int
    partitions: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    gathered: tuple[int, ...] = ()
    """The numbers of all tasks that gathered keys; none: a judge reads those of `partitions` where they lie."""
    linked: int = 0
    """Buckets of groups that decided on what is alike (`passes.groups`); 0: the judges did."""
    held: int = LEAST_HELD
    """Rows that it may hold at once."""

    @property
    def alone(self) -> bool:
        """Whether the judge of a bucket decides on what is alike, and not the buckets together."""
        return self.buckets == 1 or self.config.groups == "neighbours"


def gather(task: ExchangeTask) -> Receipt:
    """Split the keys of a group's partitions by bucket."""
    name = f"{task.exchange}/gather"
    source = KEYS_OF[task.exchange]
    files = [f"{source}/{partition:06d}.keys.arrow" for partition in task.partitions]
    inputs = checksums(task.build, source, task.partitions, ".keys.arrow")
    mark = receipt.fingerprint(inputs, task.buckets, receipt.code(*CODE))

    def work(mine: Receipt) -> None:
        for partition in task.partitions:
            receipt.check(task.build, source, partition, (".keys.arrow",))
        with split(task.build, files, task.buckets, task.held) as members:
            for bucket in range(task.buckets):
                file = f"{name}/{task.number:05d}-{bucket:05d}.arrow"
                mine.enter(file, interim.write(storage.join(task.build, file), members(bucket)))

    return receipt.once(task.build, name, task.number, f"group {task.number}", mark, work)


def judge(task: ExchangeTask) -> Receipt:
    """Decide one bucket of keys; the decisions are split by the group of their partition.

    What is alike in a chain may meet in several buckets: then its links are written, and their number told.
    """
    name = f"{task.exchange}/judge"
    source, numbers, ending = f"{task.exchange}/gather", task.gathered, f"-{task.number:05d}.arrow"
    if not task.gathered:
        source, numbers, ending = KEYS_OF[task.exchange], task.partitions, ".keys.arrow"
    inputs = checksums(task.build, source, numbers, ending)
    mark = receipt.fingerprint(inputs, task.config, receipt.code(*CODE))

    def work(mine: Receipt) -> None:
        for number in numbers:
            receipt.check(task.build, source, number, (ending,))
        files = [storage.join(task.build, entry.partition(" ")[0]) for entry in inputs]
        keys = pa.concat_tables(map(interim.read, files))
        keys = keys.unify_dictionaries()
        with judging(task.exchange, mine):
            decisions = JUDGES[task.exchange](keys, task.config, task.alone)
        groups = decisions["partition"].to_numpy() // GROUP
        for group in task.groups:
            mine_only = decisions.filter(pa.array(groups == group))
            write(task.build, mine, f"{name}/{task.number:05d}-{group:05d}.parquet", mine_only)
        mine.stats = {"links": 0}
        if not task.alone:
            with judging(task.exchange, mine):
                links = dedup.links(keys, task.config)
            write(task.build, mine, f"{name}/{task.number:05d}-links.parquet", links)
            mine.stats["links"] = len(links)
        if task.exchange == "exchange2":
            with judging(task.exchange, mine):
                mine.stats["repeats"] = dedup.repeats(keys)

    return receipt.once(task.build, name, task.number, f"bucket {task.number}", mark, work)


def deliver(task: ExchangeTask) -> Receipt:
    """Bring a group's decisions together and write each partition's own."""
    name = f"{task.exchange}/deliver"
    source = f"{task.exchange}/judge"
    ending = f"-{task.number:05d}.parquet"
    places = [(source, bucket) for bucket in range(task.buckets)]
    places += [(f"{task.exchange}/groups", bucket) for bucket in range(task.linked)]
    files = [f"{folder}/{bucket:05d}{ending}" for folder, bucket in places]
    inputs = [checksums(task.build, folder, (bucket,), ending) for folder, bucket in places]
    mark = receipt.fingerprint(inputs, task.partitions, task.config.contained, receipt.code(*CODE))

    def work(mine: Receipt) -> None:
        for folder, bucket in places:
            receipt.check(task.build, folder, bucket, (ending,))
        distances: Counter[str] = Counter()
        urls = [storage.join(task.build, file) for file in files]
        for some in shares(task.partitions, sum(map(storage.rows, urls)), task.held):
            decisions = pa.concat_tables([_of(storage.read_table(url), some) for url in urls])
            with judging(task.exchange, mine):
                decisions = dedup.settle(dedup.contained(decisions, task.config.contained))
            partitions = decisions["partition"].to_numpy()
            for partition in some:
                low, high = np.searchsorted(partitions, [partition, partition + 1])
                write(task.build, mine, decisions_name(task.exchange, partition), decisions.slice(low, high - low))
            distances.update(dedup.distances(decisions) if task.exchange == "exchange2" else {})
        if task.exchange == "exchange2":
            mine.stats = {"distances": dict(sorted(distances.items(), key=lambda one: int(one[0])))}

    return receipt.once(task.build, name, task.number, f"group {task.number}", mark, work)


def _of(decisions: pa.Table, partitions: tuple[int, ...]) -> pa.Table:
    """Those of neighbouring partitions. Parquet's own filters would do it, by megabytes of imports."""
    of = decisions["partition"].to_numpy()
    mine = (of >= partitions[0]) & (of <= partitions[-1])
    return decisions if mine.all() else decisions.filter(pa.array(mine))


@contextmanager
def judging(exchange: str, mine: Receipt) -> Iterator[None]:
    """What the block takes is the stage's whose decisions it makes, and no bookkeeping."""
    before = time.process_time()
    yield
    mine.ledger[STAGE_OF[exchange]].cpu_seconds += time.process_time() - before


def decisions_name(exchange: str, partition: int) -> str:
    """The file of one partition's decisions, from the build's folder."""
    return f"{exchange}/decisions/{partition:06d}.parquet"


def read_decisions(build: str, exchange: str, partition: int) -> tuple[pa.Table, str]:
    """One partition's decisions, and the sha256 of their file."""
    url = storage.join(build, decisions_name(exchange, partition))
    digest = storage.sha256(url) if storage.exists(url) else ""
    delivered = receipt.read(build, f"{exchange}/deliver", partition // GROUP)
    entry = delivered.outputs.get(decisions_name(exchange, partition)) if delivered else None
    if entry is None or entry["sha256"] != digest:
        name = decisions_name(exchange, partition)
        raise receipt.spoilt(build, f"{exchange}/deliver", partition // GROUP, name)
    return storage.read_table(url), digest


def gathered(partitions: list[int]) -> list[tuple[int, tuple[int, ...]]]:
    """Rising partition numbers by the task that gathers their keys. The outcome does not hang on it."""
    size = LEAST_GATHERED
    while size < GROUP and size * GATHERINGS < len(partitions):
        size *= 2
    return list(groups(partitions, size))


def groups(partitions: list[int], size: int = GROUP) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Rising partition numbers by group of `size`: (group's number, its partitions)."""
    start = 0
    while start < len(partitions):
        group = partitions[start] // size
        end = start
        while end < len(partitions) and partitions[end] // size == group:
            end += 1
        yield group, tuple(partitions[start:end])
        start = end


def bucket_count(rows: int, rows_a_bucket: int, few: int = 1) -> int:
    """A power of two, so that a bucket's share of the keys stays near `rows_a_bucket`.

    `few`: up to so many buckets are made of as many times fewer rows, so that a small build holds little at once.
    """
    wanted = max(rows // rows_a_bucket, min(rows * few // rows_a_bucket, few - 1))
    return 1 << wanted.bit_length()


def checksums(build: str, pass_name: str, numbers: tuple[int, ...], ending: str) -> list[str]:
    """The sha256 of the files with this ending that the given tasks of a pass made, from their receipts."""
    sums = []
    for number in numbers:
        mine = receipt.read(build, pass_name, number)
        if mine is None:
            raise receipt.SpoiltError(f"no receipt of {pass_name} {number} in {build}")
        sums += [f"{name} {output['sha256']}" for name, output in sorted(mine.outputs.items()) if name.endswith(ending)]
    return sums


def write(build: str, mine: Receipt, name: str, table: pa.Table) -> None:
    written = storage.write_table(storage.join(build, name), table, row_group=ROW_GROUP, lasting=False)
    mine.enter(name, written)


def page_drops(decisions: pa.Table) -> dict[int, Drop]:
    """Exchange 1: which documents go, by `Document.id`; of several reasons the last in the order of kinds counts."""
    return {doc: drop for doc, _, drop in _drops(decisions, "paragraph", "minhash", "text", "url")}


def picture_drops(decisions: pa.Table) -> dict[int, Drop]:
    """Exchange 1: which picture URLs go unfetched, by `dedup.picture_url_key`."""
    return {key: drop for _, key, drop in _drops(decisions, "picture")}


def picture_duplicates(decisions: pa.Table) -> dict[tuple[int, int], Drop]:
    """Exchange 2: which pictures go, by `Document.id` and `dedup.picture_key`; looks before exact before near."""
    found: dict[tuple[int, int], Drop] = {}
    for kind in ("embedding", "near", "pixels", "exact", "look"):
        found |= {(doc, key): drop for doc, key, drop in _drops(decisions, kind)}
    return found


def same_pictures(decisions: pa.Table) -> dict[int, Drop]:
    """Exchange 2: which documents go because another has the same set of pictures, by `Document.id`."""
    return {doc: drop for doc, _, drop in _drops(decisions, "set")}


def repeated_lines(decisions: pa.Table) -> dict[int, set[int]]:
    """Exchange 1: by `Document.id` the `dedup.line_key`s of lines that its host repeats."""
    found: dict[int, set[int]] = {}
    mine = decisions.filter(pc.equal(decisions["kind"].cast(pa.string()), "line"))
    for doc, key in zip(mine["doc"].to_pylist(), mine["key"].to_pylist(), strict=True):
        found.setdefault(doc, set()).add(key)
    return found


def archived_places(decisions: pa.Table) -> dict[int, tuple[str, int]]:
    """Exchange 1: (file, offset) of the picture URLs that the archive itself holds, by `dedup.picture_url_key`."""
    key, file, offset = _columns(decisions, ("archived",), ("key", "file", "offset"))
    return dict(zip(key, zip(file, offset, strict=True), strict=True))


def _columns(decisions: pa.Table, kinds: tuple[str, ...], names: tuple[str, ...]) -> list[list[Any]]:
    mine = decisions.filter(pc.is_in(decisions["kind"].cast(pa.string()), value_set=pa.array(kinds)))
    return [mine[name].to_pylist() for name in names]


def _drops(decisions: pa.Table, *kinds: str) -> Iterator[tuple[int, int, Drop]]:
    """(document, key, reason) of the decisions of some kinds, in their order."""
    columns = _columns(decisions, kinds, ("doc", "key", "reason", "detail", "value", "limit"))
    for doc, key, reason, detail, value, limit in zip(*columns, strict=True):
        yield doc, key, Drop(reason, f"kept in document {detail}…" if detail else "", value, limit)
