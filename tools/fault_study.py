"""Which faults of a corpus `m3w validate` finds: corrupted copies of good shards, each validated over several seeds.

    python tools/fault_study.py BUILD [--seeds 3] [--quick] [--only clean,shifted] [--json FILE]

Prints a table with the verdicts, the net gains and the p-value of a Welch test of each against the clean corpus.
Exits 1 where a fault that it should find passes, or where a clean corpus does not.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from m3w_builder import storage
from m3w_builder.document import Document, Image, Text
from m3w_builder.flamingo import ValidateConfig, validate
from m3w_builder.flamingo.corpus import samples
from m3w_builder.shards import ShardsConfig, write

Sample = tuple[Document, list[bytes]]
"""A document and its pictures' bytes in reading order."""

Fault = Callable[[list[Sample], random.Random], list[Sample]]


def read(build: str) -> list[Sample]:
    """All samples of a build, both splits."""
    found = []
    for split in ("train", "validation"):
        for page, parts in samples(build, split):
            found.append((page, [parts[image.part] for image in page.images]))
    return found


def place(sample: Sample, pictures: list[tuple[Image, bytes]]) -> Sample:
    """The document with other pictures in its pictures' places, in order."""
    page, _ = sample
    left = iter(pictures)
    items = [replace(next(left)[0]) if isinstance(item, Image) else item for item in page.items]
    return replace(page, items=items), [body for _, body in pictures]


def pairs(sample: Sample) -> list[tuple[Image, bytes]]:
    return list(zip(sample[0].images, sample[1], strict=True))


def clean(corpus: list[Sample], _: random.Random) -> list[Sample]:
    return corpus


def shifted(corpus: list[Sample], _: random.Random) -> list[Sample]:
    """Each picture in the place of the next of its document."""
    return [place(sample, pairs(sample)[-1:] + pairs(sample)[:-1]) for sample in corpus]


def shuffled(corpus: list[Sample], rng: random.Random, share: float = 1.0) -> list[Sample]:
    """Pictures dealt out anew across all documents, or a share of them."""
    spots = [(at, n) for at, sample in enumerate(corpus) for n in range(len(sample[1])) if rng.random() < share]
    dealt = rng.sample(spots, len(spots))
    all_pairs = [pairs(sample) for sample in corpus]
    moved = [list(each) for each in all_pairs]
    for (at, n), (other, m) in zip(spots, dealt, strict=True):
        moved[at][n] = all_pairs[other][m]
    return [place(sample, each) for sample, each in zip(corpus, moved, strict=True)]


def mispaired(corpus: list[Sample], rng: random.Random) -> list[Sample]:
    """30 % of the pictures dealt out anew."""
    return shuffled(corpus, rng, 0.3)


def distractors(corpus: list[Sample], rng: random.Random) -> list[Sample]:
    """The text after each picture taken from another document's picture."""
    texts = [item for page, _ in corpus for before, item in after_pictures(page) if before]
    rng.shuffle(texts)
    found = []
    for page, bodies in corpus:
        items = [texts.pop() if before else item for before, item in after_pictures(page)]
        found.append((replace(page, items=items), bodies))
    return found


def after_pictures(page: Document) -> list[tuple[bool, Any]]:
    """Each item, and whether it is the first text after a picture."""
    found, waiting = [], False
    for item in page.items:
        found.append((waiting and isinstance(item, Text), item))
        waiting = isinstance(item, Image) or (waiting and not isinstance(item, Text))
    return found


def reversed_texts(corpus: list[Sample], _: random.Random) -> list[Sample]:
    """The texts of each document in reverse order, its pictures where they were."""
    found = []
    for page, bodies in corpus:
        texts = [item for item in page.items if isinstance(item, Text)]
        items = [texts.pop() if isinstance(item, Text) else item for item in page.items]
        found.append((replace(page, items=items), bodies))
    return found


def leaked(corpus: list[Sample], rng: random.Random) -> list[Sample]:
    """A third of the documents twice, under other keys: held-out ones are then trained on."""
    return corpus + again(corpus, rng, 0.33)


def duplicates(corpus: list[Sample], rng: random.Random) -> list[Sample]:
    """40 % of the documents are copies of others."""
    return corpus + again(corpus, rng, 0.67)


def again(corpus: list[Sample], rng: random.Random, share: float) -> list[Sample]:
    copies = rng.sample(corpus, int(share * len(corpus)))
    return [
        (replace(page, key=f"{rng.getrandbits(128):032x}", url=page.url + "?copy"), bodies) for page, bodies in copies
    ]


