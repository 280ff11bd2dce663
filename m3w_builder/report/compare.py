"""Two builds, or two versions of one, side by side: counts, distributions, overlap and drops, as text and as a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.ledger import UNITS
from m3w_builder.report import charts, templating
from m3w_builder.report.page import CHARTS
from m3w_builder.report.sketches import Sample
from m3w_builder.report.statistics import SAMPLE_HELD, SAMPLES, SUMS

NAMES = ("languages", "licences", "formats", "kinds", "domains")
"""Counters of which shares are shown side by side."""
MOST = 12
"""Most names of a counter that are shown."""

Side = Mapping[str, Any]
"""The figures of a build or version, as `versions.load` gives them."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many of a kind of names are in both, in the first alone, in the second alone."""

    of: str
    both: int
    first: int
    second: int
    error: float
    """One standard error of the share that is common, in percent; 0 where every name was compared."""

    @property
    def share(self) -> float:
        """Percent of all that is common (Jaccard)."""
        return 100 * self.both / max(1, self.both + self.first + self.second)


def counts(one: Side, two: Side) -> Iterator[tuple[str, float, float]]:
    """(name, in the first, in the second) of what is counted."""
    for name in SUMS:
        yield name.replace("_", " "), one["sums"].get(name, 0), two["sums"].get(name, 0)
    for name in ("hosts", "pictures"):
        yield f"distinct {name}", one["distinct"][name], two["distinct"][name]
    for split in sorted({*one["splits"], *two["splits"]}):
        first, second = (side["splits"].get(split, {}).get("samples", 0) for side in (one, two))
        yield f"samples of {split}", first, second
    yield "bytes in the shards", one["shard_bytes"], two["shard_bytes"]


def overlaps(one: Side, two: Side) -> Iterator[Overlap]:
    """What both hold of records, pages and pictures."""
    for name in SAMPLES:
        first, second = (Sample(SAMPLE_HELD, side["samples"][name]) for side in (one, two))
        both, only_first, only_second = first.common(second)
        error = 0.0
        if not (first.exact and second.exact):
            looked = max(1.0, (both + only_first + only_second) * min(first.limit, second.limit) / Sample.ALL)
            share = both / max(1, both + only_first + only_second)
            error = 100 * math.sqrt(max(share * (1 - share), 1 / looked) / looked)
        yield Overlap(name, both, only_first, only_second, error)


def drops(one: Side, two: Side) -> Iterator[tuple[str, str, str, int, int, float, float]]:
    """(unit, stage, reason, number in the first, in the second, and both in percent of all that went in).

    Rows of the stages in the order of the second, then those that the first alone has.
    """
    books = [{entry["stage"]: entry for entry in side["ledger"]} for side in (one, two)]
    for unit in UNITS:
        whole = [max((entry[unit]["in"] for entry in book.values()), default=0) or 1 for book in books]
        for stage in dict.fromkeys([*books[1], *books[0]]):
            found = [book.get(stage, {}).get(unit, {}).get("dropped", {}) for book in books]
            for reason in sorted({*found[0], *found[1]}):
                first, second = (side.get(reason, 0) for side in found)
                yield unit, stage, reason, first, second, 100 * first / whole[0], 100 * second / whole[1]


def lines(names: tuple[str, str], one: Side, two: Side) -> Iterator[str]:
    """The comparison as text for a terminal."""
    yield f"A = {names[0]}"
    yield f"B = {names[1]}"
    yield ""
    yield f"{'':24}{'A':>16}{'B':>16}{'B to A':>10}"
    for name, first, second in counts(one, two):
        yield f"{name:24}{first:>16,}{second:>16,}{_ratio(first, second):>10}"
    yield ""
    yield f"{'in both':24}{'both':>16}{'A alone':>16}{'B alone':>16}{'common':>10}"
    for overlap in overlaps(one, two):
        near = f" ± {overlap.error:.1f}" if overlap.error else ""
        numbers = f"{overlap.both:>16,}{overlap.first:>16,}{overlap.second:>16,}"
        yield f"{overlap.of:24}{numbers}{overlap.share:>8.1f} %{near}"
    yield ""
    yield f"{'median':24}{'A':>16}{'B':>16}"
    for name, (title, _) in CHARTS.items():
        medians = [side["quantiles"].get(name, {}).get("0.5", 0) for side in (one, two)]
        yield f"{title[:23]:24}{charts.short(medians[0]):>16}{charts.short(medians[1]):>16}"
    yield ""
    yield f"{'dropped':46}{'A':>12}{'B':>12}   % of A   % of B"
    for unit, stage, reason, first, second, first_share, second_share in drops(one, two):
        yield f"{unit + ' ' + stage + ' ' + reason:46}{first:>12,}{second:>12,}{first_share:>9.2f}{second_share:>9.2f}"


def _ratio(first: float, second: float) -> str:
    return f"{second / first:.3f}" if first else ""


def write(names: tuple[str, str], one: Side, two: Side, url: str) -> None:
    """The comparison as one HTML page with plots side by side."""
    page = (
        templating.environment(escaping=True)
        .get_template("compare.html")
        .render(
            names=names,
            counts=list(counts(one, two)),
            overlaps=list(overlaps(one, two)),
            drops=list(drops(one, two)),
            charts=list(_plots(one, two)),
            ratio=_ratio,
        )
    )
    storage.write_bytes(url, page.encode())


def _plots(one: Side, two: Side) -> Iterator[tuple[str, Any]]:
    """(title, SVG) of each distribution, of both on the same bars."""
    from markupsafe import Markup

    for name, (title, scale) in CHARTS.items():
        bins = [side["histograms"].get(name, {}) for side in (one, two)]
        if made := charts.paired(bins[0], bins[1], scale):
            yield title, Markup(charts.pair_svg(title, made[0], made[1]))
    for name in NAMES:
        found = [dict(side["counters"].get(name, [])) for side in (one, two)]
        total = {key: found[0].get(key, 0) + found[1].get(key, 0) for key in {*found[0], *found[1]}}
        shown = sorted(total, key=lambda key: (-total[key], key))[:MOST]
        if shown:
            ticks = {key: _tick(key, len(shown)) for key in shown}
            first, second = ([charts.Bar(key, ticks[key], side.get(key, 0)) for key in shown] for side in found)
            yield name.capitalize(), Markup(charts.pair_svg(name.capitalize(), first, second))


def _tick(name: str, names: int) -> str:
    """A name short enough to stand under one of so many bars side by side."""
    room = max(9, 36 // names)
    name = name.split("://")[-1]
    return name if len(name) <= room else name[: room - 1] + "…"
