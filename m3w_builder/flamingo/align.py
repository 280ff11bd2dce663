"""The alignment scan: which text of its document each picture belongs to, learned by contrast, and what that says.

The contrast is told nothing of places: a picture may belong to any text of its own document, and must choose one
against the texts of others. Where the choices of held-out documents then fall, relative to the pictures' places,
names a fault: on the text that follows (sound), one place off (shifted), mirrored (reversed), on any of their own
document (disordered), on another document's as often (unrelated).
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
    pad: int = 0
    """The token that fills up short texts."""


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
    return Texts(tokens, np.array(page_of, np.int64), np.array(chunk_of, np.int64), tokenizer.pad)


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scan found on held-out documents with two pictures or more."""

    pictures: int = 0
    """Pictures that were asked."""
    offsets: dict[int, int] = field(default_factory=dict)
    """How many chose a text so many chunks after their own place; 0 is the text that follows, -1 the one before."""
    shares: dict[str, float] = field(default_factory=dict)
    """Shares that fell on the following text, the one before, the mirrored place, their neighbour's; and by chance.
    "home": that liked a text of their document more than any of another one; "settled": of these, on the following."""
    fault: str = ""
    """"" where the pictures' choices are their own places, else "shifted", "reversed", "disordered", "unrelated"."""
    words: str = ""
    """The finding in a sentence."""


def scan(
    similarity: Sequence[NDArray[np.float32]],
    chunks: Sequence[NDArray[np.int64]],
    others: Sequence[NDArray[np.float32]],
    least: int = 50,
) -> Scan:
    """The scan of documents, each given as similarities (its pictures × its texts), the chunks of its texts, and the
    similarities of its pictures with the texts of another document.
    """
    offsets: Counter[int] = Counter()
    hits: list[dict[str, float]] = []
    for similarity_PN, chunks_N, other_PN in zip(similarity, chunks, others, strict=True):
        count = len(similarity_PN)
        if count < 2 or len(set(chunks_N.tolist())) < 2:
            continue
        best = chunks_N[similarity_PN.argmax(1)]
        at_home = similarity_PN.max(1) > other_PN.max(1)
        for place in range(count):
            offsets[int(best[place]) - place] += 1
            found: dict[str, float] = {"count": count}
            for name, expected in places(place, count).items():
                found[name] = float(best[place] in expected)
                found[f"{name} by chance"] = float(np.isin(chunks_N, expected).mean())
            found["home"] = float(at_home[place])
            found["home by chance"] = len(chunks_N) / (len(chunks_N) + other_PN.shape[1])
            found["settled"] = found["home"] * found["following"]
            hits.append(found)
    ordered = dict(sorted(offsets.items()))
    if len(hits) < least:
        return Scan(len(hits), ordered, {}, "", f"{len(hits)} pictures are too few for the alignment scan")
    shares = averaged(hits)
    shares["settled"] /= max(shares["home"], 1e-9)
    # Two pictures shifted by one are two pictures reversed: three tell these apart.
    longer = [found for found in hits if found["count"] > 2]
    fault, words = name_fault(shares, averaged(longer) if len(longer) >= least else {})
    return Scan(len(hits), ordered, shares, fault, words)


def averaged(hits: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each entry."""
    return {name: sum(found[name] for found in hits) / len(hits) for name in hits[0] if name != "count"}


def places(place: int, count: int) -> dict[str, list[int]]:
    """The chunks that a picture at `place` of `count` may be expected to belong to, by what that would mean."""
    return {
        "following": [place],
        "before": [place - 1] if place else [-1, count - 1],  # what stands above, or was turned round from the end
        "next": [(place + 1) % count],
        "mirrored": [count - 1 - place],
        "turned": [count - 2 - place],  # mirrored with a heading, which then stands last
    }


def name_fault(shares: dict[str, float], longer: dict[str, float]) -> tuple[str, str]:
    """A fault's name, "" where there is none, and the finding in words; `longer` are documents of three and more.

    What counts is the excess over chance, since documents with few texts hit any place often.
    """
    told = f"{100 * shares['following']:.0f} % of pictures belong to the text that follows them"
    own = excess(shares, "following")
    peak = max(("before", "next", "mirrored", "turned"), key=lambda name: excess(longer or shares, name))
    if peak in ("mirrored", "turned") and not longer:
        peak = "before"
    most = excess(longer if peak in ("mirrored", "turned") else shares, peak)
    at_home = excess(shares, "home") > 0.15
    if max(own, most) < 0.08 and not at_home:
        return (
            "unrelated",
            f"{told}, {100 * shares['following by chance']:.0f} % by chance: they know nothing of each other",
        )
    if max(own, most) < 0.08 or (most < 1.5 * own and at_home and shares["settled"] < 0.5):
        home = f"{100 * shares['home']:.0f} % of pictures know their document among two"
        return "disordered", f"{home}, but only {100 * shares['settled']:.0f} % of these the text that follows them"
    if most < 1.5 * max(own, 0.0):
        return "", told
    share = f"{100 * (longer or shares)[peak]:.0f} % of pictures belong to"
    return {
        "turned": ("reversed", f"{share} the mirrored place: their order is reversed, headings last"),
        "before": ("shifted", f"{share} the text before them: shifted by one, or described from above"),
        "next": ("shifted", f"{share} the text after the next picture: shifted by one"),
        "mirrored": ("reversed", f"{share} the mirrored place: their order is reversed"),
    }[peak]


def excess(shares: dict[str, float], name: str) -> float:
    """A share less what chance gives."""
    return shares[name] - shares[f"{name} by chance"]
