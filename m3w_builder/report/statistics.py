"""Mergeable statistics, gathered while documents pass: a report over many partitions is a merge, not a scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from m3w_builder.document import Audio, Document, Image, Text, Video
from m3w_builder.report import tokens
from m3w_builder.report.sketches import STEPS, Distinct, Frequent, Histogram, Sample
from m3w_builder.words import tally

__all__ = ["COUNTERS", "DISTINCT", "HISTOGRAMS", "STEPS", "SUMS", "Histogram", "Statistics"]

TOP = 1000
"""Names kept of hosts, languages and the like when partitions are merged."""
WORDS = 800
"""Words that one partition tells as its most frequent."""
WORDS_HELD = 50_000
"""Words that are counted at once."""
SCORE_STEPS = 50
"""Bins of a score between 0 and 1."""

HISTOGRAMS = (
    "pictures_a_document",
    "words_a_document",
    "words_between_pictures",
    "tokens_a_document",
    "tokens_between_pictures",
    "picture_position",
    "picture_side",
    "picture_aspect",
    "picture_bytes",
)
COUNTERS = ("hosts", "domains", "languages", "licences", "rights", "formats", "years", "kinds")
DISTINCT = ("hosts", "pictures")
SAMPLES = ("records", "urls", "pictures")
"""What the overlap of two builds is told of: records by key, pages by URL, pictures by sha256."""
SAMPLE, SAMPLE_HELD = 2048, 16_384
"""Hashes that one partition tells of each, and that a whole build holds."""
SUMS = ("documents", "words", "characters", "texts", "images", "videos", "audios", "picture_bytes", "tokens")


class Statistics:
    """What the report shows of documents and pictures."""

    def __init__(self, tokenizer: str = "") -> None:
        self.tokenizer = tokenizer
        """By which tokens are counted, as `tokens.counter` knows it; empty: they are not."""
        self._tokens = tokens.counter(tokenizer)
        self.sums: Counter[str] = Counter()
        self.histograms = {name: Histogram() for name in HISTOGRAMS}
        self.counters: dict[str, Counter[str]] = {name: Counter() for name in COUNTERS}
        self.errors: Counter[str] = Counter()
        """By how much a count of a counter is too low at most: 0 until more than 2 * `TOP` names were met."""
        self.distinct = {name: Distinct() for name in DISTINCT}
        self.samples = {name: Sample(SAMPLE_HELD) for name in SAMPLES}
        self.words = Frequent(WORDS_HELD)
        """But for those that are in the tally still."""
        self._tally = tally()
        self.scores: dict[str, Counter[int]] = {}
        """By name ("confidence", "picture similarity"): counts in `SCORE_STEPS` bins from 0 to 1."""

    def add_document(self, document: Document) -> None:
        """Count one finished document."""
        self.sums["documents"] += 1
        pictures = 0
        words_in_all, tokens_in_all = 0, 0
        since: list[str] = []
        for position, item in enumerate(document.items):
            match item:
                case Text():
                    since.append(item.text)
                    self.sums["texts"] += 1
                    self.sums["characters"] += len(item.text)
                    self.counters["kinds"][item.kind] += 1
                case Image():
                    pictures += 1
                    number, tokens_since = self._texts(since)
                    words_in_all, tokens_in_all = words_in_all + number, tokens_in_all + tokens_since
                    self.histograms["words_between_pictures"].add(number)
                    self.histograms["picture_position"].add(position + 1)
                    if self._tokens:
                        self.histograms["tokens_between_pictures"].add(tokens_since)
                    since = []
                    self._picture(item)
                case Video():
                    self.sums["videos"] += 1
                case Audio():
                    self.sums["audios"] += 1
        number, tokens_since = self._texts(since)
        words_in_all, tokens_in_all = words_in_all + number, tokens_in_all + tokens_since
        self.sums["words"] += words_in_all
        self.histograms["pictures_a_document"].add(pictures)
        self.histograms["words_a_document"].add(words_in_all)
        if self._tokens:
            self.sums["tokens"] += tokens_in_all
            self.histograms["tokens_a_document"].add(tokens_in_all)
        self._metadata(document)

    def _texts(self, texts: list[str]) -> tuple[int, int]:
        """Count the words of some texts; how many they and their tokens are."""
        if not texts:
            return 0, 0
        together = "\n".join(texts)
        number = self._tally.add(together)
        if len(self._tally) > WORDS_HELD:
            self._settle()
        return number, self._tokens(together) if self._tokens else 0

    def _settle(self) -> None:
        """Enter what the tally holds."""
        self.words.update(self._tally.taken())

    def _metadata(self, document: Document) -> None:
        self.distinct["hosts"].add(document.host)
        self.samples["records"].add(document.key)
        self.samples["urls"].add(document.url)
        self.counters["hosts"][document.host] += 1
        self.counters["domains"][document.host.rsplit(".", 1)[-1]] += 1
        self.counters["languages"][document.language or "unknown"] += 1
        self.counters["licences"][document.licence or "none stated"] += 1
        self.counters["years"][document.source.fetched[:4] or "unknown"] += 1
        for signal in document.rights:
            self.counters["rights"][signal] += 1
        self._scores("", document.scores)

    def _picture(self, image: Image) -> None:
        self.sums["images"] += 1
        self.sums["picture_bytes"] += image.bytes
        self.distinct["pictures"].add(image.sha256 or image.url)
        self.samples["pictures"].add(image.sha256 or image.url)
        self.counters["formats"][image.format] += 1
        self.histograms["picture_bytes"].add(image.bytes)
        if image.width and image.height:
            self.histograms["picture_side"].add(min(image.width, image.height))
            self.histograms["picture_aspect"].add(image.width / image.height)
        self._scores("picture ", image.scores)

    def _scores(self, prefix: str, scores: Mapping[str, float]) -> None:
        for name, score in scores.items():
            place = min(SCORE_STEPS - 1, max(0, int(score * SCORE_STEPS)))
            self.scores.setdefault(prefix + name, Counter())[place] += 1

    def merge(self, other: Statistics) -> None:
        """Take another partition's counts into these."""
        self.tokenizer = self.tokenizer or other.tokenizer
        self.sums.update(other.sums)
        for name, histogram in other.histograms.items():
            self.histograms[name].merge(histogram)
        for name, counter in other.counters.items():
            self.counters[name].update(counter)
            if len(self.counters[name]) > 2 * TOP:
                ranked = self.counters[name].most_common(TOP + 1)
                self.errors[name] += ranked[TOP][1]  # no name that goes was counted more often
                self.counters[name] = Counter(dict(ranked[:TOP]))
        self.errors.update(other.errors)
        for name, distinct in other.distinct.items():
            self.distinct[name].merge(distinct)
        for name, sample in other.samples.items():
            self.samples[name].merge(sample)
        other._settle()
        self.words.merge(other.words)
        for name, bins in other.scores.items():
            self.scores.setdefault(name, Counter()).update(bins)

    def to_json(self, whole: bool = False) -> dict[str, Any]:
        """As a receipt tells it, or `whole`: all that is held, for one who goes on counting."""
        self._settle()
        samples = SAMPLE_HELD if whole else SAMPLE
        return {
            "tokenizer": self.tokenizer,
            "sums": dict(sorted(self.sums.items())),
            "histograms": {name: histogram.to_json() for name, histogram in self.histograms.items()},
            "counters": {name: dict(sorted(counter.items())) for name, counter in self.counters.items()},
            "distinct": {name: distinct.to_json() for name, distinct in self.distinct.items()},
            "samples": {name: sample.to_json(samples) for name, sample in self.samples.items()},
            "words": self.words.held() if whole else self.words.to_json(WORDS),
            "scores": {name: {str(bin): n for bin, n in sorted(bins.items())} for name, bins in self.scores.items()},
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Statistics:
        made = cls()
        made.tokenizer = entry.get("tokenizer", "")
        made.sums.update(entry["sums"])
        for name in HISTOGRAMS:
            made.histograms[name] = Histogram(entry["histograms"].get(name))
        for name in COUNTERS:
            made.counters[name].update(entry["counters"].get(name, {}))
        for name in DISTINCT:
            made.distinct[name] = Distinct(entry.get("distinct", {}).get(name, ""))
        for name in SAMPLES:
            made.samples[name] = Sample(SAMPLE_HELD, entry.get("samples", {}).get(name))
        made.words = Frequent(WORDS_HELD, **entry.get("words", {}))
        for name, bins in entry.get("scores", {}).items():
            made.scores[name] = Counter({int(bin): number for bin, number in bins.items()})
        return made
