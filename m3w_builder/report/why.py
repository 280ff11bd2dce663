"""`m3w why`: one URL's way through the stages, told from the rows that a build keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.errors import BuildError
from m3w_builder.report.catalogue import PASSES


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that became of an address, in words."""

    text: str
    unit: str
    """`page` or `picture`."""
    kept: bool
    document: str = ""
    """The key of the document that it tells of."""


def why(build: str, url: str) -> list[str]:
    """What became of a page's or picture's URL, a line each; empty where the build never met it.

    Raises BuildError where there is no build.
    """
    return [step.text for step in steps(build, url)]


def steps(build: str, url: str) -> list[Step]:
    """The same as `why`, with what each line is of."""
    if not storage.exists(storage.join(build, "plan.parquet")):
        raise BuildError(f"{build}: no build lies there (no plan.parquet)")
    found = [
        Step(_dropped(row), row["unit"], False, row["doc"] or "")
        for row in _rows(build, PASSES, ".dropped.parquet", "url", url)
    ]
    found += [Step(_kept(row), "page", True, row["key"]) for row in _rows(build, ("shards",), ".parquet", "url", url)]
    for row in _rows(build, ("pictures",), ".parquet", "url", url):
        told = f"{row['width']} × {row['height']} {row['format']}, {row['bytes']:,} bytes, sha256 {row['sha256'][:16]}…"
        found.append(Step(f"picture {url} was kept by every check on it alone: {told}", "picture", True))
        for key, page in _documents_with(build, url):
            found.append(Step(f"  it stands in document {key} of {page}", "picture", True, key))
    return found


def _rows(build: str, passes: tuple[str, ...], ending: str, column: str, value: str) -> Iterator[dict[str, Any]]:
    """The rows of a pass's tables in which a column has this value."""
    for name in passes:
        folder = storage.join(build, name)
        for file in storage.names(folder):
            plain = ending == ".parquet" and file.count(".") > 1
            if file.endswith(ending) and not plain:
                yield from storage.read_table(storage.join(folder, file), filters=[(column, "==", value)]).to_pylist()


def _dropped(row: dict[str, Any]) -> str:
    """One dropped row as a sentence."""
    where = f" on {row['page']}" if row["unit"] == "picture" else ""
    measured = f"measured {row['value']:g}" if row["value"] is not None else ""
    if measured and row["limit"] is not None:
        measured += f", limit {row['limit']:g}"
    told = "; ".join(part for part in (row["detail"], measured) if part)
    detail = f" ({told})" if told else ""
    return f"{row['unit']} {row['url']}{where} was dropped at {row['stage']}: {row['reason']}{detail}"


def _kept(row: dict[str, Any]) -> str:
    return (
        f"page {row['url']} was kept: document {row['key']} in shards/{row['shard']} at byte {row['offset']:,}, "
        f"{row['texts']} texts, {row['images']} pictures, {row['words']:,} words"
    )


def _documents_with(build: str, url: str) -> Iterator[tuple[str, str]]:
    """(key, URL) of the documents that stood for a picture after pass 1."""
    folder = storage.join(build, "pages")
    for file in storage.names(folder):
        if file.endswith(".parquet") and file.count(".") == 1:
            for table in storage.iter_tables(storage.join(folder, file), ["key", "url", "images"]):
                images = table["images"].combine_chunks()
                hits = pc.equal(pc.list_flatten(images), url)
                rows = pc.unique(pc.list_parent_indices(images).filter(pc.fill_null(hits, False)))
                found = table.select(["key", "url"]).take(pa.array(rows))
                yield from zip(found["key"].to_pylist(), found["url"].to_pylist(), strict=True)
