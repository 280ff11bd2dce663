"""`m3w takedown`: takes pages and pictures out of a finished build; only the shards concerned are written again.

What went is entered in the books as dropped (`taken_down`) and remembered in BUILD/tombstones.json, so that no later
run lets it in again. One bundle of shards is one task, and its receipt is written last: killed at any point, the same
command again ends what was begun.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any

import pyarrow as pa

from m3w_builder import pictures, shards, storage
from m3w_builder.classes import dataclass
from m3w_builder.cluster import Engine
from m3w_builder.errors import BuildError, ConfigError
from m3w_builder.ledger import PAGE_DROPPED, Count, Ledger
from m3w_builder.passes import receipt
from m3w_builder.passes.receipt import Receipt
from m3w_builder.passes.shards import NAME, TAKEN_DOWN
from m3w_builder.pictures import Picture, PicturesConfig
from m3w_builder.report.statistics import Statistics
from m3w_builder.shards import search, tombstones
from m3w_builder.shards.tombstones import Look, Tombstones
from m3w_builder.shards.write import Shard, described, open_shard

STAGE = "write"
"""The stage in whose books it is entered."""


@dataclass(frozen=True, slots=True)
class TakeTask:
    """One bundle of shards to look through. A document left with fewer than `min_pictures` pictures goes whole."""

    build: str
    bundle: int
    asked: Tombstones
    min_pictures: int
    dry_run: bool


@dataclass(slots=True)
class Taken:
    """What went, or would go in a dry run."""

    pages: list[str] = field(default_factory=list)
    """URLs of pages, those included that too few pictures were left to."""
    pictures: list[tuple[str, str]] = field(default_factory=list)
    """(picture's URL, its page's URL), of pages that stay."""
    shards: list[str] = field(default_factory=list)
    """Names of tars that were written again."""
    books: tuple[Count, Count] = field(default_factory=lambda: (Count(), Count()))
    """What the bundle's receipt says of pages and pictures written."""


def look(config: PicturesConfig) -> Look:
    """How a build with this config knows a picture: by the bytes as they are and as it would store them, by looks."""

    def known(body: bytes) -> tuple[list[str], str]:
        import hashlib

        found = pictures.decode("", body, config)
        stored = pictures.finish(found, config) if isinstance(found, Picture) else found
        if not isinstance(stored, Picture):
            raise ValueError(f"the file is no picture that a build takes: {stored.reason} {stored.detail}")
        return [hashlib.sha256(body).hexdigest(), stored.sha256], f"{stored.phash:016x}"

    return known


def takedown(build: str, asked: Tombstones, engine: Engine, *, min_pictures: int = 1, dry_run: bool = False) -> Taken:
    """Take these out of a build's shards, indexes, receipts and books, and keep tombstones of them.

    Raises BuildError where there is no finished build, or where a bundle could not be written.
    """
    books_url = storage.join(build, "ledger.json")
    if not storage.exists(books_url):
        raise BuildError(f"{build}: no finished build lies there (no ledger.json); run `m3w build` first")
    if not dry_run:  # first of all, so that nothing comes back whatever happens to the rest
        tombstones.add(build, asked)
    whole, written = Taken(), (Count(), Count())
    tasks = (TakeTask(build, bundle, asked, min_pictures, dry_run) for bundle in receipt.numbers(build, NAME))
    for outcome in engine.map(take, tasks):
        if outcome.result is None:
            line = outcome.error.strip().splitlines()[-1]
            raise BuildError(f"{build}: bundle {outcome.task.bundle}: {line}; the same command again goes on")
        mine = outcome.result
        whole.pages += mine.pages
        whole.pictures += mine.pictures
        whole.shards += mine.shards
        for total, count in zip(written, mine.books, strict=True):
            total.add(count)
    if not dry_run:
        ledger = Ledger.from_json(storage.read_json(books_url))
        ledger[STAGE].pages, ledger[STAGE].pictures = written
        storage.write_json(books_url, ledger.to_json())
    whole.shards.sort()
    return whole


def take(task: TakeTask) -> Taken:
    """Look through one bundle; write again what is concerned, then the dropped rows, then the receipt."""
    mine = receipt.read(task.build, NAME, task.bundle)
    if mine is None:
        raise BuildError(f"no receipt of {NAME} {task.bundle} in {task.build}")
    journal = storage.join(task.build, NAME, f"{task.bundle:06d}.takedown.json")
    begun = storage.read_json(journal) if storage.exists(journal) else {"tars": [], "rows": []}
    tars = [name.removesuffix(".tar") for name in mine.outputs if name.endswith(".tar")]
    fresh = [name for name in tars if _concerned(task, name)]
    names = sorted({*begun["tars"], *fresh})
    rows = _unique([*begun["rows"], *(row for name in fresh for row in _rows(task, name))])
    if names and not task.dry_run:
        # A tar that is written again no longer tells what went: that stands in the journal before.
        storage.write_json(journal, {"tars": names, "rows": rows})
        stones = tombstones.read(task.build)
        for name in names:
            mine.outputs |= _rewritten(task, name, stones).outputs(NAME)
        _enter(task, mine, rows, tars)
        storage.write_json(receipt.path(task.build, NAME, task.bundle), mine.to_json())
        storage.remove(journal)
    return Taken(
        [row["url"] for row in rows if row["unit"] == "page"],
        [(row["url"], row["page"]) for row in rows if row["unit"] == "picture" and row["reason"] == TAKEN_DOWN],
        [f"{name.rsplit('/', 1)[-1]}.tar" for name in names],
        (mine.ledger[STAGE].pages, mine.ledger[STAGE].pictures),
    )


