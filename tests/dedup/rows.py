"""Pages and pictures for the tests, as the exchanges see them."""

import pyarrow as pa

from m3w_builder import dedup
from m3w_builder.document import Document, Image, Source, Text, make_key


def page(url: str, text: str = "some words", pictures: tuple[str, ...] = (), fetched: str = "") -> Document:
    source = Source(fetched=fetched)
    items = [Text(text), *(Image(picture) for picture in pictures)]
    return Document(url, items, key=make_key(url, source), source=source)


def pictures(*rows: tuple[str, int, int, int], **columns: list) -> pa.Table:
    """sha256, phash, side, doc; `columns` as they are. Each stands on a host of its own and has its own pixels."""
    given = {
        "dhash": [0] * len(rows),
        "pixels": [dedup.hash64(f"{row[0]}{row[2]}") for row in rows],
        "embedding": [None] * len(rows),
        "host": [dedup.hash64(f"host {row[3]}") for row in rows],
        "time": [0] * len(rows),
        **columns,
    }
    return pa.table(
        {
            **{name: pa.array(values, pa.uint64()) for name, values in given.items()},
            "sha256": [row[0].ljust(64, "0") for row in rows],
            "phash": pa.array([row[1] for row in rows], pa.uint64()),
            "width": pa.array([row[2] for row in rows], pa.int32()),
            "height": pa.array([row[2] for row in rows], pa.int32()),
            "doc": pa.array([row[3] for row in rows], pa.uint64()),
        }
    )
