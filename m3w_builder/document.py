"""`Document`: one page's content as ordered items, where it came from, and its JSON and Arrow forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from math import isfinite
from typing import Any

import orjson
import pyarrow as pa
import xxhash

from m3w_builder.classes import dataclass
from m3w_builder.stage import Drop
from m3w_builder.storage import hidden

KINDS = ("paragraph", "heading", "list", "table", "code", "quote", "caption", "formula")
"""What a `Text` can be."""


@dataclass(slots=True)
class Text:
    """A block of text as a reader sees it; `level` is a heading's, 1 to 6, else 0.

    `language` (ISO 639) and `sure`, 0 to 1, are the detector's, where the build asks for single paragraphs.
    """

    text: str
    kind: str = "paragraph"
    level: int = 0
    language: str = ""
    sure: float = 0.0


@dataclass(slots=True)
class Image:
    """A picture in its place: first a reference, after the picture pass also what its bytes are.

    `declared_*` are the page's own width and height in CSS px, 0 where it gives none; `width` and
    `height` are the stored picture's, in px after orientation. `part` names the member of the sample
    ("0.jpg"), `sha256` is of the stored bytes, `phash` is 64 bits as 16 hex digits. Where pictures and texts were
    aligned, `matched` is the text that the picture belongs to, by its place among the document's texts (-1: not
    aligned, or no text), and `similarities` has a cosine for each of these texts. `rights` and `licence` are what the
    picture's own bytes and its answer's headers declared, as "header:noarchive", "xmp:DMI-ALLOWED", "c2pa".
    """

    url: str
    alt: str = ""
    title: str = ""
    caption: str = ""
    declared_width: int = 0
    declared_height: int = 0
    part: str = ""
    sha256: str = ""
    phash: str = ""
    width: int = 0
    height: int = 0
    format: str = ""
    bytes: int = 0
    rights: list[str] = field(default_factory=list)
    licence: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    matched: int = -1
    similarities: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Video:
    """A video in its place: a file's URL, or an embed's provider and id."""

    url: str
    poster: str = ""
    provider: str = ""
    id: str = ""
    title: str = ""


@dataclass(slots=True)
class Audio:
    """A sound in its place."""

    url: str
    provider: str = ""
    id: str = ""
    title: str = ""


Item = Text | Image | Video | Audio


@dataclass(slots=True)
class Source:
    """Where a page was read: archive file, byte offset of its record, payload digest, fetch time (RFC 3339)."""

    file: str = ""
    offset: int = -1
    digest: str = ""
    fetched: str = ""

    def __post_init__(self) -> None:
        self.file = hidden(self.file)  # it is published with every document


@dataclass(slots=True)
class Document:
    """One page's main content in reading order, with its metadata and provenance.

    `language` is detected where the build asks for that, else as the page declares it; `canonical` is the
    URL that the page names as its own. `rights` are the opt-out and licence signals that were found, as
    strings such as "meta:noai". `removed` is no part of the document: stages leave there the pictures that
    they took out of `items`, with the reason, and the pass enters them in the ledger. `inline` is none either: the
    bytes of pictures that stood in the page itself, by their URL, which the pass keeps beside it.
    """

    url: str
    items: list[Item] = field(default_factory=list)
    key: str = ""
    host: str = ""
    language: str = ""
    title: str = ""
    author: str = ""
    date: str = ""
    site: str = ""
    licence: str = ""
    canonical: str = ""
    modified: str = ""
    declared_language: str = ""
    rights: list[str] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    source: Source = field(default_factory=Source)
    removed: list[tuple[Image, Drop]] = field(default_factory=list)
    inline: dict[str, bytes] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All text, blocks parted by a blank line."""
        return "\n\n".join(item.text for item in self.items if isinstance(item, Text))

    @property
    def images(self) -> list[Image]:
        return [item for item in self.items if isinstance(item, Image)]

    @property
    def id(self) -> int:
        """The first 64 bits of the key: what the exchanges carry."""
        return _id(self.key)


