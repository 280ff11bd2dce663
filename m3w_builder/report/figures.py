"""A build's figures: its books, and the statistics and costs of all its receipts, merged."""

from __future__ import annotations

import platform
from collections import Counter
from importlib import metadata
from typing import Any

from m3w_builder import __version__, storage
from m3w_builder.errors import BuildError
from m3w_builder.extract import native
from m3w_builder.report import reasons, topics
from m3w_builder.report.draw import Draw
from m3w_builder.report.statistics import DISTINCT, HISTOGRAMS, SAMPLE_HELD, SUMS, Statistics
from m3w_builder.shards.cards import PASSES, receipts

REPEATED = 12
"""Most repeated pictures that are shown."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
PACKAGES = ("fastwarc", "selectolax", "opencv-python-headless", "pillow", "pyarrow", "dask", "webdataset", "torch")
"""Packages on which the bytes of a corpus depend; their versions are told."""
PEERS: tuple[dict[str, Any], ...] = (
    {"name": "OBELICS", "documents": 141e6, "pictures": 353e6, "tokens": 115e9, "read": 41.2e9,
     "text": "115 B tokens", "language": "English", "source": "arXiv 2306.16527"},
    {"name": "MMC4 1.1", "documents": 101.2e6, "pictures": 571e6, "tokens": 43e9, "read": None,
     "text": "43 B tokens", "language": "English", "source": "arXiv 2304.06939 v3"},
    {"name": "M3W", "documents": 43.3e6, "pictures": 185e6, "tokens": None, "read": None,
     "text": "182 GB", "language": "English", "source": "arXiv 2204.14198; never published"},
)  # fmt: skip
"""Published figures of other corpora, None where none was published; pictures count each place where one stands, and
tokens are by each paper's own tokenizer. `read` is the pages that were gone through."""

DRAWN = topics.DOCUMENTS
"""Documents drawn at random, for what can't be told by counts: what they look like, and what they are about."""


def gather(build: str) -> dict[str, Any]:
    """Everything that the page shows, as plain data; raises BuildError where there is no finished build."""
    if not storage.exists(storage.join(build, "ledger.json")):
        raise BuildError(f"{build}: no finished build lies there (no ledger.json); run `m3w build` first")
    total = Statistics()
    shards = size = 0
    draw = Draw(DRAWN)
    cost = no_cost("shards")
    indexes: list[tuple[str, int, int]] = []
    for receipt in receipts(build, "shards"):
        add_cost(cost, receipt)
        total.merge(Statistics.from_json(receipt["stats"]["documents"]))
        tars = {name: output for name, output in sorted(receipt["outputs"].items()) if name.endswith(".tar")}
        shards += len(tars)
        size += sum(output["bytes"] for output in tars.values())
        names = [name.rsplit("/", 1)[-1].removesuffix(".tar") for name in tars]
        draw.offer(names, receipt["stats"]["documents"]["sums"].get("documents", 0))
        for name, rows in receipt["stats"].get("rows", {}).items():
            indexes.append((f"{name}.parquet", rows, receipt["outputs"][f"shards/{name}.parquet"]["bytes"]))
    ledger = storage.read_json(storage.join(build, "ledger.json"))
    return {
        "build": name_of(build),
        "ledger": ledger,
        "dropped": dropped(ledger),
        "passes": [*filter(None, (rounded(cost) if name == "shards" else costs(build, name) for name in PASSES))],
        "sums": {name: total.sums[name] for name in SUMS},
        "shards": shards,
        "shard_bytes": size,
        "quantiles": {
            name: {f"{share:g}": _exact(name, total.histograms[name].quantile(share)) for share in QUANTILES}
            for name in HISTOGRAMS
            if total.histograms[name].count
        },
        "histograms": {name: total.histograms[name].to_json() for name in HISTOGRAMS},
        "counters": {name: counter.most_common(100) for name, counter in total.counters.items()},
        "counter_errors": {name: total.errors[name] for name in total.counters},
        "distinct": {
            name: min(total.distinct[name].count(), total.sums[of])  # an estimate may pass what there is
            for name, of in zip(DISTINCT, ("documents", "images"), strict=True)
        },
        "words": total.words.to_json(200),
        "scores": {name: dict(sorted(bins.items())) for name, bins in sorted(total.scores.items())},
        "samples": {name: sample.to_json(SAMPLE_HELD) for name, sample in total.samples.items()},
        "tokens": tokens(total),
        "duplicates": duplicates(build),
        "drawn": draw.drawn(),
        "indexes": indexes,
        "peers": list(PEERS),
        "verdict": _verdict(build),
        "versions": versions(),
    }


