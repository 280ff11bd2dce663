"""The books: for every stage, in = kept + dropped by reason, for pages and for pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from typing import Any

from m3w_builder.classes import dataclass

UNITS = ("pages", "pictures")

PAGE_DROPPED = "page_dropped"
"""The reason of a picture that went because its page did."""


@dataclass(slots=True)
class Count:
    """What one stage did with one unit."""

    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    """Bytes of what was kept: of pages as they were read, of pictures from the fetch on; a picture counts at each place
    where it stands."""
    dropped_bytes: dict[str, int] = field(default_factory=dict)
    """Bytes of what was dropped, by reason, where they had come in."""

    @property
    def taken(self) -> int:
        """How many went in."""
        return self.kept + sum(self.dropped.values())

    @property
    def taken_bytes(self) -> int:
        """Bytes of what went in; 0 where they were not known."""
        return self.bytes + sum(self.dropped_bytes.values())

    def drop(self, reason: str, number: int = 1, size: int = 0) -> None:
        """Enter so many that went, of `size` bytes together."""
        if number:
            self.dropped[reason] = self.dropped.get(reason, 0) + number
        if size:
            self.dropped_bytes[reason] = self.dropped_bytes.get(reason, 0) + size

    def add(self, other: Count) -> None:
        self.kept += other.kept
        self.bytes += other.bytes
        for reason, number in other.dropped.items():
            self.drop(reason, number)
        for reason, size in other.dropped_bytes.items():
            self.drop(reason, 0, size)

    def to_json(self) -> dict[str, Any]:
        told = {"in": self.taken, "kept": self.kept, "dropped": dict(sorted(self.dropped.items()))}
        if self.taken_bytes:
            told |= {"bytes": self.bytes, "dropped_bytes": dict(sorted(self.dropped_bytes.items()))}
        return told


@dataclass(slots=True)
class Entry:
    """One stage's page in the books."""

    stage: str
    pages: Count = field(default_factory=Count)
    pictures: Count = field(default_factory=Count)
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    """By how much the stage raised the largest resident size of its process, in MB; the most in one task."""


@dataclass(slots=True)
class Ledger:
    """Entries in the order in which the stages ran."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def __getitem__(self, stage: str) -> Entry:
        try:
            return self.entries[stage]
        except KeyError:
            return self.entries.setdefault(stage, Entry(stage))

    def add(self, other: Ledger) -> None:
        """Take another partition's books into these."""
        for stage, entry in other.entries.items():
            mine = self[stage]
            mine.pages.add(entry.pages)
            mine.pictures.add(entry.pictures)
            mine.cpu_seconds += entry.cpu_seconds
            mine.peak_mb = max(mine.peak_mb, entry.peak_mb)

    def follow(self, stages: Sequence[str]) -> None:
        """Enter what stages that come one after the other kept of the pictures: of each but the first, what was kept
        before it without what it dropped. The one behind the last counts for itself, and so `faults` shows a loss.

        To count a document's pictures anew behind each stage takes longer than most stages.
        """
        for earlier, stage in pairwise(stages):
            before, count = self[earlier].pictures, self[stage].pictures
            count.kept = before.kept - sum(count.dropped.values())
            count.bytes = before.bytes - sum(count.dropped_bytes.values())

    def faults(self) -> list[str]:
        """Where the books do not balance: what a stage kept must be what the next one took. Empty when all is well.

        A unit's books open at the first stage that meets it: pictures are not seen before extraction.
        """
        faults = []
        for unit in UNITS:
            before = None
            for entry in self.entries.values():
                count: Count = getattr(entry, unit)
                if before is not None and count.taken != getattr(before, unit).kept:
                    faults.append(
                        f"{unit}: {before.stage} kept {getattr(before, unit).kept} but {entry.stage} took {count.taken}"
                    )
                if before is not None or count.taken:
                    before = entry
        return faults

    def to_json(self) -> list[dict[str, Any]]:
        return [
            {
                "stage": entry.stage,
                "pages": entry.pages.to_json(),
                "pictures": entry.pictures.to_json(),
                "cpu_seconds": round(entry.cpu_seconds, 4),
                "peak_mb": round(entry.peak_mb, 1),
            }
            for entry in self.entries.values()
        ]

    @classmethod
    def from_json(cls, rows: Iterable[Mapping[str, Any]]) -> Ledger:
        """The reverse of `to_json`; raises ValueError where a row's `in` is not its kept and dropped."""
        ledger = cls()
        for row in rows:
            entry = ledger[row["stage"]]
            entry.cpu_seconds, entry.peak_mb = row["cpu_seconds"], row.get("peak_mb", 0.0)
            for unit in UNITS:
                count: Count = getattr(entry, unit)
                count.kept = row[unit]["kept"]
                count.dropped = dict(row[unit]["dropped"])
                count.bytes, count.dropped_bytes = row[unit].get("bytes", 0), dict(row[unit].get("dropped_bytes", {}))
                if count.taken != row[unit]["in"]:
                    raise ValueError(
                        f"{row['stage']}: {unit}: in {row[unit]['in']} is not kept and dropped {count.taken}"
                    )
        return ledger
