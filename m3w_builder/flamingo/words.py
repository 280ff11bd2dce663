"""The words that profit most from their pictures, and a page that shows both."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from m3w_builder import storage
from m3w_builder.flamingo.corpus import Pixels
from m3w_builder.flamingo.sequences import NOTHING, Windows
from m3w_builder.flamingo.tokenizer import Tokenizer

LONGEST = 8
"""Most tokens of a word: scripts without spaces have no end of one."""

SHOWN = 3
"""Pictures shown of each word."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word stands."""

    nats: float
    page: int
    picture: int
    around: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word: how often it stands on held-out documents, what its own picture saves on it, and where most."""

    word: str
    times: int
    nats: float
    """Mean nats saved each time."""
    places: list[Place]


def profit(
    windows: Windows, saved_WT: NDArray[np.float32], tokenizer: Tokenizer, most: int = 20, least: int = 3
) -> list[Word]:
    """The words that profit most in sum, of those that stand `least` times; `saved_WT` are nats saved on each token."""
    found: dict[str, list[tuple[float, int, int, int]]] = {}
    starts = begins(tokenizer)
    for row in range(len(windows)):
        tokens, labels = windows.tokens_WT[row], windows.labels_WT[row]
        at = 1
        while at < len(tokens):
            if labels[at] == NOTHING or tokens[at] == tokenizer.end_of_chunk:
                at += 1
                continue
            end = at + 1
            while end < len(tokens) and end - at < LONGEST and labels[end] != NOTHING and not starts[tokens[end]]:
                end += 1
            word = tokenizer.decode(tokens[at:end].tolist()).strip(" .,;:!?\n()\"'").lower()
            if word and not word.isspace() and "\ufffd" not in word:
                found.setdefault(word, []).append((float(saved_WT[row, at:end].sum()), row, at, end))
            at = end
    often = {word: spots for word, spots in found.items() if len(spots) >= least}
    ranked = sorted(often.items(), key=lambda entry: -sum(spot[0] for spot in entry[1]))[:most]
    return [
        Word(word, len(spots), round(total / len(spots), 3), places(windows, spots, tokenizer))
        for word, spots in ranked
        if (total := sum(spot[0] for spot in spots)) > 0
    ]


def begins(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Whether each token begins a word: with a space before it, or no letter in it (byte-level BPE writes Ġ)."""
    names = [tokenizer.core.id_to_token(number) or "" for number in range(tokenizer.size)]
    return np.array([name.startswith(("Ġ", "Ċ", "<")) or not any(c.isalnum() for c in name) for name in names])


def places(windows: Windows, spots: Sequence[tuple[float, int, int, int]], tokenizer: Tokenizer) -> list[Place]:
    """Where a word profits most, on one page each."""
    chosen: dict[int, Place] = {}
    for nats, row, at, end in sorted(spots, reverse=True):
        page = int(windows.pages_W[row])
        if page not in chosen and len(chosen) < SHOWN:
            picture = int(windows.pictures_WP[row, windows.looks_at_WT[row, at]])
            text = tokenizer.decode(windows.tokens_WT[row, max(0, at - 12) : end + 8].tolist())
            chosen[page] = Place(round(nats, 3), page, picture, text.strip())
    return list(chosen.values())


def write(folder: str, words: Sequence[Word], pictures: Sequence[Pixels], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Write FOLDER/words.html with the pictures beside it, as the tower sees them; the words as plain data."""
    import cv2

    plain, rows = [], []
    for number, word in enumerate(words):
        shown = []
        for at, place in enumerate(word.places):
            name = f"words/{number:02}-{at}.png"
            pixels = pictures[place.picture].transpose(1, 2, 0)[:, :, ::-1]
            factor = max(1, 128 // len(pixels))
            large = np.ascontiguousarray(pixels.repeat(factor, 0).repeat(factor, 1))
            storage.write_bytes(storage.join(folder, name), cv2.imencode(".png", large)[1].tobytes())
            shown.append(asdict(place) | {"page": keys[place.page], "file": name})
        plain.append(asdict(word) | {"places": shown})
        figures = "".join(
            f'<figure><img src="{entry["file"]}" alt=""><figcaption>{entry["nats"]:+.2f} '
            f"{html.escape(entry['around'])}</figcaption></figure>"
            for entry in shown
        )
        rows.append(
            f"<tr><th>{html.escape(word.word)}</th><td>{word.nats:+.2f}</td><td>{word.times}</td><td>{figures}</td></tr>"
        )
    storage.write_bytes(storage.join(folder, "words.html"), PAGE.format(rows="\n".join(rows)).encode())
    return plain


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Words that profit from their pictures</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
td,th{{border-top:1px solid #ddd;padding:.6rem;text-align:left;vertical-align:top}}table{{border-collapse:collapse}}
figure{{display:inline-block;margin:0 1rem 0 0;width:12rem;vertical-align:top}}img{{width:128px}}
figcaption{{font-size:13px;overflow-wrap:anywhere}}</style>
<h1>Words that profit most from their pictures</h1>
<p>Nats that the model saves on a word when it sees the word's own picture instead of another document's, on documents
held out; the pictures as the model sees them, at the places where most is saved.</p>
<table><tr><th>word</th><th>nats each</th><th>times</th><th>where most</th></tr>
{rows}
</table></html>
"""
