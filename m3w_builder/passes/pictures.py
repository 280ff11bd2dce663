"""Pass 2: one partition's pictures are found in the archive or fetched, decoded once, filtered, hashed, and kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import IO, Any

import pyarrow as pa

from m3w_builder import dedup, document, extract, fetch, pictures, sources, storage
from m3w_builder.config import Config
from m3w_builder.document import valid
from m3w_builder.passes import exchange, receipt
from m3w_builder.passes.books import Books, books
from m3w_builder.passes.receipt import Receipt
from m3w_builder.passes.suspects import Suspects
from m3w_builder.pictures import Picture
from m3w_builder.stage import ERROR, Drop, ask

NAME = "pictures"
SLOWEST = 10
"""Hosts that a receipt names as those that took longest."""
BATCH = 32
"""Pictures decoded and held at once, at most."""
BATCH_BYTES = 64_000_000
"""Bytes that they may take before the batch is judged, however few they are."""

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

_CODE = (
    *("document.py", "stage.py", "rights.py", "urls.py"),
    *("sources", "fetch", "pictures", "dedup", "passes/pictures.py"),
)


@dataclass(frozen=True, slots=True)
class PicturesTask:
    """One partition whose pages are done and whose page keys were exchanged."""

    build: str
    config: Config
    partition: int
    attempt: int = 1


@dataclass(slots=True)
class Wanted:
    """The picture references of a partition: which documents want which URL, in reading order."""

    pages: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Picture URL to the (page URL, document key) of each place where it stands."""
    facts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Document key to the hash of its host's name and the rank of its fetch time."""
    fetched: dict[str, str] = field(default_factory=dict)
    """Picture URL to the time at which the first page with it was read (RFC 3339)."""
    documents: int = 0
    spent: dict[str, tuple[int, float]] = field(default_factory=dict)
    """By host: requests of pictures, and the seconds that they took together."""


def run(task: PicturesTask) -> Receipt:
    """Make `pictures/NNNNNN.parquet`, `.bin`, `.dropped.parquet`, `.keys.parquet` and `.links.parquet`."""
    config = task.config
    decisions, decisions_sum = exchange.read_decisions(task.build, "exchange1", task.partition)
    pages = receipt.read(task.build, "pages", task.partition)
    if pages is None:
        raise receipt.SpoiltError(f"no receipt of pages {task.partition} in {task.build}")
    suspects = Suspects(task.build, NAME, task.partition, task.attempt)
    mark = receipt.fingerprint(
        pages.outputs[f"pages/{task.partition:06d}.parquet"]["sha256"],
        decisions_sum,
        policy(config.fetch),
        config.pictures,
        config.dedup,
        receipt.code(*_CODE),
        config.plugin_code,
        *sorted(suspects.poisoned),
    )

    def work(mine: Receipt) -> None:
        receipt.check(task.build, "pages", task.partition, (".parquet", ".inline.parquet"))
        with suspects.watch():
            _work(task, mine, decisions, suspects)

    return receipt.once(task.build, NAME, task.partition, pages.label, mark, work)


def policy(config: fetch.FetchConfig) -> fetch.FetchConfig:
    """What of the fetch config decides which pictures come in; how fast and over which way they come does not."""
    return dataclasses.replace(config, proxy="", resolve={}, concurrency=1, per_host=1, delay=0.0, archive="")


def file_names(partition: int) -> dict[str, str]:
    """The files of a partition by their endings, named from the build's folder."""
    endings = (".parquet", ".bin", ".dropped.parquet", ".keys.parquet", ".links.parquet")
    return {ending: f"{NAME}/{partition:06d}{ending}" for ending in endings}


def _work(task: PicturesTask, mine: Receipt, decisions: pa.Table, suspects: Suspects) -> None:
    names = file_names(task.partition)
    urls = {part: storage.join(task.build, name) for part, name in names.items()}
    stages = ["page_duplicates", "common_pictures", "fetch", "rights", "decode"]
    stages += [*(stage.name for stage in task.config.pictures.filters), "store"]
    for name in stages:
        mine.ledger[name]
    with books(urls[".dropped.parquet"], mine.ledger) as the_books:
        wanted = wanted_of(task, decisions, the_books)
        for name in stages[1:]:
            mine.ledger[name].pages.kept = wanted.documents
        dead: list[dict[str, Any]] = []
        answers = _noting(_found(task, decisions, wanted, the_books), dead)
        with storage.atomic(urls[".bin"]) as stream:
            kept = keep(judged(task, answers, wanted, the_books, suspects), stream)
    storage.write_table(urls[".links.parquet"], pa.Table.from_pylist(dead, schema=LINKS).sort_by("url"))
    storage.write_table(urls[".parquet"], kept.sort_by("url"))
    keys = keys_of(task, wanted, kept)
    storage.write_table(urls[".keys.parquet"], keys)
    slowest = sorted(wanted.spent.items(), key=lambda one: -one[1][1])[:SLOWEST]
    mine.stats["hosts"] = [[name, requests, round(seconds, 1)] for name, (requests, seconds) in slowest]
    enter_files(task, mine, len(keys))


