"""A build's shards in memory, small: what the validation trains on and is held out from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import xxhash
from numpy.typing import NDArray

from m3w_builder import storage
from m3w_builder.document import Document, Image, Text, by_similarity
from m3w_builder.errors import BuildError
from m3w_builder.shards import read, transform
from m3w_builder.shards.read import Sample

Pixels = NDArray[np.uint8]
"""(3, H, W)"""
Order = Literal["page", "similarity"]
"""Pictures where they stand on the page, or before the text that the build's alignment gave them."""


@dataclass(slots=True)
class Page:
    """One document for training: `pieces` are texts and the numbers of its pictures, in reading order."""

    key: str
    host: str
    pieces: list[str | int]
    hashes: list[str]
    """The sha256 of each of its pictures, in order."""


@dataclass(slots=True)
class Corpus:
    """Pages, and the pictures that their numbers point to."""

    pages: list[Page] = field(default_factory=list)
    pictures: list[Pixels] = field(default_factory=list)

    def add(self, document: Document, parts: dict[str, bytes], side: int) -> None:
        """Append a document; a picture whose bytes can't be decoded is left out, as is a document without any."""
        pieces: list[str | int] = []
        hashes = []
        first = len(self.pictures)
        for item in document.items:
            if isinstance(item, Text):
                pieces.append(item.text)
            elif isinstance(item, Image) and item.part in parts:
                pixels = decode(parts[item.part], side, item)
                if pixels is not None:
                    pieces.append(len(self.pictures))
                    self.pictures.append(pixels)
                    hashes.append(item.sha256)
        if len(self.pictures) > first:
            self.pages.append(Page(document.key, document.host, pieces, hashes))

    @property
    def array(self) -> Pixels:
        """All pictures: (n, 3, H, W) uint8."""
        return np.stack(self.pictures)

    @property
    def owners(self) -> NDArray[np.int64]:
        """The page of each picture: (n,)."""
        owners = np.zeros(len(self.pictures), np.int64)
        for index, page in enumerate(self.pages):
            for piece in page.pieces:
                if isinstance(piece, int):
                    owners[piece] = index
        return owners


def decode(body: bytes, side: int, image: Image | None = None) -> Pixels | None:
    """A picture squeezed into side × side, RGB, channels first; None where it can't be read.

    Squeezed, not cropped: what a text tells may stand at the edge.
    """
    import cv2

    try:
        array = transform.decode(body, image or Image(""), side)
    except ValueError:
        return None
    small = cv2.resize(array, (side, side), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, ::-1].transpose(2, 0, 1))


def samples(build: str, split: str) -> Iterator[Sample]:
    """The documents of a split's shards with their members by part name ("0.jpg"), in shard order."""
    folder = storage.join(build, "shards")
    for name in storage.names(folder):
        if name.startswith(f"{split}-") and name.endswith(".tar"):
            yield from read.samples(storage.join(folder, name))


def order(key: str, salt: str = "") -> float:
    """A stable number in [0, 1) for a key: what samples documents and holds them out, the same in every run."""
    return xxhash.xxh3_64_intdigest(f"{salt}{key}".encode()) / 2**64


@dataclass
class Halves:
    """What is trained on, what is held out, how it was parted, and how much of it leaked."""

    train: Corpus
    held_out: Corpus
    how: str
    leaked: int
    """Held-out documents that share a picture, byte for byte, with a document trained on; they are left out."""

    @cached_property
    def repeated(self) -> int:
        """Documents trained on all of whose pictures, byte for byte, stand in documents before them."""
        seen: set[str] = set()
        count = 0
        for page in self.train.pages:
            count += all(page.hashes) and seen.issuperset(page.hashes)
            seen.update(page.hashes)
        return count

    @cached_property
    def plain(self) -> float:
        """Share of the pictures trained on that show nothing: of one colour all over, or nearly."""
        if not self.train.pictures:
            return 0.0
        return float(np.mean([np.ptp(pixels.reshape(3, -1), axis=1).max() <= 8 for pixels in self.train.pictures]))


def halves(build: str, side: int, most: int, least: int, held_out: int) -> Halves:
    """At most `most` documents to train on, and at most `held_out` of others, from a build's shards.

    The validation split, which is of other hosts, is held out where it has `least` documents; where not, documents
    are held out by their key. Raises BuildError where the build has no shard.
    """
    train, other = Corpus(), Corpus()
    keys = sample(build, ("train",), most), sample(build, ("validation",), held_out)
    if not keys[0] and not keys[1]:
        raise BuildError(f"{build}: no sample in its shards; finish `m3w build` first")
    if len(keys[1]) >= least:
        how = f"by host: the validation split, {len(keys[1])} documents"
    else:
        pool = sorted(keys[0] | keys[1], key=lambda key: order(key, "hold-out"))
        cut = min(held_out, max(len(pool) // 6, min(least, len(pool) // 3)))
        chosen = set(pool[:cut])
        how = (
            f"by document, since the validation split has {len(keys[1])} documents and {least} are asked: "
            f"{cut} of {len(pool)}, of the same hosts as those trained on"
        )
        keys = set(pool[cut:]), chosen
    for split in ("train", "validation"):
        fill(train, build, split, keys[0], side, set())
    known = {value for page in train.pages for value in page.hashes if value}
    leaked = sum(fill(other, build, split, keys[1], side, known) for split in ("train", "validation"))
    return Halves(train, other, how, leaked)


def sample(build: str, splits: Iterable[str], most: int) -> set[str]:
    """Keys of at most `most` documents of the splits, chosen by the keys themselves."""
    keys = []
    folder = storage.join(build, "shards")
    for name in storage.names(folder):
        if name.endswith(".parquet") and name.split("-", 1)[0] in splits:
            keys += storage.read_table(storage.join(folder, name), ["key"]).column("key").to_pylist()
    return set(sorted(keys, key=order)[:most])


def fill(
    corpus: Corpus, build: str, split: str, keys: set[str], side: int, known: set[str], order: Order = "page"
) -> int:
    """Add the documents of `keys` that stand in a split's shards; how many were left out for a `known` picture."""
    left_out = 0
    for document, parts in samples(build, split):
        if document.key not in keys:
            continue
        if any(image.sha256 in known for image in document.images):
            left_out += 1
        else:
            if order == "similarity":
                document.items = by_similarity(document)
            corpus.add(document, parts, side)
    return left_out
