"""Mergeable statistics, gathered while documents pass: a report over many partitions is a merge, not a scan."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from m3w_builder.document import Audio, Document, Image, Text, Video, words

STEPS = 8
"""Bins of a logarithmic histogram for each doubling: a quantile read from it is off by at most 2^(1/16), 4.4 %."""

TOP = 1000
"""Names kept of hosts, languages and the like when partitions are merged."""


class Histogram:
    """Counts of positive numbers in logarithmic bins; zeros apart."""

    def __init__(self, bins: Mapping[str, int] | None = None) -> None:
        self.bins: Counter[int] = Counter({int(name): number for name, number in (bins or {}).items()})

    ZERO = -(10**6)

    def add(self, value: float) -> None:
        self.bins[math.floor(math.log2(value) * STEPS) if value > 0 else self.ZERO] += 1

    @property
    def count(self) -> int:
        return sum(self.bins.values())

    def quantile(self, share: float) -> float:
        """The value below which this share lies, within 4.4 %; NaN where nothing was counted."""
        wanted, seen = share * self.count, 0
        for name in sorted(self.bins):
            seen += self.bins[name]
            if seen >= wanted:
                return 0.0 if name == self.ZERO else float(2 ** ((name + 0.5) / STEPS))
        return math.nan

    def to_json(self) -> dict[str, int]:
        return {str(name): number for name, number in sorted(self.bins.items())}


HISTOGRAMS = (
    "pictures_a_document",
    "words_a_document",
    "words_between_pictures",
    "picture_position",
    "picture_side",
    "picture_aspect",
    "picture_bytes",
)
COUNTERS = ("hosts", "languages", "licences", "rights", "formats", "years", "kinds")
SUMS = ("documents", "words", "characters", "texts", "images", "videos", "audios", "picture_bytes")


class Statistics:
    """What the report shows of documents and pictures."""

    def __init__(self) -> None:
        self.sums: Counter[str] = Counter()
        self.histograms = {name: Histogram() for name in HISTOGRAMS}
        self.counters: dict[str, Counter[str]] = {name: Counter() for name in COUNTERS}

    def add_document(self, document: Document) -> None:
        """Count one finished document."""
        self.sums["documents"] += 1
        total, since, pictures = 0, 0, 0
        for position, item in enumerate(document.items):
            match item:
                case Text():
                    number = len(words(item.text))
                    total += number
                    since += number
                    self.sums["texts"] += 1
                    self.sums["characters"] += len(item.text)
                    self.counters["kinds"][item.kind] += 1
                case Image():
                    pictures += 1
                    self.histograms["words_between_pictures"].add(since)
                    self.histograms["picture_position"].add(position + 1)
                    since = 0
                    self._picture(item)
                case Video():
                    self.sums["videos"] += 1
                case Audio():
                    self.sums["audios"] += 1
        self.sums["words"] += total
        self.histograms["pictures_a_document"].add(pictures)
        self.histograms["words_a_document"].add(total)
        self.counters["hosts"][document.host] += 1
        self.counters["languages"][document.language or "unknown"] += 1
        self.counters["licences"][document.licence or "none stated"] += 1
        self.counters["years"][document.source.fetched[:4] or "unknown"] += 1
        for signal in document.rights:
            self.counters["rights"][signal] += 1

    def _picture(self, image: Image) -> None:
        self.sums["images"] += 1
        self.sums["picture_bytes"] += image.bytes
        self.counters["formats"][image.format] += 1
        self.histograms["picture_bytes"].add(image.bytes)
        if image.width and image.height:
            self.histograms["picture_side"].add(min(image.width, image.height))
            self.histograms["picture_aspect"].add(image.width / image.height)

    def merge(self, other: Statistics) -> None:
        """Take another partition's counts into these."""
        self.sums.update(other.sums)
        for name, histogram in other.histograms.items():
            self.histograms[name].bins.update(histogram.bins)
        for name, counter in other.counters.items():
            self.counters[name].update(counter)
            if len(self.counters[name]) > 2 * TOP:
                self.counters[name] = Counter(dict(self.counters[name].most_common(TOP)))

    def to_json(self) -> dict[str, Any]:
        return {
            "sums": dict(sorted(self.sums.items())),
            "histograms": {name: histogram.to_json() for name, histogram in self.histograms.items()},
            "counters": {name: dict(sorted(counter.items())) for name, counter in self.counters.items()},
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Statistics:
        made = cls()
        made.sums.update(entry["sums"])
        for name in HISTOGRAMS:
            made.histograms[name] = Histogram(entry["histograms"].get(name))
        for name in COUNTERS:
            made.counters[name].update(entry["counters"].get(name, {}))
        return made
