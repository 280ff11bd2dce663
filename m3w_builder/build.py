"""`build`: one corpus in one folder, from its config; run again, it goes on where it stopped."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import Any, Protocol

from m3w_builder import cluster, decontaminate, plan, sources, storage
from m3w_builder.classes import dataclass
from m3w_builder.config import Config, check
from m3w_builder.engine import Engine
from m3w_builder.errors import BuildError
from m3w_builder.ledger import Ledger
from m3w_builder.lock import locked
from m3w_builder.passes import buckets as key_buckets
from m3w_builder.passes import exchange, groups, joined, pages, pictures, receipt, retry, shards
from m3w_builder.passes.exchange import ExchangeTask
from m3w_builder.passes.groups import GroupsTask
from m3w_builder.passes.receipt import Receipt

KEYS_A_BUCKET, FEW_BUCKETS = 4_000_000, 128
"""Key rows that one judge holds at once, some 300 bytes each while it judges. A build with fewer keys has up to so many
buckets of 31,250 rows, or of what a partition has where that is more, so that it takes no more than a small one."""

QUARANTINED = "quarantined"
"""The reason of pages and pictures whose partition failed in every attempt."""


class Listener(Protocol):
    """What a build tells while it runs; see `progress.Progress`."""

    def start(self, pass_name: str, total: int | None) -> None: ...

    def done(self, receipt: dict[str, Any]) -> None: ...

    def note(self, text: str) -> None: ...


@dataclass(slots=True)
class Summary:
    """What came out of a build: its books, and what it took."""

    build: str
    ledger: Ledger = field(default_factory=Ledger)
    quarantined: list[tuple[str, str, str]] = field(default_factory=list)
    """(pass, partition's label, last line of the error) of each task that failed in every attempt."""
    passes: dict[str, dict[str, int]] = field(default_factory=dict)
    """By pass and round: how many tasks there were, and of how many an earlier run's work was used again."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0

    @property
    def tasks(self) -> int:
        return sum(entry["tasks"] for entry in self.passes.values())

    @property
    def reused(self) -> int:
        return sum(entry["reused"] for entry in self.passes.values())


def build(config: Config, out: str, listener: Listener, retry_failed: bool = False) -> Summary:
    """Do the whole job; raises ConfigError before any work, BuildError where it cannot go on.

    With `retry_failed`, pictures whose links gave nothing to an earlier run are asked for again.
    """
    started = time.monotonic()
    sources.check(config.source)
    storage.make_folder(out)
    summary = Summary(out)
    with locked(out) as died:
        plan.write_config(out, config)
        config = decontaminate.resolve(config, out)
        check(config)
        sources.acquire(config.source, config.fetch, storage.join(out, "crawl"), listener.note)
        total = plan.make(out, config)
        if not total:
            raise BuildError("source: nothing to read was found there")
        # Where a build died here before, a page may have killed it: one that can only kill a worker is found.
        with cluster.start(config.cluster, None if died else total) as engine:
            if engine.dashboard:
                listener.note(f"Dask dashboard: {engine.dashboard}")
            job = Job(config, out, engine, listener, summary, retry_failed)
            try:
                job.run(total)
            except BuildError:
                if not job.spoilt:
                    raise
            if job.spoilt:
                listener.note("files of the build were not what their tasks wrote; they are made anew")
                summary = Summary(out)
                Job(config, out, engine, listener, summary, retry_failed).run(total)
        summary.seconds = time.monotonic() - started
        storage.write_json(storage.join(out, "ledger.json"), summary.ledger.to_json())
    return summary


@dataclass(slots=True)
class Job:
    """The passes and exchanges of one build on one engine."""

    config: Config
    out: str
    engine: Engine
    listener: Listener
    summary: Summary
    retry_failed: bool = False
    spoilt: bool = False
    """Whether a task found that a file was not what an earlier task had written."""

    def run(self, total: int) -> None:
        """Pass 1, exchange 1, pass 2, exchange 2, pass 3 in two steps; then what they did not make is removed."""
        numbers, keys = self.pages(total)
        self.exchange("exchange1", numbers, keys)
        numbers, keys, bundles = self.pictures(numbers)
        self.exchange("exchange2", numbers, keys)
        self.shards(self.joined(numbers, bundles))

    def pages(self, total: int) -> tuple[list[int], int]:
        """Pass 1; the partitions that came through, rising, and how many keys they wrote."""
        tasks = (
            pages.PagesTask(self.out, self.config, p.number, p.label, p.input, p.fingerprint)
            for p in plan.partitions(self.out)
        )
        numbers: list[int] = []
        planned: set[int] = set()
        keys = 0
        for task, mine in self.each(pages.NAME, pages.run, self._noting(tasks, planned), total):
            if mine is None:
                continue
            numbers.append(task.partition)
            keys += mine.stats["keys"]
        for folder in (pages.NAME, pictures.NAME, joined.NAME, "exchange1/decisions", "exchange2/decisions"):
            plan.sweep(self.out, folder, lambda name: _number(name) in planned)
        return sorted(numbers), keys

    def pictures(self, numbers: list[int]) -> tuple[list[int], int, list[tuple[int, ...]]]:
        """Pass 2; the partitions that came through, how many keys they wrote, and the bundles that are mixed."""
        tasks = (pictures.PicturesTask(self.out, self.config, number) for number in numbers)
        sizes, keys = {}, 0
        work = retry.run if self.retry_failed else pictures.run
        retried: Counter[str] = Counter()
        for task, mine in self.each(pictures.NAME, work, tasks, len(numbers)):
            if mine is None:
                self._lost(pages.NAME, "keys", [task.partition], "page_duplicates")
                continue
            sizes[task.partition] = mine.stats["sample_bytes"]
            keys += mine.stats["keys"]
            if not mine.reused:
                retried.update({"asked": mine.stats.get("retried", 0), **mine.stats.get("came", {})})
        if self.retry_failed:
            self.listener.note(
                f"{retried['asked']} pictures were asked for again; {retried['live']} came from their own links, "
                f"{retried['archive']} from the archive"
            )
        through = sorted(sizes)
        return (
            through,
            keys,
            list(bundles(through, sizes, self.config.shards.bundle * self.config.shards.target_mb * 1_000_000)),
        )

    def joined(self, numbers: list[int], of: list[tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
        """Pass 3, partition by partition; by its number, what of each bundle came through."""
        tasks = (joined.JoinTask(self.out, self.config, number) for number in numbers)
        lost: set[int] = set()
        for task, mine in self.each(joined.NAME, joined.run, tasks, len(numbers)):
            if mine is None:
                lost.add(task.partition)
                self._lost(pictures.NAME, "store", [task.partition], "picture_duplicates")
        left = {index: tuple(one for one in bundle if one not in lost) for index, bundle in enumerate(of)}
        return {index: bundle for index, bundle in left.items() if bundle}

    def shards(self, of: dict[int, tuple[int, ...]]) -> None:
        """Pass 3, bundle by bundle; shards that no receipt names are removed."""
        tasks = (shards.ShardsTask(self.out, self.config, index, partitions) for index, partitions in of.items())
        named = set()
        for task, mine in self.each(shards.NAME, shards.run, tasks, len(of)):
            if mine is None:
                self._lost(pictures.NAME, "store", list(task.partitions), "picture_duplicates")
                continue
            named |= {name.rsplit("/", 1)[-1] for name in mine.outputs} | {f"{task.bundle:06d}.json"}
        plan.sweep(self.out, shards.NAME, named.__contains__)

    def exchange(self, name: str, numbers: list[int], keys: int) -> None:
        """Gather, judge, join groups, deliver; a step that fails ends the build, since every partition waits for it."""
        if not numbers:
            return  # every partition is quarantined: nobody waits for it
        groups_of = list(exchange.groups(numbers))
        least = max(KEYS_A_BUCKET // FEW_BUCKETS, keys // len(numbers) + 1)  # a judge may hold what a partition has
        buckets = exchange.bucket_count(keys, KEYS_A_BUCKET, max(1, KEYS_A_BUCKET // least))
        held = key_buckets.held(buckets)
        ids = tuple(group for group, _ in groups_of)

        gathering = [] if buckets == len(groups_of) == 1 else exchange.gathered(numbers)
        if len(gathering) <= 2 * exchange.GATHERINGS:  # from there on their numbers stay what they are
            mine = {number for number, _ in gathering}
            plan.sweep(self.out, f"{name}/gather", lambda file: _number(file.replace("-", ".")) in mine)
        made = tuple(number for number, _ in gathering)

        def task(number: int, partitions: tuple[int, ...] = (), linked: int = 0) -> ExchangeTask:
            return ExchangeTask(self.out, name, self.config.dedup, buckets, number, partitions, ids, made, linked, held)

        if gathering:
            self._step(f"{name}/gather", exchange.gather, [task(number, members) for number, members in gathering])
        lying = () if gathering else groups_of[0][1]
        judged = self._step(f"{name}/judge", exchange.judge, [task(bucket, lying) for bucket in range(buckets)])
        linked = self._groups(name, buckets, sum(stats["links"] for stats in judged), ids)
        deliveries = [task(group, members, linked) for group, members in groups_of]
        self._step(f"{name}/deliver", exchange.deliver, deliveries)

    def _groups(self, name: str, judges: int, links: int, ids: tuple[int, ...]) -> int:
        """Join what is alike over the buckets; how many buckets of groups decided on it."""
        if not links:
            return 0
        buckets = exchange.bucket_count(links, groups.LINKS_A_BUCKET)

        def tasks(places: int, turn: int = 0) -> list[GroupsTask]:
            return [
                GroupsTask(self.out, name, self.config.dedup, judges, buckets, place, turn, ids)
                for place in range(places)
            ]

        self._step(f"{name}/spread", groups.spread, tasks(judges))
        turn = 0
        while any(stats["moved"] for stats in self._step(f"{name}/unite", groups.unite, tasks(buckets, turn))):
            turn += 1
        plan.sweep(self.out, f"{name}/unite", lambda file: int(file[:6]) < (turn + 1) * buckets)
        self._step(f"{name}/groups", groups.settle, tasks(buckets, turn))
        return buckets

    def _step(self, name: str, function: Callable[[Any], Receipt], tasks: list[Any]) -> list[dict[str, Any]]:
        """One step of an exchange, its tasks' statistics; raises BuildError where one fails in every attempt."""
        done = []
        for _, mine in self.each(name, function, iter(tasks), len(tasks)):
            if mine is None:
                error = self.summary.quarantined[-1][2]
                raise BuildError(f"{name.replace('/', ': ')} failed: {error}; run again to retry")
            done.append(mine.stats)  # the receipt itself names as many files as there are buckets
        return done

    def each(
        self, name: str, function: Callable[[Any], Receipt], tasks: Iterable[Any], total: int
    ) -> Iterator[tuple[Any, Receipt | None]]:
        """Run the tasks; their receipts, each entered in the books and told, or None where one was quarantined."""
        self.listener.start(name, total)
        summary = self.summary
        entry = summary.passes.setdefault(name, {"tasks": 0, "reused": 0})
        resources = self.config.cluster.pass_resources.get(shards.NAME if name == joined.NAME else name)
        for outcome in self.engine.map(function, tasks, resources, total):
            mine = outcome.result
            number = getattr(
                outcome.task, "partition", getattr(outcome.task, "bundle", getattr(outcome.task, "number", 0))
            )
            quarantine = storage.join(self.out, "quarantine", f"{name.replace('/', '-')}-{number:06d}.json")
            if mine is None:
                label = getattr(outcome.task, "label", "") or f"{name} {number}"
                self.spoilt |= "SpoiltError" in outcome.error
                error = storage.hidden(outcome.error)
                line = error.strip().rsplit("\n", 1)[-1]
                summary.quarantined.append((name, label, line))
                storage.write_json(quarantine, {"pass": name, "number": number, "label": label, "error": error})
                self.listener.note(f"{name}: {label} failed in every attempt and is quarantined: {line}")
            else:
                storage.remove(quarantine)
                summary.ledger.add(mine.ledger)
                entry["tasks"] += 1
                entry["reused"] += mine.reused
                summary.cpu_seconds += 0 if mine.reused else mine.cpu_seconds
                summary.peak_mb = max(summary.peak_mb, mine.peak_mb)
                self.listener.done({**mine.to_json(), "reused": mine.reused})
            yield outcome.task, mine

    def _noting(self, tasks: Iterable[Any], planned: set[int]) -> Iterator[Any]:
        for task in tasks:
            planned.add(task.partition)
            yield task

    def _lost(self, pass_name: str, last_stage: str, partitions: list[int], stage: str) -> None:
        """Enter what the pass before kept of quarantined partitions as dropped, so that the books balance."""
        for partition in partitions:
            before = receipt.read(self.out, pass_name, partition)
            if before is not None:
                entry = self.summary.ledger[stage]
                entry.pages.drop(QUARANTINED, before.ledger[last_stage].pages.kept)
                entry.pictures.drop(QUARANTINED, before.ledger[last_stage].pictures.kept)


def bundles(numbers: list[int], sizes: dict[int, int], target: int) -> Iterator[tuple[int, ...]]:
    """Neighbouring partitions together until they fill a shard of `target` bytes."""
    bundle: list[int] = []
    filled = 0
    for number in numbers:
        bundle.append(number)
        filled += sizes[number]
        if filled >= target:
            yield tuple(bundle)
            bundle, filled = [], 0
    if bundle:
        yield tuple(bundle)


def _number(name: str) -> int:
    """The partition of a file such as 000012.keys.arrow; -1 for any other (a temporary file left by a kill)."""
    head = name.split(".", 1)[0]
    return int(head) if head.isdigit() else -1
