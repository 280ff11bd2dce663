"""Writes samples into tars, the same bytes for the same input, and proves that every picture is its item's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import field
from typing import Any

import orjson
import pyarrow as pa
import xxhash

from m3w_builder import document, storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Audio, Document, Image, Text, Video
from m3w_builder.errors import BuildError
from m3w_builder.shards import search, tar
from m3w_builder.shards.config import ShardsConfig
from m3w_builder.words import word_count

PICTURE = pa.struct(
    [
        ("part", pa.string()),
        ("offset", pa.int64()),  # of its bytes in the tar: a picture can be read alone
        ("bytes", pa.int64()),
        ("url", pa.string()),
        ("sha256", pa.string()),
        ("phash", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
    ]
)
"""One picture of a sample."""

_PICTURE_FIELDS = tuple(PICTURE.field(place).name for place in range(PICTURE.num_fields) if place != 1)

INDEX = pa.schema(
    [
        ("key", pa.string()),
        ("shard", pa.string()),  # the tar's name
        ("offset", pa.int64()),  # of the sample's first header in the tar
        ("bytes", pa.int64()),  # of the sample in the tar, headers and padding included
        ("split", pa.string()),
        ("url", pa.string()),
        ("host", pa.string()),
        ("language", pa.string()),
        ("title", pa.string()),
        ("licence", pa.string()),
        ("rights", pa.list_(pa.string())),
        ("fetched", pa.string()),
        ("texts", pa.int32()),  # counts of items
        ("images", pa.int32()),
        ("videos", pa.int32()),
        ("audios", pa.int32()),
        ("words", pa.int64()),
        ("characters", pa.int64()),
        ("picture_bytes", pa.int64()),
        (
            "scores",
            pa.list_(pa.struct([("name", pa.string()), ("score", pa.float32())])),
        ),  # no map: few readers know it
        ("snippet", pa.string()),  # how the text begins
        ("source", pa.string()),  # the archive file in which the page was read
        ("source_offset", pa.int64()),  # of its record there
        ("pictures", pa.list_(PICTURE)),  # in reading order
    ]
)
"""A row a sample."""

COUNTS = ("texts", "images", "videos", "audios", "words", "characters", "picture_bytes", "bytes")
"""Columns of the index that a split's totals sum up."""

SUFFIX = {"jpeg": "jpg"}
SNIPPET = 300


@dataclass(slots=True)
class Prepared:
    """A document as a shard takes it, whichever that will be."""

    sample: bytes
    """Its JSON."""
    row: dict[str, Any]
    """Its row in the index, without where it stands."""

    @property
    def text(self) -> str:
        """As `Document.text`."""
        return document.text_of(orjson.loads(self.sample))


@dataclass(slots=True)
class Shard:
    """A finished tar and its two indexes: names, sizes in bytes, checksums."""

    name: str
    split: str
    samples: int
    counts: dict[str, int]
    """The sums of the index's `COUNTS`."""
    files: dict[str, dict[str, Any]]
    """By name: bytes and sha256."""

    def outputs(self, folder: str) -> dict[str, dict[str, Any]]:
        """The files as a receipt names them."""
        return {f"{folder}/{name}": entry for name, entry in self.files.items()}


def split_of(host: str, validation: float) -> str:
    """In which split a host's documents stand: by a hash of its name, so that it never changes sides."""
    return "validation" if xxhash.xxh3_64_intdigest(host.encode()) < validation * 2**64 else "train"


def described(index: str) -> Shard:
    """A shard by the Parquet file of its index; sums of the files are left out."""
    table = storage.read_table(index, list(COUNTS))
    name = index.rsplit("/", 1)[-1].removesuffix(".parquet")
    counts = {column: int(sum(table[column].to_pylist())) for column in COUNTS}
    return Shard(name, name.split("-", 1)[0], table.num_rows, counts, {})


def totals(shards: Iterable[Shard]) -> dict[str, dict[str, int]]:
    """By split: samples, shards, and the sums of `COUNTS`."""
    found: dict[str, dict[str, int]] = {}
    for shard in shards:
        mine = found.setdefault(shard.split, dict.fromkeys(("samples", "shards", *COUNTS), 0))
        mine["samples"] += shard.samples
        mine["shards"] += 1
        for name, number in shard.counts.items():
            mine[name] += number
    return found


