"""The datasheet of a build: the questions of Datasheets for Datasets (arXiv 1803.09010), answered from its books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from m3w_builder import storage
from m3w_builder.report import judging, templating
from m3w_builder.rights import OPT_OUTS

OPTED_OUT = frozenset(OPT_OUTS) | {"robots"}
"""Reasons that are a holder's own refusal."""


def markdown(build: str, found: Mapping[str, Any]) -> str:
    """The datasheet, from the figures of `figures.gather` and what lies in the build's folder."""
    # Markdown is not escaped; what comes from pages passes through `counted` or is a number.
    environment = templating.environment(escaping=False)
    environment.filters["counted"] = counted
    environment.globals["number"] = lambda value: f"{value or 0:,}"
    config = storage.read_yaml(storage.join(build, "config.yaml")) or {}
    ledger = found["ledger"]
    told: str = environment.get_template("datasheet.md").render(
        **found,
        name=plain(str(config.get("name", found["build"]))),
        judged=_judged(build),
        personal=any("pii" in str(stage) for stage in config.get("text") or ()),
        stripped=(config.get("pictures") or {}).get("strip_metadata", True),
        source=source(config),
        crawled="crawl" in (config.get("source") or {}),
        read=first(ledger, "pages"),
        references=first(ledger, "pictures"),
        opted_out={unit: opted_out(ledger, unit) for unit in ("pages", "pictures")},
        stages=stages(ledger),
        taken_down=_taken_down(build),
    )
    return told


def counted(rows: Sequence[tuple[str, int]]) -> str:
    """Names with their counts, in a line."""
    return ", ".join(f"{plain(name)} {number:,}" for name, number in rows)


def plain(text: str) -> str:
    """A text of elsewhere as one line that Markdown takes for text."""
    kept = " ".join(text.split())[:120]
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#!&" else letter for letter in kept)


def source(config: Mapping[str, Any]) -> str:
    """Which kind of source a config names."""
    kinds = {
        "warc": "WARC files",
        "commoncrawl": "Common Crawl",
        "crawl": "a crawl of its own",
        "folder": "a folder of pages",
    }
    given = [kind for kind, value in (config.get("source") or {}).items() if value]
    names = [kinds.get(kind, kind) for kind in given]
    crawl = (config.get("source") or {}).get("commoncrawl") or {}
    return plain(", ".join(names) + (f" {crawl['crawl']}" if crawl.get("crawl") else "")) or "unknown"


def first(ledger: Sequence[Mapping[str, Any]], unit: str) -> int:
    """How many of a unit the first stage that met it took."""
    return next((entry[unit]["in"] for entry in ledger if entry[unit]["in"]), 0)


def opted_out(ledger: Sequence[Mapping[str, Any]], unit: str) -> int:
    """How many were dropped for a refusal of the site or page."""
    return sum(number for entry in ledger for reason, number in entry[unit]["dropped"].items() if reason in OPTED_OUT)


def stages(ledger: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The stages that dropped something, with their reasons in a line."""
    rows = []
    for entry in ledger:
        gone = {unit: entry[unit]["in"] - entry[unit]["kept"] for unit in ("pages", "pictures")}
        if any(gone.values()):
            reasons = {**entry["pages"]["dropped"], **entry["pictures"]["dropped"]}
            rows.append({"stage": plain(entry["stage"]), **gone, "reasons": ", ".join(map(plain, sorted(reasons)))})
    return rows


def _judged(build: str) -> dict[str, Any] | None:
    judged = judging.load(build)
    if not judged:
        return None
    share, low, high = judging.precision(judged)
    return {"number": len(judged), "good": sum(judged.values()), "share": share, "low": low, "high": high}


def _taken_down(build: str) -> int:
    url = storage.join(build, "tombstones.json")
    if not storage.exists(url):
        return 0
    said = storage.read_json(url)
    return sum(len(said.get(name, ())) for name in ("urls", "hosts", "images", "looks"))
