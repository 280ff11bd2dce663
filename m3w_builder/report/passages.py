"""The passage of a text in which the words stand that a person asked for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from m3w_builder.shards import search
from m3w_builder.words import SPACELESS

PASSAGE = 300
"""Characters of a passage."""


def passage(text: str, asked: str) -> list[tuple[str, bool]]:
    """Where the first of the words asked for stands in a text: parts of the passage, and whether each was asked for.

    The text's beginning where none is found, as where a word stands in the title alone.
    """
    bare = text[: search.LONGEST].translate(_bare())
    patterns = [_pattern(part.translate(_bare()), whole) for part, whole in search.terms(asked)]
    wanted = re.compile("|".join(patterns)) if patterns else None
    first = wanted.search(bare) if wanted else None
    start = max(0, first.start() - PASSAGE // 3) if first else 0
    if start:
        start = bare.find(" ", start, first.start()) + 1 or start  # type: ignore[union-attr]
    end = start + PASSAGE
    parts: list[tuple[str, bool]] = [("…", False)] if start else []
    behind = start
    for hit in wanted.finditer(bare, start, end) if wanted else ():
        parts += [(text[behind : hit.start()], False), (text[hit.start() : hit.end()], True)]
        behind = hit.end()
    parts.append((text[behind:end] + ("…" if end < len(text) else ""), False))
    return [part for part in parts if part[0]]


def _pattern(part: str, whole: bool) -> str:
    """The pattern of one term: its words with anything that is no word between, from a word's beginning on."""
    found = [re.escape(word) for word in re.findall(rf"[{SPACELESS}]|[^\W_{SPACELESS}]+", part)]
    spaceless = bool(re.match(f"[{SPACELESS}]", part))
    end = r"(?!\w)" if whole and not re.search(f"[{SPACELESS}]$", part) else "" if spaceless else r"\w*"
    return ("" if spaceless else r"(?<![^\W_])") + r"[\W_]*".join(found) + end


class _Bare(dict[int, str]):
    """Each character without its accents and in small letters, one for one, learnt as it is met."""

    def __missing__(self, code: int) -> str:
        letter = unicodedata.normalize("NFD", chr(code))[0].lower()[0]
        self[code] = letter
        return letter


@lru_cache
def _bare() -> _Bare:
    return _Bare()
