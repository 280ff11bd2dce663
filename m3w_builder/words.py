"""The words of a text in any script: made, counted, hashed; and a hash of the text as a whole."""

from __future__ import annotations

import importlib
import os
import re
from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np
import xxhash

# A word: a run of letters, digits and the marks that go with them; where a script writes no spaces, one character.
SPACELESS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff"  # the last: scripts of India, whose marks stand among their letters
)
_WORD = re.compile(f"[{SPACELESS}]|(?:[^\\W{SPACELESS}]|[{_MARKS}])+")
_RANGE = re.compile(r".-.|.")
_PLAIN = re.compile(r"\w+")
_NOT_PLAIN = re.compile(f"[{SPACELESS}{_MARKS}]")


_APART = bytes(code if _PLAIN.match(chr(code)) else 32 for code in range(256))
"""The characters of ASCII, and more: those of words as they are, and all others as spaces."""
_LONG = 500
"""Characters from which numpy finds words sooner than a pattern."""


FORM = 2
"""Of `letters.pyx`, as it says itself."""


@lru_cache(1)
def letters() -> Any:
    """The compiled loops over characters (letters.pyx), of the source that goes with this one; None where there is
    none, or the environment has M3W_PLAIN: whoever asks for them does without, too."""
    if os.environ.get("M3W_PLAIN"):
        return None
    try:
        found = importlib.import_module("m3w_builder.letters")
    except ImportError:
        return None
    if found.FORM != FORM:
        return None
    found.learn(SPACELESS, _MARKS)
    return found


def words(text: str) -> list[str]:
    """The words of a text in any script: `\\w+` runs, single characters where a script writes no spaces."""
    if text.isascii():
        return text.encode().translate(_APART).decode().split()
    # Most other texts hold none of the scripts above, and the shorter pattern takes them several times faster.
    apart = _NOT_PLAIN.search(text)
    if apart or len(text) < _LONG:
        return (_WORD if apart else _PLAIN).findall(text)
    codes = _codes(text)
    return _text(np.where(_kinds_of(codes) != 0, codes, 32)).split()


def word_count(text: str) -> int:
    """How many `words` a text has, several times faster than by making them: by a table of where they begin."""
    if loops := letters():
        return int(loops.word_count(text))
    if not text:
        return 0
    kinds = _kinds_of(_codes(text))
    begun = int(kinds[0] == _LETTER) + int(np.count_nonzero((kinds[1:] == _LETTER) & (kinds[:-1] != _LETTER)))
    return begun + int(np.count_nonzero(kinds == _WHOLE))


class Tally:
    """Counts the `words` of texts in small letters; as `letters.pyx` has it, in several times the time."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many distinct words were met."""
        return len(self._counts)

    def add(self, text: str) -> int:
        """Count each word of a text; how many they are."""
        found = words(text.lower())
        self._counts.update(found)
        return len(found)

    def taken(self) -> dict[str, int]:
        """The words in the order in which they were met first, to be told once: none is held any more."""
        counts, self._counts = self._counts, Counter()
        return dict(counts)


def tally() -> Tally:
    """What counts words: compiled, where that is."""
    loops = letters()
    return loops.Tally() if loops else Tally()


def word_hashes(text: str) -> np.ndarray:
    """64 bits of each word of a text, uint64, in their order; the same for any case.

    A word's characters are the coefficients of a polynomial modulo 2^64. From the sums of all terms so far, those of
    each word are one subtraction: a fifteenth of the time of making the words and looking their hashes up.
    """
    if not text:
        return np.empty(0, np.uint64)
    if loops := letters():
        return np.frombuffer(loops.word_hashes(text, _BASE), np.uint64)
    codes = _codes(text.lower())
    begins, ends = _edges(_kinds_of(codes))
    starts, powers, inverse = np.flatnonzero(begins), *_powers(1 << (len(codes) - 1).bit_length())
    sums = np.cumsum(codes * powers[: len(codes)], dtype=np.uint64)
    found: np.ndarray = (sums[ends] - sums[starts] + codes[starts] * powers[starts]) * inverse[starts]
    found ^= found >> np.uint64(32)  # the lower bits of a polynomial know nothing of the upper ones
    return found * np.uint64(_BASE)


