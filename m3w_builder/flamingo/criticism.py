"""`m3w criticise`: what is said against Flamingo, each a measurement on the small model, all from one command.

The data are scenes as the sample web draws and tells of them, so that the truth of every picture is known. A model over
the small tower and language model is trained on them; then one thing at a time is changed, or asked.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import canary, processes, questions, workers
from m3w_builder.flamingo.config import CriticismConfig, ValidateConfig
from m3w_builder.flamingo.evidence import gain, per_page
from m3w_builder.flamingo.sequences import NOTHING


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    question: str
    what: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    unit: str = ""


def run(config: CriticismConfig, echo: Callable[[str], None] = print) -> list[Row]:
    """Train and measure everything; two processes, some minutes."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="m3w-criticism-") as folder, processes.pair() as pool:
        base = os.path.join(folder, "base")
        sizes = prepare(base, config)
        jobs: list[Future[Any]] = [
            pool.submit(workers.tower_side, base, sizes),
            pool.submit(workers.language_side, base, sizes),
        ]
        coca = pool.submit(questions.coca, base, sizes)
        for job in jobs:
            job.result()
        echo(f"the small tower and language model are trained: {time.monotonic() - started:.0f} s")
        rows = variants(base, folder, sizes, config, pool)
        coca.result()
        echo(f"variants are trained: {time.monotonic() - started:.0f} s")
        asked = [pool.submit(function, base, sizes, config) for function in questions.ASKED]
        for job_ in asked:
            rows += [Row(*row) for row in job_.result()]
    echo(f"all of it: {time.monotonic() - started:.0f} s")
    return rows


def prepare(base: str, config: CriticismConfig) -> ValidateConfig:
    """Draw the documents; the sizes and steps of all trainings."""
    if config.validate.language.pretrained or config.validate.tower.pretrained:
        raise ConfigError("criticise trains its own small models: leave `pretrained` out")
    sizes = replace(config.validate, seed=config.seed, side=canary.SIDE, swaps=1, steps=config.steps)
    os.makedirs(base)
    train = canary.corpus(0, config.documents, config.seed)
    held_out = canary.corpus(config.documents, config.documents + config.held_out, config.seed)
    texts = (piece for page in train.pages for piece in page.pieces if isinstance(piece, str))
    tokenizer = workers.make_tokenizer(base, texts, sizes)
    for name, half in (("train", train), ("held_out", held_out)):
        workers.save(os.path.join(base, f"{name}.npz"), half, sizes, tokenizer)
    return sizes


