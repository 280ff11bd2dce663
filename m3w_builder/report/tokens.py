"""Counts the tokens of texts by a named tokenizer."""

from __future__ import annotations

import gzip
import importlib.util
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from m3w_builder import storage
from m3w_builder.errors import ConfigError

CLIP = "clip"
MERGES = 49_152 - 256 - 2
"""Merges of CLIP's vocabulary: what is left of 49,152 behind the bytes and the two marks."""
HELD = 200_000
"""Pieces whose number of tokens is remembered."""
# CLIP's own pattern, in the classes that `re` knows: contractions, runs of letters, single digits, runs of the rest.
_STRAIGHT = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})
"""open_clip repairs texts first, and makes curly quotes straight."""
_PIECE = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")


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
        self.known: dict[str, int] = {}
        self.model = _clip_model()
        self.bytes = _byte_letters()

    def __call__(self, text: str) -> int:
        known = self.known
        total = 0
        plain = unicodedata.normalize("NFC", text).translate(_STRAIGHT).lower()
        for piece in _PIECE.findall(plain):
            number = known.get(piece)
            total += number if number is not None else self._add(piece)
        return total

    def _add(self, piece: str) -> int:
        if len(self.known) >= HELD:
            self.known.clear()
        letters = "".join(self.bytes[byte] for byte in piece.encode("utf-8", "replace"))
        number = self.known[piece] = len(self.model.tokenize(letters))
        return number


def _clip_model() -> Any:
    """The byte-pair model from the file that open_clip ships, without importing open_clip, which takes seconds."""
    from tokenizers import models

    spec = importlib.util.find_spec("open_clip")
    file = Path(next(iter(spec.submodule_search_locations or [""])) if spec else "") / "bpe_simple_vocab_16e6.txt.gz"
    if not file.exists():
        raise ConfigError("report.tokenizer: clip: open_clip_torch is not installed; name another or leave it empty")
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        lines = stream.read().split("\n")[1 : MERGES + 1]
    merges = [(first, second) for first, _, second in (line.partition(" ") for line in lines)]
    letters = [letter for _, letter in sorted(_byte_letters().items())]
    names = [*letters, *(f"{letter}</w>" for letter in letters), *(first + second for first, second in merges)]
    vocabulary = {name: number for number, name in enumerate(names)}
    return models.BPE(vocab=vocabulary, merges=merges, end_of_word_suffix="</w>")


def _byte_letters() -> dict[int, str]:
    """A printable letter for each byte, as GPT-2 has it: printable ones stand for themselves, others from U+0100 on."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + place) for place, byte in enumerate(others)}
