"""Bar charts by matplotlib, as SVG coloured by the page's style sheet, so that they follow light, dark and print."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Literal

from m3w_builder.report.sketches import STEPS, Histogram

SIZE = (3.4, 1.9)
"""Width and height of a chart in inches of 72 px."""
FRAME = (0.11, 0.12, 0.88, 0.85)
"""The axes' left, bottom, width and height in the chart: room for labels as 1.2k; to find it costs as much again."""
TICKS = 8
"""Most labels under a chart."""
EIGHTH = STEPS // 8
"""Histogram bins of an eighth of a doubling."""
MOST = 26
"""Most bars of one chart."""

_INKS = {"bar": "#0a0b0c", "second": "#0c0d0a", "text": "#0d0e0f", "line": "#1a1b1c"}
"""Colours by which the page's own are found again in what matplotlib draws."""
_NAMES = {"bar": "good", "second": "bad", "text": "quiet", "line": "line"}
_SPACE = re.compile(r"\s+")

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
    """Bars of one or two series over the same ticks, drawn by matplotlib."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.size": 8, "axes.linewidth": 0.7}):
        figure = Figure(figsize=SIZE)
        axes = figure.add_axes(FRAME)
        width = 0.84 / len(series)
        for number, (values, ink) in enumerate(zip(series, ("bar", "second"), strict=False)):
            shift = width * (number - (len(series) - 1) / 2)
            places = [place + shift for place in range(len(data))]
            for place, patch in enumerate(axes.bar(places, values, width=width, color=_INKS[ink], clip_on=False)):
                patch.set_gid(f"bar-{number}-{place}")
        every = max(1, -(-len(data) // TICKS))
        axes.set_xticks(range(0, len(data), every), [bar.tick.replace("$", "\\$") for bar in data[::every]])
        axes.set_xlim(-0.6, max(len(data), 1) - 0.4)
        axes.set_ylim(0, max(map(max, series), default=0) * 1.04 or 1)
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=len(series) == 1))
        axes.yaxis.set_major_formatter(lambda value, _: tick(value))
        axes.tick_params(length=0, labelcolor=_INKS["text"])
        axes.grid(axis="y", color=_INKS["line"], linewidth=0.7, clip_on=False)
        axes.set_axisbelow(True)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(_INKS["line"])
        out = io.StringIO()
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _bare(out.getvalue(), f"{title}. {told}", labels)


def _bare(drawn: str, told: str, labels: Sequence[Sequence[str]]) -> str:
    """matplotlib's SVG as an element of a page: no ids, sizes or background; inks and type are the page's."""
    body = drawn[drawn.index("<svg") :]
    inside = body[body.index("<g id=") : body.rindex("</svg>")]
    inside = re.sub(r'<g id="patch_[12]">.*?</g>', "", inside, count=2, flags=re.DOTALL)  # backgrounds
    for number, side in enumerate(labels):
        for place, label in enumerate(side):
            inside = inside.replace(f'<g id="bar-{number}-{place}">', f"<g><title>{escape(label)}</title>", 1)
    inside = re.sub(r' id="[^"]*"|<defs>.*?</defs>|<!--.*?-->', "", inside, flags=re.DOTALL)
    inside = re.sub(r'font: [^;"]*|font-size: [^;"]*; font-family: [^;"]*', "font-size: 8px", inside)
    for name, colour in _INKS.items():
        inside = inside.replace(colour, f"var(--{_NAMES[name]})")
    box = re.search(r'viewBox="([^"]*)"', body)
    inside = _SPACE.sub(" ", inside)
    return f'<svg viewBox="{box[1] if box else ""}" role="img" aria-label="{escape(told)}">{inside}</svg>'
