"""The keys of pages and pictures: some tens of bytes that stand for them in an exchange."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
import xxhash

from m3w_builder.dedup.config import DedupConfig
from m3w_builder.dedup.minhash import band_keys, signature
from m3w_builder.dedup.near import near_keys
from m3w_builder.dedup.tables import KEYS, keys_table
from m3w_builder.document import Document, words
from m3w_builder.urls import canonical

_TOP = 1 << 16
_LOW = (1 << 48) - 1
_SPACE = re.compile(r"\s+")


class Archived(Protocol):
    """A picture response that an archive holds: what this module needs of `sources.Archived`."""

    url: str
    file: str
    offset: int


def hash64(text: str) -> int:
    """64 bits of a text; lone surrogates, which broken pages hold, count as they stand."""
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def picture_url_key(url: str) -> int:
    """The key under which a picture's URL is counted: of its canonical form."""
    return hash64(canonical(url))


def text_hash(text: str) -> int:
    """64 bits of a text, the same for any case and white space."""
    return hash64(_SPACE.sub(" ", text).strip().casefold())


def page_keys(documents: Sequence[Document], partition: int, config: DedupConfig) -> pa.Table:
    """Rows of `KEYS` for some documents: one for the URL, one for the text, one a
    MinHash band, one for each distinct picture URL.

    A document without text has no text row: being empty is not being the same.
    """
    urls: list[tuple[int, int, int]] = []
    texts: list[tuple[int, int, int]] = []
    bands: list[tuple[int, int, int]] = []
    pictures: list[tuple[int, int, int, int]] = []
    for document in documents:
        doc, text = document.id, document.text
        url_hash, text_key = hash64(canonical(document.url)), text_hash(text)
        rank = _page_rank(document, text, config)
        urls.append((url_hash, rank, doc))
        if text.strip():
            texts.append((text_key, rank, doc))
            bands += [(key, rank, doc) for key in _bands(text, config)]
        pictures += [
            (key, url_hash, doc, text_key) for key in {picture_url_key(image.url) for image in document.images}
        ]
    tables = []
    for kind, rows, wanted in (
        ("url", urls, config.urls),
        ("text", texts, config.texts),
        ("minhash", bands, config.near_texts),
        ("picture", pictures, True),
    ):
        if not wanted:
            continue
        columns = np.array(rows, np.uint64).reshape(-1, 3 if kind != "picture" else 4).T
        named = dict(zip(("key", "rank", "doc", "value"), columns, strict=False))
        tables.append(keys_table(kind, len(rows), partition=np.full(len(rows), partition), **named))
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _bands(text: str, config: DedupConfig) -> list[int]:
    tokens = words(text.lower())
    if not config.near_texts or not tokens:
        return []
    values = signature(tokens, config.minhash_bands * config.minhash_rows, config.minhash_words)
    return band_keys(values, config.minhash_bands)


def _page_rank(document: Document, text: str, config: DedupConfig) -> int:
    """Less is better: what `keep_page` asks in the top 16 bits, then 48 bits that are as good as random."""
    match config.keep_page:
        case "longest":
            top = _TOP - 1 - min(len(text) // 8, _TOP - 1)  # half a million characters, then all are as long
        case "most_pictures":
            top = _TOP - 1 - min(len(document.images), _TOP - 1)
        case "earliest":
            # RFC 3339 in UTC sorts as text: its digits are the number. Pages of unknown time come last.
            digits = re.sub(r"\D", "", document.source.fetched)[:14].ljust(14, "0")
            return int(digits) << 16 if document.source.fetched else (1 << 64) - 1
        case _:
            top = 0
    return (top << 48) | (hash64(document.url) & _LOW)


def archived_keys(archived: Sequence[Archived], partition: int) -> pa.Table:
    """Rows of `KEYS` for the pictures that a partition's archives hold."""
    return keys_table(
        "archived",
        len(archived),
        key=np.array([picture_url_key(one.url) for one in archived], np.uint64),
        value=np.array([one.offset for one in archived], np.uint64),
        partition=np.full(len(archived), partition),
        file=[one.file for one in archived],
    )


def picture_key(sha256: str) -> int:
    """The first 64 bits of a picture's sha256: its name within its document in `DECISIONS.key`."""
    return int(sha256[:16], 16)


def picture_keys(pictures: pa.Table, partition: int, config: DedupConfig) -> pa.Table:
    """Rows of `KEYS` for kept pictures: `pictures` has sha256 (hex), phash, width, height (px) and doc, a row a place.

    One exact row a place, and `max_distance` + 1 near ones.
    """
    sha = np.array([picture_key(name) for name in pictures["sha256"].to_pylist()], np.uint64)
    doc = pictures["doc"].to_numpy()
    rank = sha & np.uint64(_LOW)
    if config.keep_picture == "largest":
        pixels = pictures["width"].to_numpy().astype(np.float64) * pictures["height"].to_numpy()
        top = _TOP - 1 - np.minimum(np.sqrt(pixels), _TOP - 1).astype(np.uint64)
        rank = rank | (top.astype(np.uint64) << np.uint64(48))
    tables = [KEYS.empty_table()]
    columns = {"rank": rank, "doc": doc, "picture": sha, "partition": np.full(len(sha), partition)}
    if config.pictures:
        tables.append(keys_table("exact", len(sha), key=sha, **columns))
    if config.near_pictures:
        phash = pictures["phash"].to_numpy()
        for key in near_keys(phash, config.max_distance):
            tables.append(keys_table("near", len(sha), key=key, value=phash, **columns))
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
