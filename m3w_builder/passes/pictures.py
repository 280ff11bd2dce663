"""Pass 2: one partition's pictures are found in the archive or fetched, decoded once, filtered, hashed, and kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from operator import attrgetter
from typing import IO, Any

import pyarrow as pa

from m3w_builder import dedup, extract, fetch, interim, sources, spool, storage
from m3w_builder.classes import dataclass
from m3w_builder.config import Config
from m3w_builder.document import valid
from m3w_builder.passes import exchange, receipt
from m3w_builder.passes.batches import batches
from m3w_builder.passes.books import Books, books
from m3w_builder.passes.checks import GROUP, GROUP_BYTES, judged
from m3w_builder.passes.receipt import Receipt
from m3w_builder.passes.suspects import Suspects
from m3w_builder.passes.wanted import Wanted, refuse, wanted_of
from m3w_builder.pictures import Picture
from m3w_builder.stage import ERROR, Drop

NAME = "pictures"
SLOWEST = 10
"""Hosts that a receipt names as those that took longest."""
SCHEMA = pa.schema(
    [
        ("url", pa.string()),
        ("sha256", pa.string()),
        ("phash", pa.uint64()),
        ("dhash", pa.uint64()),
        ("pixels", pa.uint64()),
        ("embedding", pa.uint64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("frames", pa.int32()),
        ("rights", pa.list_(pa.string())),
        ("licence", pa.string()),
        ("scores", pa.map_(pa.string(), pa.float32())),
        ("offset", pa.int64()),  # of its bytes in the partition's .bin
        ("bytes", pa.int64()),
    ]
)

LINKS = pa.schema(
    [
        ("url", pa.string()),
        ("reason", pa.string()),  # of the last try
        ("detail", pa.string()),
        ("tries", pa.int32()),  # builds that asked for it
        ("came", pa.string()),  # "live" or "archive" where a retry had it, and so its other fields tell the past
    ]
)
"""A row a picture's link that gave no picture when it was first asked for."""

READ = (spool.ROWS, ".inline.parquet")
"""What of a partition's pages is read."""

_CODE = (
    *("document.py", "words.py", "stage.py", "rights.py", "urls.py"),
    *(
        "sources",
        "fetch",
        "pictures",
        "dedup",
        "passes/pictures.py",
        "passes/wanted.py",
        "passes/checks.py",
        "interim.py",
    ),
)


@dataclass(frozen=True, slots=True)
class PicturesTask:
    """One partition whose pages are done and whose page keys were exchanged."""

    build: str
    config: Config
    partition: int
    attempt: int = 1


def run(task: PicturesTask) -> Receipt:
    """Make `pictures/NNNNNN.parquet`, `.bin`, `.dropped.parquet`, `.keys.arrow` and `.links.parquet`."""
    config = task.config
    decisions, decisions_sum = exchange.read_decisions(task.build, "exchange1", task.partition)
    pages = receipt.read(task.build, "pages", task.partition)
    if pages is None:
        raise receipt.SpoiltError(f"no receipt of pages {task.partition} in {task.build}")
    suspects = Suspects(task.build, NAME, task.partition, task.attempt)
    mark = receipt.fingerprint(
        [pages.outputs[f"pages/{task.partition:06d}{ending}"]["sha256"] for ending in READ],
        decisions_sum,
        policy(config.fetch),
        config.pictures,
        config.dedup,
        receipt.code(*_CODE),
        config.plugin_code,
        *sorted(suspects.poisoned),
    )

    def work(mine: Receipt) -> None:
        receipt.check(task.build, "pages", task.partition, READ)
        with suspects.watch():
            _work(task, mine, decisions, suspects)

    return receipt.once(task.build, NAME, task.partition, pages.label, mark, work)


def policy(config: fetch.FetchConfig) -> fetch.FetchConfig:
    """What of the fetch config decides which pictures come in; how fast and over which way they come does not."""
    return dataclasses.replace(config, proxy="", resolve={}, concurrency=1, per_host=1, delay=0.0, archive="")


def file_names(partition: int) -> dict[str, str]:
    """The files of a partition by their endings, named from the build's folder."""
    endings = (".parquet", ".bin", ".dropped.parquet", ".keys.arrow", ".links.parquet")
    return {ending: f"{NAME}/{partition:06d}{ending}" for ending in endings}


def _work(task: PicturesTask, mine: Receipt, decisions: pa.Table, suspects: Suspects) -> None:
    names = file_names(task.partition)
    urls = {part: storage.join(task.build, name) for part, name in names.items()}
    how = task.config.pictures
    stages = ["page_duplicates", "common_pictures", *(stage.name for stage in how.by_url), "fetch", "rights", "decode"]
    stages += [*(stage.name for stage in how.by_look), "store"]
    for name in stages:
        mine.ledger[name]
    out = {part: storage.Written(lasting=False) for part in names}
    with books(urls[".dropped.parquet"], mine.ledger, out[".dropped.parquet"]) as the_books:
        wanted = wanted_of(task.build, task.partition, decisions, the_books)
        refuse(wanted, how.by_url, the_books)
        for name in stages[1:]:
            mine.ledger[name].pages.kept = wanted.documents
        dead: list[dict[str, Any]] = []
        answers = _noting(_found(task, decisions, wanted, the_books), dead)
        with ExitStack() as bodies:
            stream = bodies.enter_context(storage.atomic(urls[".bin"], out[".bin"]))
            kept = keep(judged(how, answers, wanted, the_books, suspects, stream.write))
            with the_books.timed("store"):
                bodies.close()  # the system writes them now
                keys = keys_of(task, wanted, kept)
    links = pa.Table.from_pylist(dead, schema=LINKS).sort_by("url")
    for ending, table in ((".links.parquet", links), (".parquet", kept.sort_by("url")), (".keys.arrow", keys)):
        with storage.atomic(urls[ending], out[ending]) as stream:
            put(stream, ending, table)
    slowest = sorted(wanted.spent.items(), key=lambda one: -one[1][1])[:SLOWEST]
    mine.stats["hosts"] = [[name, requests, round(seconds, 1)] for name, (requests, seconds) in slowest]
    enter_files(task, mine, out, len(keys))


