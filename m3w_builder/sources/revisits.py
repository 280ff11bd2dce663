"""Revisit records of our own crawl that stand for a payload under another URL: told, and made whole again."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from m3w_builder.sources import files
from m3w_builder.sources.framing import MAX_HEAD, Record, record_at
from m3w_builder.stage import Drop

REFERS_TO = "M3W-Refers-To"
"""Header of such a record: file name and offset of the record that bears the payload, beside it in the folder."""

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_BLOCK = 1 << 18


def refers(record: Record, file: str) -> tuple[str, int] | None:
    """File and offset of the record whose payload a revisit stands for; None where it names none."""
    name, _, offset = record.headers.get(REFERS_TO.lower(), "").rpartition(" ")
    if record.kind != "revisit" or not name or "/" in name or not offset.isdigit():
        return None
    return file[: len(file) - len(file.rpartition("/")[2])] + name, int(offset)


def made_whole(record: Record, file: str, max_bytes: int = 1 << 40, options: Mapping[str, Any] | None = None) -> Record:
    """The response that a revisit stands for: its own head, the other's body. With a fault where that is gone."""
    place = refers(record, file)
    assert place is not None
    try:
        with files.open_binary(place[0], options, _BLOCK) as stream:
            other = record_at(stream, place[1], lambda one: one.length if one.length <= max_bytes else MAX_HEAD)
    except OSError as error:
        other, said = None, f": {error}"
    else:
        said = ""
    if other is None or other.fault or other.kind != "response":
        return dataclasses.replace(
            record, fault=Drop("broken_record", f"no payload at {place[0]} {place[1]}{said}"[:300])
        )
    end = _HEAD_END.search(other.block, 0, MAX_HEAD)
    body = other.block[end.end() :] if end else b""
    head = record.block.rstrip(b"\r\n")
    block = head + b"\r\n\r\n" + body
    return dataclasses.replace(record, kind="response", block=block, length=len(block), whole=other.whole)