def letter_pairs(text: str, above: str) -> list[str]:
    """Each two neighbours among the `words` of a text that are one character each, both of them behind `above`, in
    their order and put together: the pattern that makes the words takes five times as long."""
    if not text:
        return []
    codes = _codes(text)
    begins, ends = _edges(_kinds_of(codes))
    starts = np.flatnonzero(begins)
    alone = (ends & (codes > ord(above)))[starts]
    first = np.flatnonzero(alone[:-1] & alone[1:])
    places = zip(starts[first].tolist(), starts[first + 1].tolist(), strict=True)
    return [text[one] + text[other] for one, other in places]


def plain_hash(text: str) -> int:
    """64 bits of a text, the same for any case and white space: as of `" ".join(text.split()).casefold()`."""
    if loops := letters():
        return xxhash.xxh3_64_intdigest(loops.single_spaced(text.strip()))
    codes = _codes(text.strip().casefold())
    blank = _blanks()[np.minimum(codes, _BLANK_MOST + 1)]
    kept = ~blank
    kept[1:] |= kept[:-1]  # of each run of white space the first
    return xxhash.xxh3_64_intdigest(np.where(blank, 32, codes)[kept].astype("<u4"))


_BLANK_MOST = 0x3000
"""The last character that is white space."""


@lru_cache(maxsize=1)
def _blanks() -> np.ndarray:
    return np.array([chr(code).isspace() for code in range(_BLANK_MOST + 2)])


_BASE = 0xD1342543DE82EF95
"""An odd number whose powers wander through all 64 bits (a multiplier of Steele and Vigna, arXiv 2001.05304)."""


@lru_cache(maxsize=21)
def _powers(number: int) -> tuple[np.ndarray, np.ndarray]:
    """The first powers of the base and of its inverse, modulo 2^64."""
    made = []
    for base in (_BASE, pow(_BASE, -1, 1 << 64)):
        factors = np.full(number, base, np.uint64)
        factors[0] = 1
        made.append(np.multiply.accumulate(factors))
    return made[0], made[1]


_LETTER, _WHOLE = 1, 2
"""A character that is part of a word, and one that is a word by itself."""
_SIZES = (0x80, 0x3000, 0x10000)
"""Tables of so many characters: one of all would take half a second to make, for a few emoji."""


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _text(codes: np.ndarray) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def _kinds_of(codes: np.ndarray) -> np.ndarray:
    """What each character is: `_LETTER`, `_WHOLE`, or 0; those behind the largest table are looked at by themselves."""
    most = codes.max()
    if most < _SIZES[-1]:
        low: np.ndarray = _kinds(next(size for size in _SIZES if most < size))[codes]
        return low
    found: np.ndarray = _kinds(_SIZES[-1])[np.minimum(codes, _SIZES[-1] - 1)]
    far = codes >= _SIZES[-1]
    distinct, places = np.unique(codes[far], return_inverse=True)
    found[far] = np.array([_kind(chr(code)) for code in distinct], np.uint8)[places]
    return found


def _edges(kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each character whether a word begins with it, and whether one ends with it."""
    whole, letter = kinds == _WHOLE, kinds == _LETTER
    begins, ends = whole | letter, whole | letter
    begins[1:] &= whole[1:] | ~letter[:-1]
    ends[:-1] &= whole[:-1] | ~letter[1:]
    return begins, ends


def _kind(character: str) -> int:
    if re.match(f"[{SPACELESS}]", character):
        return _WHOLE
    return _LETTER if _WORD.match(character) else 0


@lru_cache(maxsize=len(_SIZES))
def _kinds(size: int) -> np.ndarray:
    """What each of the first characters is: `_LETTER`, `_WHOLE`, or 0."""
    # As the pattern has it, which would take ten times as long: \w is what Python calls alphanumeric, and "_".
    found = np.fromiter(map(str.isalnum, map(chr, range(size))), np.uint8, size) * np.uint8(_LETTER)
    for ranges, kind in (("_", _LETTER), (_MARKS, _LETTER), (SPACELESS, _WHOLE)):
        for run in _RANGE.finditer(ranges):
            found[ord(run[0][0]) : ord(run[0][-1]) + 1] = kind
    return found
