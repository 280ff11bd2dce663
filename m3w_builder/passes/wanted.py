"""Which pictures the pages of a partition want, once exchange 1 has decided what stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any

import pyarrow as pa

from m3w_builder import dedup, document, spool, storage
from m3w_builder.classes import dataclass
from m3w_builder.passes import exchange, pages
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
    with the_books.timed("page_duplicates"):  # to find out whom they name is a part of it
        gone = exchange.page_drops(decisions)
        common = exchange.picture_drops(decisions)
    wanted = Wanted()
    for table in storage.iter_tables(f"{pages.spooled(build, partition)}{spool.ROWS}", document.SCHEMA.names):
        with the_books.timed("page_duplicates"):
            kept, pictures = [], 0
            for one in document.references(table):
                if one.id in gone:
                    the_books.page("page_duplicates", one.url, gone[one.id], one)
                    continue
                kept.append(one)
                pictures += len(one.items)
                wanted.facts[one.key] = (dedup.hash64(one.host), dedup.time_rank(one.source.fetched))
                _want(wanted, one, common, the_books)
            the_books.kept("page_duplicates", kept)
            the_books.pictures("page_duplicates", pictures)
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


class Desk:
    """Where pictures' fates are entered, for every place where they stand."""

    def __init__(self, wanted: Wanted, the_books: Books) -> None:
        self.wanted = wanted
        self.books = the_books

    def enter(self, stage: str, fates: Iterable[tuple[str, object, int]]) -> list[bool]:
        """Enter what became of some URLs at a stage, (URL, answer, bytes) each; which of them are kept."""
        kept = []
        number = held = 0
        pages = self.wanted.pages
        for url, answer, size in fates:
            kept.append(not isinstance(answer, Drop))
            if isinstance(answer, Drop):
                self.drop(stage, url, answer, size)
            else:
                places = len(pages[url])
                number += places
                held += size * places
        self.books.pictures(stage, number, held)
        return kept

    def drop(self, stage: str, url: str, drop: Drop, size: int) -> None:
        """Enter that a stage dropped a picture of `size` bytes; what it keeps is left to `Ledger.follow`."""
        for page_url, key in self.wanted.pages[url]:
            self.books.picture(stage, url, page_url, key, drop, size)

    def left(self, stage: str, asked: Sequence[Picture], answers: Sequence[Picture | Drop]) -> list[Picture]:
        """The pictures that a stage keeps, those that it drops entered."""
        kept = []
        for picture, answer in zip(asked, answers, strict=True):
            if isinstance(answer, Drop):
                self.drop(stage, picture.url, answer, len(picture.body))
            else:
                kept.append(picture)
        return kept


def refuse(wanted: Wanted, stages: Sequence[Any], the_books: Books) -> None:
    """Ask the filters that know a picture by its URL alone: what they drop is no longer wanted."""
    for stage in stages:
        asked = [Picture(url, b"", None, 0, 0, "") for url in wanted.pages]
        with the_books.timed(stage.name):
            answers = ask(stage, asked)
        fates = ((picture.url, answer, 0) for picture, answer in zip(asked, answers, strict=True))
        kept = Desk(wanted, the_books).enter(stage.name, fates)
        for picture, stays in zip(asked, kept, strict=True):
            if not stays:
                del wanted.pages[picture.url]
