"""`m3w validate`: trains a small Flamingo on a build's shards and says whether pictures and texts belong together.

Two models are trained side by side, in a process each: the true one, and a control that is alike but for its
pictures, which were swapped between documents. What the true one then knows better of held-out documents is what
the corpus' pictures tell about its texts: the net gain. Steps are fixed, so that a busy machine judges alike.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

from m3w_builder import storage
from m3w_builder.flamingo import processes
from m3w_builder.flamingo.config import ValidateConfig
from m3w_builder.flamingo.corpus import Halves, halves
from m3w_builder.flamingo.evidence import Verdict, judge, measure, others


def validate(
    build: str,
    config: ValidateConfig,
    echo: Callable[[str], None] = print,
    language: str = "",
    crew: Callable[[], AbstractContextManager[Executor]] = processes.pair,
) -> Verdict:
    """Judge a build's shards; writes BUILD/validate/verdict.json and verdict.txt. Raises BuildError without shards.

    `language` is a folder that keeps the tokenizer and the language model, which the next validation then takes from
    there: corrupted copies of one corpus start from the same. `crew` is who does the work.
    """
    started = time.monotonic()
    parted = halves(build, config.side, int(config.documents * config.budget), config.least, config.held_out)
    echo(
        f"{len(parted.train.pages)} documents with {len(parted.train.pictures)} pictures to train on, "
        f"{len(parted.held_out.pages)} held out {parted.how}"
    )
    verdict = untrained(parted, config)
    if verdict is None:
        with tempfile.TemporaryDirectory(prefix="m3w-validate-") as folder:
            take_over(language, folder)
            verdict = run(parted, config, folder, echo, storage.join(build, "validate"), crew)
            take_over(folder, language)
            keep(os.path.join(folder, "model"), storage.join(build, "validate", "model"))
    verdict.figures["seconds"] = round(time.monotonic() - started, 1)
    verdict.figures["config"] = asdict(config)
    storage.write_json(storage.join(build, "validate", "verdict.json"), asdict(verdict))
    storage.write_bytes(storage.join(build, "validate", "verdict.txt"), (verdict.text + "\n").encode())
    return verdict


SHARED = ("tokenizer.json", "language.pt")
"""What copies of a corpus may share."""


def take_over(source: str, target: str) -> None:
    """Copy what copies of a corpus share from one folder to another, where it is there and not there yet."""
    for name in SHARED if source and target else ():
        old, new = os.path.join(source, name), os.path.join(target, name)
        if os.path.exists(old) and not os.path.exists(new):
            os.makedirs(target, exist_ok=True)
            shutil.copyfile(old, new)


def keep(folder: str, url: str) -> None:
    """Copy the trained model into the build: `m3w chat` and `m3w evaluate` take it from there."""
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as stream:
            storage.write_bytes(storage.join(url, name), stream.read())


def untrained(parted: Halves, config: ValidateConfig) -> Verdict | None:
    """What is said of a corpus on which no training would tell anything: copies show in no gain, only in hashes."""
    documents, trained = len(parted.held_out.pages), len(parted.train.pages)
    figures = figures_of(parted)
    if parted.repeated >= 20 and parted.repeated > config.most_repeated * trained:
        reason = f"{parted.repeated} of {trained} documents trained on hold only pictures of others: drop duplicates"
        return Verdict(False, "duplicated", reason, figures)
    if parted.leaked >= 20 and parted.leaked > config.most_leaked * (documents + parted.leaked):
        reason = (
            f"{parted.leaked} of {documents + parted.leaked} held-out documents share a picture with those trained on"
        )
        return Verdict(False, "leaked", f"{reason}: drop duplicates first (dedup)", figures)
    if parted.plain > config.most_plain:
        reason = f"{100 * parted.plain:.0f} % of the pictures are of one colour all over: they show nothing"
        return Verdict(False, "blank", reason, figures)
    if documents < config.undecided:
        reason = (
            f"{documents} held-out documents with pictures, and {config.undecided} are needed: build from more pages "
            f"(about {config.undecided * 6} documents with pictures in all), or lower `validate.undecided`"
        )
        return Verdict(False, "undecided", reason, figures)
    return None


def figures_of(parted: Halves) -> dict[str, Any]:
    return {
        "documents": len(parted.train.pages),
        "pictures": len(parted.train.pictures),
        "held_out": len(parted.held_out.pages),
        "held_out_pictures": len(parted.held_out.pictures),
        "held_out_how": parted.how,
        "leaked": parted.leaked,
        "repeated": parted.repeated,
        "plain": round(parted.plain, 4),
    }


def run(
    parted: Halves,
    config: ValidateConfig,
    folder: str,
    echo: Callable[[str], None],
    out: str,
    crew: Callable[[], AbstractContextManager[Executor]],
) -> Verdict:
    """Train all models in two one-thread processes, which beat two threads of one, and judge; words go to `out`."""
    from m3w_builder.flamingo import canary, words, workers  # torch takes seconds to import

    if not os.path.exists(os.path.join(folder, "tokenizer.json")):
        texts = (piece for page in parted.train.pages for piece in page.pieces if isinstance(piece, str))
        workers.make_tokenizer(folder, texts, config)
    tokenizer = workers.tokenizer(folder)
    for name, corpus in (("train", parted.train), ("held_out", parted.held_out)):
        workers.save(os.path.join(folder, f"{name}.npz"), corpus, config, tokenizer)
    started = time.monotonic()
    with crew() as pool:
        tower = pool.submit(workers.tower_side, folder, config)
        language = pool.submit(workers.language_side, folder, config)
        cage = os.path.join(folder, "canary")
        ready = pool.submit(canary.prepare, cage, config) if config.canary else None
        language_loss, scan = language.result(), tower.result()
        before = time.monotonic()
        echo(f"language model and vision tower trained on the corpus in {before - started:.0f} s; {scan.words}")
        sides = [pool.submit(workers.flamingo_side, folder, config, role) for role in ("true", "control")]
        if ready:
            following = ready.result()
            birds = {role: pool.submit(canary.side, cage, config, role) for role in canary.ROLES}
        true, control = (one.result() for one in sides)
        steps = workers.scaled(config.steps, config)
        echo(f"true model and control trained side by side, {steps} steps, in {time.monotonic() - before:.0f} s")
        if ready:
            losses = {role: bird.result() for role, bird in birds.items()}
            tried = canary.found(cage, following, losses, config.seed)
            echo(f"canary: known good documents gain {tried.good.nats:+.3f}, known bad ones {tried.bad.nats:+.3f}")
    windows, *_ = workers.load(os.path.join(folder, "held_out.npz"))
    figures = figures_of(parted) | {"language_loss": language_loss}
    figures |= measure(windows, true, control, config)
    if ready:
        figures["canary"] = asdict(tried)
    saved_WT = others(true) - true["own"]
    keys = [page.key for page in parted.held_out.pages]
    figures["words"] = words.write(out, words.profit(windows, saved_WT, tokenizer), parted.held_out.pictures, keys)
    return judge(figures, scan, config)
