"""The keys of pages and pictures: some tens of bytes that stand for them in an exchange."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from m3w_builder.dedup.config import DedupConfig
from m3w_builder.dedup.minhash import band_keys, signature, sketch
from m3w_builder.dedup.near import mix, near_keys
from m3w_builder.dedup.tables import KEYS, keys_table
from m3w_builder.document import Document, Text
from m3w_builder.urls import canonical
from m3w_builder.words import plain_hash, word_hashes, words

PARAGRAPH = 20
"""Words of the shortest paragraph that tells of a copy; what is shorter may be anybody's."""
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


def line_key(host: str, line: str) -> int:
    """The key under which a line is counted on its host: the same for any case and white space."""
    return hash64(f"{host}\n{_SPACE.sub(' ', line).strip().casefold()}")


def lines(item: Text) -> list[str]:
    """The lines of a text that may be taken out of it by themselves: none of code, tables and formulas."""
    return item.text.split("\n") if item.kind not in ("code", "table", "formula") else []


def page_keys(documents: Sequence[Document], partition: int, config: DedupConfig) -> pa.Table:
    """Rows of `KEYS` for some documents: one for the URL, one for the text, one a MinHash band, one for each distinct
    picture URL and, where they are asked for, one for each distinct line and each distinct long paragraph.

    A document without text has no text row: being empty is not being the same.
    """
    urls: list[tuple[int, ...]] = []
    texts: list[tuple[int, ...]] = []
    bands: list[tuple[int, ...]] = []
    found: list[tuple[int, ...]] = []
    paragraphs: list[tuple[int, ...]] = []
    pictures: list[tuple[int, ...]] = []
    for document in documents:
        doc, text = document.id, document.text
        url_hash, text_key = hash64(canonical(document.url)), plain_hash(text)
        rank = _page_rank(document, text, config)
        urls.append((url_hash, rank, doc))
        if text.strip():
            texts.append((text_key, rank, doc))
            bands += [(key, rank, doc, *bits) for key, bits in _bands(text, config)]
        host = hash64(document.host)
        pictures += [
            (key, url_hash, doc, text_key, host) for key in {picture_url_key(image.url) for image in document.images}
        ]
        if config.contained:
            paragraphs += [(key, rank, doc, *counts) for key, counts in _paragraphs(text).items()]
        if config.lines_per_host:
            keys = {
                line_key(document.host, line)
                for item in document.items
                if isinstance(item, Text)
                for line in lines(item)
                if line.strip()
            }
            found += [(key, url_hash, doc, text_key, host) for key in keys]
    tables = []
    plain, counted = ("key", "rank", "doc"), ("key", "rank", "doc", "value", "host")
    for kind, rows, names, wanted in (
        ("url", urls, plain, config.urls),
        ("text", texts, plain, config.texts),
        ("minhash", bands, (*plain, "value", "more"), config.near_texts),
        ("paragraph", paragraphs, (*plain, "value", "more"), bool(config.contained)),
        ("line", found, counted, bool(config.lines_per_host)),
        ("picture", pictures, counted, True),
    ):
        if not wanted:
            continue
        columns = np.array(rows, np.uint64).reshape(-1, len(names)).T
        named = dict(zip(names, columns, strict=True))
        tables.append(keys_table(kind, len(rows), partition=np.full(len(rows), partition), **named))
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _paragraphs(text: str) -> dict[int, tuple[int, int]]:
    """Keys of a text's distinct paragraphs of `PARAGRAPH` words or more: their words, and those of the whole text."""
    found = {}
    whole = 0
    for paragraph in text.split("\n"):
        number = len(words(paragraph))
        whole += number
        if number >= PARAGRAPH:
            found[hash64(f"paragraph {_SPACE.sub(' ', paragraph).strip().casefold()}")] = number
    return {key: (number, whole) for key, number in found.items()}


def _bands(text: str, config: DedupConfig) -> list[tuple[int, tuple[int, int]]]:
    """The keys of a text's bands, each with the sketch that tells how alike those are that meet there."""
    if not config.near_texts:
        return []
    hashes = word_hashes(text)
    if not len(hashes):
        return []
    values = signature(hashes, config.minhash_bands * config.minhash_rows, config.minhash_words)
    bits = sketch(values)
    return [(key, bits) for key in band_keys(values, config.minhash_bands)]


