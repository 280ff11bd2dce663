"""Quality and CPU of extractors side by side, page by page in one run, on a folder of gold pages.

    python tools/bench_extract.py GOLD [--quick] [--only fast,trafilatura] [--kinds] [--worst 10] [--json OUT]

GOLD holds pairs NAME.html.gz (the page as it was served) and NAME.json:
    {"url": …, "images_known": true, "items": [{"text": …}, {"image": url}, …], "optional": [urls that do not count]}

Text: F1 of runs of four words. Picture: F1 of the pictures' file names, size marks aside; 1 where there are none and
none is given. Placed: as that, each hit counting by the share of the ten gold words on either side that are beside it.
Means over pages. What is not installed is left out: readability-lxml and resiliparse are no dependencies.
Where both `fast` and `cascade` run: how many pages the cascade gives to trafilatura, and what that gains on those;
and by steps of the confidence how good the pages are. Goals: those of GOALS, for `fast`; exit code 1 where one is
missed.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import bench

GOALS = {"text": 0.92, "picture": 0.88, "placed": 0.85, "speed": 15.0, "p95": 15.0, "max": 250.0}
"""For `fast`: F1 of text, pictures and placed pictures at least; times the speed of trafilatura as it comes at least;
ms of a page at most, at the 95th of 100 and at the slowest."""
RUN = 4
BESIDE = 10
Items = list[dict[str, Any]]
Extractor = Callable[[bytes, str], Items]
_WORD = re.compile(r"\w+")
_SIZE = re.compile(r"\d{2,4}px-|[-_@]\d{2,4}x\d{0,4}(?=\.|$)|@[23]x|[-_](?:small|medium|large|thumb)(?=\.|$)")


@dataclass(frozen=True)
class Gold:
    name: str
    html: bytes
    url: str
    items: Items
    pictured: bool
    optional: frozenset[str]


@dataclass
class Row:
    """How an extractor did on one page; picture and placed are None where the gold knows no pictures."""

    page: str
    text: float
    picture: float | None = None
    placed: float | None = None
    ms: float = 0.0
    marks: dict[str, Any] = field(default_factory=dict)


def gold_pages(folder: Path, every: int) -> Iterator[Gold]:
    for path in sorted(folder.rglob("*.json"))[::every]:
        entry = json.loads(path.read_text())
        html = gzip.decompress(path.with_name(f"{path.stem}.html.gz").read_bytes())
        free = frozenset(picture_name(one, entry["url"]) for one in entry.get("optional", ()))
        yield Gold(path.stem, html, entry["url"], entry["items"], entry["images_known"], free)


# What is compared


def picture_name(url: str, base: str) -> str:
    parts = urlsplit(urljoin(base, url.strip()))
    name = unquote(parts.path).rpartition("/")[2].lower()
    return _SIZE.sub("", name) or f"{parts.netloc}{parts.path}?{parts.query}"


def told(items: Items, base: str) -> tuple[list[str], list[tuple[str, int]]]:
    """All words, and each picture's name with the number of words before it."""
    words: list[str] = []
    pictures = []
    for item in items:
        if item.get("text"):
            words += _WORD.findall(item["text"].lower())
        elif item.get("image"):
            pictures.append((picture_name(item["image"], base), len(words)))
    return words, pictures


def f1(both: float, given: float, wanted: float) -> float:
    return 2 * both / (given + wanted) if both else 0.0


def text_score(given: list[str], wanted: list[str]) -> float:
    def runs(words: list[str]) -> Counter[tuple[str, ...]]:
        if len(words) < RUN:
            return Counter([tuple(words)] if words else [])
        return Counter(zip(*(words[start:] for start in range(RUN)), strict=False))

    a, b = runs(given), runs(wanted)
    return f1((a & b).total(), a.total(), b.total()) if a or b else 1.0


def beside(given: list[str], at: int, wanted: list[str], place: int) -> float:
    """Share of the wanted words around a picture that stand around it in what was given, on the same side."""
    sides = (
        (wanted[max(0, place - BESIDE) : place], given[max(0, at - BESIDE) : at]),
        (wanted[place : place + BESIDE], given[at : at + BESIDE]),
    )
    whole = sum(len(mine) for mine, _ in sides)
    return sum((Counter(mine) & Counter(other)).total() for mine, other in sides) / whole if whole else 1.0


def judge(items: Items, gold: Gold) -> Row:
    given, pictures = told(items, gold.url)
    wanted, right = told(gold.items, gold.url)
    row = Row(gold.name, text_score(given, wanted))
    if not gold.pictured:
        return row
    free = gold.optional - {name for name, _ in right}
    pictures = [(name, at) for name, at in pictures if name not in free]
    pairs = sorted(
        (
            (beside(given, at, wanted, place), a, b)
            for a, (name, at) in enumerate(pictures)
            for b, (other, place) in enumerate(right)
            if name == other
        ),
        reverse=True,
    )
    left: set[int] = set()
    hit: set[int] = set()
    placed = 0.0
    for share, a, b in pairs:
        if a not in left and b not in hit:
            left.add(a)
            hit.add(b)
            placed += share
    none = not pictures and not right
    row.picture = 1.0 if none else f1(len(hit), len(pictures), len(right))
    row.placed = 1.0 if none else f1(placed, len(pictures), len(right))
    row.marks = {"pictures": len(pictures), "of": len(right), "right": len(hit)}
    return row


