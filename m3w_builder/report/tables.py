"""The report's figures as CSV: the books, the histograms, and every other number, a row each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from m3w_builder.report.sketches import STEPS, Histogram

FUNNEL = ("unit", "stage", "in", "kept", "kept_bytes", "reason", "dropped", "dropped_bytes")
BARS = ("distribution", "from", "to", "count")
FIGURES = ("figure", "of", "measure", "value")


def funnel(ledger: list[dict[str, Any]]) -> bytes:
    """The books: a row a stage and unit and reason."""
    return _table(FUNNEL, _funnel_rows(ledger))


def distributions(histograms: dict[str, dict[str, int]]) -> bytes:
    """The bins of every histogram with their bounds."""
    return _table(BARS, _bar_rows(histograms))


def figures(found: dict[str, Any]) -> bytes:
    """What report.json holds besides, a number a row."""
    return _table(FIGURES, _figure_rows(found))


def _figure_rows(found: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """What report.json holds besides the books and histograms, a number a row."""
    for name in ("sums", "distinct"):
        for of, value in found[name].items():
            yield name, of, "count", value
    for name, shares in found["quantiles"].items():
        for share, value in shares.items():
            yield "quantiles", name, share, value
    for name, values in found["counters"].items():
        for value, number in values:
            yield "counters", name, value, number
    for name in ("sizes", "near"):
        for value, number in found["duplicates"][name].items():
            yield "duplicates", name, value, number
    for cost in found["passes"]:
        for measure in ("tasks", "seconds", "cpu_seconds", "peak_mb", "bytes"):
            yield "passes", cost["pass"], measure, cost[measure]
    for entry in found["ledger"]:
        for measure in ("cpu_seconds", "peak_mb"):
            yield "stages", entry["stage"], measure, entry.get(measure, 0)


def _funnel_rows(ledger: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for entry in ledger:
        for unit in ("pages", "pictures"):
            count = entry[unit]
            for reason, number in {"": 0, **count["dropped"]}.items():
                if reason or not count["dropped"]:
                    size = count.get("dropped_bytes", {}).get(reason, 0)
                    yield unit, entry["stage"], count["in"], count["kept"], count.get("bytes", 0), reason, number, size


def _bar_rows(histograms: dict[str, dict[str, int]]) -> Iterator[tuple[Any, ...]]:
    for name, bins in histograms.items():
        for place, count in bins.items():
            if int(place) == Histogram.ZERO:
                yield name, 0, 0, count
            else:
                low, high = (float(f"{2 ** ((int(place) + end) / STEPS):.6g}") for end in (0, 1))
                yield name, low, high, count


def _table(head: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> bytes:
    """CSV with a header line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode()