def _page_rank(document: Document, text: str, config: DedupConfig) -> int:
    """Less is better: what `keep_page` asks in the top 16 bits, then 48 bits that are as good as random."""
    match config.keep_page:
        case "longest":
            top = _TOP - 1 - min(len(text) // 8, _TOP - 1)  # half a million characters, then all are as long
        case "most_pictures":
            top = _TOP - 1 - min(len(document.images), _TOP - 1)
        case "earliest":
            return time_rank(document.source.fetched)
        case _:
            top = 0
    return (top << 48) | (hash64(document.url) & _LOW)


def time_rank(fetched: str) -> int:
    """A fetch time as a number, the earlier the less; pages of unknown time come last."""
    # RFC 3339 in UTC sorts as text: its digits are the number.
    digits = re.sub(r"\D", "", fetched)[:14].ljust(14, "0")
    return int(digits) << 16 if fetched else (1 << 64) - 1


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
    """Rows of `KEYS` for kept pictures.

    pictures: a row a place; sha256 (hex), pixels, phash, dhash, embedding (null where none was made), width, height
    (px), doc, host (hash of its name) and time (`time_rank` of its page's fetch).

    One row a place for its bytes, for its pixels and for its look, distance + 1 near ones of each hash, and one a
    document for its set of pictures, as far as each is asked for.
    """
    sha = _first_bits(pictures["sha256"])
    doc, host = pictures["doc"].to_numpy(), pictures["host"].to_numpy()
    within = {"corpus": None, "host": mix(host), "document": mix(doc)}[config.pictures_within]
    columns = {
        "rank": _picture_rank(pictures, sha, config),
        "doc": doc,
        "picture": sha,
        "partition": np.full(len(sha), partition),
    }
    tables = [KEYS.empty_table()]

    def add(kind: str, key: np.ndarray, scope: np.ndarray | None = within, **more: np.ndarray) -> None:
        key = key if scope is None else mix(key ^ scope)
        tables.append(keys_table(kind, len(sha), **{**columns, "key": key, **more}))

    if config.pictures:
        add("exact", sha)
    if config.pixels:
        add("pixels", pictures["pixels"].to_numpy())
    looks = pictures["dhash" if config.near_hash == "dhash" else "phash"].to_numpy()
    scope = {} if within is None else {"host": within}
    if config.near_pictures:
        for key in near_keys(looks, config.max_distance, within):
            add("near", key, None, value=looks, **scope)
    if config.near_pictures and config.near_hash == "both":
        gradients = pictures["dhash"].to_numpy()
        for key in near_keys(gradients, config.max_distance, within):
            add("gradient", key, None, value=gradients, more=looks, **scope)
    if config.max_documents_per_look or config.max_hosts_per_look:
        add("look", mix(looks), None, host=host)
    tables += _embedding_keys(pictures, columns, within, config)
    if config.same_pictures:
        tables.append(_set_keys(doc, sha, partition))
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _first_bits(sha256: pa.ChunkedArray) -> np.ndarray:
    """`picture_key` of each name of a column of hex digits."""
    heads = (
        pc.utf8_slice_codeunits(sha256.cast(pa.string()), 0, 16).cast(pa.binary()).cast(pa.binary(16)).combine_chunks()
    )
    digits = heads.buffers()[1].to_pybytes()[: 16 * len(heads)].decode("ascii")
    return np.frombuffer(bytes.fromhex(digits), ">u8").astype(np.uint64)


def _picture_rank(pictures: pa.Table, sha: np.ndarray, config: DedupConfig) -> np.ndarray:
    """Less is better: what `keep_picture` asks; then bits that are as good as random."""
    rank: np.ndarray = sha & np.uint64(_LOW)
    if config.keep_picture == "earliest":
        return pictures["time"].to_numpy()  # type: ignore[no-any-return]
    if config.keep_picture == "largest":
        pixels = pictures["width"].to_numpy().astype(np.float64) * pictures["height"].to_numpy()
        top = _TOP - 1 - np.minimum(np.sqrt(pixels), _TOP - 1).astype(np.uint64)
        rank = rank | (top.astype(np.uint64) << np.uint64(48))
    return rank


def _embedding_keys(
    pictures: pa.Table, columns: dict[str, np.ndarray], within: np.ndarray | None, config: DedupConfig
) -> list[pa.Table]:
    """Near rows of the pictures that have an embedding."""
    some = pictures["embedding"].is_valid().to_numpy()
    if not config.near_embeddings or not some.any():
        return []
    signs = pictures["embedding"].fill_null(0).to_numpy()[some]
    mine = {name: column[some] for name, column in columns.items()}
    if within is not None:
        within = mine["host"] = within[some]
    keys = near_keys(signs, config.max_embedding_distance, within)
    return [keys_table("embedding", len(signs), **{**mine, "key": key, "value": signs}) for key in keys]


def _set_keys(doc: np.ndarray, sha: np.ndarray, partition: int) -> pa.Table:
    """A row a document: a hash of its set of pictures, and how many these are.

    Its rank is the document's alone, as ties among pictures of the same bytes are broken: what loses its place here
    is what would lose its pictures there, and the other way round.
    """
    sets: dict[int, set[int]] = {}
    for one, picture in zip(doc.tolist(), sha.tolist(), strict=True):
        sets.setdefault(one, set()).add(picture)
    keys = [hash64(",".join(f"{picture:016x}" for picture in sorted(pictures))) for pictures in sets.values()]
    return keys_table(
        "set",
        len(sets),
        key=np.array(keys, np.uint64),
        doc=np.array(list(sets), np.uint64),
        value=np.array([len(pictures) for pictures in sets.values()], np.uint64),
        partition=np.full(len(sets), partition),
    )
