"""The alignment scan: which text of its document each picture belongs to, learned by contrast, and what that says.

The contrast is told nothing of places: a picture may belong to any text of its own document, and must choose one
against the texts of others. Where the choices of held-out documents then fall, relative to the pictures' places,
names a fault: on the text that follows (sound), one place off (shifted), mirrored (reversed), anywhere (mixed up).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from m3w_builder.flamingo.corpus import Page
from m3w_builder.flamingo.tokenizer import Tokenizer


@dataclass(slots=True)
class Texts:
    """Short texts of pages, padded: N texts of at most T tokens, with the chunk of the page that each stands in.

    Chunk i is what stands between the page's picture i and the next; -1 is what stands before the first.
    """

    tokens_NT: NDArray[np.int64]
    pages_N: NDArray[np.int64]
    chunks_N: NDArray[np.int64]


def short_texts(pages: Sequence[Page], tokenizer: Tokenizer, length: int, most: int) -> Texts:
    """Each page's text cut into pieces of `length` tokens; of a chunk the first `most` pieces and the last."""
    rows, page_of, chunk_of = [], [], []
    for number, page in enumerate(pages):
        chunk = -1
        by_chunk: dict[int, list[list[int]]] = {}
        for piece in page.pieces:
            if isinstance(piece, int):
                chunk += 1
                continue
            ids = tokenizer.encode(piece)
            by_chunk.setdefault(chunk, []).extend(ids[at : at + length] for at in range(0, len(ids), length))
        for chunk, found in by_chunk.items():
            kept = found if len(found) <= most + 1 else [*found[:most], found[-1]]
            rows += kept
            page_of += [number] * len(kept)
            chunk_of += [chunk] * len(kept)
    tokens = np.full((len(rows), length), tokenizer.pad, np.int64)
    for index, row in enumerate(rows):
        tokens[index, : len(row)] = row
    return Texts(tokens, np.array(page_of, np.int64), np.array(chunk_of, np.int64))


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scan found on held-out documents with two pictures or more."""

    pictures: int = 0
    """Pictures that were asked."""
    offsets: dict[int, int] = field(default_factory=dict)
    """How many chose a text so many chunks after their own place; 0 is the text that follows, -1 the one before."""
    shares: dict[str, float] = field(default_factory=dict)
    """Shares that fell on the following text, the one before, the mirrored place, their neighbour's; and by chance."""
    fault: str = ""
    """"" where the pictures' choices are their own places, else "shifted", "reversed", "mixed up", "unrelated"."""
    words: str = ""
    """The finding in a sentence."""


def scan(similarity: Sequence[NDArray[np.float32]], chunks: Sequence[NDArray[np.int64]], least: int = 50) -> Scan:
    """The scan of documents, each given as similarities (its pictures × its texts) and the chunks of its texts."""
    offsets: Counter[int] = Counter()
    hits: Counter[str] = Counter()
    chance: Counter[str] = Counter()
    pictures = 0
    for similarity_PN, chunks_N in zip(similarity, chunks, strict=True):
        count = len(similarity_PN)
        if count < 2 or len(set(chunks_N.tolist())) < 2:
            continue
        best = chunks_N[similarity_PN.argmax(1)]
        for place in range(count):
            pictures += 1
            offset = int(best[place]) - place
            offsets[offset] += 1
            for name, chunk in places(place, count).items():
                hits[name] += bool(best[place] == chunk)
                chance[name] += float((chunks_N == chunk).mean())  # type: ignore[assignment]
    if pictures < least:
        return Scan(pictures, dict(sorted(offsets.items())), {}, "", f"{pictures} pictures are too few for the scan")
    shares = {name: hits[name] / pictures for name in hits} | {f"{n} by chance": chance[n] / pictures for n in chance}
    fault, words = name_fault(shares)
    return Scan(pictures, dict(sorted(offsets.items())), shares, fault, words)


def places(place: int, count: int) -> dict[str, int]:
    """The chunks that a picture at `place` of `count` may be expected to belong to, by what they would mean."""
    return {
        "following": place,
        "before": (place - 1) if place else -1,
        "next": (place + 1) % count,
        "mirrored": count - 1 - place,
    }


def name_fault(shares: dict[str, float]) -> tuple[str, str]:
    """A fault's name, "" where there is none, and the finding in words.

    What counts is the excess over chance: documents with few texts hit any place often.
    """
    excess = {name: shares[name] - shares[f"{name} by chance"] for name in ("following", "before", "next", "mirrored")}
    percent = {name: f"{100 * shares[name]:.0f} %" for name in excess}
    own = excess["following"]
    peak = max(excess, key=lambda name: excess[name])
    told = f"{percent['following']} of pictures belong to the text that follows them"
    if excess[peak] < 0.08:
        return "unrelated", f"{told}, as chance has it: pictures and texts of a document know nothing of each other"
    if peak == "before" and excess["before"] > 2 * max(own, 0.0):
        return (
            "shifted",
            f"{percent['before']} of pictures belong to the text before them: shifted by one, or captions stand above",
        )
    if peak == "next" and excess["next"] > 2 * max(own, 0.0):
        return "shifted", f"{percent['next']} of pictures belong to the text after the next picture: shifted by one"
    if peak == "mirrored" and excess["mirrored"] > 1.3 * max(own, 0.0):
        return "reversed", f"{percent['mirrored']} of pictures belong to the mirrored place: their order is reversed"
    return "", told
