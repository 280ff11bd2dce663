"""Takes pages and pictures out of a finished build: only the shards concerned are written again.

What went is entered in the books as dropped (`taken_down`), and remembered in BUILD/tombstones.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from m3w_builder import storage
from m3w_builder.document import Document, Image
from m3w_builder.errors import BuildError
from m3w_builder.ledger import PAGE_DROPPED, Ledger
from m3w_builder.shards.read import samples
from m3w_builder.shards.write import open_shard

TAKEN_DOWN = "taken_down"
"""It was asked to be removed."""

STAGE = "write"
"""The stage in whose books it is entered."""


@dataclass(slots=True)
class Tombstones:
    """What must not come back: pages by URL, hosts with all below them, pictures by URL or hash."""

    urls: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    """URLs, sha256 of the stored bytes (64 hex digits), or perceptual hashes (16 hex digits)."""
    distance: int = 0
    """Perceptual hashes of at most so many other bits are that picture too."""

    def page(self, document: Document) -> bool:
        """Whether the whole page is to go."""
        labels = document.host.split(".")
        above = {".".join(labels[start:]) for start in range(len(labels))}
        return document.url in self.urls or bool(above & self.hosts)

    def picture(self, image: Image) -> bool:
        """Whether a picture is to go."""
        if not self.images.isdisjoint((image.url, image.sha256, image.phash)):
            return True
        if not self.distance or not image.phash:
            return False
        bits = int(image.phash, 16)
        return any((int(one, 16) ^ bits).bit_count() <= self.distance for one in self.images if _is_hash(one))

    def to_json(self) -> dict[str, Any]:
        lists = {name: sorted(getattr(self, name)) for name in ("urls", "hosts", "images")}
        return {**lists, "distance": self.distance}


@dataclass(slots=True)
class Taken:
    """What went, or would go in a dry run."""

    pages: list[str] = field(default_factory=list)
    """URLs of pages, those included that no picture was left to."""
    pictures: list[tuple[str, str]] = field(default_factory=list)
    """(picture's URL, its page's URL), of pages that stay."""
    shards: list[str] = field(default_factory=list)
    """Names of tars that were written again."""


def read_tombstones(build: str) -> Tombstones:
    """What was taken down of a build so far; pass 3 must not let it in again."""
    url = storage.join(build, "tombstones.json")
    if not storage.exists(url):
        return Tombstones()
    said = storage.read_json(url)
    return Tombstones(set(said["urls"]), set(said["hosts"]), set(said["images"]), said["distance"])


def takedown(
    build: str,
    urls: Iterable[str] = (),
    hosts: Iterable[str] = (),
    images: Iterable[str] = (),
    *,
    distance: int = 0,
    min_pictures: int = 1,
    dry_run: bool = False,
) -> Taken:
    """Take these out of a build's shards, indexes, receipts and books, and keep tombstones of them.

    `images` are URLs, sha256 or perceptual hashes; `distance` takes near copies of the latter too. A document left
    with fewer than `min_pictures` pictures goes whole. Raises BuildError where there is no finished build.
    """
    asked = Tombstones(set(urls), {host.lower() for host in hosts}, set(images), distance)
    folder = storage.join(build, "shards")
    if not storage.exists(storage.join(build, "ledger.json")):
        raise BuildError(f"{build}: no finished build lies there (no ledger.json); run `m3w build` first")
    if not dry_run:
        before = read_tombstones(build)
        kept = Tombstones(
            before.urls | asked.urls,
            before.hosts | asked.hosts,
            before.images | asked.images,
            max(before.distance, distance),
        )
        # First of all, so that nothing comes back whatever happens to the rest.
        storage.write_json(storage.join(build, "tombstones.json"), kept.to_json())
    taken = Taken()
    for name in storage.names(folder):
        if name.endswith(".tar"):
            rows = _rows(storage.join(folder, name), asked, min_pictures, taken)
            if rows:
                taken.shards.append(name)
                if not dry_run:
                    _rewrite(build, name.removesuffix(".tar"), asked, min_pictures)
                    _enter(build, name.removesuffix(".tar"), rows)
    return taken


def _judge(one: Document, asked: Tombstones, min_pictures: int) -> tuple[bool, list[Image]]:
    """Whether the page goes, and the pictures that go of one that stays."""
    if asked.page(one):
        return True, []
    gone = [image for image in one.images if asked.picture(image)]
    return bool(gone) and len(one.images) - len(gone) < min_pictures, gone


def _rows(url: str, asked: Tombstones, min_pictures: int, taken: Taken) -> list[dict[str, Any]]:
    """The dropped rows of what goes of one shard."""
    rows = []
    for one, _ in samples(url):
        whole, gone = _judge(one, asked, min_pictures)
        if whole:
            taken.pages.append(one.url)
            rows.append(_row("page", one.url, one, TAKEN_DOWN))
            rows += [_row("picture", image.url, one, PAGE_DROPPED) for image in one.images]
        else:
            taken.pictures += [(image.url, one.url) for image in gone]
            rows += [_row("picture", image.url, one, TAKEN_DOWN) for image in gone]
    return rows


def _row(unit: str, url: str, one: Document, reason: str) -> dict[str, Any]:
    return {"unit": unit, "url": url, "page": one.url, "doc": one.key, "stage": STAGE, "reason": reason, "detail": ""}


def _rewrite(build: str, name: str, asked: Tombstones, min_pictures: int) -> None:
    """Write a tar and its index again without what goes, and tell their new sums in the receipt."""
    folder = storage.join(build, "shards")
    split = name.split("-", 1)[0]
    with open_shard(folder, name, split) as shard:
        for one, parts in samples(storage.join(folder, f"{name}.tar")):
            whole, gone = _judge(one, asked, min_pictures)
            if whole:
                continue
            left = [image for image in one.images if not any(image is other for other in gone)]
            bodies = [parts[image.part] for image in left]
            one.items = [item for item in one.items if not any(item is other for other in gone)]
            shard.add(one, bodies)
        made = shard.close()
    url = _receipt(build, name)
    receipt = storage.read_json(url)
    receipt["outputs"].update(made.outputs("shards"))
    storage.write_json(url, receipt)


def _enter(build: str, name: str, rows: list[dict[str, Any]]) -> None:
    """Enter what went in the dropped rows, the receipt's books and those of the build."""
    receipt_url = _receipt(build, name)
    receipt = storage.read_json(receipt_url)
    dropped = f"shards/{name.split('-')[1]}.dropped.parquet"
    url = storage.join(build, dropped)
    table = storage.read_table(url)
    storage.write_table(url, pa.concat_tables([table, pa.Table.from_pylist(rows, schema=table.schema)]))
    receipt["outputs"][dropped] = {"bytes": storage.size(url), "sha256": storage.sha256(url)}
    receipt["ledger"] = _books(receipt["ledger"], rows)
    storage.write_json(receipt_url, receipt)
    whole = storage.join(build, "ledger.json")
    storage.write_json(whole, _books(storage.read_json(whole), rows))


def _books(entries: Any, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    ledger = Ledger.from_json(entries)
    for row in rows:
        count = ledger[STAGE].pages if row["unit"] == "page" else ledger[STAGE].pictures
        count.kept -= 1
        count.drop(row["reason"])
    return ledger.to_json()


def _receipt(build: str, name: str) -> str:
    return storage.join(build, "shards", f"{name.split('-')[1]}.json")


def _is_hash(text: str) -> bool:
    return len(text) == 16 and all(letter in "0123456789abcdef" for letter in text)
