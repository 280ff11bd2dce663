"""Counts the tokens of texts by a named tokenizer."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from zlib_ng import zlib_ng

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.words import letters

CLIP = "clip"
MERGES = 49_152 - 256 - 2
"""Merges of CLIP's vocabulary: what is left of 49,152 behind the bytes and the two marks."""
UNPACKED = 530_000
"""Bytes of its file that are unpacked, a sixth: of those, the first 525,000 hold the merges."""
HELD = 200_000
"""Pieces whose number of tokens is remembered."""
# CLIP's own pattern, in the classes that `re` knows: contractions, runs of letters, single digits, runs of the rest.
_STRAIGHT = (("\u2018", "'"), ("\u2019", "'"), ("\u201c", '"'), ("\u201d", '"'))
"""open_clip repairs texts first, and makes curly quotes straight."""
_PIECE = re.compile(r"'(?:s|t|re|ve|m|ll|d)|[^\W\d_]+|\d|(?:[^\s\w]|_)+")
_SHORT = re.compile(rb"'(?:s|t|re|ve|m|ll|d)")
_LETTERS, _DIGITS, _SPACES = (b"abcdefghijklmnopqrstuvwxyz", b"0123456789", b"\t\n\v\f\r\x1c\x1d\x1e\x1f ")
_REST = bytes(set(range(128)) - set(_LETTERS + _DIGITS + _SPACES))
"""What small letters of ASCII stand among: marks, and what is not printed."""
_ONLY_LETTERS, _ONLY_REST = (bytes(code if code in kept else 32 for code in range(256)) for kept in (_LETTERS, _REST))
_NOT_DIGITS = bytes(set(range(256)) - set(_DIGITS))


@lru_cache(maxsize=4)
def counter(name: str) -> Callable[[str], int] | None:
    """What counts the tokens of a text; None for an empty name. Raises ConfigError where there is no such tokenizer."""
    if not name:
        return None
    if name == CLIP:
        return Clip()
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(storage.read_bytes(name).decode())
    except Exception as error:  # the package raises a bare Exception at what is no tokenizer
        raise ConfigError(f"report.tokenizer: {name}: cannot be read as a tokenizer.json: {error}") from None
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


class Clip:
    """CLIP's byte pairs. Pieces repeat, so each is encoded once: 8 times faster than encoding whole texts.

    On web pages 1 % above open_clip's own count, which first repairs broken encodings and entities.
    """

    def __init__(self) -> None:
        loops = letters()
        self._pairs = None if loops is None else loops.Pairs(_merges(), "".join(_byte_letters().values()), _long_piece)

    def __call__(self, text: str) -> int:
        if self._pairs is not None:
            return int(self._pairs.count(text if text.isascii() else unicodedata.normalize("NFC", text)))
        return sum(map(_known().__getitem__, pieces(text)))


@lru_cache(maxsize=1)
def _known() -> _Pieces:
    return _Pieces()


def _long_piece(piece: str) -> int:
    """The tokens of a piece that is too long for the compiled loops."""
    return _known()[piece]


def _repaired(text: str) -> str:
    """A text in small letters, with straight quotes."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        for curly, straight in _STRAIGHT:
            text = text.replace(curly, straight)
    return text.lower()


def pieces(text: str) -> list[str]:
    """What CLIP encodes by itself: words, single digits, marks, in small letters; not in the order of the text."""
    text = _repaired(text)
    return _ascii_pieces(text.encode()) if text.isascii() else _PIECE.findall(text)


def _ascii_pieces(text: bytes) -> list[str]:
    """The same for small letters of ASCII by tables, several times faster than by the pattern."""
    short: list[str] = []

    def taken(found: re.Match[bytes]) -> bytes:
        if found.start() and text[found.start() - 1] in _REST:
            return found[0]  # the run of marks before it goes on
        short.append(found[0].decode())
        return b" "

    left = _SHORT.sub(taken, text) if b"'" in text else text
    letters, rest = (left.translate(table).decode().split() for table in (_ONLY_LETTERS, _ONLY_REST))
    return [*letters, *rest, *left.translate(None, _NOT_DIGITS).decode(), *short]


class _Pieces(dict[str, int]):
    """How many tokens each piece has; one that is not known is looked up."""

    def __init__(self) -> None:
        self.model, self.whole = _clip_model()
        self.letters = _byte_letters()
        self.update(self.whole)

    def __missing__(self, piece: str) -> int:
        if len(self) >= HELD:
            self.clear()
            self.update(self.whole)
        # Bytes as the characters U+0000 to U+00FF, so that one table turns them all.
        letters = piece.encode("utf-8", "replace").decode("latin-1").translate(self.letters)
        number = self[piece] = len(self.model.tokenize(letters))
        return number


def _merges() -> bytes:
    """The merges, a line each, from the file that open_clip ships, without importing open_clip, which takes seconds."""
    spec = importlib.util.find_spec("open_clip")
    file = Path(next(iter(spec.submodule_search_locations or [""])) if spec else "") / "bpe_simple_vocab_16e6.txt.gz"
    if not file.exists():
        raise ConfigError("report.tokenizer: clip: open_clip_torch is not installed; name another or leave it empty")
    told = zlib_ng.decompressobj(31).decompress(file.read_bytes(), UNPACKED)
    ends = np.flatnonzero(np.frombuffer(told, np.uint8) == ord("\n"))  # a fifth of the time of making the lines
    return told[ends[0] + 1 : ends[MERGES] + 1]


def _clip_model() -> tuple[Any, dict[str, int]]:
    """The byte-pair model, and beside it the words of ASCII letters that are one token each, with their number, 1."""
    from tokenizers import models

    lines = _merges().decode().split("\n")[:-1]
    merges = [line.partition(" ")[::2] for line in lines]
    made = [line.replace(" ", "") for line in lines]
    signs = _byte_letters().values()
    names = [*signs, *(f"{sign}</w>" for sign in signs), *made]
    vocabulary = dict(zip(names, range(len(names)), strict=True))
    ones = dict.fromkeys(re.findall(r"^([a-z]+)</w>$", "\n".join(made), re.MULTILINE), 1)
    return models.BPE(vocab=vocabulary, merges=merges, end_of_word_suffix="</w>"), ones


def _byte_letters() -> dict[int, str]:
    """A printable letter for each byte, in their order: printable ones stand for themselves, others from U+0100 on, as
    GPT-2 has it."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    found = {byte: chr(byte) for byte in plain} | {byte: chr(256 + place) for place, byte in enumerate(others)}
    return dict(sorted(found.items()))