def write(
    samples: Iterable[tuple[Document, Sequence[bytes]]],
    folder: str,
    prefix: str,
    config: ShardsConfig,
    expected: Mapping[str, int] | None = None,
) -> list[Shard]:
    """Write samples (a document, its pictures' bytes in reading order) as `folder/SPLIT-PREFIX-NNNNN.tar`.

    `expected` are the bytes that will come of each split: with them, tars are made of equal size, so that no small
    one is left at the end. Sets each picture's `part`. Raises BuildError where bytes and items do not pair.
    """

    def named() -> Iterator[tuple[Prepared, Sequence[bytes]]]:
        for one, pictures in samples:
            pair(one, pictures)
            yield prepared(one), pictures

    return write_prepared(named(), folder, prefix, config, expected)


def write_prepared(
    samples: Iterable[tuple[Prepared, Sequence[bytes]]],
    folder: str,
    prefix: str,
    config: ShardsConfig,
    expected: Mapping[str, int] | None = None,
) -> list[Shard]:
    """As `write`, of documents whose pictures are proven to be theirs."""
    target = config.target_mb * 1_000_000
    planned = {split: max(1, round(size / target)) for split, size in (expected or {}).items()}
    limits = {split: expected[split] / number for split, number in planned.items()} if expected else {}
    shards: list[Shard] = []
    open_tars: dict[str, _Tar] = {}
    counts: dict[str, int] = {}
    with ExitStack() as stack:
        stack.callback(_abandon, open_tars)
        for one, pictures in samples:
            split = split_of(one.row["host"], config.validation)
            if split not in open_tars:
                number = counts.setdefault(split, 0)
                counts[split] += 1
                open_tars[split] = _Tar(folder, f"{split}-{prefix}-{number:05d}", split, config.search_texts)
            writing = open_tars[split]
            writing.put(one, pictures)
            # Of what was expected, the last one takes the rest, be it a little more.
            if writing.size >= limits.get(split, target) and counts[split] != planned.get(split):
                shards.append(open_tars.pop(split).close())
        for split in sorted(open_tars):
            shards.append(open_tars.pop(split).close())
    return shards


@contextmanager
def open_shard(folder: str, name: str, split: str, search_texts: bool = True) -> Iterator[_Tar]:
    """One shard of a given name, to `add` samples to and to `close`; nothing is left of it where that fails."""
    made = _Tar(folder, name, split, search_texts)
    with ExitStack() as stack:
        stack.callback(lambda: None if made.closed else made.abandon())
        yield made


def _abandon(tars: dict[str, _Tar]) -> None:
    """Leave nothing behind of tars that were not finished."""
    for one in tars.values():
        one.abandon()


