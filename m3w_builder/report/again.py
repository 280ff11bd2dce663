"""Shows a dropped page again: from the documents that pass 1 kept, else from its archive, where that is at hand."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

from m3w_builder import extract, plan, sources, spool, storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document
from m3w_builder.errors import M3WError
from m3w_builder.extract import ExtractConfig

SECONDS = 20.0
"""Longest time that an archive is read in search of one page."""


@dataclass(slots=True)
class Shown:
    """A page that was dropped: its document where it could be had, where from, and the rows that say why it went."""

    rows: list[dict[str, Any]]
    document: Document | None = None
    origin: str = ""


def again(build: str, url: str) -> Shown:
    """A page's address, whatever became of it. Nothing is fetched: only the build and its archives are read."""
    rows, partition = [], -1
    for name, number, row in _dropped(build, url):
        rows.append(row)
        partition = number if name == "pages" else partition
    kept = _kept(build, url)
    if kept:
        return Shown(rows, kept, "what pass 1 kept of it")
    if partition < 0:
        return Shown(rows)
    try:
        found = _archived(build, partition, url)
    except (M3WError, OSError, ValueError) as error:
        return Shown(rows, None, f"its archive is not at hand: {error}")
    if found is None:
        return Shown(rows, None, f"it was not found again in its archive within {SECONDS:.0f} s")
    return Shown(rows, *found)


def _dropped(build: str, url: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(pass, number of its file, row) of each drop of a page."""
    for name in ("pages", "pictures", "shards"):
        folder = storage.join(build, name)
        for file in storage.names(folder):
            if file.endswith(".dropped.parquet"):
                filters = [("url", "==", url), ("unit", "==", "page")]
                for row in storage.read_table(storage.join(folder, file), filters=filters).to_pylist():
                    yield name, int(file.split(".", 1)[0]), row


def _kept(build: str, url: str) -> Document | None:
    """The document that came out of pass 1, where a later one dropped it."""
    folder = storage.join(build, "pages")
    for file in storage.names(folder):
        if file.endswith(".parquet") and file.count(".") == 1:
            for one in spool.read(storage.join(folder, file.removesuffix(spool.ROWS)), url):
                return one
    return None


def _archived(build: str, partition: int, url: str) -> tuple[Document | None, str] | None:
    """The page as its partition's archive has it, extracted anew, and what that says; None where it is not found."""
    from m3w_builder import config as configs  # the config's module knows the report's settings

    config = configs.load(storage.join(build, "config.yaml"))
    part = next((one for one in plan.partitions(build) if one.number == partition), None)
    if part is None:
        return None
    end = time.monotonic() + SECONDS
    for record in sources.read(part.input, dataclasses.replace(config.read, opt_out=[])):
        if time.monotonic() > end:
            return None
        if isinstance(record, sources.Page) and record.url == url:
            return _extracted(record, config.extract)
        if isinstance(record, sources.Refused) and record.url == url:
            return None, f"its record in {part.label} holds no page: {record.drop.reason} {record.drop.detail}".rstrip()
    return None


def _extracted(page: sources.Page, config: ExtractConfig) -> tuple[Document | None, str]:
    """The page's document; by the plain extractor, which takes everything, where the build's own finds none."""
    place = f"its record in {page.source.file}"
    ways = {"": config, ", all of its text": dataclasses.replace(config, extractor="reference", opt_out=())}
    for told, way in ways.items():
        answer = extract.extract(page.html, page.url, way, page.charset, page.headers)
        if isinstance(answer, Document):
            answer.source = page.source
            return answer, place + told
    return None, f"{place}, in which no text was found"
