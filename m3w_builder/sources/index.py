"""The index of a crawl's archive: a CDXJ file for replay tools, and which records a later round has replaced."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.sources import payload, revisits
from m3w_builder.sources.framing import MAX_HEAD, Record, records
from m3w_builder.sources.frontier import key_of
from m3w_builder.sources.replay import archive_files
from m3w_builder.sources.warc import FAILED
from m3w_builder.urls import canonical, host, site_path

CDXJ = "index.cdxj"
REPLACED = "replaced.json"
"""File name to the offsets of the records that a newer answer to the same URL has replaced."""


@dataclass(slots=True)
class Row:
    """One answer in the archive."""

    key: str
    url: str
    stamp: str  # 14 digits
    kind: str  # WARC-Type
    mime: str
    status: int
    digest: str
    offset: int
    length: int  # of the record as it stands in the file
    file: str
    weight: int  # of what it says of its URL: 2 an answer of its own, 1 a failure, 0 that nothing has changed

    @property
    def line(self) -> str:
        fields = {
            "url": self.url,
            "mime": "warc/revisit" if self.kind == "revisit" else self.mime or "unk",
            "status": str(self.status),
            "digest": self.digest,
            "length": str(self.length),
            "offset": str(self.offset),
            "filename": self.file,
        }
        return f"{self.key} {self.stamp} {json.dumps(fields)}"


def sort_key(url: str) -> str:
    """A URL as indexes sort it (SURT): "org,example)/path"."""
    whole = canonical(url)
    port = whole.split("/")[2].rpartition(":")[2]
    name = host(whole)
    port = f":{port}" if port.isdigit() and not name.endswith(port) else ""
    return f"{','.join(reversed(name.removeprefix('www.').split('.')))}{port}){site_path(whole)}".lower()


def rows(path: str) -> Iterator[Row]:
    """The answers of one file, in its order."""
    name, size = os.path.basename(path), os.path.getsize(path)
    last: Row | None = None
    with open(path, "rb") as stream:
        for record in records(stream, lambda one: min(one.length, MAX_HEAD)):
            if last:
                last.length = record.offset - last.offset
                yield last
            last = _row(record, name)
    if last:
        last.length = size - last.offset
        yield last


def _row(record: Record, name: str) -> Row | None:
    stamp = "".join(filter(str.isdigit, record.headers.get("warc-date", "")))[:14]
    if record.kind == "metadata" and FAILED in record.headers and not record.fault:
        return Row(sort_key(record.url), record.url, stamp, record.kind, "", 0, "", record.offset, 0, name, 1)
    if record.kind not in ("response", "revisit") or record.fault:
        return None
    answer = payload.answer_of(record)
    if not isinstance(answer, payload.Answer):
        return None
    digest = record.headers.get("warc-payload-digest", "")
    whole = record.kind == "response" or revisits.refers(record, name) is not None
    sound = answer.status < 400 or answer.status in (404, 410)
    return Row(
        sort_key(record.url),
        record.url,
        stamp,
        record.kind,
        answer.declared,
        answer.status,
        digest,
        record.offset,
        0,
        name,
        (2 if sound else 1) if whole else 0,
    )


def write(folder: str) -> None:
    """Make both files anew from the archive."""
    lines: list[str] = []
    newest: dict[int, Row] = {}
    replaced: dict[str, list[int]] = {}
    # By date: the files of a series follow one another, and of two answers to a URL the later counts.
    for row in sorted((row for path in archive_files(folder) for row in rows(path)), key=lambda row: row.stamp):
        if row.kind != "metadata":
            lines.append(row.line)
        if not row.weight:
            continue
        # One record stands for a URL: the last answer of its own, or where there was none the last failure.
        key = key_of(row.url)
        gone = newest.get(key)
        if gone and row.weight < gone.weight:
            gone, row = row, gone
        if gone:
            replaced.setdefault(gone.file, []).append(gone.offset)
        newest[key] = row
    storage.write_bytes(storage.join(folder, CDXJ), "".join(f"{line}\n" for line in sorted(lines)).encode())
    if replaced or storage.exists(storage.join(folder, REPLACED)):
        whole = {name: sorted(offsets) for name, offsets in sorted(replaced.items())}
        storage.write_json(storage.join(folder, REPLACED), whole)
