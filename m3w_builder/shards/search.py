"""The index of a shard by which documents are found: one SQLite file with the words of their texts (FTS5)."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import quote

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document
from m3w_builder.words import SPACELESS, letters

SUFFIX = ".sqlite"
"""What follows a shard's name."""
LONGEST = 1_000_000
"""Characters of a document that are searched: a text longer than a thick novel is no page."""

_UNSAFE = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
"""The file is made in one go and copied when it is whole: nothing has to outlive a fault."""

_SCHEMA = """
CREATE TABLE documents(row INTEGER PRIMARY KEY, key TEXT, host TEXT, language TEXT, split TEXT, images INTEGER);
CREATE TABLE scores(name TEXT, score REAL, row INTEGER);
CREATE VIRTUAL TABLE words USING fts5(
    {columns}, content='', columnsize=0,
    tokenize="unicode61 remove_diacritics 2 categories 'L* M* N* Co'"
);
INSERT INTO words(words, rank) VALUES('automerge', 0);
INSERT INTO words(words, rank) VALUES('hashsize', 33554432);
"""
# Words are merged once, at the end, from parts of 32 MB: most shards are one such part, and half as large for it.
_INDEXES = """
CREATE INDEX by_key ON documents(key);
CREATE INDEX by_host ON documents(host);
CREATE INDEX by_score ON scores(name, score, row);
INSERT INTO words(words) VALUES('optimize');
VACUUM;
"""
# Where a script writes no spaces, each character is a word, and what is asked for is a phrase of them.
_ASKED = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Query:
    """Which documents are wanted; an empty field asks for nothing."""

    text: str = ""
    """Words that all stand in the title, the address or the text, each the beginning of one there; in quotation marks
    a phrase of whole words. Case and accents do not matter."""
    host: str = ""
    """The host itself or one under it: `example.org` finds `www.example.org` too."""
    language: str = ""
    split: str = ""
    pictures: int = 0
    """Fewest pictures, included."""
    score: str = ""
    """Name of a score, for `least` and `most`."""
    least: float | None = None
    most: float | None = None


class Writer:
    """Takes a shard's documents in their order; held in a nameless file of this machine until it is written.

    `texts`: whether the words of whole texts are indexed, which are most of the file; titles and addresses always are.
    """

    def __init__(self, texts: bool = True) -> None:
        self._columns = ("title", "url", "text") if texts else ("title", "url")
        self._insert = f"INSERT INTO words(rowid, {', '.join(self._columns)}) VALUES(?{', ?' * len(self._columns)})"
        self._made = tempfile.NamedTemporaryFile(prefix="m3w-words-", delete=False)  # noqa: SIM115
        self._database = sqlite3.connect(self._made.name, isolation_level=None)
        self._database.executescript(_UNSAFE + _SCHEMA.replace("{columns}", ", ".join(self._columns)))
        os.unlink(self._made.name)  # open in both, and gone with this process however that ends
        self._database.execute("BEGIN")
        self._rows = 0

    def add(self, one: Document, split: str) -> None:
        facts = {name: getattr(one, name) for name in ("key", "title", "url", "host", "language")}
        scores = [{"name": name, "score": score} for name, score in one.scores.items()]
        self.put({**facts, "split": split, "images": len(one.images), "scores": scores}, one.text)

    def put(self, facts: Mapping[str, Any], text: str) -> None:
        """Take a document by its row in the shard's index and its whole text."""
        row, self._rows = self._rows, self._rows + 1
        ask = self._database.execute
        place = (row, facts["key"], turned(facts["host"]), facts["language"], facts["split"], facts["images"])
        ask("INSERT INTO documents VALUES(?, ?, ?, ?, ?, ?)", place)
        for one in facts["scores"]:
            ask("INSERT INTO scores VALUES(?, ?, ?)", (one["name"], one["score"], row))
        parts = (facts["title"], facts["url"], text[:LONGEST])
        ask(self._insert, (row, *map(_apart, parts[: len(self._columns)])))

    def write(self, url: str) -> storage.Written:
        """Write the file, whole or not at all; the same documents give the same bytes."""
        self._database.executescript(_INDEXES)  # which ends the transaction first
        self._database.close()
        written = storage.Written()
        with storage.atomic(url, written) as stream:
            shutil.copyfileobj(self._made, stream, 1 << 20)
        self.close()
        return written

    def close(self) -> None:
        self._database.close()
        self._made.close()


