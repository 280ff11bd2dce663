"""The report page: one HTML file, offline, with the funnel, the drops and the distributions; figures beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from m3w_builder import storage
from m3w_builder.report import catalogue, charts, datasheet, draw, figures, tables, templating, thumbnails, topics
from m3w_builder.report.charts import Scale
from m3w_builder.report.statistics import SCORE_STEPS

CHARTS: dict[str, tuple[str, Scale]] = {
    "pictures_a_document": ("Pictures a document", "count"),
    "words_a_document": ("Words a document", "size"),
    "tokens_a_document": ("Tokens a document", "size"),
    "words_between_pictures": ("Words before each picture, since the last", "size"),
    "tokens_between_pictures": ("Tokens before each picture, since the last", "size"),
    "picture_position": ("Position of pictures among the items", "count"),
    "picture_side": ("Shorter side of pictures, px", "size"),
    "picture_aspect": ("Width by height of pictures", "ratio"),
    "picture_bytes": ("Bytes a picture", "size"),
}
SHOWN = 24
"""Documents shown, drawn at random with a fixed seed."""
LETTERS = 5
"""Fewest letters of the words shown."""
LEAST_SECONDS = 0.005
"""CPU seconds from which a stage's cost is told."""
FEW_WORDS = 8
"""With fewer such words, single characters of scripts without spaces are shown too."""


def write(build: str, found: dict[str, Any] | None = None) -> str:
    """Write `report/report.html`, `report.json`, `datasheet.md`, and the figures as CSV; the page's path.

    `found` is what `figures.gather` gives, where the caller has it.
    """
    found = found or figures.gather(build)
    many = found["sums"]["documents"] >= topics.LEAST
    found = {**found, "topics": topics.topics(draw.texts(build, found["drawn"], topics.spoken)) if many else []}
    page = (
        templating.environment(escaping=True)
        .get_template("report.html")
        .render(
            **found,
            config=storage.read_bytes(storage.join(build, "config.yaml")).decode(),
            charts=list(plots(found)),
            repeated=list(thumbnails.repeated(build, found["duplicates"]["most"])),
            compared=compared(found),
            least_topics=topics.LEAST,
            common_words=common(found["words"]["counts"]),
            cards=list(thumbnails.cards(build, found["drawn"][:SHOWN])),
            stages=stages(found["ledger"]),
            funnels={unit: funnel(found["ledger"], unit) for unit in ("pages", "pictures")},
        )
    )
    folder = storage.join(build, "report")
    told = {name: value for name, value in found.items() if name not in figures.HIDDEN}
    storage.write_json(storage.join(folder, "report.json"), told)
    catalogue.write_list(build, found["indexes"])
    storage.write_bytes(storage.join(folder, "datasheet.md"), datasheet.markdown(build, found).encode())
    storage.write_bytes(storage.join(folder, "funnel.csv"), tables.funnel(found["ledger"]))
    storage.write_bytes(storage.join(folder, "distributions.csv"), tables.distributions(found["histograms"]))
    storage.write_bytes(storage.join(folder, "figures.csv"), tables.figures(told))
    url = storage.join(folder, "report.html")
    storage.write_bytes(url, page.encode())
    return url


