"""The two tables of an exchange: the keys that travel to it and the decisions that come back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

_KIND = pa.dictionary(pa.int8(), pa.string())
_FILE = pa.dictionary(pa.int32(), pa.string())

KEYS = pa.schema(
    [
        # "url", "text", "minhash", "line", "paragraph", "picture", "archived"; "exact", "pixels", "near", "gradient",
        # "embedding", "look", "set"
        ("kind", _KIND),
        ("key", pa.uint64()),  # what must meet: all rows of a key are judged together
        ("rank", pa.uint64()),  # the least (rank, doc) stays
        ("partition", pa.uint32()),
        ("doc", pa.uint64()),  # Document.id; 0 for archived
        ("picture", pa.uint64()),  # which of the document's pictures: first 64 bits of its sha256; 0 for pages
        # text hash (picture, line), record offset (archived), hash (near, embedding), a half of the sketch (minhash),
        # words (paragraph)
        ("value", pa.uint64()),
        ("host", pa.uint64()),  # hash of the page's host (picture, look); what duplicates are sought within (near)
        (
            "more",
            pa.uint64(),
        ),  # the sketch's other half (minhash), the perceptual hash (gradient), words of the page (paragraph)
        ("file", _FILE),  # archived: the archive file
    ]
)

DECISIONS = pa.schema(
    [
        ("partition", pa.uint32()),
        ("doc", pa.uint64()),
        # which line; which picture: key of its URL ("picture", "archived"), first 64 bits of its sha256; 0 for pages
        ("key", pa.uint64()),
        ("kind", pa.string()),  # as in KEYS; plain text, which sorts
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("value", pa.float64()),
        ("limit", pa.float64()),
        ("file", pa.string()),
        ("offset", pa.int64()),
    ]
)

REASONS: Mapping[str, str] = {
    "duplicate_url": "another page has the same canonical URL",
    "duplicate_text": "another page has the same text",
    "near_duplicate_text": "it shares at least min_jaccard of its word sequences with a page of its group",
    "contained": "so large a share of its words as `contained` stands in paragraphs of better pages",
    "repeated_line": "the line stands on lines_per_host documents of its host or more",
    "common_picture": "the picture's URL stands on more than max_documents_per_picture documents",
    "common_on_hosts": "the picture's URL stands on pages of more than max_hosts_per_picture hosts",
    "exact_duplicate": "another picture has the same bytes",
    "pixel_duplicate": "another picture has the same pixels",
    "near_duplicate": "its perceptual or gradient hash is within max_distance bits of a picture's of its group",
    "near_embedding": "its embedding is within max_embedding_distance bits of a picture's of its group",
    "common_look": "pictures of this perceptual hash stand on more than max_documents_per_look documents",
    "common_look_on_hosts": "pictures of this perceptual hash stand on more than max_hosts_per_look hosts",
    "same_pictures": "another page has the same set of pictures",
}
"""Why an exchange drops a page or a picture."""


def keys_table(kind: str, length: int, **columns: object) -> pa.Table:
    """Rows of `KEYS` of one kind; columns that are not given are 0 or null."""
    zeros = np.zeros(length, np.uint64)
    arrays = []
    for field in KEYS:
        if field.name == "kind":
            kinds = pa.array([kind], pa.string())
            arrays.append(pa.DictionaryArray.from_arrays(pa.array(np.zeros(length, np.int8)), kinds))
        elif field.name == "file":
            names = columns.get("file")
            arrays.append(
                pa.nulls(length, _FILE) if names is None else pa.array(names, pa.string()).dictionary_encode()
            )
        else:
            arrays.append(pa.array(np.asarray(columns.get(field.name, zeros), dtype=field.type.to_pandas_dtype())))
    return pa.Table.from_arrays(arrays, schema=KEYS)


def decisions_table(
    kind: str,
    reason: str | None,
    rows: Mapping[str, np.ndarray],
    detail: np.ndarray | None = None,
    file: pa.Array | None = None,
) -> pa.Table:
    """Rows of `DECISIONS` of one kind and reason.

    rows: columns partition, doc and key, and where they apply value, limit and offset.
    """
    length = len(rows["partition"])
    arrays = []
    for field in DECISIONS:
        match field.name:
            case "kind":
                arrays.append(pa.repeat(kind, length))
            case "reason" if reason:
                arrays.append(pa.repeat(reason, length))
            case "detail" if detail is not None:
                arrays.append(pa.array(detail, pa.string()))
            case "file" if file is not None:
                arrays.append(file)
            case name if name in rows:
                arrays.append(pa.array(np.asarray(rows[name], dtype=field.type.to_pandas_dtype())))
            case _:
                arrays.append(pa.nulls(length, field.type))
    return pa.Table.from_arrays(arrays, schema=DECISIONS)


Rows = dict[str, np.ndarray]
"""Number columns of some rows of `KEYS`, by name."""


def of_kind(keys: pa.Table, *kinds: str) -> Rows:
    """The number columns of some kinds' rows; `kind` is the place of a row's kind among these."""
    kind = keys["kind"].unify_dictionaries()
    known = kind.chunk(0).dictionary.to_pylist() if kind.num_chunks else []
    places = np.array([kinds.index(name) if name in kinds else -1 for name in known], np.int8)
    codes = [np.asarray(chunk.indices) for chunk in kind.chunks]
    place = places[np.concatenate(codes)] if codes and len(places) else np.zeros(0, np.int8)
    hit = place >= 0
    mine = keys if hit.all() else keys.filter(pa.array(hit))
    names = ("key", "rank", "partition", "doc", "picture", "value", "host", "more")
    rows: Rows = {name: mine[name].to_numpy() for name in names}
    return rows | {"kind": place[hit]}


_HEX = np.array([f"{byte:02x}" for byte in range(256)], dtype="S2")


def hexadecimal(numbers: np.ndarray) -> np.ndarray:
    """16 hex digits a number, as `Document.key` begins."""
    octets = np.ascontiguousarray(numbers, dtype=">u8").view(np.uint8).reshape(-1, 8)
    return np.ascontiguousarray(_HEX[octets]).view("S16").reshape(-1).astype("U16")
