"""Reads samples back from tars: one after the other, or one alone by its place in the index."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from typing import IO

from m3w_builder import storage
from m3w_builder.document import Document, from_json

Sample = tuple[Document, dict[str, bytes]]
"""A document, and its members by part name ("0.jpg")."""


def members(stream: IO[bytes]) -> Iterator[tuple[str, str, bytes]]:
    """(key, part, body) of each member; the key ends at the name's first dot, as webdataset has it.

    Raises tarfile.TarError at a tar that is cut or broken.
    """
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for info in tar:
            handle = tar.extractfile(info) if info.isfile() else None
            if handle is None:
                continue
            body = handle.read()
            if len(body) != info.size:
                raise tarfile.ReadError(f"{info.name} is cut off")
            key, _, part = info.name.rsplit("/", 1)[-1].partition(".")
            yield key, part, body


def groups(stream: IO[bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """(key, its members by part) of each sample; a sample's members stand side by side."""
    here = ""
    parts: dict[str, bytes] = {}
    for key, part, body in members(stream):
        if key != here and parts:
            yield here, parts
            parts = {}
        here = key
        parts[part] = body
    if parts:
        yield here, parts


def samples(url: str) -> Iterator[Sample]:
    """The samples of a tar in order. Raises tarfile.TarError, ValueError or KeyError at one that can't be read."""
    with storage.open_read(url) as stream:
        for _, parts in groups(stream):
            yield from_json(json.loads(parts.pop("json"))), parts


def read_sample(url: str, offset: int, size: int) -> Sample:
    """One sample by its place: `offset` and `bytes` of its row in the index."""
    import io

    body = storage.read_bytes(url, offset, offset + size)
    ((_, parts),) = groups(io.BytesIO(body + bytes(1024)))
    return from_json(json.loads(parts.pop("json"))), parts