def plots(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(title, SVG) of each distribution; the SVG is escaped where it is made."""
    from markupsafe import Markup

    for name, (title, scale) in CHARTS.items():
        if bars := charts.bars(found["histograms"][name], scale):
            yield title, Markup(charts.svg(title, bars))
    for name, bins in found["scores"].items():
        title = f"Score: {name}"
        low, high = min(bins), max(bins)
        bars = [
            charts.Bar(f"{place / SCORE_STEPS:.2f} to {(place + 1) / SCORE_STEPS:.2f}",
                       f"{place / SCORE_STEPS:.2f}", bins.get(place, 0))
            for place in range(low, high + 1)
        ]  # fmt: skip
        yield title, Markup(charts.svg(title, bars))


def funnel(ledger: list[dict[str, Any]], unit: str) -> list[dict[str, Any]]:
    """The stages that met the unit and dropped some, or are first or last: numbers, and shares of all in percent."""
    met = [entry for entry in ledger if entry[unit]["in"]]
    if not met:
        return []
    most = max(entry[unit]["in"] for entry in met)
    rows = []
    for entry in met:
        count = entry[unit]
        gone = count["in"] - count["kept"]
        if gone or entry is met[0] or entry is met[-1]:
            rows.append(
                {
                    "stage": entry["stage"],
                    "in": count["in"],
                    "kept": count["kept"],
                    "gone": gone,
                    "kept_share": round(100 * count["kept"] / most, 2),
                    "gone_share": round(100 * gone / most, 2),
                    "bytes": count.get("bytes", 0),
                    "reasons": [
                        (reason, number, round(100 * number / most, 2), count.get("dropped_bytes", {}).get(reason, 0))
                        for reason, number in sorted(count["dropped"].items(), key=lambda item: -item[1])
                    ],
                }
            )
    return rows


def stages(ledger: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each stage that took time cost: CPU seconds, what it took in, its pace, how it raised its process's peak."""
    rows = []
    for entry in ledger:
        seconds = entry["cpu_seconds"]
        if seconds < LEAST_SECONDS:
            continue
        taken = {unit: entry[unit]["in"] for unit in ("pages", "pictures")}
        size = sum(
            count.get("bytes", 0) + sum(count.get("dropped_bytes", {}).values())
            for count in (entry["pages"], entry["pictures"])
        )
        row = {"stage": entry["stage"], "cpu_seconds": seconds, **taken, "bytes": size, "peak_mb": entry.get("peak_mb")}
        row |= {f"{unit}_a_second": number / seconds for unit, number in {**taken, "bytes": size}.items()}
        row |= {f"ms_a_{unit[:-1]}": 1000 * seconds / number for unit, number in taken.items() if number}
        rows.append(row)
    return rows


def common(counts: dict[str, int]) -> list[tuple[str, int, int]]:
    """The most frequent words that say something: (word, how often, size in percent of the text's)."""
    telling = [(w, n) for w, n in counts.items() if not w.isdigit() and len(w) >= LETTERS][:60]
    if len(telling) < FEW_WORDS:
        telling = [(w, n) for w, n in counts.items() if not w.isdigit() and (len(w) >= LETTERS or ord(w[0]) > 0x2E80)]
        telling = telling[:60]
    if not telling:
        return []
    most = telling[0][1]
    return [(word, number, round(85 + 90 * (number / most) ** 0.5)) for word, number in telling]


def compared(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """What is compared with published corpora: a row a measure, a column a corpus, this build first."""
    sums, ledger = found["sums"], found["ledger"]
    told = found["tokens"][0]["tokens"] if found["tokens"] else None
    ours = {
        "documents": sums["documents"], "pictures": sums["images"], "tokens": told,
        "read": next((entry["pages"]["in"] for entry in ledger if entry["pages"]["in"]), 0),
        "text": f"{charts.short(sums['characters'])} characters",
        "language": ", ".join(name for name, _ in found["counters"]["languages"][:3]),
        "source": "this build",
    }  # fmt: skip
    columns = [ours, *found["peers"]]

    def ratio(above: str, below: str, shape: str = "{:.2f}") -> list[str]:
        return [shape.format(one[above] / one[below]) if one[above] and one[below] else "" for one in columns]

    def plain(name: str) -> list[str]:
        return [charts.short(one[name]) if one[name] else "" for one in columns]

    return [
        ("documents", plain("documents")),
        ("pictures", plain("pictures")),
        ("tokens", plain("tokens")),
        ("pictures a document", ratio("pictures", "documents")),
        ("tokens a document", ratio("tokens", "documents", "{:,.0f}")),
        ("tokens a picture", ratio("tokens", "pictures", "{:,.0f}")),
        ("pages gone through", plain("read")),
        ("documents kept of these", ratio("documents", "read", "{:.2%}")),
        ("text", [one["text"] for one in columns]),
        ("language", [one["language"] for one in columns]),
        ("source", [one["source"] for one in columns]),
    ]
