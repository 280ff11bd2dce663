"""What a crawl knows from its archive: each URL's last answer, each payload's first place, the robots rules."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.fetch.robots import Rules
from m3w_builder.sources import payload, revisits
from m3w_builder.sources.framing import MAX_HEAD, Record, record_at

MAX_BODY = 50_000_000
"""Bytes of an archived page or sitemap, decoded, that are searched for links."""

MAX_HELD = 500_000
"""Payloads that are known by their digests, the latest ones: about 100 MB."""

LEAST = 512
"""Bytes of a body under which a revisit record would save nothing."""

_OFFSET = 48  # bits of a place that are the offset; those above are the file's number


@dataclass(slots=True)
class Known:
    """One answer in the archive, as far as a further request to its URL, or a revisit of it, wants to know."""

    record: Record
    file: str
    answer: payload.Answer  # its body may be cut short

    @property
    def conditions(self) -> dict[str, str]:
        """Request headers that ask for the content only if it changed."""
        headers = self.answer.headers
        asked = {"If-None-Match": headers.get("etag", ""), "If-Modified-Since": headers.get("last-modified", "")}
        return {name: value for name, value in asked.items() if value}

    @property
    def digest(self) -> str:
        return self.record.headers.get("warc-payload-digest", "")

    def revisit(self, profile: str, other: bool) -> dict[str, str]:
        """WARC headers of a record that says that its content is this one's. `other`: the URL is another."""
        headers = self.record.headers
        whole = {
            "WARC-Profile": f"http://netpreserve.org/warc/1.1/revisit/{profile}",
            "WARC-Refers-To": headers.get("warc-record-id", ""),
            "WARC-Refers-To-Target-URI": self.record.url,
            "WARC-Refers-To-Date": headers.get("warc-date", ""),
            "WARC-Payload-Digest": self.digest,
        }
        if other:  # for our own reader, which keeps no index of all payloads
            whole[revisits.REFERS_TO] = f"{os.path.basename(self.file)} {self.record.offset}"
        return whole


@dataclass(slots=True)
class Memory:
    """Grows while the archive is read and while it is written. Answers are kept by place, and read when wanted."""

    folder: str
    round: int = 1
    files: list[str] = field(default_factory=list)
    before: dict[int, int] = field(default_factory=dict)
    """URL key to the place of the last whole answer of an earlier round."""
    held: dict[bytes, int] = field(default_factory=dict)
    """Payload digest to the place of the first answer that bears it, in any round."""
    robots: dict[str, Rules] = field(default_factory=dict)
    """Site to its rules, as this round has heard them."""
    numbers: dict[str, int] = field(default_factory=dict)

    def place(self, name: str, offset: int) -> int:
        """One number for a record's file (its name in the folder) and offset."""
        if name not in self.numbers:
            self.numbers[name] = len(self.files)
            self.files.append(name)
        return self.numbers[name] << _OFFSET | offset

    def hold(self, digest: str, name: str, offset: int) -> None:
        """Keep where a payload stands, once."""
        key = digest.encode()
        if key not in self.held:
            if len(self.held) >= MAX_HELD:
                del self.held[next(iter(self.held))]
            self.held[key] = self.place(name, offset)

    def known(self, place: int | None, whole: bool = False) -> Known | None:
        """The answer at a place, or without `whole` its head; None where there is none, or its record is broken."""
        if place is None:
            return None
        file = storage.join(self.folder, self.files[place >> _OFFSET])
        with open(file, "rb") as stream:
            record = record_at(
                stream, place & (1 << _OFFSET) - 1, lambda one: one.length if whole else min(one.length, MAX_HEAD)
            )
        if record is None or record.fault:
            return None
        if whole and revisits.refers(record, file):
            record = revisits.made_whole(record, file)
        answer = payload.answer_of(record)
        return Known(record, file, answer) if isinstance(answer, payload.Answer) else None

    def unchanged(self, key: int) -> Known | None:
        """What an earlier round's last answer to the URL says of it."""
        return self.known(self.before.get(key))

    def same(self, digest: str, headers: Mapping[str, str], size: int) -> Known | None:
        """The answer that bears the same payload; None also where a revisit of it would lose what headers say."""
        if size < LEAST or "x-robots-tag" in headers or "tdm-reservation" in headers:
            return None
        found = self.known(self.held.get(digest.encode()))
        if found is None or found.digest != digest:
            return None
        kind, encoding = "content-type", "content-encoding"
        alike = all(found.answer.headers.get(name, "") == headers.get(name, "") for name in (kind, encoding))
        reserved = "x-robots-tag" in found.answer.headers or "tdm-reservation" in found.answer.headers
        return found if alike and not reserved else None

    def content(self, place: int | None) -> payload.Answer | None:
        """The answer at a place, content encodings undone."""
        found = self.known(place, whole=True)
        if found is None:
            return None
        body = payload.content(found.answer, MAX_BODY)
        return payload.Answer(found.answer.status, found.answer.headers, body if isinstance(body, bytes) else b"")
