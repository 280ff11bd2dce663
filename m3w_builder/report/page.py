"""The report page: one HTML file, offline, with the funnel, the drops and the distributions; figures beside it."""

from __future__ import annotations

import base64
import csv
import io
import random
from collections.abc import Iterable, Iterator
from typing import Any

from m3w_builder import storage
from m3w_builder.document import Text, words
from m3w_builder.errors import BuildError
from m3w_builder.report import charts, datasheet, figures
from m3w_builder.report.catalogue import Catalogue
from m3w_builder.report.charts import Scale
from m3w_builder.report.sketches import STEPS, Histogram
from m3w_builder.report.statistics import SCORE_STEPS

CHARTS: dict[str, tuple[str, Scale]] = {
    "pictures_a_document": ("Pictures a document", "count"),
    "words_a_document": ("Words a document", "size"),
    "words_between_pictures": ("Words before each picture, since the last", "size"),
    "picture_position": ("Position of pictures among the items", "count"),
    "picture_side": ("Shorter side of pictures, px", "size"),
    "picture_aspect": ("Width by height of pictures", "ratio"),
    "picture_bytes": ("Bytes a picture", "size"),
}
SHOWN = 24
"""Documents shown, drawn at random with a fixed seed."""
THUMBNAIL = 220
"""Longer side of a thumbnail, px."""
LETTERS = 5
"""Fewest letters of the words shown; characters of scripts without spaces stand alone and are shown."""


def write(build: str, found: dict[str, Any] | None = None) -> str:
    """Write `report/report.html`, `report.json`, `datasheet.md`, `funnel.csv`, `distributions.csv`; the page's path.

    `found` is what `figures.gather` gives, where the caller has it.
    """
    found = found or figures.gather(build)
    page = (
        templates()
        .get_template("report.html")
        .render(
            **found,
            config=storage.read_bytes(storage.join(build, "config.yaml")).decode(),
            charts=list(plots(found)),
            common_words=common(found["words"]["counts"]),
            cards=list(cards(build)),
            funnels={unit: funnel(found["ledger"], unit) for unit in ("pages", "pictures")},
        )
    )
    folder = storage.join(build, "report")
    told = {name: value for name, value in found.items() if name != "samples"}
    storage.write_json(storage.join(folder, "report.json"), told)
    storage.write_bytes(storage.join(folder, "datasheet.md"), datasheet.markdown(build, found).encode())
    storage.write_bytes(storage.join(folder, "funnel.csv"), table(FUNNEL, funnel_rows(found["ledger"])))
    storage.write_bytes(storage.join(folder, "distributions.csv"), table(BARS, bar_rows(found["histograms"])))
    url = storage.join(folder, "report.html")
    storage.write_bytes(url, page.encode())
    return url


def templates() -> Any:
    """The environment of the pages: everything that goes into them is escaped."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("m3w_builder.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"short": charts.short, "size": charts.size}
    return environment


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
                    "reasons": sorted(count["dropped"].items(), key=lambda item: -item[1]),
                }
            )
    return rows


def common(counts: dict[str, int]) -> list[tuple[str, int, int]]:
    """The most frequent words that say something: (word, how often, size in percent of the text's)."""
    telling = [(w, n) for w, n in counts.items() if not w.isdigit() and (len(w) >= LETTERS or ord(w[0]) > 0x2E80)][:60]
    if not telling:
        return []
    most = telling[0][1]
    return [(word, number, round(85 + 90 * (number / most) ** 0.5)) for word, number in telling]


def cards(build: str) -> Iterator[dict[str, Any]]:
    """Some documents drawn at random: title, host, how the text begins, first picture as a thumbnail."""
    try:
        catalogue = Catalogue(build)
    except BuildError:
        return  # nothing was kept
    numbers = random.Random(0).sample(range(catalogue.total), min(SHOWN, catalogue.total))
    for number in sorted(numbers):
        document, parts = catalogue.sample(number)
        image = next((item for item in document.images if item.part in parts), None)
        text = next((item.text for item in document.items if isinstance(item, Text) and len(words(item.text)) > 12), "")
        yield {
            "title": document.title or document.url,
            "host": document.host,
            "text": cut(text or document.text, 220),
            "alt": image.alt[:200] if image else "",
            "thumbnail": thumbnail(parts[image.part]) if image else "",
            "pictures": len(document.images),
            "words": len(words(document.text)),
        }


def cut(text: str, most: int) -> str:
    """The text's beginning, with an ellipsis where it is cut."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0].rstrip() + "…"


def thumbnail(body: bytes) -> str:
    """A small JPEG of a picture as a data URI, encoded anew; empty where it can't be decoded."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(body)) as opened:
            opened.draft("RGB", (THUMBNAIL, THUMBNAIL))
            picture = ImageOps.exif_transpose(opened)
            picture.thumbnail((THUMBNAIL, THUMBNAIL))
            if picture.mode in ("RGBA", "LA", "P"):
                whole = picture.convert("RGBA")
                picture = Image.new("RGB", whole.size, "white")
                picture.paste(whole, mask=whole.getchannel("A"))
            out = io.BytesIO()
            picture.convert("RGB").save(out, "JPEG", quality=68)
    except Exception:  # a picture is shown or it is not; the report is written all the same
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


FUNNEL = ("unit", "stage", "in", "kept", "reason", "dropped")
BARS = ("distribution", "from", "to", "count")


def funnel_rows(ledger: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for entry in ledger:
        for unit in ("pages", "pictures"):
            count = entry[unit]
            for reason, number in {"": 0, **count["dropped"]}.items():
                if reason or not count["dropped"]:
                    yield unit, entry["stage"], count["in"], count["kept"], reason, number


def bar_rows(histograms: dict[str, dict[str, int]]) -> Iterator[tuple[Any, ...]]:
    for name, bins in histograms.items():
        for place, count in bins.items():
            if int(place) == Histogram.ZERO:
                yield name, 0, 0, count
            else:
                low, high = (float(f"{2 ** ((int(place) + end) / STEPS):.6g}") for end in (0, 1))
                yield name, low, high, count


def table(head: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> bytes:
    """CSV with a header line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode()
