"""What a user can set about where pages come from, what sources hand on, and every reason for handing on nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from m3w_builder import fetch
from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Source
from m3w_builder.stage import Drop

REASONS: Mapping[str, str] = {
    **fetch.REASONS,  # of pages that our own crawl could not have
    "not_html": "the record is neither a page nor a picture",
    "wrong_type": "the declared type and the bytes contradict each other",
    "http_status": "the archived answer is an error or no whole success",
    "redirect": "the archived answer is a redirect",
    "not_http": "the record's URL is neither http nor https",
    "empty": "no byte of content",
    "too_large": "more bytes than the limit; the record was passed over unread",
    "revisit": "the record says that its content is another's, which stands elsewhere",
    "truncated": "the file ends inside the record, or its writer cut the content",
    "broken_record": "the record's gzip, WARC or HTTP header is broken",
    "bad_encoding": "the content encoding is unknown or broken",
    "not_an_archive": "the file is no WARC or ARC",
    "broken_row": "the row is not of the layout of the corpus that the config names",
    "not_fetched": "the crawler could not have the page, for a reason that this version does not know",
}
"""Why a record gives no page."""


@dataclass(slots=True)
class Page:
    """One HTML page, content encodings undone."""

    url: str
    html: bytes
    source: Source
    headers: dict[str, str]  # of the answer, lower-case names
    charset: str  # from the Content-Type header, "" if it names none


@dataclass(slots=True)
class Archived:
    """A picture that the archive itself holds; `read_payload(file, offset, …)` gives its bytes."""

    url: str
    file: str
    offset: int


@dataclass(slots=True)
class Ready:
    """A document that needs no extraction: a row of a published corpus."""

    document: Document

    @property
    def url(self) -> str:
        return self.document.url


@dataclass(slots=True)
class Refused:
    """A record that gives no page, and why."""

    url: str
    source: Source
    drop: Drop


@dataclass(frozen=True, slots=True)
class Part:
    """One partition to read: `input` is all that `read` needs, and JSON."""

    input: dict[str, Any]
    fingerprint: str
    label: str


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Bounds of what is read, and what is obeyed in reading."""

    max_page_bytes: int = 8_000_000
    """Largest page in bytes, content encodings undone."""

    max_record_bytes: int = 20_000_000
    """Largest record in bytes, as archived; a larger one is passed over without being loaded."""

    keep_truncated: bool = False
    """Whether pages are kept whose writer cut them (WARC-Truncated) or that are shorter than their Content-Length."""

    opt_out: list[str] = field(default_factory=lambda: ["noai", "noindex", "tdm"])
    """Header signals that refuse a page: directives of X-Robots-Tag, `tdm` for `tdm-reservation: 1`."""

    agent: str = "m3w-builder"
    """The name under which X-Robots-Tag may speak to us."""

    block: list[str] = field(default_factory=list)
    """Hosts ("a.example", "*.a.example") and URL prefixes whose pages are not taken, or list files of these
    (*.txt, *.txt.gz). The config's own `block` stands for pages and pictures alike."""

    allow: list[str] = field(default_factory=list)
    """The like, and no other page is taken; empty: no such bound."""


@dataclass(frozen=True, slots=True)
class WarcSource:
    """WARC or ARC files, gzipped or plain, local or at any fsspec URL."""

    paths: list[str]
    """Paths or URLs, globs of these, or list files (*.txt, *.paths, either with .gz) that name one a line."""

    split_mb: int = 0
    """Gzipped files are read in parts of about so many megabytes each, so that several workers share one; 0: whole."""

    base: str = ""
    """Put before what list files name where that is relative, as "https://data.commoncrawl.org/"."""

    first: int = 0
    """Files of all lists that are passed over."""

    count: int = 0
    """Files that are read after these; 0: all."""

    options: dict[str, Any] = field(default_factory=dict)
    """Options of the fsspec file system, as `anon: true` for public S3."""


@dataclass(frozen=True, slots=True)
class CorpusSource:
    """A published corpus, whose documents go through our filters, deduplication, report and validation."""

    format: Literal["obelics", "mmc4", "img2dataset"]
    """Its layout: OBELICS Parquet, MMC4 JSON lines (plain, .gz or .zip), or the tars that img2dataset writes."""

    paths: list[str]
    """Paths or URLs of its files, globs of these, or list files (*.txt) that name one a line."""

    parts: int = 1
    """Partitions in which each file is read: OBELICS has 100,000 documents a file, whose pictures are to be fetched."""

    options: dict[str, Any] = field(default_factory=dict)
    """Options of the fsspec file system."""

    def __post_init__(self) -> None:
        if self.parts < 1:
            raise ValueError("parts must be 1 or more")


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder of HTML files that stand for the pages under a base URL."""

    path: str
    """The folder, local or at any fsspec URL."""

    base_url: str
    """URL of the folder itself: the file a/b.html is the page base_url + a/b.html."""

    glob: str = "**"
    """Which files are pages, relative to the folder; other than *.html, *.htm and *.xhtml only where it names them."""

    part_files: int = 1000
    """Files a partition."""

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url '{self.base_url}' is no http or https URL")


@dataclass(frozen=True, slots=True)
class CrawlSource:
    """A crawl from seed URLs. What it fetches stands in WARC files, from which the build then reads."""

    seeds: list[str]
    """URLs to begin with, or list files (*.txt, *.txt.gz) that name one a line."""

    hosts: list[str] = field(default_factory=list)
    """Hosts that belong to the crawl ("a.example", "*.a.example"); empty: those of the seeds."""

    include: list[str] = field(default_factory=list)
    """URL prefixes of which a page must have one, as "https://a.example/blog/"; empty: any."""

    exclude: list[str] = field(default_factory=list)
    """Regular expressions; a URL in which one is found is not asked for."""

    max_depth: int = 30
    """Most links from a seed to a page."""

    pages_per_host: int = 100_000
    """Most pages asked of one host."""

    max_pages: int = 10_000_000
    """Most pages asked in all."""

    delay: float = 1.0
    """Least seconds between two requests to one host; robots.txt may ask for more, up to
    `fetch.max_crawl_delay`."""

    per_host: int = 1
    """Most requests under way at once to one host."""

    pictures: bool = False
    """Whether the pictures of the pages are archived too; else the build fetches those that it wants."""

    sitemaps: bool = True
    """Whether the sitemaps that robots.txt names are read for further pages."""

    feeds: bool = True
    """Whether RSS and Atom feeds that pages name are read for further pages."""

    rotate_mb: int = 256
    """Size in megabytes at which a WARC file is closed and the next one begun; a file is a partition of the build."""

    series: int = 8
    """Groups of hosts; each has its own series of WARC files, and a host's pages stand in one series."""

    same_shape: int = 2000
    """Most URLs of a host that differ only in digits ("/day/1", "/day/2"): what bounds calendars and other traps."""

    same_path: int = 20_000
    """Most URLs of a host that differ only in their queries: what bounds lists that can be sorted and filtered."""

    refresh_hours: float = 0.0
    """Hours after which a crawl that was finished is gone through again, asking only for what changed; 0: never."""

    max_seconds: float = 0.0
    """Seconds after which no more requests are begun, 0: no limit. The next run goes on from there."""

    def __post_init__(self) -> None:
        for name in ("pages_per_host", "max_pages", "per_host", "rotate_mb", "series", "same_shape", "same_path"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more")
        for pattern in self.exclude:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"exclude: '{pattern}' is no regular expression: {error}") from None
