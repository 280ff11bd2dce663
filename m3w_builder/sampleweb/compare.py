"""Compares a build of a sample web with the truth, page by page and picture by picture."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from m3w_builder import storage
from m3w_builder.ledger import PAGE_DROPPED
from m3w_builder.words import words

GROUP_REASONS = frozenset(
    {"duplicate_url", "duplicate_text", "near_duplicate", "near_duplicate_text", "no_pictures", "robots"}
)
"""Reasons with which copies of a page may go; the last copy of its pictures stands on another page, too."""


@dataclass(slots=True)
class Comparison:
    """What came out as planted, and what did not, a line each."""

    pages: int = 0
    pictures: int = 0
    bad_pages: int = 0
    bad_pictures: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.faults

    @property
    def text(self) -> str:
        """Some lines for a reader."""
        lines = [
            f"{self.pages - self.bad_pages} of {self.pages} pages and "
            f"{self.pictures - self.bad_pictures} of {self.pictures} pictures as planted"
        ]
        lines += [f"  {fault}" for fault in self.faults[:20]]
        if len(self.faults) > 20:
            lines.append(f"  … and {len(self.faults) - 20} more")
        return "\n".join(lines)


@dataclass(slots=True)
class Policy:
    """What the build's config says of cases on which builds may differ."""

    languages: frozenset[str] | None
    stages: frozenset[str]
    near: bool
    distance: int

    @classmethod
    def of(cls, build: str) -> Policy:
        config = yaml.safe_load(storage.read_bytes(storage.join(build, "config.yaml")))
        stages: dict[str, Any] = {}
        for entry in config.get("text") or ():
            stages.update(entry if isinstance(entry, dict) else {entry: {}})
        languages = frozenset((stages.get("language") or {}).get("languages") or ()) or None
        dedup = config.get("dedup") or {}
        return cls(languages, frozenset(stages), dedup.get("near_pictures", True), dedup.get("max_distance", 4))


def compare(web: str | Path, build: str) -> Comparison:
    """Hold the corpus in `build` against the truth of the web in the folder `web`."""
    truth = json.loads((Path(web) / "truth.json").read_text(encoding="utf-8"))
    return Judge(truth, Policy.of(build), *_corpus(build), *_dropped(build)).judge()