def _id(key: str) -> int:
    return int(key[:16], 16)


def make_key(url: str, source: Source) -> str:
    """32 hex digits, the same whenever the same record is read again (and free of dots, as tars need)."""
    return xxhash.xxh3_128_hexdigest(f"{url}\n{source.digest}\n{source.fetched}".encode("utf-8", "surrogatepass"))


SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("url", pa.string()),
        ("host", pa.string()),
        (
            "source",
            pa.struct(
                [("file", pa.string()), ("offset", pa.int64()), ("digest", pa.string()), ("fetched", pa.string())]
            ),
        ),
        ("images", pa.list_(pa.string())),  # the URLs of its pictures, in order
    ]
)
"""What is asked of all documents between two passes. The rest is JSON: as columns of columns, the fields of their items
took several times as long to be written and read."""

_TYPES: dict[str, type[Item]] = {"text": Text, "image": Image, "video": Video, "audio": Audio}
_NAMES = {cls: name for name, cls in _TYPES.items()}
_KNOWN = {name: frozenset(cls.__dataclass_fields__) for name, cls in _TYPES.items() if name != "text"}
_FIELDS = {name: tuple(cls.__dataclass_fields__) for name, cls in _TYPES.items()}
_UNSAID = {"matched": -1}
"""What a field holds where it says nothing, if that is not empty or 0."""


def valid(text: str) -> str:
    """The text with what UTF-8 cannot hold (lone surrogates, which escapes in pages can make) replaced by U+FFFD."""
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def to_table(documents: Iterable[Document]) -> tuple[pa.Table, list[bytes]]:
    """Of documents a table of `SCHEMA`, and each as JSON, as `to_json` has it with all digits of its scores.

    What UTF-8 cannot hold is replaced.
    """
    rows = [_row(document) for document in documents]
    try:
        return _table(rows)
    except (UnicodeEncodeError, orjson.JSONEncodeError):
        return _table([_valid_all(row) for row in rows])


def _row(document: Document) -> tuple[Any, ...]:
    told = to_json(document)
    # JSON has no word for what is no number, and such a score says nothing.
    told["scores"] = {name: score for name, score in document.scores.items() if isfinite(score)}
    images = [image.url for image in document.images]
    return document.key, document.url, document.host, told["provenance"], images, told


def _table(rows: list[tuple[Any, ...]]) -> tuple[pa.Table, list[bytes]]:
    *columns, told = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(len(SCHEMA) + 1)]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, SCHEMA), [orjson.dumps(one) for one in told]


def _valid_all(value: Any) -> Any:
    if isinstance(value, str):
        return valid(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_valid_all(entry) for entry in value)
    if isinstance(value, dict):
        return {valid(key): _valid_all(entry) for key, entry in value.items()}
    return value


def references(table: pa.Table) -> Iterator[Document]:
    """The documents of a table of `SCHEMA`, in order: of their items the pictures alone, by their URLs."""
    for key, url, host, source, images in zip(*(table[name].to_pylist() for name in SCHEMA.names), strict=True):
        yield Document(url, [Image(image) for image in images], key, host, source=Source(**source))


def _told(source: Source) -> dict[str, Any]:
    """Its fields; `asdict` takes ten times as long."""
    return {"file": source.file, "offset": source.offset, "digest": source.digest, "fetched": source.fetched}


def item_to_json(item: Item) -> dict[str, Any]:
    """One item as it stands in a sample's JSON and in `m3w extract`: its type's name holds the text or URL.

    `{"text": "…", "kind": "heading", "level": 2}`, `{"image": url, "alt": "…", "part": "0.jpg", …}`,
    `{"video": url, …}`, `{"audio": url, …}`; fields that say nothing, as empty ones and the kind "paragraph", are left
    out.
    """
    if isinstance(item, Text):  # most items are: a third of the time that the loop below takes
        return _text_to_json(item)
    name = _NAMES[type(item)]
    entry: dict[str, Any] = {name: item.url}
    for field_name in _FIELDS[name]:
        value = getattr(item, field_name)
        said = value != _UNSAID[field_name] if field_name in _UNSAID else value
        if field_name != "url" and said:
            entry[field_name] = value
    return entry


