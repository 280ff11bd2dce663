"""Drops documents that hold text of an evaluation set, by runs of words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

import xxhash

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document
from m3w_builder.errors import ConfigError
from m3w_builder.stage import Drop
from m3w_builder.words import words

LENGTH = 13
"""Words a run (13: GPT-3, arXiv 2005.14165, appendix C)."""


def run_hashes(text: str, length: int = LENGTH) -> Iterator[int]:
    """64 bits of every run of `length` words, lower case; of all words together where there are fewer, but 5."""
    tokens = words(text.lower())
    length = min(length, len(tokens))
    if length < 5:  # "a dog on a" says nothing about where it is from
        return
    for start in range(len(tokens) - length + 1):
        yield xxhash.xxh3_64_intdigest(" ".join(tokens[start : start + length]).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Contamination:
    """Drops documents with `min_runs` or more runs of 13 words that a list holds.

    `m3w decontaminate-index` makes a list: `t` and 16 hex digits a line. Texts of the set that are shorter than 13
    words are found only where a document is no longer.
    """

    name: ClassVar[str] = "contamination"
    reasons: ClassVar[Mapping[str, str]] = {"listed_text": "min_runs runs of words or more stand in a list"}

    lists: tuple[str, ...] = ()
    """Evaluation sets, any fsspec URL: hash lists, or folders and tars, of which the build makes lists first. The file
    or folder's name without its ending is the set's name."""
    min_runs: int = 1
    """Runs of 13 words that must be found."""

    def check(self) -> None:
        """Read the lists; raises ConfigError where one is not there."""
        for name in self.lists:
            _read(name)

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        if not self.lists:
            return document
        mine = set(run_hashes(document.text))
        for name in self.lists:
            found = len(mine & _read(name))
            if found >= self.min_runs:
                return Drop("listed_text", name.rsplit("/", 1)[-1].rsplit(".", 1)[0], found, self.min_runs)
        return document


@lru_cache(maxsize=16)
def _read(name: str) -> frozenset[int]:
    try:
        lines = storage.read_bytes(name).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"lists: '{name}' is no hash list that can be read ({type(error).__name__})") from None
    return frozenset(int(line[2:18], 16) for line in lines if line.startswith("t "))