def _corpus(build: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The corpus by URL, read from the tars as plainly as can be; URLs that came more than once."""
    documents: dict[str, dict[str, Any]] = {}
    twice = []
    folder = storage.join(build, "shards")
    for name in storage.names(folder):
        if not name.endswith(".tar"):
            continue
        with storage.open_read(storage.join(folder, name)) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if member.name.endswith(".json"):
                    document = json.load(tar.extractfile(member))  # type: ignore[arg-type]
                    if document["url"] in documents:
                        twice.append(document["url"])
                    documents[document["url"]] = document
    return documents, twice


Reasons = dict[str, list[tuple[str, str]]]
"""(stage, reason) of each drop, by URL."""


def _dropped(build: str) -> tuple[Reasons, Reasons]:
    """Dropped pages and dropped pictures."""
    found: dict[str, Reasons] = {"page": {}, "picture": {}}
    for folder in ("pages", "pictures", "shards"):
        for name in storage.names(storage.join(build, folder)):
            if name.endswith(".dropped.parquet") and not name.startswith("."):
                table = storage.read_table(storage.join(build, folder, name), ["unit", "url", "stage", "reason"])
                for row in table.to_pylist():
                    found[row["unit"]].setdefault(row["url"], []).append((row["stage"], row["reason"]))
    return found["page"], found["picture"]


@dataclass(slots=True)
class Judge:
    """The truth on one side, the build on the other."""

    truth: dict[str, Any]
    policy: Policy
    documents: dict[str, dict[str, Any]]
    twice: list[str]
    dropped_pages: Reasons
    dropped_pictures: Reasons
    shown: Counter[str] = field(default_factory=Counter)
    """How often each truth picture stands in the corpus."""

    def judge(self) -> Comparison:
        result = Comparison(len(self.truth["pages"]), len(self.truth["pictures"]))
        bad = dict.fromkeys(self.twice, "stands in the corpus more than once")
        for url in self.documents:
            if url not in self.truth["pages"]:
                bad[url] = "stands in the corpus, but the sample web has no such page"
        for url, page in self.truth["pages"].items():
            fault = self.page(url, page)
            if fault:
                bad[url] = fault
        bad |= self.page_groups()
        result.bad_pages = len(bad)
        pictures = {url: fault for url, entry in self.truth["pictures"].items() if (fault := self.picture(url, entry))}
        pictures |= self.picture_groups()
        result.bad_pictures = len(pictures)
        cases = self.truth["pages"]
        result.faults = [f"{url} ({cases.get(url, {}).get('case', 'unknown')}): {fault}" for url, fault in bad.items()]
        known = self.truth["pictures"]
        result.faults += [
            f"{url} ({known.get(url, {}).get('case', 'group')}): {fault}" for url, fault in pictures.items()
        ]
        return result

    def wanted(self, page: Mapping[str, Any]) -> bool:
        return self.policy.languages is None or page["language"] in self.policy.languages

    def page(self, url: str, page: dict[str, Any]) -> str:
        """What is wrong with one page's fate or content, "" where nothing is."""
        document = self.documents.get(url)
        fate, reasons = page["fate"], set(page.get("reasons", ()))
        if page["case"] in ("too_short", "repetitive", "foreign") and not self._filtered(page["case"]):
            return ""
        if fate in ("kept", "group") and not self.wanted(page):
            fate, reasons = "dropped", {"language", *(GROUP_REASONS if fate == "group" else ())}
        given = self.dropped_pages.get(url, [])
        if document is not None:
            if fate in ("dropped", "absent"):
                return "stands in the corpus, but should not"
            self._count(page["items"], document["items"])
            return _content(page["items"], document["items"], self._need)
        told = _told(given)
        if fate == "kept":
            return f"is missing ({told or 'never seen'})"
        if fate == "group":
            reasons = set(GROUP_REASONS)
        elif fate == "dropped" and not given:
            return "should be in the books as dropped, but was never seen"
        if "*" not in reasons and any(not reasons & _names(pair) for pair in given):
            return f"went for another reason ({told}) than {', '.join(sorted(reasons))}"
        return ""

    def _filtered(self, case: str) -> bool:
        return {"too_short": "length", "repetitive": "repetition", "foreign": "language"}[case] in self.policy.stages

    def _need(self, url: str) -> str:
        """Whether a picture must stand on its page: "yes", "no" or "maybe"."""
        fate = self.truth["pictures"].get(url, {}).get("fate", "dropped")
        return {"kept": "yes", "dropped": "no"}.get(fate, "maybe")

    def _count(self, expected: list[dict[str, Any]], items: list[dict[str, Any]]) -> None:
        """Enter the pictures of a page in the counts of the pictures shown."""
        shown = {item["image"] for item in items if "image" in item}
        for entry in expected:
            if "image" in entry and shown & {entry["image"], *entry.get("also", ())}:
                self.shown[entry["image"]] += 1

    def page_groups(self) -> dict[str, str]:
        """Groups of copies of a page of which not exactly one is there."""
        groups: dict[str, list[str]] = {}
        for url, page in self.truth["pages"].items():
            if page["fate"] == "group" and self.wanted(page):
                groups.setdefault(page["group"], []).append(url)
        bad = {}
        for urls in groups.values():
            there = sum(url in self.documents for url in urls)
            if there != 1:
                bad[urls[0]] = f"{there} of its {len(urls)} copies stand in the corpus, where one should"
        return bad

    def picture(self, url: str, entry: dict[str, Any]) -> str:
        """Whether the books tell an acceptable reason for a picture's going."""
        if entry["fate"] not in ("dropped", "either"):
            return ""  # that it is there, or why not, its page says
        reasons = {PAGE_DROPPED, *entry.get("reasons", self.truth["furniture"]["reasons"])}
        given = self.dropped_pictures.get(url, [])
        if any(not reasons & _names(pair) for pair in given):
            told = _told(given)
            return f"went for another reason ({told}) than {', '.join(sorted(reasons))}"
        return ""

    def picture_groups(self) -> dict[str, str]:
        """Groups of copies of a picture of which not as many are there as should be."""
        pages: dict[str, list[str]] = {}
        for url, page in self.truth["pages"].items():
            for item in page.get("items", ()):
                if "image" in item and url in self.documents:
                    pages.setdefault(item["image"], []).append(url)
        bad = {}
        for name, urls in self.truth["groups"].items():
            alive = [url for url in urls if url in pages]
            if not name.startswith("picture") or not alive:
                continue
            there = sum(self.shown[url] for url in alive)
            least, most = self._how_many(len(alive), [self.truth["pictures"][url] for url in urls])
            if not least <= there <= most:
                bad[urls[-1]] = f"{there} of its {len(alive)} copies stand in the corpus, where {least} should"
        return bad

    def _how_many(self, alive: int, entries: list[dict[str, Any]]) -> tuple[int, int]:
        """Fewest and most copies that may stay, by the distance of their perceptual hashes."""
        distance = max(entry.get("distance", 0) for entry in entries)
        exact = any(entry["case"] == "copy_exact" for entry in entries)
        limit = self.policy.distance if self.policy.near else -3
        if exact or distance <= limit - 2:
            return 1, 1
        # Farther by frequencies, a copy may still be found by its gradients.
        return (1, alive) if distance <= 3 * limit + 2 else (alive, alive)


def _told(given: list[tuple[str, str]]) -> str:
    return ", ".join(dict.fromkeys(f"{stage}: {reason}" for stage, reason in given))


def _names(pair: tuple[str, str]) -> set[str]:
    """A drop answers to its reason's name and to its stage's."""
    return set(pair)


def _content(expected: list[dict[str, Any]], items: list[dict[str, Any]], need: Any) -> str:
    """How a document's items differ from the truth's: pictures in order, and between them the words."""
    runs = list(_runs(items))
    place = 0
    blocks: list[dict[str, Any]] = []
    for entry in expected:
        if "text" in entry:
            blocks.append(entry)
            continue
        must = need(entry["image"])
        following = runs[place + 1][0] if place + 1 < len(runs) else None
        if following is not None and following["image"] in {entry["image"], *entry.get("also", ())}:
            if must == "no":
                return f"shows {entry['image']}, which should have gone"
            fault = _same_words(blocks, *runs[place])
            if fault:
                return fault
            place, blocks = place + 1, []
        elif must == "yes":
            return f"lacks {entry['image']}, or has it in another place"
    if place + 1 < len(runs):
        return f"shows {runs[place + 1][0]['image']}, which is not expected there"
    return _same_words(blocks, *runs[place])


def _runs(items: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Each picture with the words that follow it up to the next one; first the words before any."""
    picture: dict[str, Any] = {}
    run: list[str] = []
    for item in items:
        if "image" in item:
            yield picture, run
            picture, run = item, []
        elif "text" in item:
            run += words(item["text"])
    yield picture, run


def _same_words(blocks: list[dict[str, Any]], picture: dict[str, Any], run: list[str]) -> str:
    """Whether a run of words is that of the blocks; optional ones may be missing, captions may lie in the picture."""
    at = 0
    for block in blocks:
        said = words(block["text"])
        if run[at : at + len(said)] == said:
            at += len(said)
        elif block.get("optional") or (block.get("kind") == "caption" and said == words(picture.get("caption", ""))):
            continue
        else:
            return f"lacks or changes '{block['text'][:60]}', has '{' '.join(run[at : at + 8])}' there"
    if at < len(run):
        return f"has more words than it should: '{' '.join(run[at : at + 12])}'"
    return ""