# The extractors


def ours(html: bytes, url: str, extractor: Any) -> Items:
    """What `m3w_builder.extract.items` gives, and last the document's scores, which are no item of any kind."""
    from m3w_builder.document import item_to_json
    from m3w_builder.extract import ExtractConfig, extract
    from m3w_builder.stage import Drop

    answer = extract(html, url, ExtractConfig(extractor=extractor, opt_out=(), most_repeats=3))
    return [] if isinstance(answer, Drop) else [*map(item_to_json, answer.items), {"scores": answer.scores}]


def trafilatura_with_pictures(html: bytes, url: str) -> Items:
    import trafilatura
    from lxml import etree

    xml = trafilatura.extract(html, url=url, output_format="xml", include_images=True, include_comments=False)
    if not xml:
        return []
    found: Items = []
    main = etree.fromstring(xml.encode()).find("main")
    for event, node in etree.iterwalk(main, events=("start", "end")) if main is not None else ():
        if event == "start" and node.tag == "graphic":
            found.append({"image": node.get("src") or ""})
        text = node.text if event == "start" else node.tail
        if text and text.strip():
            found.append({"text": text})
    return found


def trafilatura_default(html: bytes, url: str) -> Items:
    import trafilatura

    return [{"text": trafilatura.extract(html) or ""}]


def readability(html: bytes, url: str) -> Items:
    from readability import Document  # type: ignore[import-not-found]

    return walk(Document(html.decode("utf-8", "replace"), url=url).summary())


def resiliparse(html: bytes, url: str) -> Items:
    """Its main content; pictures stand in it as marks that are put into the page for their addresses."""
    from resiliparse.extract.html2text import extract_plain_text  # type: ignore[import-not-found]
    from resiliparse.parse.html import HTMLTree  # type: ignore[import-not-found]

    tree = HTMLTree.parse_from_bytes(html)
    addresses = []
    for image in tree.document.get_elements_by_tag_name("img"):
        if address := image.getattr("src"):
            mark = tree.create_text_node(f" {MARK}{len(addresses)}{MARK} ")
            addresses.append(address)
            image.parent.insert_before(mark, image)
    text = extract_plain_text(tree, main_content=True, alt_texts=False, links=False)
    parts = text.split(MARK)
    return [{"image": addresses[int(part)]} if odd % 2 else {"text": part} for odd, part in enumerate(parts)]


MARK = "\ue000"


def beautifulsoup(html: bytes, url: str) -> Items:
    return walk(html)


def walk(html: bytes | str) -> Items:
    """All text and every img, in order."""
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString, Tag

    found: Items = []
    soup = BeautifulSoup(html, "lxml")
    for node in (soup.body or soup).descendants:
        if isinstance(node, Tag) and node.name == "img" and node.get("src"):
            found.append({"image": str(node["src"])})
        elif type(node) is NavigableString and node.parent is not None and node.parent.name not in ("script", "style"):
            found.append({"text": str(node)})
    return found


EXTRACTORS: dict[str, Extractor] = {
    **{name: partial(ours, extractor=name) for name in ("fast", "cascade", "trafilatura", "reference")},
    "trafilatura, default": trafilatura_default,
    "trafilatura, XML, images": trafilatura_with_pictures,
    "readability-lxml": readability,
    "resiliparse, main text": resiliparse,
    "BeautifulSoup walk": beautifulsoup,
}
"""The first four are ours; `trafilatura` among them is its choice of text on our pieces."""


def usable(names: Sequence[str]) -> dict[str, Extractor]:
    """Those that run here, warmed up."""
    found = {}
    for name in names:
        try:
            EXTRACTORS[name](b"<html><body><p>Some words to begin with.</p></body></html>", "http://example.org/")
        except ImportError as error:
            print(f"{name}: left out, {error}")
        else:
            found[name] = EXTRACTORS[name]
    return found


