"""Which pictures the pages of a partition want, once exchange 1 has decided what stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

import pyarrow as pa

from m3w_builder import dedup, document, storage
from m3w_builder.classes import dataclass
from m3w_builder.passes import exchange
from m3w_builder.passes.books import Books
from m3w_builder.pictures import Picture
from m3w_builder.stage import Drop, ask


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


def wanted_of(build: str, partition: int, decisions: pa.Table, the_books: Books) -> Wanted:
    """Apply exchange 1: duplicate pages go, pictures that stand on too many documents go unfetched."""
    gone = exchange.page_drops(decisions)
    common = exchange.picture_drops(decisions)
    wanted = Wanted()
    for table in storage.iter_tables(storage.join(build, f"pages/{partition:06d}.parquet"), document.REFERENCES):
        with the_books.timed("page_duplicates"):
            kept = []
            for one in document.references(table):
                if one.id in gone:
                    the_books.page("page_duplicates", one.url, gone[one.id], one)
                    continue
                kept.append(one)
                wanted.facts[one.key] = (dedup.hash64(one.host), dedup.time_rank(one.source.fetched))
                _want(wanted, one, common, the_books)
            the_books.kept("page_duplicates", kept)
    wanted.documents = len(wanted.facts)
    return wanted


def _want(wanted: Wanted, one: document.Document, common: dict[int, Drop], the_books: Books) -> None:
    """Take in the pictures of a document, but for those that stand on too many."""
    for image in one.images:
        drop = common.get(dedup.picture_url_key(image.url)) if common else None
        if drop:
            the_books.picture("common_pictures", image.url, one.url, one.key, drop)
        else:
            the_books.ledger["common_pictures"].pictures.kept += 1
            wanted.pages.setdefault(image.url, []).append((one.url, one.key))
            wanted.fetched.setdefault(image.url, one.source.fetched)


def refuse(wanted: Wanted, stages: Sequence[Any], the_books: Books) -> None:
    """Ask the filters that know a picture by its URL alone: what they drop is no longer wanted."""
    for stage in stages:
        asked = [Picture(url, b"", None, 0, 0, "") for url in wanted.pages]
        with the_books.timed(stage.name):
            answers = ask(stage, asked)
        for picture, answer in zip(asked, answers, strict=True):
            places = wanted.pages[picture.url]
            if not isinstance(answer, Drop):
                the_books.ledger[stage.name].pictures.kept += len(places)
                continue
            for page_url, key in places:
                the_books.picture(stage.name, picture.url, page_url, key, answer)
            del wanted.pages[picture.url]
