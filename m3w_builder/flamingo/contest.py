"""`m3w compare A B --train`: a small Flamingo trained alike on each of two builds, told apart on the same documents.

A and B may be one build read in two orders: which of them trains better. Both share the tokenizer and all sizes, steps
and seeds. Held out are documents that neither trains on, as the one build has them or as the other, by turns. What
differs is the data alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from m3w_builder.errors import BuildError
from m3w_builder.flamingo import processes, workers
from m3w_builder.flamingo.config import ValidateConfig
from m3w_builder.flamingo.corpus import Corpus, Order, fill, order, sample, samples
from m3w_builder.flamingo.evidence import Gain, gain, per_page
from m3w_builder.flamingo.sequences import NOTHING

SPLITS = ("train", "validation")
Orders = tuple[Order, Order]
"""In which order the documents of each side are read."""
PAGES: Orders = ("page", "page")

FEWEST = 2
"""Documents without which no picture can be swapped with another document's."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the second build's data are worth more than the first's."""

    documents: tuple[int, int]
    """Trained on, of each."""
    held_out: int
    losses: tuple[float, float]
    """Nats a token on the held-out documents, the mean over the seeds."""
    gains: tuple[float, float]
    """Gain over another document's pictures of each, the mean over the seeds."""
    seeds: list[float]
    """The difference of each seed: loss of the first less loss of the second, nats a token."""
    difference: Gain
    """Their mean; the wider of the intervals that documents (bootstrap) and seeds (Student's t) give."""

    @property
    def lines(self) -> list[str]:
        """For the terminal."""
        d = self.difference
        better = "no difference can be told" if d.low <= 0 <= d.high else f"{'B' if d.nats > 0 else 'A'} is better"
        return [
            f"trained alike on {self.documents[0]} documents of A and {self.documents[1]} of B, "
            f"{len(self.seeds)} seeds, {self.held_out} documents held out of both",
            f"  loss in nats a token: A {self.losses[0]:.4f}, B {self.losses[1]:.4f}",
            f"  gain over another document's pictures: A {self.gains[0]:+.4f}, B {self.gains[1]:+.4f}",
            f"  A's loss less B's, paired: {d.nats:+.4f} [{d.low:+.4f}, {d.high:+.4f}]; by seed "
            + ", ".join(f"{value:+.4f}" for value in self.seeds),
            f"  {better}",
        ]


def compare(
    first: str,
    second: str,
    config: ValidateConfig,
    seeds: Sequence[int],
    echo: Callable[[str], None] = print,
    orders: Orders = PAGES,
) -> Outcome:
    """Train on both and compare; raises BuildError where a build has no sample, where fewer than `config.undecided`
    documents with pictures can be held out or trained on, or an order by similarity is asked of documents without any.
    """
    trained, held_out = part((first, second), config, orders)
    counts = {
        "can be held out of both builds": len(held_out.pages),
        f"are left of {first} to train on": len(trained[0].pages),
        f"are left of {second} to train on": len(trained[1].pages),
    }
    needed = max(FEWEST, config.undecided)
    for what, count in counts.items():
        if count < needed:
            raise BuildError(
                f"{count} documents with pictures {what}, and {needed} are needed (`undecided`): build from more pages"
            )
    echo(f"{len(trained[0].pages)} and {len(trained[1].pages)} documents, {len(held_out.pages)} held out of both")
    losses: list[list[dict[str, Any]]] = []
    with tempfile.TemporaryDirectory(prefix="m3w-contest-") as folder:
        folders = [os.path.join(folder, name) for name in ("a", "b")]
        lay_out(folders, trained, held_out, config)
        with processes.pair() as pool:
            for seed in seeds:
                jobs = [pool.submit(one_side, path, replace(config, seed=seed)) for path in folders]
                losses.append([job.result() for job in jobs])
                echo(f"seed {seed}: both are trained")
        windows, *_ = workers.load(os.path.join(folders[0], "held_out.npz"))
    counted_WT = windows.labels_WT != NOTHING
    counted_WT[:, 0] = False
    tokens = per_page(counted_WT, windows)
    sums = {name: [[per_page(side[name], windows) for side in both] for both in losses] for name in ("own", "swapped0")}
    own = [np.mean([both[side] for both in sums["own"]], axis=0) for side in (0, 1)]
    other = [np.mean([both[side] for both in sums["swapped0"]], axis=0) for side in (0, 1)]
    by_seed = [float((both[0] - both[1]).sum() / tokens.sum()) for both in sums["own"]]
    total = float(tokens.sum())
    return Outcome(
        (len(trained[0].pages), len(trained[1].pages)),
        len(held_out.pages),
        (float(own[0].sum() / total), float(own[1].sum() / total)),
        (float((other[0] - own[0]).sum() / total), float((other[1] - own[1]).sum() / total)),
        by_seed,
        widest(gain(own[0], own[1], tokens, config.seed), by_seed),
    )


