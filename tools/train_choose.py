"""Learns the weights by which pictures are chosen (m3w_builder/extract/choose.json) from a folder of gold pages.

    python tools/train_choose.py GOLD            write the table, learned on all pages
    python tools/train_choose.py GOLD --folds 5  tell how well tables do on sites that they were not learned on

GOLD holds pairs NAME.html.gz and NAME.json: {"url", "images_known", "items": [{"text"} or {"image"}], "optional"}.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from m3w_builder.extract import ExtractConfig, charset, choose, content, metadata, threads
from m3w_builder.extract.page import walked
from m3w_builder.extract.pieces import Shot
from m3w_builder.urls import host

STRENGTH = 0.1
"""Inverse of the L2 penalty; of 0.05 to 0.4 the best on sites left out."""
SITES = 4
"""A word has a weight where it stands on pages of so many sites."""
SMALLEST = 0.03
"""Weights nearer to 0 are left out of the table."""
_SIZE_MARKS = re.compile(
    r"(\d{2,4}px-)|([-_@]\d{2,4}x\d{0,4}(?=\.|$))|(@[23]x)|([-_](small|medium|large|thumb)(?=\.|$))"
)


@dataclass
class Page:
    """A gold page: the words of each of its pictures, whether it is content, and how many there should be."""

    site: str
    words: list[list[str]]
    right: list[bool]
    names: list[str]
    wanted: set[str]


def name_of(url: str, base: str) -> str:
    """What size variants of a picture have in common: its file name less any mark of size."""
    parts = urlsplit(urljoin(base, url.strip()))
    stem = _SIZE_MARKS.sub("", unquote(parts.path).rsplit("/", 1)[-1].lower())
    return stem or f"{parts.netloc}{parts.path}?{parts.query}"


def load(path: Path) -> Page | None:
    gold = json.loads(path.read_text())
    if not gold["images_known"]:
        return None
    url, config = gold["url"], ExtractConfig()
    text = charset.decode(gzip.decompress(path.with_name(f"{path.stem}.html.gz").read_bytes()))
    tree = LexborHTMLParser(text)
    thread = threads.is_thread(url, text)
    chosen = content.select(walked(tree, url, config, thread, whole=False), thread)
    known = choose.words_of(
        chosen.weighed, chosen.root, chosen.keep, url, metadata.cover(tree), config.min_declared_side
    )
    wanted = {name_of(item["image"], url) for item in gold["items"] if item.get("image")}
    free = {name_of(one, url) for one in gold.get("optional", ())} - wanted
    page = Page(choose.site(host(url)), [], [], [], wanted)
    for index, words in known.items():
        shot = chosen.weighed.page.pieces[index]
        assert isinstance(shot, Shot)
        name = name_of(shot.image.url, url)
        if name not in free:
            page.words.append(words)
            page.right.append(name in wanted)
            page.names.append(name)
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


def score(pages: Sequence[Page], table_for: Callable[[Page], dict[str, float]]) -> float:
    """Mean over pages of the F1 of their pictures' names; 1 where there are none and none is taken."""
    total = 0.0
    for page in pages:
        table = table_for(page)
        taken = {
            name
            for name, words in zip(page.names, page.words, strict=True)
            if table[""] + sum(table.get(word, 0.0) for word in words) > choose.CUT
        }
        both = len(taken & page.wanted)
        total += 2 * both / (len(taken) + len(page.wanted)) if taken or page.wanted else 1.0
    return total / len(pages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--folds", type=int, default=0)
    arguments = parser.parse_args()
    pages = [page for path in sorted(arguments.gold.rglob("*.json")) if (page := load(path)) is not None]
    table = learn(pages)
    print(f"{len(pages)} pages, {len(table)} weights, image F1 {score(pages, lambda page: table):.4f} on them")
    if arguments.folds:
        fold = [zlib.crc32(page.site.encode()) % arguments.folds for page in pages]
        tables = [
            learn([page for page, where in zip(pages, fold, strict=True) if where != one])
            for one in range(arguments.folds)
        ]
        held = {id(page): tables[where] for page, where in zip(pages, fold, strict=True)}
        print(f"image F1 {score(pages, lambda page: held[id(page)]):.4f} on sites left out, {arguments.folds} folds")
        return
    target = Path(choose.__file__).with_suffix(".json")
    target.write_text(json.dumps(dict(sorted(table.items())), indent=0, ensure_ascii=False) + "\n")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
