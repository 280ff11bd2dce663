"""The report page: one HTML file, offline, with the funnel, the drops and the distributions; figures as JSON too."""

from __future__ import annotations

from importlib import resources
from typing import Any

from m3w_builder import __version__, storage
from m3w_builder.report import figures
from m3w_builder.report.statistics import STEPS, Histogram

TITLES = {
    "pictures_a_document": "Pictures a document",
    "words_a_document": "Words a document",
    "words_between_pictures": "Words between pictures",
    "picture_position": "Position of pictures among the items",
    "picture_side": "Shorter side of pictures, px",
    "picture_aspect": "Width by height of pictures",
    "picture_bytes": "Bytes a picture",
}
BARS = 24
"""Most bars of one distribution."""


def write(build: str) -> str:
    """Write `report/report.html` and `report/report.json`; the page's path."""
    import jinja2

    found = figures.gather(build)
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        resources.files("m3w_builder.report.templates").joinpath("report.html").read_text(encoding="utf-8")
    )
    page = template.render(
        **found,
        config=storage.read_bytes(storage.join(build, "config.yaml")).decode(),
        charts=[(TITLES[name], bars(bins)) for name, bins in found["histograms"].items() if bins],
        version=__version__,
    )
    storage.write_json(storage.join(build, "report", "report.json"), found)
    url = storage.join(build, "report", "report.html")
    storage.write_bytes(url, page.encode())
    return url


def bars(bins: dict[str, int]) -> list[dict[str, Any]]:
    """Bars of a logarithmic histogram: label, count, and height from 0 to 100; neighbouring bins joined to `BARS`."""
    numbers = {int(name): count for name, count in bins.items()}
    zeros = numbers.pop(Histogram.ZERO, 0)
    made: list[dict[str, Any]] = [{"label": "0", "count": zeros}] if zeros else []
    if numbers:
        low, high = min(numbers), max(numbers)
        step = max(1, -(-(high - low + 1) // BARS))
        for start in range(low, high + 1, step):
            count = sum(numbers.get(name, 0) for name in range(start, start + step))
            made.append(
                {"label": f"{short(2 ** (start / STEPS))} to {short(2 ** ((start + step) / STEPS))}", "count": count}
            )
    most = max(bar["count"] for bar in made)
    return [{**bar, "height": round(100 * bar["count"] / most, 1)} for bar in made]


def short(value: float) -> str:
    """Three digits and a letter: 1.2k, 35M."""
    for letter in ("", "k", "M", "G", "T"):
        if abs(value) < 1000:
            return f"{value:.3g}{letter}"
        value /= 1000
    return f"{value:.3g}P"
