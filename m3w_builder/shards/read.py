"""Reads samples back from tars: one after the other, or one alone by its place in the index."""

from __future__ import annotations

import io
import json
import mmap
import tarfile
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import IO, Any

import orjson

from m3w_builder import storage
from m3w_builder.document import Document, from_json, text_of
from m3w_builder.shards import tar

Sample = tuple[Document, dict[str, bytes]]
"""A document, and its members by part name ("0.jpg")."""

BAD_JSON = "bad_json"
"""The sample's JSON is missing or no document."""
MISSING_PART = "missing_part"
"""An item names a member that is not there."""
BROKEN_TAR = "broken_tar"
"""The tar is cut off or broken here: what lies behind is lost."""
UNREADABLE = "unreadable"
"""The file system did not give the bytes."""


def split_name(name: str) -> tuple[str, str]:
    """A member's key and part; the key ends at the base name's first dot, as webdataset has it."""
    key, _, part = name.rsplit("/", 1)[-1].partition(".")
    return key, part


def groups(stream: IO[bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """(key, its members by part) of each sample; a sample's members stand side by side.

    Raises tarfile.TarError at a tar that is cut or broken.
    """
    here = ""
    parts: dict[str, bytes] = {}
    for name, body in tar.members(stream):
        key, part = split_name(name)
        if key != here and parts:
            yield here, parts
            parts = {}
        here = key
        parts[part] = body
    if parts:
        yield here, parts


def samples(url: str, bad: MutableMapping[str, int] | None = None) -> Iterator[Sample]:
    """The samples of a tar in order.

    Where `bad` is given, samples that can't be read are left out and counted there by reason; where not, the first
    raises tarfile.TarError, ValueError or KeyError.
    """
    try:
        with _open(url) as stream:
            for _, parts in groups(stream):
                sample = _tolerant(parts, bad) if bad is not None else _sample(parts)
                if sample is not None:
                    yield sample
    except (tarfile.TarError, EOFError):
        if bad is None:
            raise
        bad[BROKEN_TAR] = bad.get(BROKEN_TAR, 0) + 1


@contextmanager
def _open(url: str) -> Iterator[IO[bytes]]:
    """A file to read straight through; a local one is mapped, which saves a system call for each of its reads."""
    with storage.open_read(url) as stream:
        if not storage.is_local(url) or not storage.size(url):
            yield stream
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped  # type: ignore[misc]


def _sample(parts: dict[str, bytes]) -> Sample:
    return from_json(parsed(parts.pop("json"))), parts


def parsed(body: bytes) -> Any:
    """What a sample's JSON says; raises ValueError where it is none, is nested too deeply, or no text in UTF-8."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        entry = json.loads(body)  # which takes what Python writes and JSON does not know, as NaN
        orjson.dumps(entry, option=orjson.OPT_NON_STR_KEYS)  # and half characters, which nothing else takes
    except (RecursionError, TypeError) as error:
        raise ValueError(f"no JSON that can be read: {error}") from None
    return entry


def _tolerant(parts: dict[str, bytes], bad: MutableMapping[str, int]) -> Sample | None:
    """The sample, or None where it is no whole one, which is counted."""
    try:
        one, parts = _sample(parts)
        reason = "" if all(image.part in parts for image in one.images) else MISSING_PART
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = BAD_JSON
    if not reason:
        return one, parts
    bad[reason] = bad.get(reason, 0) + 1
    return None


def parse(body: bytes, bad: MutableMapping[str, int]) -> Sample | None:
    """The sample whose slice of a tar this is; None where it is none, which is counted in `bad`."""
    try:
        found = list(groups(io.BytesIO(body + bytes(tar.BLOCK))))
    except tarfile.TarError:
        found = []
    if len(found) != 1:
        bad[BROKEN_TAR] = bad.get(BROKEN_TAR, 0) + 1
        return None
    return _tolerant(found[0][1], bad)


def read_sample(url: str, offset: int, size: int) -> Sample:
    """One sample by its place: `offset` and `bytes` of its row in the index."""
    body = storage.read_bytes(url, offset, offset + size)
    ((_, parts),) = groups(io.BytesIO(body + bytes(tar.BLOCK)))
    return _sample(parts)


HEAD = 1 << 16
"""Bytes of a sample that are read at first for its JSON alone."""


def read_text(url: str, offset: int, size: int) -> str:
    """The text of one sample by its place, without its pictures' bytes where its JSON stands first, as it does in what
    this package writes."""
    body = storage.read_bytes(url, offset, offset + min(size, HEAD))
    name, behind = tar.first(body)
    if split_name(name)[1] != "json":
        return read_sample(url, offset, size)[0].text
    if behind > len(body):
        body = storage.read_bytes(url, offset, offset + behind)
    return text_of(parsed(body[tar.BLOCK : behind]))


def spans(url: str) -> list[tuple[int, int]]:
    """(offset, bytes) of each sample of a tar: from its index, or from the tar's headers where it has none.

    Raises tarfile.TarError at a broken tar without index, OSError where neither can be read.
    """
    index = url.removesuffix(".tar") + ".parquet"
    if storage.exists(index):
        table = storage.read_table(index, ["offset", "bytes"])
        return list(zip(table["offset"].to_pylist(), table["bytes"].to_pylist(), strict=True))
    return [(row["offset"], row["bytes"]) for row in scan(url)]


def scan(url: str) -> Iterator[dict[str, Any]]:
    """The key, offset and bytes of each sample, from the tar's headers alone."""
    here: dict[str, Any] = {}
    with storage.open_read(url) as stream:
        for name, start, behind in tar.places(stream):
            key, _ = split_name(name)
            if here and here["key"] == key:
                here["bytes"] = behind - here["offset"]
                continue
            if here:
                yield here
            here = {"key": key, "offset": start, "bytes": behind - start}
    if here:
        yield here
