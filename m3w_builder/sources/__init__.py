"""Where pages come from: archives, a crawl that fills an archive first, or a folder of files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from m3w_builder.classes import dataclass
from m3w_builder.errors import ConfigError
from m3w_builder.fetch import FetchConfig, Fetched, Places, judge
from m3w_builder.sources import commoncrawl, published
from m3w_builder.sources import folder as folder_source
from m3w_builder.sources import warc as warc_source
from m3w_builder.sources.commoncrawl import CommonCrawlSource
from m3w_builder.sources.config import (
    REASONS,
    Archived,
    CorpusSource,
    CrawlSource,
    FolderSource,
    Page,
    Part,
    ReadLimits,
    Ready,
    Refused,
    WarcSource,
)
from m3w_builder.stage import Drop
from m3w_builder.urls import host

__all__ = [
    "REASONS",
    "Archived",
    "CommonCrawlSource",
    "CorpusSource",
    "CrawlSource",
    "FolderSource",
    "Page",
    "Part",
    "ReadLimits",
    "Ready",
    "Record",
    "Refused",
    "SourceConfig",
    "WarcSource",
    "acquire",
    "check",
    "plan",
    "read",
    "read_payload",
]


LOOKED_AT = 100
"""Files that are looked at before any work: all of them are when the plan is made, once, which is long for many."""


Record = Page | Ready | Archived | Refused
"""What a partition holds."""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """Exactly one of these says where the pages come from."""

    warc: WarcSource | None = None
    """WARC or ARC files."""

    commoncrawl: CommonCrawlSource | None = None
    """A crawl of Common Crawl, or a slice or selection of it."""

    crawl: CrawlSource | None = None
    """A crawl from seed URLs, archived as WARC and read from there."""

    folder: FolderSource | None = None
    """A folder of HTML files."""

    corpus: CorpusSource | None = None
    """A published corpus: OBELICS, MMC4, or what img2dataset has written."""

    @property
    def options(self) -> dict[str, Any]:
        """Options of the fsspec file system on which the archive stands: what `read_payload` wants too."""
        given = (self.warc, self.commoncrawl, self.corpus)
        return next((dict(source.options) for source in given if source and source.options), {})


def check(config: SourceConfig) -> None:
    """Raise ConfigError, in one line and before any work, where the source is not one, or names what is not there."""
    kinds = ("warc", "commoncrawl", "crawl", "folder", "corpus")
    named = [name for name in kinds if getattr(config, name) is not None]
    if len(named) != 1:
        said = " and ".join(named) or "none"
        raise ConfigError(f"source: wants exactly one of {', '.join(kinds)}; the config has {said}")
    if config.crawl is not None:
        from m3w_builder.sources import crawl

        crawl.seeds_of(config.crawl)
        return
    if config.commoncrawl is not None:
        commoncrawl.check(config.commoncrawl)
        return
    for _ in itertools.islice(plan(config, ""), LOOKED_AT):
        pass


def acquire(
    config: SourceConfig, fetch: FetchConfig, folder: str, note: Callable[[str], None] = lambda _: None
) -> None:
    """Fill `folder` with the crawl's archive, going on where it was cut off; nothing to do for the other sources.

    `note` is told of progress, in lines of text. Raises ConfigError where the crawl may not start.
    """
    if config.crawl is not None:
        from m3w_builder.sources import crawl

        crawl.run(config.crawl, fetch, folder, note)
    elif config.commoncrawl is not None:
        commoncrawl.acquire(config.commoncrawl, folder, note)


def plan(config: SourceConfig, folder: str) -> Iterator[Part]:
    """The partitions, in stable order; `folder` is where `acquire` put a crawl. ConfigError at what is missing."""
    if config.warc is not None:
        yield from warc_source.plan(config.warc)
    elif config.commoncrawl is not None:
        yield from commoncrawl.plan(config.commoncrawl, folder)
    elif config.folder is not None:
        yield from folder_source.plan(config.folder)
    elif config.corpus is not None:
        yield from published.plan(config.corpus)
    elif config.crawl is not None:
        from m3w_builder.sources import crawl

        yield from crawl.plan(config.crawl, folder)


def read(entry: Mapping[str, Any], limits: ReadLimits) -> Iterator[Record]:
    """What one partition holds, streaming; about bad data a Refused, never an exception."""
    if entry["kind"] == "folder":
        found: Iterator[Record] = folder_source.read(entry, limits)
    elif entry["kind"] == "ranges":
        found = commoncrawl.read(entry, limits)
    elif entry["kind"] == published.KIND:
        found = published.read(entry, limits)
    else:
        found = warc_source.read(entry, limits)
    return _listed(found, limits) if limits.block or limits.allow else found


def _listed(found: Iterator[Record], limits: ReadLimits) -> Iterator[Record]:
    """What is found, without the pages that block and allow list refuse; those of pictures stand in `fetch`."""
    block, allow = Places(limits.block), Places(limits.allow)
    for one in found:
        if isinstance(one, (Page, Ready)):
            url, source = (one.url, one.source) if isinstance(one, Page) else (one.document.url, one.document.source)
            if reason := judge(host(url), url, block, allow):
                yield Refused(url, source, Drop(reason, host(url)))
                continue
        yield one


def read_payload(
    file: str,
    offset: int,
    max_bytes: int,
    options: Mapping[str, Any] | None = None,
    opt_out: tuple[str, ...] = warc_source.OPT_OUT,
) -> Fetched | Drop:
    """One picture by the place that `Archived` gives; a Drop has a reason of fetch.REASONS.

    `opt_out` are the signals in the archived answer's headers that are obeyed, as in `FetchConfig`.
    """
    if file.endswith(published.TAR):
        return published.read_picture(file, offset, max_bytes, options)
    return warc_source.read_payload(file, offset, max_bytes, options, opt_out)
