"""A build's figures: its books and the statistics of all its receipts, merged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from m3w_builder import storage
from m3w_builder.errors import BuildError
from m3w_builder.report.statistics import HISTOGRAMS, SUMS, Statistics

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def gather(build: str) -> dict[str, Any]:
    """Everything that the page shows, as plain data; raises BuildError where there is no finished build."""
    if not storage.exists(storage.join(build, "ledger.json")):
        raise BuildError(f"{build}: no finished build lies there (no ledger.json); run `m3w build` first")
    total = Statistics()
    shards = size = 0
    for receipt in receipts(build, "shards"):
        total.merge(Statistics.from_json(receipt["stats"]["documents"]))
        tars = [output for name, output in receipt["outputs"].items() if name.endswith(".tar")]
        shards += len(tars)
        size += sum(output["bytes"] for output in tars)
    return {
        "build": build,
        "ledger": storage.read_json(storage.join(build, "ledger.json")),
        "sums": {name: total.sums[name] for name in SUMS},
        "shards": shards,
        "shard_bytes": size,
        "quantiles": {
            name: {f"{share:g}": round(total.histograms[name].quantile(share), 3) for share in QUANTILES}
            for name in HISTOGRAMS
            if total.histograms[name].count
        },
        "histograms": {name: total.histograms[name].to_json() for name in HISTOGRAMS},
        "counters": {name: counter.most_common(20) for name, counter in total.counters.items()},
        "verdict": _verdict(build),
    }


def receipts(build: str, pass_name: str) -> Iterator[dict[str, Any]]:
    """The receipts of a pass, by partition."""
    folder = storage.join(build, pass_name)
    for name in storage.names(folder):
        if name.endswith(".json"):
            yield storage.read_json(storage.join(folder, name))


def _verdict(build: str) -> dict[str, Any] | None:
    url = storage.join(build, "validate", "verdict.json")
    return storage.read_json(url) if storage.exists(url) else None