def _text_to_json(item: Text) -> dict[str, Any]:
    entry: dict[str, Any] = {"text": item.text}
    if item.kind != "paragraph":
        entry["kind"] = item.kind
    if item.level:
        entry["level"] = item.level
    if item.language:
        entry["language"] = item.language
    if item.sure:
        entry["sure"] = item.sure
    return entry


def item_from_json(entry: dict[str, Any]) -> Item:
    """The reverse of `item_to_json`; raises KeyError on an entry of no known type."""
    # Reading shards is mostly this: a text by its fields, since there are so many of them.
    if "text" in entry:
        get = entry.get
        return Text(entry["text"], get("kind", "paragraph"), get("level", 0), get("language", ""), get("sure", 0.0))
    for name, known in _KNOWN.items():
        if name in entry:
            given = {key: value for key, value in entry.items() if key in known}
            given["url"] = entry[name]
            return _TYPES[name](**given)
    raise KeyError(f"no text, image, video or audio in {sorted(entry)}")


def to_json(document: Document) -> dict[str, Any]:
    """A document as the JSON of a sample: the same shape wherever a document is shown."""
    return {
        "key": document.key,
        "url": document.url,
        "items": [item_to_json(item) for item in document.items],
        "metadata": {
            name: getattr(document, name)
            for name in (
                "host",
                "language",
                "title",
                "author",
                "date",
                "modified",
                "site",
                "licence",
                "canonical",
                "declared_language",
            )
            if getattr(document, name)
        },
        "provenance": _told(document.source),
        "rights": document.rights,
        "scores": {name: round(score, 4) for name, score in sorted(document.scores.items())},
    }


def text_of(told: Mapping[str, Any]) -> str:
    """As `Document.text`, of a document's JSON: to make the document takes most of the time of reading one."""
    return "\n\n".join(item["text"] for item in told["items"] if "text" in item)


def by_similarity(document: Document) -> list[Item]:
    """The items with each aligned picture right before the text that it belongs to; those not aligned keep their place.

    Of pictures that belong to one text the order on the page stays.
    """
    waiting: dict[int, list[Item]] = {}
    for image in document.images:
        if image.matched >= 0:
            waiting.setdefault(image.matched, []).append(image)
    items: list[Item] = []
    place = 0
    for item in document.items:
        if isinstance(item, Text):
            items += waiting.pop(place, [])
            place += 1
        if not (isinstance(item, Image) and item.matched >= 0):
            items.append(item)
    return [*items, *(item for left in waiting.values() for item in left)]


def from_json(entry: dict[str, Any]) -> Document:
    """The document of a sample's JSON; raises KeyError, TypeError, AttributeError or ValueError where it is none."""
    one = Document(
        url=entry["url"],
        key=entry["key"],
        items=[item_from_json(item) for item in entry["items"]],
        source=Source(**entry["provenance"]),
        rights=list(entry["rights"]),
        scores=dict(entry["scores"]),
        **entry["metadata"],
    )
    words = [*entry["metadata"].values(), *one.rights]
    if not all(type(word) is str for word in words):
        raise TypeError("its metadata and rights want to be words")
    return checked(one)


def checked(document: Document) -> Document:
    """The document as it is; raises TypeError where words or sizes are of other kinds, as files of others may have it.

    Who reads them counts on these kinds far from here.
    """
    words = [document.url, document.key]
    for item in document.items:
        if type(item) is Text:
            words.append(item.text)
        elif type(item) is Image:
            words += (item.url, item.alt, item.part, item.format)
            if not (type(item.width) is int and type(item.height) is int and type(item.matched) is int):
                raise TypeError(f"sizes of {item.url!r:.80} are no numbers")
    if not all(type(word) is str for word in words):
        raise TypeError("where words belong stands something else")
    return document
