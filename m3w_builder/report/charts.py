"""Bar charts as SVG, coloured by the page's style sheet, so that they follow light, dark and print."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Literal

from m3w_builder.classes import dataclass
from m3w_builder.report.sketches import STEPS, Histogram

SIZE = (244.8, 136.8)
"""Width and height of a chart in px."""
FRAME = (26.9, 16.4, 242.4, 120.4)
"""Left, top, right and bottom of where the bars stand: room for labels as 1.2k."""
WIDE = 0.84
"""How much of its place a bar takes."""
TICKS = 8
"""Most labels under a chart."""
EIGHTH = STEPS // 8
"""Histogram bins of an eighth of a doubling."""
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
        # Up to 8 a bar for each whole number; edges are in eighths of a doubling.
        edges = [edge * EIGHTH for edge in (0, 8, 12, 16, 18, 20, 22, 24, 28)]
        edges += range(32 * EIGHTH, high + 4 * EIGHTH + 1, 4 * EIGHTH)
        first = max(index for index, edge in enumerate(edges) if edge <= max(low, 0))
        last = next((index for index, edge in enumerate(edges) if edge > high), len(edges) - 1)
        edges = edges[first : last + 1]
        return edges if len(edges) > 1 else [low, high + 1]
    step = next(s for s in (2 * EIGHTH << n for n in range(16)) if (high - low) // s < MOST)
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
    """A chart with its text alternative, each bar with its own; every text in it is escaped."""
    told = [f"{bar.label}: {bar.count:,}" for bar in data]
    return _svg(title, data, [[bar.count for bar in data]], [told], short, "; ".join(told))


def pair_svg(title: str, first: Sequence[Bar], second: Sequence[Bar]) -> str:
    """Two series on the same bars, side by side, each in percent of its own sum; every text in it is escaped."""
    sums = [sum(bar.count for bar in side) or 1 for side in (first, second)]
    shares = [[100 * bar.count / total for bar in side] for side, total in zip((first, second), sums, strict=True)]
    labels = [
        [f"{name}, {bar.label}: {share:.2f} %" for bar, share in zip(first, side, strict=True)]
        for name, side in zip(("A", "B"), shares, strict=True)
    ]
    told = "; ".join(f"{bar.label}: {a:.1f} %, {b:.1f} %" for bar, a, b in zip(first, *shares, strict=True))
    return _svg(f"{title}, A and B", first, shares, labels, lambda value: f"{value:.3g}%", told)


def _svg(
    title: str,
    data: Sequence[Bar],
    series: Sequence[Sequence[float]],
    labels: Sequence[Sequence[str]],
    tick: Callable[[float], str],
    told: str,
) -> str:
    """Bars of one or two series over the same ticks; colours are the page's."""
    left, top, right, bottom = FRAME
    step = (right - left) / (max(len(data), 1) + 0.2)
    highest = max(map(max, series), default=0) * 1.04 or 1

    def height(value: float) -> float:
        return (bottom - top) * value / highest

    parts = []
    for value in _marks(highest, whole=len(series) == 1):
        y = bottom - height(value)
        parts.append(f'<path d="M{left} {y:.2f}H{right}" style="stroke: var(--line); stroke-width: 0.7"/>')
        parts.append(_text(left - 3.5, y + 3, "end", tick(value)))
    for place in range(0, len(data), max(1, -(-len(data) // TICKS))):
        parts.append(_text(left + step * (place + 0.6), bottom + 9.6, "middle", data[place].tick))
    width = WIDE * step / len(series)
    for number, (values, names) in enumerate(zip(series, labels, strict=True)):
        colour = ("good", "bad")[number]
        for place, (value, name) in enumerate(zip(values, names, strict=True)):
            x = left + step * (place + 0.6 - WIDE / 2) + width * number
            shape = f"M{x:.2f} {bottom}v{-height(value):.2f}h{width:.2f}V{bottom}z"
            parts.append(f'<path d="{shape}" style="fill: var(--{colour})"><title>{escape(name)}</title></path>')
    parts.append(f'<path d="M{left} {bottom}H{right}" style="stroke: var(--line); stroke-width: 0.7"/>')
    said = escape(f"{title}. {told}")
    return f'<svg viewBox="0 0 {SIZE[0]} {SIZE[1]}" role="img" aria-label="{said}">{"".join(parts)}</svg>'


def _text(x: float, y: float, anchor: str, text: str) -> str:
    style = f"font-size: 8px; text-anchor: {anchor}; fill: var(--quiet)"
    return f'<text style="{style}" x="{x:.2f}" y="{y:.2f}">{escape(text)}</text>'


def _marks(highest: float, whole: bool) -> list[float]:
    """Round values from 0 to at most `highest`, four at most."""
    power = 10.0 ** math.floor(math.log10(highest / 3))
    step = next(power * digit for digit in (1, 2, 5, 10) if power * digit >= highest / 3 * (1 - 1e-9))
    if whole:
        step = max(1.0, step)
    return [step * number for number in range(int(highest / step + 1e-9) + 1)]