def enter_files(task: PicturesTask, mine: Receipt, keys: int) -> None:
    """Enter the partition's files and figures in its receipt."""
    names = file_names(task.partition)
    for name in names.values():
        mine.enter(task.build, name)
    text_bytes = storage.size(storage.join(task.build, f"pages/{task.partition:06d}.parquet"))
    mine.stats |= {"keys": keys, "sample_bytes": mine.outputs[names[".bin"]]["bytes"] + 3 * text_bytes}


def _noting(
    answers: Iterator[tuple[str, fetch.Fetched | Drop]], dead: list[dict[str, Any]]
) -> Iterator[tuple[str, fetch.Fetched | Drop]]:
    """The answers; a row of each link that gave no picture is left in `dead`."""
    for url, answer in answers:
        if isinstance(answer, Drop):
            dead.append({"url": url, "reason": answer.reason, "detail": valid(answer.detail), "tries": 1, "came": ""})
        yield url, answer


def wanted_of(task: PicturesTask, decisions: pa.Table, the_books: Books) -> Wanted:
    """Apply exchange 1: duplicate pages go, pictures that stand on too many documents go unfetched."""
    gone = exchange.page_drops(decisions)
    common = exchange.picture_drops(decisions)
    wanted = Wanted()
    for table in storage.iter_tables(storage.join(task.build, f"pages/{task.partition:06d}.parquet")):
        for one in document.from_table(table):
            if one.id in gone:
                the_books.page("page_duplicates", one.url, gone[one.id], one)
                continue
            the_books.kept("page_duplicates", one)
            wanted.documents += 1
            wanted.facts[one.key] = (dedup.hash64(one.host), dedup.time_rank(one.source.fetched))
            for image in one.images:
                drop = common.get(dedup.picture_url_key(image.url))
                if drop:
                    the_books.picture("common_pictures", image.url, one.url, one.key, drop)
                else:
                    the_books.ledger["common_pictures"].pictures.kept += 1
                    wanted.pages.setdefault(image.url, []).append((one.url, one.key))
                    wanted.fetched.setdefault(image.url, one.source.fetched)
    return wanted


def judged(
    task: PicturesTask,
    found: Iterable[tuple[str, fetch.Fetched | Drop]],
    wanted: Wanted,
    the_books: Books,
    suspects: Suspects | None = None,
) -> Iterator[Picture]:
    """The pictures that pass every check, in the order in which they came in."""
    suspects = suspects or Suspects(task.build, NAME, task.partition, 1)
    config = task.config.pictures

    def enter(stage: str, url: str, answer: object, size: int) -> bool:
        """Enter one URL's fate at a stage, of `size` bytes, for every place where it stands; whether it is kept."""
        places = wanted.pages[url]
        if isinstance(answer, Drop):
            for page_url, key in places:
                the_books.picture(stage, url, page_url, key, answer, size)
            return False
        the_books.ledger[stage].pictures.kept += len(places)
        the_books.ledger[stage].pictures.bytes += size * len(places)
        return True

    for decoded in _batches(_decoded(found, config, the_books, enter, suspects), 1 if suspects.careful else BATCH):
        for stage in config.filters:
            with the_books.timed(stage.name):
                answers = ask(stage, decoded)
            decoded = [p for p, a in zip(decoded, answers, strict=True) if enter(stage.name, p.url, a, len(p.body))]
        for picture in decoded:
            with the_books.timed("store"):
                finished = _contained("store", lambda picture=picture: pictures.finish(picture, config))
            if enter("store", picture.url, finished, len(picture.body)):
                assert isinstance(finished, Picture)
                yield finished


