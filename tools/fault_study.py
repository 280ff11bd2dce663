"""Which faults of a corpus `m3w validate` finds: corrupted copies of good shards, each validated over several seeds.

    python tools/fault_study.py [BUILD] [--seeds 3] [--clean 20] [--budget 0.3] [--jobs 1] [--state FILE] [--minutes 8]
        [--quick] [--only clean,shifted] [--json FILE]

A cell is a fault and a seed; the seed draws the documents, corrupts those trained on and those held out, and seeds
the trainings. All cells start from the same tokenizer and language model, trained on clean documents that stand in no
cell. A cell takes one process of one thread. With --state cells are kept in a file and not done again; with --minutes
no cell is begun after so long (exit code 3: not finished).

Without a BUILD the good documents are scenes as the sample web draws and tells of them. The trainings are shorter than
those of `m3w validate`; the gates are its own. Prints a table with the verdicts, Fisher's exact test of how many were
called unsound against the clean corpora, the net gains and what the alignment scan found, with Welch tests against the
clean corpora. Exits 1 where a fault passes, or where more than 1 clean corpus in 20 does not.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import bench
from m3w_builder import storage
from m3w_builder.document import Document, Image, Source, Text, make_key
from m3w_builder.flamingo.config import LanguageConfig, PretrainConfig, TowerConfig, ValidateConfig
from m3w_builder.flamingo.corpus import Corpus, samples
from m3w_builder.flamingo.processes import Alone, keep_memory
from m3w_builder.flamingo.tokenizer import train_tokenizer
from m3w_builder.flamingo.validation import validate
from m3w_builder.shards import ShardsConfig, write

Sample = tuple[Document, list[bytes]]
"""A document and its pictures' bytes in reading order."""

Fault = Callable[[list[Sample], random.Random], list[Sample]]

Halves = tuple[list[Sample], list[Sample]]
"""Documents to train on, and to hold out."""


@functools.cache
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


def leaked(halves: Halves, rng: random.Random) -> Halves:
    """Half of the held-out documents are copies, under other keys, of documents trained on."""
    train, held_out = halves
    return train, held_out[: len(held_out) // 2] + again(train, rng, len(held_out) - len(held_out) // 2)


def duplicates(halves: Halves, rng: random.Random) -> Halves:
    """40 % of all documents are copies of others, wherever they fall."""
    train, held_out = halves
    whole = (train + held_out)[: round(0.6 * len(train + held_out))]
    whole += again(whole, rng, len(train + held_out) - len(whole))
    rng.shuffle(whole)
    return whole[len(held_out) :], whole[: len(held_out)]


def again(corpus: list[Sample], rng: random.Random, count: int) -> list[Sample]:
    """So many documents once more, under other keys."""
    copies = rng.sample(corpus, count)
    return [
        (replace(page, key=f"{rng.getrandbits(128):032x}", url=page.url + "?copy"), bodies) for page, bodies in copies
    ]


def black(corpus: list[Sample], _: random.Random) -> list[Sample]:
    """Every picture black, each of its own bytes."""
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
    "black": black,
    "disordered": disordered,
}
"""What is done to the documents trained on and to those held out, each by themselves."""

BETWEEN: dict[str, Callable[[Halves, random.Random], Halves]] = {"leaked": leaked, "duplicates": duplicates}
"""What is done between them."""

LANGUAGE, TRAIN, HELD_OUT, SPARE = 400, 600, 120, 680
"""Documents of the language model, of a cell, and how many of the others a seed leaves out."""

QUICK = ("clean", "shuffled", "shifted", "leaked")

NOT_FINISHED = 3
MOST_FALSE = 1 / 20

State = dict[str, dict[str, Any]]
"""Rows by "fault/seed"."""


def cells(names: list[str], seeds: int, clean_seeds: int) -> list[tuple[str, int]]:
    """Seed by seed, the clean corpus first; more clean ones last."""
    found = [(name, seed) for seed in range(seeds) for name in names]
    return found + [("clean", seed) for seed in range(seeds, clean_seeds) if "clean" in names]


def study(
    build: str,
    wanted: list[tuple[str, int]],
    budget: float,
    state: State,
    folder: str,
    jobs: int,
    until: float,
    keep: Callable[[], None],
) -> bool:
    """Do the cells that are not in `state`, `jobs` at once; False where the time was up before."""
    left = [(name, seed) for name, seed in wanted if f"{name}/{seed}" not in state]
    if not left:
        return True
    prepared = os.path.join(folder, "language")
    language(read(build)[:LANGUAGE], prepared, config_of(0, budget))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn, initializer=keep_memory) as pool:
        running = {pool.submit(work, build, *one, budget, prepared, until) for one in left}
        for done in as_completed(running):
            if row := done.result():
                state[f"{row['fault']}/{row['seed']}"] = row
                keep()
                print(
                    f"{row['fault']} seed {row['seed']}: {row['verdict']}: {row['reason']}", file=sys.stderr, flush=True
                )
    return all(f"{name}/{seed}" in state for name, seed in wanted)


