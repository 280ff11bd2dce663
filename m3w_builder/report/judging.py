"""Judgements of documents by a person, kept beside the build, and the precision that they show."""

from __future__ import annotations

import json
import math

from m3w_builder import storage

FILE = "judgements.json"
Z = 1.959964
"""Standard normal quantile of a 95 % interval."""


def load(build: str) -> dict[str, bool]:
    """Judgements so far: a document's key, and whether it was found good."""
    url = storage.join(build, FILE)
    return storage.read_json(url) if storage.exists(url) else {}


def save(build: str, key: str, good: bool) -> dict[str, bool]:
    """Enter one judgement; a second one of the same document takes the first's place. All of them, after it."""
    judged = {**load(build), key: good}
    storage.write_bytes(storage.join(build, FILE), json.dumps(judged, indent=0).encode())
    return judged


def precision(judged: dict[str, bool]) -> tuple[float, float, float]:
    """The share of good ones with its 95 % Wilson interval; (0, 0, 1) before any judgement."""
    number = len(judged)
    if not number:
        return 0.0, 0.0, 1.0
    share = sum(judged.values()) / number
    middle = (share + Z * Z / (2 * number)) / (1 + Z * Z / number)
    half = Z * math.sqrt(share * (1 - share) / number + Z * Z / (4 * number * number)) / (1 + Z * Z / number)
    return share, max(0.0, middle - half), min(1.0, middle + half)