def black(corpus: list[Sample], _: random.Random) -> list[Sample]:
    """Every picture black, each of its own bytes."""
    import hashlib

    import cv2
    import numpy as np

    found = []
    for page, bodies in corpus:
        blacks = []
        for number, body in enumerate(bodies):
            png = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes()
            png += hashlib.sha256(body).digest() + bytes([number % 256])  # trailing bytes, which decoders pass over
            blacks.append((replace(page.images[number], sha256=hashlib.sha256(png).hexdigest(), format="png"), png))
        found.append(place((page, bodies), blacks))
    return found


def disordered(corpus: list[Sample], rng: random.Random) -> list[Sample]:
    """All items of each document in chance order."""
    found = []
    for page, bodies in corpus:
        order = rng.sample(range(len(page.items)), len(page.items))
        number = {id(image): at for at, image in enumerate(page.images)}
        items = [page.items[at] for at in order]
        found.append(
            (replace(page, items=items), [bodies[number[id(item)]] for item in items if isinstance(item, Image)])
        )
    return found


FAULTS: dict[str, Fault] = {
    "clean": clean,
    "shifted": shifted,
    "shuffled": shuffled,
    "mispaired": mispaired,
    "distractors": distractors,
    "reversed": reversed_texts,
    "leaked": leaked,
    "duplicates": duplicates,
    "black": black,
    "disordered": disordered,
}


def study(build: str, names: list[str], seeds: int, budget: float) -> list[dict[str, Any]]:
    """One row a fault and seed; each corrupted copy is made by the seed too."""
    corpus = read(build)
    rows = []
    for name in names:
        for seed in range(seeds):
            started = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="m3w-fault-") as folder:
                copy = FAULTS[name](corpus, random.Random(seed))
                write(copy, storage.join(folder, "shards"), "000000", ShardsConfig(validation=0.0))
                verdict = validate(folder, replace(ValidateConfig(), seed=seed, budget=budget), lambda _: None)
            gains = verdict.figures.get("gains", {})
            rows.append(
                {
                    "fault": name,
                    "seed": seed,
                    "documents": len(copy),
                    "verdict": verdict.verdict,
                    "ok": verdict.ok,
                    "net": gains.get("net", {}).get("nats"),
                    "within": gains.get("within", {}).get("nats"),
                    "reason": verdict.reason,
                    "seconds": round(time.monotonic() - started, 1),
                }
            )
            print(f"{name} seed {seed}: {verdict.verdict}: {verdict.reason}", file=sys.stderr, flush=True)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """A line a fault: verdicts over the seeds, mean net gain, p-value against the clean corpus."""
    from scipy.stats import ttest_ind

    nets = {name: [r["net"] for r in rows if r["fault"] == name and r["net"] is not None] for name in FAULTS}
    lines = [f"{'fault':12} {'verdicts':36} {'net gain':>9} {'within':>8} {'p':>8} {'s each':>7}"]
    for name in dict.fromkeys(r["fault"] for r in rows):
        mine = [r for r in rows if r["fault"] == name]
        found = ", ".join(r["verdict"] for r in mine)
        net = f"{sum(nets[name]) / len(nets[name]):+9.4f}" if nets[name] else f"{'-':>9}"
        within = [r["within"] for r in mine if r["within"] is not None]
        inside = f"{sum(within) / len(within):+8.4f}" if within else f"{'-':>8}"
        p = "-"
        if name != "clean" and len(nets[name]) > 1 and len(nets["clean"]) > 1:
            p = f"{ttest_ind(nets[name], nets['clean'], equal_var=False).pvalue:.2g}"
        seconds = sum(r["seconds"] for r in mine) / len(mine)
        lines.append(f"{name:12} {found:36} {net} {inside} {p:>8} {seconds:7.0f}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Which faults of a corpus m3w validate finds.")
    parser.add_argument("build", help="a good build")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--quick", action="store_true", help="one seed, a third of the steps and documents, four faults"
    )
    parser.add_argument("--only", default="", help="some of the faults, parted by commas")
    parser.add_argument("--budget", type=float, default=1.0, help="times the default steps and documents")
    parser.add_argument("--json", default="", help="write all figures to a file")
    arguments = parser.parse_args()
    names = arguments.only.split(",") if arguments.only else list(FAULTS)
    if arguments.quick:
        names, arguments.seeds, arguments.budget = ["clean", "shuffled", "shifted", "leaked"], 1, 0.34
    rows = study(arguments.build, names, arguments.seeds, arguments.budget)
    print(table(rows))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"budget": arguments.budget, "rows": rows}, indent=1))
    missed = [row for row in rows if row["ok"] != (row["fault"] == "clean")]
    for row in missed:
        print(f"missed: {row['fault']}, seed {row['seed']}: {row['verdict']}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
