"""`m3w build --retry-failed`: pictures whose links gave nothing are asked for again, and no other is touched.

The pictures that a partition has stay as they are, byte for byte. Those that come now pass the same checks, and are
appended; books, dropped rows and keys are brought to it, and what follows from them is done again as after any change.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from m3w_builder import fetch, storage
from m3w_builder.document import valid
from m3w_builder.ledger import Ledger
from m3w_builder.passes import exchange, pictures, receipt
from m3w_builder.passes.books import DROPPED_SCHEMA, Books
from m3w_builder.passes.checks import judged
from m3w_builder.passes.pictures import LINKS, NAME, PicturesTask
from m3w_builder.passes.receipt import Receipt
from m3w_builder.passes.suspects import Suspects
from m3w_builder.passes.wanted import Wanted, wanted_of
from m3w_builder.stage import Drop

LIVE, ARCHIVE = "live", "archive"


def run(task: PicturesTask) -> Receipt:
    """Pass 2 of one partition; where it was done before, its dead links are asked for again."""
    mine = pictures.run(task)
    if not mine.reused:
        return mine  # they were asked for just now
    links = storage.read_table(storage.join(task.build, f"{NAME}/{task.partition:06d}.links.parquet"))
    again = [row["url"] for row in links.to_pylist() if not row["came"] and row["reason"] not in fetch.REFUSED]
    return _retried(task, mine, links, again) if again else mine


def _retried(task: PicturesTask, old: Receipt, links: pa.Table, again: list[str]) -> Receipt:
    decisions, _ = exchange.read_decisions(task.build, "exchange1", task.partition)
    wanted = wanted_of(task.build, task.partition, decisions, Books(Ledger(), _Rows()))
    came: dict[str, str] = {}
    outcome: dict[str, Drop] = {}
    delta, rows = Ledger(), _Rows()
    the_books = Books(delta, rows)
    urls = {ending: storage.join(task.build, name) for ending, name in pictures.file_names(task.partition).items()}
    written = {ending: storage.Written(lasting=False) for ending in urls}
    with ExitStack() as stack:
        # All files get their own names at the end, one right after the other.
        out = {ending: stack.enter_context(storage.atomic(url, written[ending])) for ending, url in urls.items()}
        with storage.open_read(urls[".bin"]) as stream:
            shutil.copyfileobj(stream, out[".bin"], 1 << 20)
        answers = _answers(task, again, wanted, came, outcome)
        suspects = Suspects(task.build, NAME, task.partition, 1)
        passed = judged(
            task.config.pictures, ([one] for one in answers), wanted, the_books, suspects, out[".bin"].write
        )
        new = pictures.keep(passed, storage.size(urls[".bin"]))
        the_books.flush()
        kept = pa.concat_tables([storage.read_table(urls[".parquet"]), new])
        keys = pictures.keys_of(task, wanted, kept)
        dropped = _dropped(storage.read_table(urls[".dropped.parquet"]), again, rows)
        tables = {
            ".parquet": kept.sort_by("url"),
            ".keys.arrow": keys,
            ".dropped.parquet": dropped,
            ".links.parquet": _links(links, came, outcome),
        }
        for ending, table in tables.items():
            pictures.put(out[ending], ending, table)
        mine = dataclasses.replace(
            old, ledger=_ledger(old.ledger, delta, links, again, wanted), outputs={}, reused=False
        )
        storage.remove(receipt.path(task.build, NAME, task.partition))
    pictures.enter_files(task, mine, written, len(keys))
    mine.stats |= {"retried": len(again), "came": dict(Counter(came.values()))}
    storage.write_json(receipt.path(task.build, NAME, task.partition), mine.to_json(), lasting=False)
    return mine


def _answers(
    task: PicturesTask, again: list[str], wanted: Wanted, came: dict[str, str], outcome: dict[str, Drop]
) -> Iterator[fetch.Answer]:
    """Each URL once: from its own link, else from the archive, else the reason why its own link gave nothing."""
    config = task.config.fetch
    left: dict[str, Drop] = {}
    for url, answer in fetch.fetch_all(again, config):
        if isinstance(answer, Drop):
            left[url] = answer
            if config.archive and answer.reason not in fetch.REFUSED:
                continue
            outcome[url] = answer
        else:
            came[url] = LIVE
        yield url, answer
    asked = {_archived(config.archive, url, wanted.fetched[url]): url for url in left if url not in outcome}
    for place, answer in fetch.fetch_all(list(asked), config):
        url = asked[place]
        if isinstance(answer, Drop):
            outcome[url] = left[url]
            yield url, left[url]
        else:
            came[url] = ARCHIVE
            yield url, dataclasses.replace(answer, url=url)


def _archived(template: str, url: str, time: str) -> str:
    return template.replace("{time}", re.sub(r"\D", "", time)[:14]).replace("{url}", url)


def _ledger(old: Ledger, delta: Ledger, links: pa.Table, again: list[str], wanted: Wanted) -> Ledger:
    """The old books without the failures of what was asked again, and what became of it now."""
    made = Ledger.from_json(old.to_json())
    reasons = dict(zip(links["url"].to_pylist(), links["reason"].to_pylist(), strict=True))
    for url in again:
        made["fetch"].pictures.drop(reasons[url], -len(wanted.pages[url]))
    made.add(delta)
    count = made["fetch"].pictures
    count.dropped = {reason: number for reason, number in count.dropped.items() if number}
    return made


def _dropped(old: pa.Table, again: list[str], rows: _Rows) -> pa.Table:
    """The old rows without those of what was asked again, and the new ones."""
    retried = pc.and_(pc.equal(old["stage"], "fetch"), pc.is_in(old["url"], pa.array(map(valid, again))))
    return pa.concat_tables([old.filter(pc.invert(retried)), *rows.tables])


def _links(old: pa.Table, came: dict[str, str], outcome: dict[str, Drop]) -> pa.Table:
    rows = old.to_pylist()
    for row in rows:
        if row["url"] in came:
            row["tries"] += 1
            row["came"] = came[row["url"]]
        elif drop := outcome.get(row["url"]):
            row |= {"reason": drop.reason, "detail": valid(drop.detail), "tries": row["tries"] + 1}
    return pa.Table.from_pylist(rows, schema=LINKS)


class _Rows:
    """Takes what books write, to be written later."""

    def __init__(self) -> None:
        self.tables: list[Any] = [DROPPED_SCHEMA.empty_table()]

    def write_table(self, table: pa.Table) -> None:
        self.tables.append(table)
