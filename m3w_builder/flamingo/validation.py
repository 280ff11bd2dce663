"""`m3w validate`: trains a small Flamingo on a build's shards and says whether pictures and texts belong together.

Two models are trained side by side, in a process each: the true one, and a control that is alike but for its
pictures, which were swapped between documents. What the true one then knows better of held-out documents is what
the corpus' pictures tell about its texts: the net gain. Steps are fixed, so that a busy machine judges alike.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from typing import Any

from m3w_builder import storage
from m3w_builder.flamingo.config import ValidateConfig
from m3w_builder.flamingo.corpus import Halves, halves
from m3w_builder.flamingo.evidence import Verdict, judge, measure
from m3w_builder.flamingo.tokenizer import train_tokenizer


def validate(build: str, config: ValidateConfig, echo: Callable[[str], None] = print) -> Verdict:
    """Judge a build's shards; writes BUILD/validate/verdict.json and verdict.txt. Raises BuildError without shards."""
    started = time.monotonic()
    parted = halves(build, config.side, int(config.documents * config.budget), config.least, config.held_out)
    echo(
        f"{len(parted.train.pages)} documents with {len(parted.train.pictures)} pictures to train on, "
        f"{len(parted.held_out.pages)} held out {parted.how}"
    )
    if len(parted.held_out.pages) < config.undecided:
        verdict = too_small(parted, config)
    else:
        with tempfile.TemporaryDirectory(prefix="m3w-validate-") as folder:
            verdict = run(parted, config, folder, echo)
            keep(os.path.join(folder, "model"), storage.join(build, "validate", "model"))
    verdict.figures["seconds"] = round(time.monotonic() - started, 1)
    verdict.figures["config"] = asdict(config)
    storage.write_json(storage.join(build, "validate", "verdict.json"), asdict(verdict))
    storage.write_bytes(storage.join(build, "validate", "verdict.txt"), (verdict.text + "\n").encode())
    return verdict


def keep(folder: str, url: str) -> None:
    """Copy the trained model into the build: `m3w chat` and `m3w evaluate` take it from there."""
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as stream:
            storage.write_bytes(storage.join(url, name), stream.read())


def too_small(parted: Halves, config: ValidateConfig) -> Verdict:
    """What is said of a corpus that can't be judged."""
    documents = len(parted.held_out.pages)
    if parted.leaked > config.most_leaked * (documents + parted.leaked) and parted.leaked >= 20:
        reason = (
            f"{parted.leaked} of {documents + parted.leaked} held-out documents share a picture with those trained on"
        )
        return Verdict(False, "leaked", f"{reason}: drop duplicates first (dedup)", figures_of(parted))
    reason = (
        f"{documents} held-out documents with pictures, and {config.undecided} are needed: build from more pages "
        f"(about {config.undecided * 6} documents with pictures in all), or lower `validate.undecided`"
    )
    return Verdict(False, "undecided", reason, figures_of(parted))


def figures_of(parted: Halves) -> dict[str, Any]:
    return {
        "documents": len(parted.train.pages),
        "pictures": len(parted.train.pictures),
        "held_out": len(parted.held_out.pages),
        "held_out_pictures": len(parted.held_out.pictures),
        "held_out_how": parted.how,
        "leaked": parted.leaked,
    }


def run(parted: Halves, config: ValidateConfig, folder: str, echo: Callable[[str], None]) -> Verdict:
    """Train all models in two one-thread processes, which beat two threads of one, and judge."""
    from m3w_builder.flamingo import workers

    texts = (piece for page in parted.train.pages for piece in page.pieces if isinstance(piece, str))
    tokenizer = train_tokenizer(texts, config.vocabulary)
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as stream:
        stream.write(tokenizer.to_json())
    for name, corpus in (("train", parted.train), ("held_out", parted.held_out)):
        workers.save(os.path.join(folder, f"{name}.npz"), corpus, config, tokenizer)
    started = time.monotonic()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        language = pool.submit(workers.language_side, folder, config)
        tower = pool.submit(workers.tower_side, folder, config)
        language_loss, scan = language.result(), tower.result()
        before = time.monotonic()
        echo(f"language model and vision tower trained on the corpus in {before - started:.0f} s; {scan.words}")
        true, control = pool.map(workers.flamingo_side, [folder] * 2, [config] * 2, [False, True])
    steps = workers.scaled(config.steps, config)
    echo(f"true model and control trained side by side, {steps} steps, in {time.monotonic() - before:.0f} s")
    windows, *_ = workers.load(os.path.join(folder, "held_out.npz"))
    figures = figures_of(parted) | {"language_loss": language_loss}
    figures |= measure(windows, true, control, tokenizer, config)
    for word in figures["words"]:
        word["page"] = parted.held_out.pages[word["page"]].key
    return judge(figures, scan, config)