def work(build: str, name: str, seed: int, budget: float, prepared: str, until: float) -> dict[str, Any] | None:
    """One cell in a process of its own; None where the time is up. The seed draws the documents."""
    if time.time() > until:
        return None
    corpus = read(build)[LANGUAGE:]
    part = random.Random(f"documents {seed}").sample(corpus, min(len(corpus), TRAIN + HELD_OUT))
    return cell((part[HELD_OUT:], part[:HELD_OUT]), name, seed, budget, prepared)


def config_of(seed: int, budget: float) -> ValidateConfig:
    """A smaller validation with the default gates; the canary is left out, since the clean corpus is one.

    Models are two thirds as wide as by default and read shorter texts, in more and smaller steps; fewer documents
    may blame a corpus.
    """
    return replace(
        ValidateConfig(),
        seed=seed,
        steps=800,
        budget=budget,
        documents=math.ceil(TRAIN / budget) + 1,
        least=1,
        held_out=HELD_OUT,
        enough=TRAIN // 2,
        undecided=HELD_OUT // 4,
        length=96,
        near=24,
        vocabulary=512,
        batch_tokens=256,
        swaps=1,
        canary=0.0,
        language=LanguageConfig(width=64),
        tower=TowerConfig(width=64, layers=2),
        pretrain=PretrainConfig(batch_pages=24, tower_rate=2e-3),
    )


def language(corpus: list[Sample], folder: str, config: ValidateConfig) -> None:
    """The tokenizer and the language model that all cells start from."""
    if os.path.exists(os.path.join(folder, "language.pt")):
        return
    os.makedirs(folder, exist_ok=True)
    texts = Corpus()
    for page, bodies in corpus:
        texts.add(page, {image.part: body for image, body in zip(page.images, bodies, strict=True)}, config.side)
    tokenizer = train_tokenizer(
        (p for page in texts.pages for p in page.pieces if isinstance(p, str)), config.vocabulary
    )
    Path(folder, "tokenizer.json").write_text(tokenizer.to_json())
    from m3w_builder.flamingo import workers  # torch takes seconds to import

    workers.save(os.path.join(folder, "train.npz"), texts, config, tokenizer)
    workers.language_side(folder, config)


def drawn(folder: str) -> str:
    """A folder with shards of good documents: scenes as the sample web draws and tells of them."""
    from m3w_builder.sampleweb.languages import TONGUES
    from m3w_builder.sampleweb.scene import draw_scene, render
    from m3w_builder.sampleweb.tongue import Writer

    if storage.exists(storage.join(folder, "made.json")):
        return folder
    made = []
    for number in range(LANGUAGE + TRAIN + HELD_OUT + SPARE):
        rng = random.Random(f"study {number}")
        writer = Writer(TONGUES["en"], rng)
        url = f"http://h{number % 20}.sample.test/{number}"
        items: list[Any] = [Text(writer.write("title"), "heading", 1)]
        bodies = []
        for at in range(rng.randint(1, 5)):
            scene = draw_scene(rng)
            body = cv2.imencode(".png", render(scene)[:, :, ::-1])[1].tobytes()
            name, digest = f"{at}.png", hashlib.sha256(body).hexdigest()
            items.append(
                Image(f"{url}/{name}", part=name, sha256=digest, width=scene.width, height=scene.height, format="png")
            )
            items.append(Text(writer.describe(scene)))
            bodies.append(body)
        source = Source("drawn", number)
        key = make_key(url, source)
        made.append((Document(url, items, key, f"h{number % 20}.sample.test", "en", source=source), bodies))
    write(made, storage.join(folder, "shards"), "000000", ShardsConfig(validation=0.0))
    storage.write_json(storage.join(folder, "made.json"), {"documents": len(made)})
    return folder


def cell(halves: Halves, name: str, seed: int, budget: float, language_: str) -> dict[str, Any]:
    """One corrupted copy, written as shards and validated."""
    started, used = time.monotonic(), time.process_time()
    rng = random.Random(seed)
    if name in BETWEEN:
        train, held_out = BETWEEN[name](halves, rng)
    else:
        train, held_out = (FAULTS[name](half, rng) for half in halves)
    with tempfile.TemporaryDirectory(prefix="m3w-fault-") as folder:
        shards = Path(folder, "shards")
        for split, half in (("validation", held_out), ("train", train)):
            for shard in write(half, str(shards), "000000", ShardsConfig(validation=0.0)):
                for file in shard.files:  # the split is this program's to choose, not the hosts'
                    (shards / file).rename(shards / file.replace("train", split))
        verdict = validate(folder, config_of(seed, budget), lambda _: None, language_, Alone)
    figures = verdict.figures
    return {
        "fault": name,
        "seed": seed,
        "documents": len(train),
        "verdict": verdict.verdict,
        "ok": verdict.ok,
        "reason": verdict.reason,
        "net": figures["gains"]["net"]["nats"] if "gains" in figures else None,
        "within": figures["gains"]["within"]["nats"] if "gains" in figures else None,
        "shares": {k: round(v, 4) for k, v in figures["alignment"]["shares"].items()} if "alignment" in figures else {},
        "following": figures["alignment"]["shares"].get("following") if "alignment" in figures else None,
        "leaked": figures["leaked"],
        "held_out": figures["held_out"],
        "repeated": figures["repeated"],
        "plain": figures["plain"],
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(time.process_time() - used, 1),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """A line a fault: verdicts over the seeds, means, p-values against the clean corpora."""
    lines = []
    for name in dict.fromkeys(r["fault"] for r in rows):
        mine = [r for r in rows if r["fault"] == name]
        verdicts = [r["verdict"] for r in mine]
        told = ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts))
        cells_ = [
            unsound(rows, name),
            mean(mine, "net", "+.4f"),
            p_value(rows, name, "net"),
            mean(mine, "within", "+.4f"),
        ]
        cells_ += [mean(mine, "following", ".3f"), p_value(rows, name, "following")]
        seconds = sum(r["cpu_seconds"] for r in mine) / len(mine)
        lines.append([name, told, *cells_, f"{seconds:.0f}"])
    head = ["fault", "verdicts", "p", "net gain", "p", "within", "following", "p", "CPU s"]
    return bench.table(head, lines, left=2)