def _apart(text: str) -> str:
    """A text in which characters of scripts without spaces stand apart."""
    if text.isascii():
        return text
    if loops := letters():
        return str(loops.apart(text))
    return re.sub(f"([{SPACELESS}])", r" \1 ", text)


def turned(host: str) -> str:
    """A host's name from its end, `org.example.www`: what lies under one stands together."""
    return ".".join(reversed(host.split(".")))


def terms(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of what a person asks for, and whether each is a phrase of whole words."""
    for phrase, term in _ASKED.findall(text.replace("\0", " ")):
        if any(letter.isalnum() for letter in phrase or term):
            yield phrase or term, bool(phrase)


def expression(text: str) -> str:
    """What a person asks for in FTS5's own language; empty where no word is in it. Nothing of the text is syntax."""
    said = ((_apart(part).replace('"', " "), whole) for part, whole in terms(text))
    return " AND ".join(f'"{part}"' + ("" if whole else " *") for part, whole in said)


def rows(index: str, query: Query) -> list[int]:
    """The rows of a shard, from 0 and rising, that a query wants; `index` is the URL of its SQLite file."""
    wheres, values = _conditions(query)
    where = " AND ".join(wheres) or "1"
    return [int(row) for (row,) in _ask(index, f"SELECT row FROM documents WHERE {where} ORDER BY row", values)]


def row_of(index: str, key: str) -> int:
    """The row of the document with this key; -1 where the shard has none."""
    found = _ask(index, "SELECT row FROM documents WHERE key = ?", [key])
    return int(found[0][0]) if found else -1


def score_names(index: str) -> list[str]:
    """The scores that a shard's documents bear."""
    return [str(name) for (name,) in _ask(index, "SELECT DISTINCT name FROM scores ORDER BY name", [])]


def has_texts(index: str) -> bool:
    """Whether whole texts were indexed, not titles and addresses alone."""
    return bool(_ask(index, "SELECT 1 FROM pragma_table_info('words') WHERE name = 'text'", []))


def _conditions(query: Query) -> tuple[list[str], list[object]]:
    wheres: list[str] = []
    values: list[object] = []

    def want(where: str, *given: object) -> None:
        wheres.append(where)
        values.extend(given)

    if query.text:
        said = expression(query.text)
        want("row IN (SELECT rowid FROM words WHERE words MATCH ?)", said) if said else want("0")
    if query.host:
        name = turned(query.host)
        want("(host = ? OR (host > ? AND host < ?))", name, f"{name}.", f"{name}/")  # the sign behind the dot
    if query.language:
        want("language = ?", query.language)
    if query.split:
        want("split = ?", query.split)
    if query.pictures:
        want("images >= ?", query.pictures)
    if query.score:
        least = float("-inf") if query.least is None else query.least
        most = float("inf") if query.most is None else query.most
        want("row IN (SELECT row FROM scores WHERE name = ? AND score BETWEEN ? AND ?)", query.score, least, most)
    return wheres, values


def _ask(index: str, question: str, values: Sequence[object]) -> list[tuple[int | str, ...]]:
    if storage.is_local(index):
        path = str(storage.url_to_fs(index)[1])
    else:
        import fsspec

        path = str(fsspec.open_local(f"simplecache::{index}"))  # a copy for as long as this process lives
    with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro&immutable=1", uri=True)) as database:
        return database.execute(question, values).fetchall()
