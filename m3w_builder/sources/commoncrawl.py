"""Common Crawl as a source: a crawl's WARC files, a slice of them, or the records that its columnar index picks."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.errors import ConfigError
from m3w_builder.sources import files, warc
from m3w_builder.sources.config import Archived, Page, Part, ReadLimits, Refused, WarcSource
from m3w_builder.sources.framing import Record, records

GAP = 1 << 16
"""Bytes between two wanted records that are read along rather than asked for by another request."""

MAX_RANGE = 1 << 24
"""Bytes of one request."""

AT_ONCE = 8
"""Files of the index that are asked at the same time."""

COLUMNS = ("url", "warc_filename", "warc_record_offset", "warc_record_length")


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """Which records the columnar index picks; an empty list asks nothing of its column."""

    languages: list[str] = field(default_factory=list)
    """ISO 639-3 codes, as "eng": the page's first detected language is one of them."""

    hosts: list[str] = field(default_factory=list)
    """Host names, as "en.example.org"."""

    domains: list[str] = field(default_factory=list)
    """Registered domains, as "example.org"."""

    tlds: list[str] = field(default_factory=list)
    """Top-level domains, as "museum"."""

    mimes: list[str] = field(default_factory=lambda: ["text/html", "application/xhtml+xml"])
    """Content types as detected from the bytes."""

    status: int = 200
    """HTTP status; 0: any."""

    whole: bool = True
    """Whether records that the crawler cut off are left out."""

    max_records: int = 0
    """Most records in all, 0: no limit."""


@dataclass(frozen=True, slots=True)
class CommonCrawlSource:
    """One crawl of Common Crawl, or of an archive that is laid out as it is."""

    crawl: str
    """Its name, as "CC-MAIN-2024-33"."""

    base: str = "https://data.commoncrawl.org/"
    """Where it stands: this, "s3://commoncrawl/", or a folder or server of your own laid out alike."""

    first: int = 0
    """WARC files that are passed over; with an index, files of the index."""

    count: int = 0
    """Files that are read after these; 0: all."""

    split_mb: int = 256
    """Megabytes of a WARC file a partition; 0: whole files."""

    index: IndexQuery | None = None
    """Picks single records by the columnar index instead of reading whole files."""

    part_records: int = 2000
    """Records a partition where an index picks them."""

    options: dict[str, Any] = field(default_factory=dict)
    """Options of the fsspec file system, as `anon: true` or `endpoint_url` for S3."""


def _list(source: CommonCrawlSource, name: str) -> str:
    return f"{source.base.rstrip('/')}/crawl-data/{source.crawl}/{name}"


def plan(source: CommonCrawlSource, folder: str, place: str = "source.commoncrawl") -> Iterator[Part]:
    """Partitions by file and byte range; with an index, by so many of the records that `acquire` found."""
    if source.index is None:
        listing = _list(source, "warc.paths.gz")
        one = WarcSource([listing], source.split_mb, source.base, source.first, source.count, source.options)
        yield from warc.plan(one, place)
        return
    for name in storage.names(folder):
        if not name.startswith("index-") or not name.endswith(".parquet"):
            continue
        path = storage.join(folder, name)
        table = storage.read_table(path, columns=list(COLUMNS[1:]))
        for start in range(0, len(table), source.part_records):
            rows = table.slice(start, source.part_records)
            mark = hashlib.sha256(repr(rows.to_pydict()).encode()).hexdigest()[:32]
            entry = {"kind": "ranges", "index": path, "start": start, "rows": len(rows), "base": source.base}
            options = {"options": source.options} if source.options else {}
            yield Part({**entry, **options}, mark, f"{name.removesuffix('.parquet')} {start}")


def check(source: CommonCrawlSource, place: str = "source.commoncrawl") -> None:
    """Raise ConfigError where the crawl's list of files can't be read."""
    listing = _list(source, "warc.paths.gz" if source.index is None else "cc-index-table.paths.gz")
    if not any(True for _ in files.expand([listing], source.base, source.options, place)):
        raise ConfigError(f"{place}: '{listing}' names no file")


