"""Metadata beside trafilatura's, on a folder of gold pages: how often each tells, how often they agree, and the cost.

    python tools/bench_metadata.py GOLD [--quick] [--show FIELD] [--json OUT]

GOLD is as for tools/bench_extract.py. Texts agree where one holds the other, case and punctuation aside; dates by day.
The cost is CPU time a page beside the parse that the extraction needs anyway; trafilatura's without a parse too.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import bench

FIELDS = ("title", "author", "date", "site", "licence", "language", "canonical", "modified")
THEIRS = {"site": "sitename", "licence": "license", "canonical": "url"}


def ours(tree: Any, url: str) -> dict[str, str]:
    from m3w_builder.document import Document
    from m3w_builder.extract import metadata

    document = Document(url)
    metadata.fill(document, tree, {})
    return {name: getattr(document, name) for name in FIELDS}


def theirs(tree: Any, url: str) -> dict[str, str]:
    from trafilatura.metadata import extract_metadata

    found = extract_metadata(tree, default_url=url).as_dict()
    return {name: str(found.get(THEIRS.get(name, name)) or "") for name in FIELDS}


def agree(field: str, a: str, b: str) -> bool:
    if field in ("date", "modified"):
        return a[:10] == b[:10]
    one, two = (re.sub(r"[\W_]+", " ", value.lower()).strip() for value in (a, b))
    return bool(one) and bool(two) and (one in two or two in one)


def main() -> None:
    parser = bench.options(__doc__, quick="every eighth page")
    parser.add_argument("gold", type=Path)
    parser.add_argument("--show", choices=FIELDS, help="print both values where they differ")
    arguments = parser.parse_args()

    from trafilatura.utils import load_html

    from m3w_builder.extract import charset
    from m3w_builder.extract.flat import parse

    counts: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
    seconds: Counter[str] = Counter()
    paths = sorted(arguments.gold.rglob("*.json"))[:: 8 if arguments.quick else 1]
    for path in paths:
        url = json.loads(path.read_text())["url"]
        html = charset.utf8(gzip.decompress(path.with_name(f"{path.stem}.html.gz").read_bytes()))
        found = {}
        for name, tree, extract in (("ours", parse(html), ours), ("theirs", load_html(html), theirs)):
            start = time.process_time()
            found[name] = extract(tree, url) if tree is not None else dict.fromkeys(FIELDS, "")
            seconds[name] += time.process_time() - start
        for field in FIELDS:
            a, b = found["ours"][field], found["theirs"][field]
            same = "agree" if a and b and agree(field, a, b) else "differ" if a and b else ""
            counts[field].update(filter(None, ("ours" if a else "", "theirs" if b else "", same)))
            if field == arguments.show and a != b and same != "agree":
                print(f"{path.stem[:48]:48} ours {a[:60]!r:64} theirs {b[:60]!r}")
    print(f"{len(paths)} pages")
    cells = []
    for field, one in counts.items():
        numbers = (one["ours"], one["theirs"], one["agree"] + one["differ"], one["agree"])
        cells.append([field, *map(str, numbers)])
    print(bench.table(["field", "ours", "theirs", "both", "agree"], cells))
    ms = {name: 1000 * value / len(paths) for name, value in seconds.items()}
    print(f"ms a page, parse aside: ours {ms['ours']:.2f}, trafilatura {ms['theirs']:.2f}")
    bench.write(
        arguments.json,
        {"pages": len(paths), "counts": counts, "ms": ms, "ratio": ms["theirs"] / ms["ours"]},
        "trafilatura",
        "selectolax",
    )


if __name__ == "__main__":
    main()