HIDDEN = ("samples", "drawn", "indexes")
"""What `gather` gives to those that go on with it, and report.json does not hold."""


def name_of(build: str) -> str:
    """What the corpus is called in its config; the folder's name where it is not called anything of its own."""
    url = storage.join(build, "config.yaml")
    named = (storage.read_yaml(url) or {}).get("name") if storage.exists(url) else ""
    folder = build.rstrip("/").rsplit("/", 1)[-1] or build
    return str(named) if named and named != "m3w" else folder


def tokens(total: Statistics) -> list[dict[str, Any]]:
    """How many tokens there are, by which tokenizer; empty where none were counted."""
    if not total.tokenizer:
        return []
    told = "CLIP's byte pairs (49,408)" if total.tokenizer == "clip" else total.tokenizer
    return [{"tokenizer": told, "tokens": total.sums["tokens"]}]


def duplicates(build: str) -> dict[str, Any]:
    """Pictures that repeat: groups of the same bytes by size, the largest of them, near duplicates by distance."""
    sizes: Counter[int] = Counter()
    near: Counter[int] = Counter()
    most: list[tuple[int, str, int]] = []
    for receipt in receipts(build, "exchange2/judge"):
        told = receipt["stats"].get("repeats") or {"sizes": {}, "most": []}
        sizes.update({int(size): number for size, number in told["sizes"].items()})
        most = sorted([*most, *map(tuple, told["most"])], reverse=True)[:REPEATED]
    for receipt in receipts(build, "exchange2/deliver"):
        near.update({int(bits): number for bits, number in receipt["stats"].get("distances", {}).items()})
    return {"sizes": dict(sorted(sizes.items())), "most": most, "near": dict(sorted(near.items()))}


def costs(build: str, pass_name: str) -> dict[str, Any] | None:
    """What the tasks of a pass took together; None where it left no receipt. `peak_mb` is the largest of a process."""
    cost = no_cost(pass_name)
    for receipt in receipts(build, pass_name):
        add_cost(cost, receipt)
    return rounded(cost)


def no_cost(pass_name: str) -> dict[str, Any]:
    """The cost of a pass to begin with."""
    return {"pass": pass_name, "tasks": 0, "seconds": 0.0, "cpu_seconds": 0.0, "peak_mb": 0.0, "bytes": 0}


def add_cost(cost: dict[str, Any], receipt: dict[str, Any]) -> None:
    """Take one task's receipt in."""
    cost["tasks"] += 1
    cost["seconds"] += receipt["seconds"]
    cost["cpu_seconds"] += receipt["cpu_seconds"]
    cost["peak_mb"] = max(cost["peak_mb"], receipt["peak_mb"])
    cost["bytes"] += sum(output["bytes"] for output in receipt["outputs"].values())


def rounded(cost: dict[str, Any]) -> dict[str, Any] | None:
    """The cost as it is told; None where no task was met."""
    return {name: round(v, 1) if isinstance(v, float) else v for name, v in cost.items()} if cost["tasks"] else None


def dropped(ledger: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The books' drops as rows: unit, stage, reason, number, and what the reason means."""
    return [
        {
            "unit": unit,
            "stage": entry["stage"],
            "reason": reason,
            "number": number,
            "meaning": reasons.meaning(entry["stage"], reason),
        }
        for entry in ledger
        for unit in ("pages", "pictures")
        for reason, number in sorted(entry[unit]["dropped"].items(), key=lambda item: -item[1])
    ]


def versions() -> dict[str, str]:
    """Versions of what wrote the report; packages that are not installed are left out."""
    found = {"m3w-builder": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {**found, "extraction": native.told()}


def _exact(name: str, quantile: float) -> float:
    """Whole numbers where whole numbers were counted: small ones have a bin of their own, so these are exact."""
    return round(quantile, 3) if name == "picture_aspect" else round(quantile)


def _verdict(build: str) -> dict[str, Any] | None:
    url = storage.join(build, "validate", "verdict.json")
    if not storage.exists(url):
        return None
    verdict = storage.read_json(url)
    return {name: verdict.get(name) for name in ("ok", "verdict", "reason")}