def variants(
    base: str, folder: str, sizes: ValidateConfig, config: CriticismConfig, pool: ProcessPoolExecutor
) -> list[Row]:
    """The base model, a causal tower, another language model, and parts of the corpus, by their held-out losses."""
    causal = replace(sizes, tower=replace(sizes.tower, causal=True))
    narrow = replace(sizes, language=replace(sizes.language, width=sizes.language.width // 2, layers=1))
    relative = replace(sizes, language=replace(sizes.language, positions="relative"))
    runs = {"base": (base, sizes)}
    for name, how, leaves in (
        ("causal", causal, TOWER),
        ("narrow", narrow, LANGUAGE),
        ("relative", relative, LANGUAGE),
    ):
        runs[name] = (copied(base, os.path.join(folder, name), leaves), how)
    first: list[Future[Any]] = [
        pool.submit(workers.tower_side, *runs["causal"]),
        *(pool.submit(workers.language_side, *runs[name]) for name in ("narrow", "relative")),
    ]
    counts = [config.documents >> power for power in range(config.doublings, 0, -1)]
    for count in counts:
        runs[str(count)] = (cut(base, os.path.join(folder, str(count)), count), sizes)
    for job in first:
        job.result()
    jobs = {name: pool.submit(workers.flamingo_side, *run_, "true") for name, run_ in runs.items()}
    found = {name: job.result() for name, job in jobs.items()}
    windows, *_ = workers.load(os.path.join(base, "held_out.npz"))
    counted_WT = windows.labels_WT != NOTHING
    counted_WT[:, 0] = False
    tokens = per_page(counted_WT, windows)

    def nats(name: str, shown: str = "own") -> Any:
        return per_page(found[name][shown], windows)

    def loss(name: str) -> float:
        return float(nats(name).sum() / tokens.sum())

    rows = [Row("visual gain", "own pictures against another document's", *spread(nats, "base", tokens), "nats")]
    seen = "attention among visual tokens"
    rows += [Row(seen, f"loss, {name}", loss(key), unit="nats") for name, key in TOWERS]
    worse = gain(nats("causal"), nats("base"), tokens, config.seed)
    rows.append(Row(seen, "causal costs", worse.nats, worse.low, worse.high, "nats"))
    for name, key in LANGUAGES:
        rows.append(Row("language models", f"loss, {name}", loss(key), unit="nats"))
        rows.append(Row("language models", f"visual gain, {name}", *spread(nats, key, tokens), "nats"))
    curve = {count: loss(str(count)) for count in counts} | {config.documents: loss("base")}
    rows += [Row("corpus size", f"loss, {count} documents", value, unit="nats") for count, value in curve.items()]
    slope, low, high = fit(curve)
    rows.append(Row("corpus size", "loss changes with each doubling by", slope, low, high, "nats"))
    return rows


TOWER = ("language.pt",)
"""What a variant with another tower shares with the base."""

LANGUAGE = ("clip.pt", "train.features.pt", "held_out.features.pt")
"""What a variant with another language model shares with it."""

TOWERS = (("bidirectional", "base"), ("causal", "causal"))
LANGUAGES = (("rotary", "base"), ("half as wide, one layer", "narrow"), ("relative positions", "relative"))


def spread(nats: Callable[..., Any], name: str, tokens: Any) -> tuple[float, float, float]:
    """The gain over swapped pictures, and its interval."""
    found = gain(nats(name, "swapped0"), nats(name), tokens, 0)
    return found.nats, found.low, found.high


def copied(base: str, target: str, shared: tuple[str, ...]) -> str:
    """A folder with the base's data, and those of its models that are shared."""
    os.makedirs(target)
    for name in ("tokenizer.json", "train.npz", "held_out.npz", *shared):
        shutil.copyfile(os.path.join(base, name), os.path.join(target, name))
    return target


def cut(base: str, target: str, count: int) -> str:
    """The base with its first `count` documents to train on; the frozen models are the base's."""
    copied(base, target, (*TOWER, *LANGUAGE))
    path = os.path.join(target, "train.npz")
    with np.load(path) as stored:
        arrays = dict(stored)
    kept = arrays["windows.pages_W"] < count
    arrays |= {name: array[kept] for name, array in arrays.items() if name.startswith("windows.")}
    np.savez(path, **arrays)
    return target


def fit(curve: dict[int, float]) -> tuple[float, float, float]:
    """A straight line of the loss over the binary logarithm of the documents: its slope, with a 95 % interval.

    Four to six points of one seed carry no more parameters: a power law with a floor would fit anything.
    """
    from scipy.stats import linregress, t

    found = linregress(np.log2(list(curve)), list(curve.values()))
    half = float(t.ppf(0.975, max(1, len(curve) - 2))) * found.stderr
    return float(found.slope), float(found.slope - half), float(found.slope + half)


def table(rows: list[Row]) -> str:
    """The rows as text, by question."""
    lines, last = [], ""
    for row in rows:
        if row.question != last:
            lines.append(f"\n{row.question}")
        last = row.question
        span = f"  [{row.low:+.3f}, {row.high:+.3f}]" if row.low == row.low else ""
        lines.append(f"  {row.what:58} {row.value:+8.3f}{span} {row.unit}")
    return "\n".join(lines).strip()


def as_json(rows: list[Row], config: CriticismConfig) -> dict[str, Any]:
    return {"config": asdict(config), "rows": [asdict(row) for row in rows]}
