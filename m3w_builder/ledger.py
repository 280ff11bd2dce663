"""The books: for every stage, in = kept + dropped by reason, for pages and for pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

UNITS = ("pages", "pictures")

PAGE_DROPPED = "page_dropped"
"""The reason of a picture that went because its page did."""


@dataclass(slots=True)
class Count:
    """What one stage did with one unit."""

    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """How many went in."""
        return self.kept + sum(self.dropped.values())

    def drop(self, reason: str, number: int = 1) -> None:
        if number:
            self.dropped[reason] = self.dropped.get(reason, 0) + number

    def add(self, other: Count) -> None:
        self.kept += other.kept
        for reason, number in other.dropped.items():
            self.drop(reason, number)


@dataclass(slots=True)
class Entry:
    """One stage's page in the books."""

    stage: str
    pages: Count = field(default_factory=Count)
    pictures: Count = field(default_factory=Count)
    cpu_seconds: float = 0.0


@dataclass(slots=True)
class Ledger:
    """Entries in the order in which the stages ran."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def __getitem__(self, stage: str) -> Entry:
        if stage not in self.entries:
            self.entries[stage] = Entry(stage)
        return self.entries[stage]

    def add(self, other: Ledger) -> None:
        """Take another partition's books into these."""
        for stage, entry in other.entries.items():
            mine = self[stage]
            mine.pages.add(entry.pages)
            mine.pictures.add(entry.pictures)
            mine.cpu_seconds += entry.cpu_seconds

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
                **{
                    unit: {"in": count.taken, "kept": count.kept, "dropped": dict(sorted(count.dropped.items()))}
                    for unit, count in (("pages", entry.pages), ("pictures", entry.pictures))
                },
                "cpu_seconds": round(entry.cpu_seconds, 4),
            }
            for entry in self.entries.values()
        ]

    @classmethod
    def from_json(cls, rows: Iterable[Mapping[str, Any]]) -> Ledger:
        """The reverse of `to_json`; raises ValueError where a row's `in` is not its kept and dropped."""
        ledger = cls()
        for row in rows:
            entry = ledger[row["stage"]]
            entry.cpu_seconds = row["cpu_seconds"]
            for unit in UNITS:
                count: Count = getattr(entry, unit)
                count.kept = row[unit]["kept"]
                count.dropped = dict(row[unit]["dropped"])
                if count.taken != row[unit]["in"]:
                    raise ValueError(
                        f"{row['stage']}: {unit}: in {row[unit]['in']} is not kept and dropped {count.taken}"
                    )
        return ledger