def part(builds: tuple[str, str], config: ValidateConfig, orders: Orders = PAGES) -> tuple[list[Corpus], Corpus]:
    """What each build trains on, and the documents held out of both, in the order of the one or of the other by turns;
    those that share a picture with either are not."""
    for build, way in zip(builds, orders, strict=True):
        if way == "similarity" and not aligned(build):
            raise BuildError(
                f"{build}: no picture of it belongs to a text, so it has one order alone: build with `similarity` in "
                "`align`"
            )
    most = int(config.documents * config.budget)
    keys = [sample(build, SPLITS, most + config.held_out) for build in builds]
    for build, own in zip(builds, keys, strict=True):
        if not own:
            raise BuildError(f"{build}: no sample in its shards; finish `m3w build` first")
    ranked = sorted(keys[0] | keys[1], key=lambda key: order(key, "contest"))
    chosen = set(ranked[: min(config.held_out, len(ranked) // 5)])
    trained = [Corpus(), Corpus()]
    for corpus, build, own, way in zip(trained, builds, keys, orders, strict=True):
        for split in SPLITS:
            fill(corpus, build, split, own - chosen, config.side, set(), way)
    known = {value for corpus in trained for page in corpus.pages for value in page.hashes if value}
    shared = keys[0] & keys[1] & chosen
    turn = {key for key in shared if order(key, "turn") < 0.5}
    held_out = Corpus()
    held = ((keys[0] & chosen) - turn, (keys[1] & chosen) - (shared - turn))
    for build, own, way in zip(builds, held, orders, strict=True):
        for split in SPLITS:
            fill(held_out, build, split, own, config.side, known, way)
    return trained, held_out


def aligned(build: str) -> bool:
    """Whether a picture of the build was given a text that it belongs to."""
    return any(image.matched >= 0 for split in SPLITS for one, _ in samples(build, split) for image in one.images)


def lay_out(folders: Sequence[str], trained: Sequence[Corpus], held_out: Corpus, config: ValidateConfig) -> None:
    """One tokenizer for both, and each side's files."""
    texts = (piece for corpus in trained for page in corpus.pages for piece in page.pieces if isinstance(piece, str))
    for folder in folders:
        os.makedirs(folder)
    tokenizer = workers.make_tokenizer(folders[0], texts, config)
    shutil.copy(os.path.join(folders[0], "tokenizer.json"), folders[1])
    for folder, corpus in zip(folders, trained, strict=True):
        workers.save(os.path.join(folder, "train.npz"), corpus, config, tokenizer)
        workers.save(os.path.join(folder, "held_out.npz"), held_out, config, tokenizer)


def one_side(folder: str, config: ValidateConfig) -> dict[str, NDArray[np.float32]]:
    """Train one side from nothing; its losses on the held-out windows."""
    language = os.path.join(folder, "language.pt")
    if os.path.exists(language):  # of the seed before
        os.remove(language)
    workers.language_side(folder, config)
    workers.tower_side(folder, config)
    found = workers.flamingo_side(folder, replace(config, swaps=1), "true")
    return {name: found[name] for name in ("own", "swapped0")}


def widest(over_documents: Gain, by_seed: Sequence[float]) -> Gain:
    """The interval over documents, or Student's over the seeds where that is wider: seeds differ by more than chance
    among documents tells."""
    if len(by_seed) < 2:
        return over_documents
    from scipy.stats import t

    half = float(t.ppf(0.975, len(by_seed) - 1) * np.std(by_seed, ddof=1) / np.sqrt(len(by_seed)))
    nats = over_documents.nats
    return Gain(nats, min(over_documents.low, nats - half), max(over_documents.high, nats + half))