def _decoded(
    found: Iterable[tuple[str, fetch.Fetched | Drop]],
    config: pictures.PicturesConfig,
    the_books: Books,
    enter: Callable[[str, str, object, int], bool],
    suspects: Suspects,
) -> Iterator[Picture]:
    """The pictures that came in, are not reserved, and can be decoded."""
    for url, answer in found:
        size = len(answer.body) if isinstance(answer, fetch.Fetched) else 0
        if not enter("fetch", url, answer, size):
            continue
        assert isinstance(answer, fetch.Fetched)
        suspects.touch(url)
        with the_books.timed("rights"):
            said = pictures.declared(answer.body)
            refused = pictures.judge(said, config.opt_out)
        if enter("rights", url, refused, size):
            if _small(url, answer.body, config, the_books, enter):
                suspects.clear()
                continue
            with the_books.timed("decode"):
                picture = suspects.drop(url) or _contained(
                    "decode", lambda url=url, body=answer.body: pictures.decode(url, body, config)
                )
            if enter("decode", url, picture, size):
                assert isinstance(picture, Picture)
                picture.rights, picture.licence = [*answer.rights, *said.signals], said.licence
                yield picture
        suspects.clear()


def _small(
    url: str,
    body: bytes,
    config: pictures.PicturesConfig,
    the_books: Books,
    enter: Callable[[str, str, object, int], bool],
) -> bool:
    """Whether the first filters drop the picture by its header: then it is entered there, and never decoded."""
    early = list(takewhile(lambda stage: getattr(stage, "by_header", False), config.filters))
    picture = pictures.described(url, body, config) if early else None
    if picture is None:
        return False
    answers: list[Picture | Drop] = []
    for stage in early:
        with the_books.timed(stage.name):
            answers += ask(stage, [picture])
        if isinstance(answers[-1], Drop):
            enter("decode", url, None, len(body))  # nothing was held against it there
            for passed, said in zip(early, answers, strict=False):
                enter(passed.name, url, said, len(body))
            return True
    return False


def _contained(stage: str, call: object) -> Picture | Drop:
    try:
        return call()  # type: ignore[operator,no-any-return]
    except Exception as error:  # one picture is never allowed to end its partition
        return Drop(ERROR, f"{stage}: {type(error).__name__}: {error}"[:500])


def _found(
    task: PicturesTask, decisions: pa.Table, wanted: Wanted, the_books: Books
) -> Iterator[tuple[str, fetch.Fetched | Drop]]:
    """Every wanted URL once, with its bytes or why there are none: from its page or the archive where they have
    them, else fetched."""
    places = exchange.archived_places(decisions)
    at = {url: places[key] for url in wanted.pages if (key := dedup.picture_url_key(url)) in places}
    limit, options = task.config.fetch.max_bytes, task.config.source.options
    for url in sorted(at, key=lambda url: at[url]):
        with the_books.timed("fetch"):
            answer = sources.read_payload(*at[url], limit, options, tuple(task.config.fetch.opt_out))
        yield url, answer
    inline = {url for url in wanted.pages if url not in at and extract.is_inline(url)}
    if inline:
        yield from _inline(storage.join(task.build, f"pages/{task.partition:06d}.inline.parquet"), inline)
    left = [url for url in wanted.pages if url not in at and url not in inline]
    rest = fetch.fetch_all(left, task.config.fetch, spent=wanted.spent)
    while True:
        with the_books.timed("fetch"):
            pair = next(rest, None)
        if pair is None:
            return
        yield pair


def _inline(file: str, wanted: set[str]) -> Iterator[tuple[str, fetch.Fetched | Drop]]:
    """The pictures whose bytes stood in the pages themselves, which pass 1 kept beside them."""
    left = set(wanted)
    for table in storage.iter_tables(file):
        for url, body in zip(table["url"].to_pylist(), table["body"], strict=True):
            if url in left:
                left.remove(url)
                yield url, fetch.Fetched(url, url, 200, {}, body.as_py(), "")
    for url in sorted(left):
        yield url, Drop(ERROR, f"{file} does not hold it")


def _batches(decoded: Iterable[Picture], size: int) -> Iterator[list[Picture]]:
    batch: list[Picture] = []
    held = 0
    for picture in decoded:
        batch.append(picture)
        held += picture.held
        if len(batch) == size or held >= BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def keep(passed: Iterator[Picture], stream: IO[bytes], offset: int = 0) -> pa.Table:
    """Write the bytes one after the other, from `offset` on; a row for each picture that says where."""
    rows = []
    for picture in passed:
        stream.write(picture.body)
        rows.append(
            {
                **{name: getattr(picture, name) for name in SCHEMA.names if name not in ("scores", "offset", "bytes")},
                "scores": list(picture.scores.items()),
                "offset": offset,
                "bytes": len(picture.body),
            }
        )
        offset += len(picture.body)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


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
