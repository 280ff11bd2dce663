"""An exchange's groups of what is alike, where they reach over several buckets: joined round by round, by tasks.

spread   one judge's links, split by the bucket of groups that each node falls to
unite    a bucket of groups' round: its pointers and its mail to pointers and mail (`dedup.groups`); rounds go on
         until none moves, some two for each halving of the longest way to a group's least node
groups   a bucket's pointers as decisions, split by the group of their partition, for `exchange.deliver`
A task holds one bucket's pointers and mail, as many as `LINKS_A_BUCKET` and what others ask. Mail is a file only where
there is any; the files of a round are buckets x buckets at most.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from m3w_builder import dedup, storage
from m3w_builder.classes import dataclass
from m3w_builder.dedup import DedupConfig
from m3w_builder.passes import receipt
from m3w_builder.passes.exchange import CODE, GROUP, checksums, judging, write
from m3w_builder.passes.receipt import Receipt

LINKS_A_BUCKET = 4_000_000
"""Links that one task joins at once, some 1 GB: a second bucket costs a fifth more, for its rounds of mail."""


@dataclass(frozen=True, slots=True)
class GroupsTask:
    """One step's work for one judge (`spread`) or one bucket of groups. `groups` are groups of partitions."""

    build: str
    exchange: str
    config: DedupConfig
    judges: int
    buckets: int
    place: int
    round: int = 0
    groups: tuple[int, ...] = ()

    @property
    def number(self) -> int:
        """Of the task among those of its step: rounds follow each other."""
        return self.round * self.buckets + self.place


def spread(task: GroupsTask) -> Receipt:
    """Split the links of one judge by the bucket of groups that their node falls to."""
    name, source = f"{task.exchange}/spread", f"{task.exchange}/judge"
    ending = "-links.parquet"
    mark = receipt.fingerprint(checksums(task.build, source, (task.place,), ending), task.buckets, receipt.code(*CODE))

    def work(mine: Receipt) -> None:
        receipt.check(task.build, source, task.place, (ending,))
        links = storage.read_table(storage.join(task.build, f"{source}/{task.place:05d}{ending}"))
        _post(task, mine, name, links)

    return receipt.once(task.build, name, task.place, f"bucket {task.place}", mark, work)


def unite(task: GroupsTask) -> Receipt:
    """One round of one bucket of groups; `moved` in the statistics says whether there was anything to do."""
    name = f"{task.exchange}/unite"
    before = [(task.round - 1) * task.buckets + bucket for bucket in range(task.buckets)]
    source, senders = (name, before) if task.round else (f"{task.exchange}/spread", list(range(task.judges)))
    mail = f"-{task.place:05d}.parquet"
    sent = {sender: checksums(task.build, source, (sender,), mail) for sender in senders}
    state = f"{name}/{before[task.place]:06d}-pointers.parquet" if task.round else ""
    inputs = [
        [entry for entries in sent.values() for entry in entries],
        checksums(task.build, name, (before[task.place],), "-pointers.parquet") if task.round else [],
    ]
    mark = receipt.fingerprint(inputs, task.buckets, receipt.code(*CODE))

    def work(mine: Receipt) -> None:
        told = [dedup.LINKS.empty_table()]
        for sender, entries in sent.items():
            if entries:
                receipt.check(task.build, source, sender, (mail,))
            told += [storage.read_table(storage.join(task.build, entry.partition(" ")[0])) for entry in entries]
        pointers = dedup.LINKS.empty_table()
        if state:
            receipt.check(task.build, name, before[task.place], ("-pointers.parquet",))
            pointers = storage.read_table(storage.join(task.build, state))
        with judging(task.exchange, mine):
            pointers, out, moved = dedup.merged(pointers, pa.concat_tables(told), task.place, task.buckets)
        write(task.build, mine, f"{name}/{task.number:06d}-pointers.parquet", pointers)
        _post(task, mine, name, out)
        mine.stats = {"moved": int(moved)}

    return receipt.once(task.build, name, task.number, f"round {task.round}, bucket {task.place}", mark, work)


def settle(task: GroupsTask) -> Receipt:
    """The decisions of one bucket of groups after the last round, `task.round`."""
    name, source = f"{task.exchange}/groups", f"{task.exchange}/unite"
    ending = "-pointers.parquet"
    inputs = checksums(task.build, source, (task.number,), ending)
    mark = receipt.fingerprint(inputs, task.config, task.groups, receipt.code(*CODE))

    def work(mine: Receipt) -> None:
        receipt.check(task.build, source, task.number, (ending,))
        pointers = storage.read_table(storage.join(task.build, f"{source}/{task.number:06d}{ending}"))
        with judging(task.exchange, mine):
            decisions = dedup.decided(pointers, task.config)
        of = decisions["partition"].to_numpy() // GROUP
        for group in task.groups:
            write(
                task.build,
                mine,
                f"{name}/{task.place:05d}-{group:05d}.parquet",
                decisions.filter(pa.array(of == group)),
            )

    return receipt.once(task.build, name, task.place, f"bucket {task.place}", mark, work)


def _post(task: GroupsTask, mine: Receipt, name: str, mail: pa.Table) -> None:
    """Write mail, one file for each bucket that any goes to."""
    to = dedup.addressed(mail, task.buckets)
    for bucket in np.unique(to).tolist():
        write(task.build, mine, f"{name}/{task.number:06d}-{bucket:05d}.parquet", mail.filter(pa.array(to == bucket)))