def values(rows: list[dict[str, Any]], key: str) -> list[float]:
    return [row[key] for row in rows if row[key] is not None]


def mean(rows: list[dict[str, Any]], key: str, form: str) -> str:
    found = values(rows, key)
    return format(sum(found) / len(found), form) if found else "-"


def unsound(rows: list[dict[str, Any]], name: str) -> str:
    """Fisher's exact test, of one side: is a fault called unsound oftener than clean corpora are?"""
    from scipy.stats import fisher_exact

    if name == "clean":
        return "-"
    counts = [
        [sum(r["ok"] == ok for r in rows if r["fault"] == which) for ok in (False, True)] for which in (name, "clean")
    ]
    return f"{fisher_exact(counts, alternative='greater').pvalue:.2g}"


def p_value(rows: list[dict[str, Any]], name: str, key: str) -> str:
    """Welch's test of a fault's cells against the clean ones."""
    from scipy.stats import ttest_ind

    mine, clean_ = (values([r for r in rows if r["fault"] == which], key) for which in (name, "clean"))
    if name == "clean" or min(len(mine), len(clean_)) < 2:
        return "-"
    return f"{ttest_ind(mine, clean_, equal_var=False).pvalue:.2g}"


def judged(rows: list[dict[str, Any]]) -> int:
    """Says what was missed and how many alarms were false; the exit code."""
    clean_ = [row for row in rows if row["fault"] == "clean"]
    false = [row for row in clean_ if not row["ok"]]
    missed = [row for row in rows if row["fault"] != "clean" and row["ok"]]
    print(f"false alarms: {len(false)} of {len(clean_)} clean corpora; faults that passed: {len(missed)}")
    for row in missed + false:
        print(f"  {row['fault']}, seed {row['seed']}: {row['verdict']}: {row['reason']}")
    return 1 if missed or len(false) > MOST_FALSE * len(clean_) else 0


def main() -> int:
    parser = bench.options(__doc__, quick="one seed, four faults")
    parser.add_argument("build", nargs="?", default="", help="a good build; without, documents are drawn")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--clean", type=int, default=20, help="seeds of the clean corpus, for the false alarms")
    parser.add_argument("--only", default="", help="some of the faults, parted by commas")
    parser.add_argument("--budget", type=float, default=0.3, help="times the default steps and documents")
    parser.add_argument("--jobs", type=int, default=1, help="cells at once, a process of one thread each")
    parser.add_argument("--state", default="", help="a JSON file that keeps finished cells")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no cell after so long")
    arguments = parser.parse_args()
    until = time.time() + 60 * arguments.minutes
    names = arguments.only.split(",") if arguments.only else [*FAULTS, *BETWEEN]
    if arguments.quick:
        names, arguments.seeds, arguments.clean = list(QUICK), 1, 1
    path = Path(arguments.state) if arguments.state else None
    state: State = json.loads(path.read_text()) if path and path.exists() else {}

    def keep() -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".part").write_text(json.dumps(state, indent=1))
            path.with_suffix(".part").replace(path)

    wanted = cells(names, arguments.seeds, arguments.clean)
    with tempfile.TemporaryDirectory(prefix="m3w-study-") as temporary:
        folder = str(path.with_suffix("")) if path else temporary
        build = arguments.build or drawn(os.path.join(folder, "good"))
        whole = study(build, wanted, arguments.budget, state, folder, arguments.jobs, until, keep)
    rows = [state[f"{name}/{seed}"] for name, seed in wanted if f"{name}/{seed}" in state]
    rows.sort(key=lambda row: [*FAULTS, *BETWEEN].index(row["fault"]))
    print(table(rows))
    bench.write(arguments.json, {"config": asdict(config_of(0, arguments.budget)), "rows": rows}, "torch")
    if not whole:
        print(f"{len(rows)} of {len(wanted)} cells; run again to go on")
        return NOT_FINISHED
    return judged(rows)


if __name__ == "__main__":
    sys.exit(main())
