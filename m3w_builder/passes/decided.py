"""What the exchanges decided on one partition, and how its documents are joined with what is left of their pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from m3w_builder import dedup, storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Image, Item, Text
from m3w_builder.passes import exchange
from m3w_builder.passes.books import Books
from m3w_builder.stage import Drop

PICTURE = ("url", "sha256", "phash", "width", "height", "format", "rights", "licence", "scores", "offset", "bytes")
"""What a document is told of its pictures."""


@dataclass(slots=True)
class Decided:
    """What is known of a partition's documents and pictures when they are joined."""

    gone: Mapping[int, Drop]
    """Documents that exchange 1 dropped, by `Document.id`."""
    repeated: Mapping[int, set[int]]
    """Of documents the lines that their host repeats."""
    same: Mapping[int, Drop]
    """Documents that exchange 2 dropped."""
    duplicates: Mapping[tuple[int, int], Drop]
    """Pictures that it dropped, by document and `dedup.picture_key`."""
    found: Mapping[str, Mapping[str, Any]]
    """Rows of the pictures that there are, by URL."""

    def join(self, one: Document) -> tuple[list[int], int]:
        """Fill in a document's pictures; take out those that pass 2 dropped (entered there) and the duplicates (here).

        Where the bytes of those that stay begin, and how many bytes they have together.
        """
        items: list[Item] = []
        offsets: list[int] = []
        seen: set[str] = set()
        held = 0
        for item in one.items:
            if isinstance(item, Image):
                row = self.found.get(item.url)
                if row is None:
                    continue
                item.bytes = row["bytes"]
                drop = self.duplicates.get((one.id, dedup.picture_key(row["sha256"])))
                if drop is None and row["sha256"] in seen:
                    drop = Drop("repeated", "the same picture stands earlier in the document")
                if drop:
                    one.removed.append((item, drop))
                    continue
                seen.add(row["sha256"])
                for name in ("sha256", "width", "height", "format"):
                    setattr(item, name, row[name])
                item.phash = f"{row['phash']:016x}"
                item.rights, item.licence = row["rights"] or [], row["licence"] or ""
                item.scores = dict(row["scores"] or ())
                offsets.append(row["offset"])
                held += row["bytes"]
            items.append(item)
        one.items = items
        return offsets, held

    def take_out_lines(self, one: Document) -> None:
        """Take the lines out that the document's host repeats; the score `lines_out` says how many went."""
        repeated = self.repeated.get(one.id)
        if not repeated:
            return
        out = 0
        items: list[Item] = []
        for item in one.items:
            lines = dedup.lines(item) if isinstance(item, Text) else []
            kept = [line for line in lines if not line.strip() or dedup.line_key(one.host, line) not in repeated]
            out += len(lines) - len(kept)
            if len(kept) < len(lines) and isinstance(item, Text):
                item.text = "\n".join(kept).strip()
                if not item.text:
                    continue
            items.append(item)
        one.items = items
        one.scores["lines_out"] = one.scores.get("lines_out", 0.0) + out


def read(build: str, partition: int, the_books: Books) -> Decided:
    """What the files of a partition say."""
    pages, pictures = (exchange.read_decisions(build, name, partition)[0] for name in ("exchange1", "exchange2"))
    found = storage.read_table(storage.join(build, f"pictures/{partition:06d}.parquet"), PICTURE).to_pylist()
    with the_books.timed("picture_duplicates"):  # to find out whom the decisions name is a part of it
        return Decided(
            exchange.page_drops(pages),
            exchange.repeated_lines(pages),
            exchange.same_pictures(pictures),
            exchange.picture_duplicates(pictures),
            {row["url"]: row for row in found},
        )