def acquire(source: CommonCrawlSource, folder: str, note: Callable[[str], None]) -> None:
    """Ask the index: each of its files once, its picks kept as a small table, so that a killed query goes on.

    Some files at a time, in threads: a query waits for the network, and what it computes holds no lock.
    """
    if source.index is None:
        return
    storage.make_folder(folder)
    listing = _list(source, "cc-index-table.paths.gz")
    names = [
        name
        for name in files.expand([listing], source.base, source.options, "source.commoncrawl")
        if "/subset=warc/" in name
    ]
    names = names[source.first : source.first + source.count if source.count else None]
    mark = hashlib.sha256(repr(replace(source, part_records=0, options={})).encode()).hexdigest()[:12]
    paths = [storage.join(folder, f"index-{mark}-{number:05d}.parquet") for number in range(len(names))]
    wanted, limit = source.index, source.index.max_records
    # With a limit one by one: else later files would be asked for nothing.
    step = 1 if limit else AT_ONCE

    def ask(number: int) -> int:
        if not storage.exists(paths[number]):
            storage.write_table(paths[number], query(names[number], wanted, source.options))
        with storage.open_read(paths[number]) as stream:
            return int(pq.ParquetFile(stream).metadata.num_rows)

    total = 0
    with ThreadPoolExecutor(step, "m3w-index") as pool:
        for start in range(0, len(names), step):
            some = range(len(names))[start : start + step]
            for number, rows in zip(some, pool.map(ask, some), strict=True):
                total += rows
                note(f"index: {number + 1} of {len(names)} files, {total:,} records")
            if limit and total >= limit:
                return


def query(url: str, wanted: IndexQuery, options: Mapping[str, Any]) -> pa.Table:
    """What one Parquet file of the index picks, sorted by file and offset.

    Row group by row group, of which those whose statistics rule them out are not read; only what fits is held.
    """
    import pyarrow.dataset as dataset

    with files.open_binary(url, options) as stream:
        fragment = dataset.ParquetFileFormat().make_fragment(pa.PythonFile(stream, mode="r"))
        scanner = fragment.scanner(
            columns=list(COLUMNS[1:]),
            filter=condition(wanted),
            batch_size=1 << 16,
            batch_readahead=2,
            use_threads=False,
        )
        batches, count = [], 0
        for batch in scanner.to_batches():
            batches.append(batch)
            count += len(batch)
            if wanted.max_records and count >= wanted.max_records:
                break
        table = pa.Table.from_batches(batches, schema=scanner.projected_schema)
    if wanted.max_records:
        table = table.slice(0, wanted.max_records)
    return table.sort_by([("warc_filename", "ascending"), ("warc_record_offset", "ascending")])


def condition(wanted: IndexQuery) -> pc.Expression | None:
    """The query as a filter on the index's columns; None where it asks nothing."""
    terms = []
    if wanted.status:
        terms.append(pc.field("fetch_status") == wanted.status)
    if wanted.whole:
        terms.append(pc.field("content_truncated").is_null())
    if wanted.languages:
        terms.append(_any(pc.starts_with(pc.field("content_languages"), code) for code in wanted.languages))
    columns: tuple[tuple[str, Sequence[str]], ...] = (
        ("url_host_name", wanted.hosts),
        ("url_host_registered_domain", wanted.domains),
        ("url_host_tld", wanted.tlds),
        ("content_mime_detected", wanted.mimes),
    )
    terms += [pc.field(column).isin(list(values)) for column, values in columns if values]
    whole = None
    for term in terms:
        whole = term if whole is None else whole & term
    return whole


def _any(terms: Iterator[pc.Expression]) -> pc.Expression:
    whole = next(terms)
    for term in terms:
        whole = whole | term
    return whole


def read(entry: Mapping[str, Any], limits: ReadLimits) -> Iterator[Page | Archived | Refused]:
    """The picked records of one partition, in the order of files and offsets, by byte ranges."""
    table = storage.read_table(entry["index"], columns=list(COLUMNS[1:])).slice(entry["start"], entry["rows"])
    options = entry.get("options") or {}

    def hold(record: Record) -> int:
        return record.length if record.length <= limits.max_record_bytes else 0

    for name, start, stop, offsets in ranges(table):
        url = f"{entry['base'].rstrip('/')}/{name}"
        data = files.patiently(lambda url=url, start=start, stop=stop: _bytes(url, start, stop, options))  # type: ignore[misc]
        for record in records(io.BytesIO(data), hold):
            record.offset += start
            if record.offset in offsets and (found := warc.found(record, url, limits)):
                yield found


def _bytes(url: str, start: int, stop: int, options: Mapping[str, Any]) -> bytes:
    fs, path = storage.url_to_fs(url, **options)
    data: bytes = fs.cat_file(path, start=start, end=stop)
    if len(data) > stop - start:  # a server that heeds no Range header sends all
        data = data[start:stop]
    return data


def ranges(table: pa.Table) -> Iterator[tuple[str, int, int, set[int]]]:
    """Sorted records as requests: (file, first byte, byte behind, offsets wanted in it); near ones in one request."""
    now: tuple[str, int, int, set[int]] | None = None
    columns = (table.column(name).to_pylist() for name in COLUMNS[1:])
    for name, offset, length in zip(*columns, strict=True):
        if now and name == now[0] and offset - now[2] <= GAP and offset + length - now[1] <= MAX_RANGE:
            now = (name, now[1], max(now[2], offset + length), now[3] | {offset})
            continue
        if now:
            yield now
        now = (name, offset, offset + length, {offset})
    if now:
        yield now
