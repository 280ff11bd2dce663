"""Bar charts as plain SVG: coloured by the page's style sheet, so that they follow light, dark and print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Literal

from m3w_builder.report.sketches import STEPS, Histogram

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 360, 190, 40, 24, 8
MOST = 26
"""Most bars of one chart."""

Scale = Literal["count", "size", "ratio"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label in words, the short one under the axis, and how many it counts."""

    label: str
    tick: str
    count: int


def bars(bins: Mapping[str, int], scale: Scale) -> list[Bar]:
    """A logarithmic histogram as bars; whole numbers up to 8 stand alone on a scale of counts."""
    numbers = {int(name): count for name, count in bins.items()}
    zeros = numbers.pop(Histogram.ZERO, 0)
    made = [Bar("0", "0", zeros)] if zeros else []
    if not numbers:
        return made
    low, high = min(numbers), max(numbers)
    edges = _edges(low, high, scale)
    for start, end in pairwise(edges):
        count = sum(numbers.get(name, 0) for name in range(start, end))
        made.append(_bar(start, end, count, scale))
    return made


def paired(one: Mapping[str, int], two: Mapping[str, int], scale: Scale) -> tuple[list[Bar], list[Bar]] | None:
    """Two histograms on the same bars; None where both are empty."""
    both = {name: one.get(name, 0) + two.get(name, 0) for name in {*one, *two}}
    if not both:
        return None
    # A bin that one side lacks counts nothing there, and still has its place.
    first, second = ({name: side.get(name, 0) for name in both} for side in (one, two))
    zero = str(Histogram.ZERO)
    made = [bars(side, scale) for side in (first, second)]
    for side, done in zip((first, second), made, strict=True):
        if zero in both and not side[zero]:
            done.insert(0, Bar("0", "0", 0))
    return made[0], made[1]


def _edges(low: int, high: int, scale: Scale) -> list[int]:
    """The first histogram bin of each bar, and the end of the last."""
    if scale == "count":
        # The bins of 1, 2, … 8: each whole number up to 11 has a bin of its own.
        edges = [0, 8, 12, 16, 18, 20, 22, 24, 28, *range(32, high + 5, 4)]
        first = max(index for index, edge in enumerate(edges) if edge <= max(low, 0))
        last = next((index for index, edge in enumerate(edges) if edge > high), len(edges) - 1)
        edges = edges[first : last + 1]
        return edges if len(edges) > 1 else [low, high + 1]
    step = next(s for s in (2, 4, 8, 16, 32, 64, 128) if (high - low) // s < MOST)
    start = low // step * step
    return list(range(start, high + step + 1, step))


def _bar(start: int, end: int, count: int, scale: Scale) -> Bar:
    lowest, behind = 2 ** (start / STEPS), 2 ** (end / STEPS)
    if scale == "count":
        first, last = -int(-lowest // 1), -int(-behind // 1) - 1
        return Bar(short(first) if first >= last else f"{short(first)} to {short(last)}", short(first), count)
    return Bar(f"{short(lowest)} to {short(behind)}", short(lowest), count)


def short(value: float) -> str:
    """Two or three digits and a letter: 1.2k, 35M."""
    for letter in ("", "k", "M", "G", "T"):
        if abs(value) < 999.5:
            digits = f"{value:.0f}" if value >= 100 else f"{value:.2g}"
            return f"{digits}{letter}"
        value /= 1000
    return f"{value:.3g}P"


def size(value: float) -> str:
    """Bytes in decimal units: 28 MB."""
    text = short(value)
    return f"{text[:-1]} {text[-1]}B" if text[-1].isalpha() else f"{text} B"


def svg(title: str, data: Sequence[Bar]) -> str:
    """A chart with its text alternative; every text in it is escaped."""
    most = max((bar.count for bar in data), default=0) or 1
    wide, tall = WIDTH - LEFT, HEIGHT - BOTTOM - TOP
    slot = wide / max(1, len(data))
    told = "; ".join(f"{bar.label}: {bar.count:,}" for bar in data)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"{title}. {told}")}">',
    ]
    for share in (0, 0.5, 1):
        y = TOP + tall * (1 - share)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        if share == 0 or most * share >= 1:
            parts.append(f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{short(most * share)}</text>')
    every = max(1, -(-len(data) // 8))
    for index, bar in enumerate(data):
        x, height = LEFT + index * slot, tall * bar.count / most
        height = max(height, 1.0) if bar.count else 0
        parts.append(
            f'<rect class="bar" x="{x + slot * 0.08:.1f}" y="{TOP + tall - height:.1f}" width="{slot * 0.84:.1f}" '
            f'height="{height:.1f}"><title>{escape(bar.label)}: {bar.count:,}</title></rect>'
        )
        if index % every == 0:
            parts.append(
                f'<text x="{x + slot / 2:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(bar.tick)}</text>'
            )
    return "".join([*parts, "</svg>"])


def pair_svg(title: str, first: Sequence[Bar], second: Sequence[Bar]) -> str:
    """Two series on the same bars, side by side, each in percent of its own sum; every text in it is escaped."""
    wide, tall = WIDTH - LEFT, HEIGHT - BOTTOM - TOP
    sums = [sum(bar.count for bar in side) or 1 for side in (first, second)]
    shares = [[100 * bar.count / total for bar in side] for side, total in zip((first, second), sums, strict=True)]
    most = max(map(max, shares), default=0) or 1
    slot = wide / max(1, len(first))
    told = "; ".join(f"{bar.label}: {a:.1f} %, {b:.1f} %" for bar, a, b in zip(first, *shares, strict=True))
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"{title}, A and B. {told}")}">']
    for share in (0, 0.5, 1):
        y = TOP + tall * (1 - share)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{most * share:.3g}%</text>')
    every = max(1, -(-len(first) // 8))
    for index, bar in enumerate(first):
        x = LEFT + index * slot
        for number, (name, side) in enumerate(zip(("A", "B"), shares, strict=True)):
            height = tall * side[index] / most
            parts.append(
                f'<rect class="{"bar second" if number else "bar"}" x="{x + slot * (0.08 + 0.42 * number):.1f}" '
                f'y="{TOP + tall - height:.1f}" width="{slot * 0.42:.1f}" height="{height:.1f}">'
                f"<title>{name}, {escape(bar.label)}: {side[index]:.2f} %</title></rect>"
            )
        if index % every == 0:
            middle = f'x="{x + slot / 2:.1f}" y="{HEIGHT - 6}" text-anchor="middle"'
            parts.append(f"<text {middle}>{escape(bar.tick)}</text>")
    return "".join([*parts, "</svg>"])