def put(stream: IO[bytes], ending: str, table: pa.Table) -> None:
    """Write one of a partition's tables, by the ending of its file."""
    if ending == ".keys.arrow":
        interim.put(stream, table)
    else:
        storage.put_table(stream, table, texts=ending == ".parquet")


def enter_files(task: PicturesTask, mine: Receipt, out: Mapping[str, storage.Written], keys: int) -> None:
    """Enter the partition's files, by their endings, and figures in its receipt."""
    names = file_names(task.partition)
    for ending, name in names.items():
        mine.enter(name, out[ending])
    text_bytes = storage.size(storage.join(task.build, f"pages/{task.partition:06d}{spool.TEXTS}"))
    mine.stats |= {"keys": keys, "sample_bytes": mine.outputs[names[".bin"]]["bytes"] + 3 * text_bytes}


def _noting(answers: Iterator[list[fetch.Answer]], dead: list[dict[str, Any]]) -> Iterator[list[fetch.Answer]]:
    """The answers; a row of each link that gave no picture is left in `dead`."""
    for some in answers:
        for url, answer in some:
            if isinstance(answer, Drop):
                detail = valid(answer.detail)
                dead.append({"url": url, "reason": answer.reason, "detail": detail, "tries": 1, "came": ""})
        yield some


def _found(task: PicturesTask, decisions: pa.Table, wanted: Wanted, the_books: Books) -> Iterator[list[fetch.Answer]]:
    """Every wanted URL once, with its bytes or why there are none: from its page or the archive where they have
    them, else fetched. As many at once as are there."""
    with the_books.timed("fetch"):  # whom to ask is a part of it
        places = exchange.archived_places(decisions)
        asked = wanted.pages if places else ()
        at = {url: places[key] for url in asked if (key := dedup.picture_url_key(url)) in places}
        archived = sorted(at, key=at.__getitem__)
        inline = {url for url in wanted.pages if url not in at and extract.is_inline(url)}
        left = [url for url in wanted.pages if url not in at and url not in inline]
    limit, options = task.config.fetch.max_bytes, task.config.source.options
    opt_out = tuple(task.config.fetch.opt_out)
    held = ((url, sources.read_payload(*at[url], limit, options, opt_out)) for url in archived)
    yield from _fetched(batches(held, GROUP, GROUP_BYTES, fetch.size_of), the_books)
    if inline:
        yield from _inline(storage.join(task.build, f"pages/{task.partition:06d}.inline.parquet"), inline)
    clock = fetch.Clock()
    the_books.aside = lambda: clock.seconds  # it goes on while pictures are decoded
    yield from _fetched(fetch.fetch_some(left, task.config.fetch, spent=wanted.spent, clock=clock), the_books)
    the_books.ledger["fetch"].cpu_seconds += clock.seconds


def _fetched(answers: Iterator[list[fetch.Answer]], the_books: Books) -> Iterator[list[fetch.Answer]]:
    """The answers; what it takes to come by them is fetching's."""
    while True:
        with the_books.timed("fetch"):
            some = next(answers, [])
        if not some:
            return
        yield some


def _inline(file: str, wanted: set[str]) -> Iterator[list[fetch.Answer]]:
    """The pictures whose bytes stood in the pages themselves, which pass 1 kept beside them."""
    left = set(wanted)
    for table in storage.iter_tables(file):
        for url, body in zip(table["url"].to_pylist(), table["body"], strict=True):
            if url in left:
                left.remove(url)
                yield [(url, fetch.Fetched(url, url, 200, {}, body.as_py(), ""))]
    if left:
        yield [(url, Drop(ERROR, f"{file} does not hold it")) for url in sorted(left)]


def keep(passed: Iterator[Picture], offset: int = 0) -> pa.Table:
    """A row for each picture, that says where its bytes lie: one after the other, from `offset` on."""
    plain = SCHEMA.names[: SCHEMA.names.index("scores")]
    told = attrgetter(*plain)
    rows = []
    for picture in passed:
        rows.append((*told(picture), list(picture.scores.items()), offset, len(picture.body)))
        offset += len(picture.body)
    columns = zip(*rows, strict=True) if rows else ((),) * len(SCHEMA)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


def keys_of(task: PicturesTask, wanted: Wanted, kept: pa.Table) -> pa.Table:
    """The keys of every kept picture at every place where it stands, in reading order."""
    row_of = {url: index for index, url in enumerate(kept["url"].to_pylist())}
    rows, docs, hosts, times = [], [], [], []
    for url, places in wanted.pages.items():
        if url in row_of:
            for _, key in places:
                rows.append(row_of[url])
                docs.append(int(key[:16], 16))
                host, time = wanted.facts[key]
                hosts.append(host)
                times.append(time)
    columns = ["sha256", "phash", "dhash", "pixels", "embedding", "width", "height"]
    table = kept.select(columns).take(pa.array(rows, pa.int64()))
    for name, values in (("doc", docs), ("host", hosts), ("time", times)):
        table = table.append_column(name, pa.array(values, pa.uint64()))
    return dedup.picture_keys(table, task.partition, task.config.dedup)