def run(pages: Sequence[Gold], extractors: dict[str, Extractor]) -> dict[str, list[Row]]:
    """Every page by every extractor, one after the other, so that each meets every page for the first time."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for name, extract in extractors.items():
        for gold in pages:
            start = time.process_time()
            try:
                items = extract(gold.html, gold.url)
            except Exception as error:  # a crash scores nothing, and is told
                print(f"{name} on {gold.name}: {type(error).__name__}: {error}"[:160])
                items = []
            spent = time.process_time() - start
            row = judge(items, gold)
            row.ms = 1e3 * spent
            row.marks |= next((item["scores"] for item in items if "scores" in item), {})
            rows[name].append(row)
    return rows


def figures(rows: Sequence[Row]) -> tuple[float, float, float]:
    pictured = [row for row in rows if row.picture is not None]
    return (
        mean(row.text for row in rows),
        mean(row.picture or 0.0 for row in pictured) if pictured else 0.0,
        mean(row.placed or 0.0 for row in pictured) if pictured else 0.0,
    )


def show(rows: dict[str, list[Row]], kinds: bool, worst: int) -> None:
    base = rows.get("trafilatura, default") or next(iter(rows.values()))
    cost = sum(row.ms for row in base)
    cells = []
    for name, found in rows.items():
        ms = sorted(row.ms for row in found)
        scores = [f"{score:.3f}" for score in figures(found)]
        times = [f"{mean(ms):.2f}", f"{ms[int(0.95 * len(ms))]:.1f}", f"{ms[-1]:.0f}", f"{cost / sum(ms):.1f}x"]
        cells.append([name, *scores, *times])
    head = ["extractor", "text", "picture", "placed", "ms/page", "p95", "max", "speed"]
    print(f"\n{bench.table(head, cells)}")
    if kinds:
        _show_kinds(rows)
    first = next(iter(rows))
    for row in sorted(rows[first], key=lambda row: row.text + (row.placed if row.placed is not None else row.text))[
        :worst
    ]:
        told = {"text": round(row.text, 3), "placed": None if row.placed is None else round(row.placed, 3), **row.marks}
        print(f"worst of {first}: {row.page} {told}")


def _show_kinds(rows: dict[str, list[Row]]) -> None:
    kinds = sorted({row.page.partition("-")[0] for found in rows.values() for row in found})
    lines = []
    for name, found in rows.items():
        cells = [name]
        for kind in kinds:
            text, _, placed = figures([row for row in found if row.page.partition("-")[0] == kind])
            cells.append(f"{text:.3f} / {placed:.3f}" if placed else f"{text:.3f}")
        lines.append(cells)
    print(f"\n{bench.table(['text / placed by kind', *kinds], lines)}")


def show_cascade(fast: Sequence[Row], cascade: Sequence[Row]) -> dict[str, float]:
    """What goes to trafilatura, what it gains there, and how far the confidence is to be believed."""
    pairs = [(one, other) for one, other in zip(fast, cascade, strict=True) if other.marks.get("borrowed")]
    gain = mean(other.text - one.text for one, other in pairs) if pairs else 0.0
    told = {"pages": len(pairs), "of": len(fast), "gain": gain}
    print(f"\ncascade: {len(pairs)} of {len(fast)} pages go to trafilatura; text F1 changes there by {gain:+.3f}")
    print("confidence of fast: pages, text F1, share of pages with 0.8 or more")
    for low, high in ((0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01)):
        here = [row for row in fast if low <= row.marks.get("confidence", -1) < high]
        if here:
            good = sum(row.text >= 0.8 for row in here) / len(here)
            print(f"  {low:.2f} to {min(high, 1):.2f}: {len(here):4} {mean(row.text for row in here):.3f} {good:.2f}")
    return told


def missed(rows: dict[str, list[Row]]) -> list[str]:
    """The goals that `fast` misses, of those that this run can tell."""
    if "fast" not in rows:
        return []
    ms = sorted(row.ms for row in rows["fast"])
    values = dict(zip(("text", "picture", "placed"), figures(rows["fast"]), strict=True))
    values |= {"p95": ms[int(0.95 * len(ms))], "max": ms[-1]}
    if base := rows.get("trafilatura, default"):
        values["speed"] = sum(row.ms for row in base) / sum(ms)
    return [
        f"{name}: {value:.3f}, goal {GOALS[name]:g}"
        for name, value in values.items()
        if (value > GOALS[name] if name in ("p95", "max") else value < GOALS[name])
    ]


def main() -> int:
    parser = bench.options(__doc__, quick="every 12th page only")
    parser.add_argument("gold", type=Path)
    parser.add_argument("--only", default=",".join(EXTRACTORS).replace(", ", "; "), help="names, parted by commas")
    parser.add_argument(
        "--kinds", action="store_true", help="also by kind of page, the part of NAME before its first -"
    )
    parser.add_argument("--worst", type=int, default=0, help="name the N worst pages of the first extractor")
    arguments = parser.parse_args()
    names = [name.replace("; ", ", ") for name in arguments.only.split(",")]
    from m3w_builder.extract import native

    print(f"our extraction: {native.told()}")
    rows = run(list(gold_pages(arguments.gold, 12 if arguments.quick else 1)), usable(names))
    show(rows, arguments.kinds, arguments.worst)
    cascade = show_cascade(rows["fast"], rows["cascade"]) if {"fast", "cascade"} <= rows.keys() else {}
    failed = missed(rows)
    pages = {name: [vars(row) for row in found] for name, found in rows.items()}
    spent = {name: sum(row.ms for row in found) for name, found in rows.items()}
    ratios = {f"to {name}": ms / spent["fast"] for name, ms in spent.items() if name != "fast" and "fast" in spent}
    facts = {"pages": pages, "ratios": ratios, "cascade": cascade, "missed_goals": failed}
    packages = ("selectolax", "trafilatura", "readability-lxml", "resiliparse", "beautifulsoup4", "lxml")
    bench.write(arguments.json, facts, *packages)
    return bench.exit_code(failed)


if __name__ == "__main__":
    sys.exit(main())