def _concerned(task: TakeTask, name: str) -> bool:
    """Whether a shard's index has a page or picture that is asked for."""
    asked = task.asked
    for table in storage.iter_tables(storage.join(task.build, f"{name}.parquet"), ["url", "host", "pictures"]):
        for row in table.to_pylist():
            if asked.page(row["url"], row["host"]):
                return True
            if any(asked.picture(one["url"], one["sha256"], one["phash"]) for one in row["pictures"]):
                return True
    return False


def _rows(task: TakeTask, name: str) -> Iterable[dict[str, Any]]:
    """The dropped rows of what goes of one shard."""
    for one, _ in shards.samples(storage.join(task.build, f"{name}.tar")):
        whole, gone = task.asked.judge(one, task.min_pictures)
        told = {"page": one.url, "doc": one.key, "stage": STAGE}
        if whole:
            yield {"unit": "page", "url": one.url, **told, "reason": TAKEN_DOWN, "detail": ""}
        for image in one.images if whole else gone:
            reason, detail = (PAGE_DROPPED, TAKEN_DOWN) if whole else (TAKEN_DOWN, "")
            yield {"unit": "picture", "url": image.url, **told, "reason": reason, "detail": detail}


def _unique(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(row["unit"], row["doc"], row["url"]): row for row in rows}.values())


def _rewritten(task: TakeTask, name: str, stones: Tombstones) -> Shard:
    """Write a tar and its index again without what is taken down."""
    name = name.rsplit("/", 1)[-1]
    folder = storage.join(task.build, NAME)
    words = storage.join(folder, name + search.SUFFIX)
    texts = not storage.exists(words) or search.has_texts(words)  # older versions wrote none
    with open_shard(folder, name, name.split("-", 1)[0], texts) as shard:
        for one, parts in shards.samples(storage.join(folder, f"{name}.tar")):
            whole, gone = stones.judge(one, task.min_pictures)
            if whole:
                continue
            left = [image for image in one.images if not any(image is other for other in gone)]
            bodies = [parts[image.part] for image in left]
            one.items = [item for item in one.items if not any(item is other for other in gone)]
            shard.add(one, bodies)
        return shard.close()


def _enter(task: TakeTask, mine: Receipt, rows: list[dict[str, Any]], tars: list[str]) -> None:
    """Enter what went in the bundle's dropped rows, its books and its statistics."""
    dropped = f"{NAME}/{task.bundle:06d}.dropped.parquet"
    table = storage.read_table(storage.join(task.build, dropped))
    known = [row for row in table.to_pylist() if row["stage"] == STAGE]
    places = {(row["unit"], row["doc"], row["url"]) for row in known}
    new = [row for row in rows if (row["unit"], row["doc"], row["url"]) not in places]
    rows_in_all = pa.concat_tables([table, pa.Table.from_pylist(new, schema=table.schema)])
    mine.enter(dropped, storage.write_table(storage.join(task.build, dropped), rows_in_all))
    for unit, count in (("page", mine.ledger[STAGE].pages), ("picture", mine.ledger[STAGE].pictures)):
        taken, count.dropped = count.taken, {}
        for row in [*known, *new]:
            if row["unit"] == unit:
                count.drop(row["reason"])
        count.kept = taken - sum(count.dropped.values())
    statistics = Statistics(mine.stats["documents"].get("tokenizer", ""))
    for name in tars:
        for one, _ in shards.samples(storage.join(task.build, f"{name}.tar")):
            statistics.add_document(one)
    left = [described(storage.join(task.build, f"{name}.parquet")) for name in tars]
    counts = {shard.name: shard.samples for shard in left}
    mine.ledger[STAGE].pictures.bytes = statistics.sums["picture_bytes"]
    mine.stats |= {"documents": statistics.to_json(), "splits": shards.totals(left), "rows": counts}


def of_options(
    urls: Iterable[str], hosts: Iterable[str], images: Iterable[str], lists: Iterable[str], distance: int, known: Look
) -> Tombstones:
    """What the command line asks for; raises ConfigError where an image or a line of a list is none."""
    asked = Tombstones(set(urls), {host.lower() for host in hosts})
    try:
        for image in images:
            asked = asked.with_(tombstones.of_image(image, distance, known))
        for name in lists:
            lines = storage.read_bytes(name).decode().splitlines()
            asked = asked.with_(tombstones.of_lines(lines, distance, known))
    except (OSError, ValueError) as error:
        raise ConfigError(f"takedown: {error}") from None
    if asked == Tombstones():
        raise ConfigError("takedown: say what: --url, --host, --image or --list FILE")
    return asked
