"""Learns the weights by which pictures are chosen (m3w_builder/extract/choose.json) from a folder of gold pages.

    python tools/train_choose.py GOLD            write the table, learned on all pages
    python tools/train_choose.py GOLD --folds 5  tell how well tables do on sites that they were not learned on

GOLD holds pairs NAME.html.gz and NAME.json: {"url", "images_known", "items": [{"text"} or {"image"}], "optional"}, as
tools/bench_extract.py reads them. A site is a registered domain: no page of one that is judged was learned from.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean

from tldextract import TLDExtract

from bench_extract import Gold, Row, gold_pages, judge, picture_name
from m3w_builder.document import Document, item_to_json
from m3w_builder.extract import ExtractConfig, charset, choose, content, known, metadata, threads
from m3w_builder.extract.fast import items_of
from m3w_builder.extract.flat import parse
from m3w_builder.extract.page import walked, with_pictures
from m3w_builder.extract.pieces import Shot
from m3w_builder.urls import host

STRENGTH = 0.05
"""Inverse of the L2 penalty; of 0.02 to 0.3 among the best on sites left out."""
SITES = 4
"""A word has a weight where it stands on pages of so many sites."""
SMALLEST = 0.03
"""Weights nearer to 0 are left out of the table."""
CONFIG = ExtractConfig(opt_out=(), most_repeats=3)

Table = Mapping[str, float]


@dataclass
class Page:
    """A gold page as far as the fast extractor knows it before it chooses pictures, and its pictures' words."""

    gold: Gold
    site: str
    chosen: content.Selection
    cover: str
    words: list[list[str]]
    right: list[bool]


def site(url: str) -> str:
    """The registered domain of a URL; of names under no public suffix the last two labels."""
    return _domains()(url).top_domain_under_public_suffix or known.site(host(url)) or url


@cache
def _domains() -> TLDExtract:
    return TLDExtract(suffix_list_urls=())


def load(gold: Gold) -> Page:
    html = charset.utf8(gold.html)
    flat = parse(html)
    thread = threads.is_thread(gold.url, html)
    walk = walked(flat, gold.url, CONFIG, thread, whole=False)
    document = Document(gold.url)
    metadata.fill(document, flat, {})
    chosen = content.select(walk, thread, document.title)
    cover = metadata.cover(flat)
    told = choose.words_of(chosen.weighed, chosen.root, chosen.keep, gold.url, cover, CONFIG.min_declared_side)
    wanted = {picture_name(item["image"], gold.url) for item in gold.items if item.get("image")}
    page = Page(gold, site(gold.url), chosen, cover, [], [])
    for index, words in told.items():
        shot = chosen.weighed.page.pieces[index]
        assert isinstance(shot, Shot)
        name = picture_name(shot.picture.url, gold.url)
        if name not in gold.optional - wanted:
            page.words.append(words)
            page.right.append(name in wanted)
    return page


def learn(pages: Sequence[Page]) -> dict[str, float]:
    """The table; every page counts about the same, however many pictures it has."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    sites: defaultdict[str, set[str]] = defaultdict(set)
    for page in pages:
        for words in page.words:
            for word in words:
                sites[word].add(page.site)
    columns = {word: index for index, word in enumerate(sorted(w for w, where in sites.items() if len(where) >= SITES))}
    rows = [(words, right, 1 / max(2, sum(page.right) + 1) + 0.03)
            for page in pages for words, right in zip(page.words, page.right, strict=True)]  # fmt: skip
    places = [(row, columns[word]) for row, (words, _, _) in enumerate(rows) for word in words if word in columns]
    table = csr_matrix((np.ones(len(places)), tuple(zip(*places, strict=True))), shape=(len(rows), len(columns)))
    weight = np.array([row[2] for row in rows])
    model = LogisticRegression(C=STRENGTH, max_iter=1000)
    model.fit(table, np.array([row[1] for row in rows]), sample_weight=weight / weight.mean())
    learned = {word: round(float(model.coef_[0][index]), 3) for word, index in columns.items()}
    return {"": round(float(model.intercept_[0]), 3)} | {w: v for w, v in learned.items() if abs(v) >= SMALLEST}


def judged(page: Page, table: Table) -> Row:
    """How the extractor does on a page with this table."""
    keep = with_pictures(page.chosen, page.gold.url, page.cover, CONFIG, table)
    items, _ = items_of(page.chosen.weighed.page, keep, CONFIG)
    return judge([item_to_json(item) for item in items], page.gold)


def show(label: str, rows: Sequence[Row]) -> None:
    picture, placed = (mean(getattr(row, name) or 0.0 for row in rows) for name in ("picture", "placed"))
    print(f"{label}: image F1 {picture:.4f}, placed-image F1 {placed:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--folds", type=int, default=0)
    arguments = parser.parse_args()
    pages = [load(gold) for gold in gold_pages(arguments.gold, 1) if gold.pictured]
    print(f"{len(pages)} pages with known pictures, of {len({page.site for page in pages})} sites")
    show("the table as it stands", [judged(page, choose.table()) for page in pages])
    table = learn(pages)
    show(f"{len(table)} weights on the pages they are learned on", [judged(page, table) for page in pages])
    if arguments.folds:
        fold = [zlib.crc32(page.site.encode()) % arguments.folds for page in pages]
        tables = [
            learn([page for page, where in zip(pages, fold, strict=True) if where != one])
            for one in range(arguments.folds)
        ]
        rows = [judged(page, tables[where]) for page, where in zip(pages, fold, strict=True)]
        show(f"on sites left out, {arguments.folds} folds", rows)
        return
    target = Path(choose.__file__).with_suffix(".json")
    target.write_text(json.dumps(dict(sorted(table.items())), indent=0, ensure_ascii=False) + "\n")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