@dataclass(slots=True)
class _Tar:
    """One tar that is being written, and its index rows."""

    folder: str
    name: str
    split: str
    search_texts: bool
    samples: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    closed: bool = False
    words: search.Writer = field(init=False)
    _rows: list[dict[str, Any]] = field(default_factory=list)
    """What the index does not have yet: no more than a row group."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _out: tar.Writer = field(init=False)
    _index: Any = None
    _written: storage.Written = field(default_factory=storage.Written)
    _indexed: storage.Written = field(default_factory=storage.Written)

    def __post_init__(self) -> None:
        self.words = search.Writer(self.search_texts)
        index = storage.table_writer(storage.join(self.folder, f"{self.name}.parquet"), INDEX, self._indexed)
        self._index = self._stack.enter_context(index)
        stream = storage.atomic(storage.join(self.folder, f"{self.name}.tar"), self._written)
        self._out = tar.Writer(self._stack.enter_context(stream))

    @property
    def size(self) -> int:
        return self._out.size

    def add(self, one: Document, pictures: Sequence[bytes]) -> None:
        pair(one, pictures)
        self.put(prepared(one), pictures)

    def put(self, one: Prepared, pictures: Sequence[bytes]) -> None:
        """Take a sample whose pictures are proven to be its own."""
        start, key = self.size, one.row["key"]
        self._out.add(f"{key}.json", one.sample)
        places = []
        for image, body in zip(one.row["pictures"], pictures, strict=True):
            places.append(self.size + tar.BLOCK)
            self._out.add(f"{key}.{image['part']}", body)
        row = _placed(one.row, f"{self.name}.tar", self.split, start, self.size - start, places)
        self.samples += 1
        for name in COUNTS:
            self.counts[name] += row[name]
        self._rows.append(row)
        if len(self._rows) == storage.ROW_GROUP:
            self._flush()
        self.words.put(row, one.text if self.search_texts else "")

    def _flush(self) -> None:
        self._index.write_table(pa.Table.from_pylist(self._rows, schema=INDEX))
        self._rows = []

    def close(self) -> Shard:
        self._out.end()
        if self._rows:
            self._flush()
        self._stack.close()
        self.closed = True
        words = f"{self.name}{search.SUFFIX}"
        made = {
            f"{self.name}.tar": self._written,
            f"{self.name}.parquet": self._indexed,
            words: self.words.write(storage.join(self.folder, words)),
        }
        files = {name: {"bytes": one.bytes, "sha256": one.sha256} for name, one in made.items()}
        return Shard(self.name, self.split, self.samples, self.counts, files)

    def abandon(self) -> None:
        self.words.close()
        error = BuildError("abandoned")
        self._stack.__exit__(BuildError, error, None)


def pair(one: Document, pictures: Sequence[bytes]) -> None:
    """Name each picture's part, and prove by hash that the bytes are the item's; raises BuildError."""
    images = one.images
    if len(images) != len(pictures):
        raise BuildError(f"{one.url}: {len(images)} picture items but {len(pictures)} pictures")
    for number, (image, body) in enumerate(zip(images, pictures, strict=True)):
        if hashlib.sha256(body).hexdigest() != image.sha256:
            raise BuildError(f"{one.url}: the bytes of picture {number} are not those of {image.url}")
    name_parts(one)


def name_parts(one: Document) -> None:
    """Give each picture the name that its bytes have in a sample."""
    for number, image in enumerate(one.images):
        image.part = f"{number}.{SUFFIX.get(image.format, image.format)}"


def prepared(one: Document) -> Prepared:
    """A document whose pictures' parts are named, as shards take it."""
    return Prepared(orjson.dumps(document.to_json(one)), _facts(one))


def size_of(text: int, pictures: Iterable[int]) -> int:
    """Bytes of a sample in a tar whose JSON and pictures have so many: a header each, and padding to whole blocks."""
    block = tar.BLOCK
    return sum(block + size + -size % block for size in (text, *pictures))


def index_row(one: Document, shard: str, split: str, offset: int, size: int, places: Sequence[int]) -> dict[str, Any]:
    """A sample's row in the index; `places` are the offsets of its pictures' bytes in the tar."""
    return _placed(_facts(one), shard, split, offset, size, places)


def _placed(
    row: dict[str, Any], shard: str, split: str, offset: int, size: int, places: Sequence[int]
) -> dict[str, Any]:
    """The row with where its sample stands entered."""
    row |= {"shard": shard, "split": split, "offset": offset, "bytes": size}
    for picture, place in zip(row["pictures"], places, strict=True):
        picture["offset"] = place
    return row


def _facts(one: Document) -> dict[str, Any]:
    """Of a sample's row in the index what holds wherever it comes to stand."""
    text = one.text

    def count(kind: type) -> int:
        return sum(isinstance(item, kind) for item in one.items)

    return {
        "key": one.key,
        **{name: getattr(one, name) for name in ("url", "host", "language", "title", "licence", "rights")},
        "fetched": one.source.fetched,
        "texts": count(Text),
        "images": count(Image),
        "videos": count(Video),
        "audios": count(Audio),
        "words": word_count(text),
        "characters": len(text),
        "picture_bytes": sum(image.bytes for image in one.images),
        "scores": [{"name": name, "score": score} for name, score in one.scores.items()],
        "snippet": text[:SNIPPET],
        "source": one.source.file,
        "source_offset": one.source.offset,
        "pictures": [{name: getattr(image, name) for name in _PICTURE_FIELDS} for image in one.images],
    }
