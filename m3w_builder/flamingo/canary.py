"""The canary of a validation: the same instrument tried on documents of the sample web that are known good or bad."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from m3w_builder.flamingo import workers
from m3w_builder.flamingo.config import ValidateConfig
from m3w_builder.flamingo.corpus import Corpus, Page
from m3w_builder.flamingo.evidence import Gain, gain, per_page
from m3w_builder.flamingo.sequences import NOTHING
from m3w_builder.flamingo.tasks import squeeze

TRAIN, HELD_OUT, SIDE = 600, 120, 32
ROLES = ("true", "control", "bad")
"""The models that are trained on it: on good documents, on swapped pictures as any control, on bad documents."""


@dataclass(frozen=True, slots=True)
class Canary:
    """What the instrument says of known documents: good ones, and bad ones whose pictures were dealt out anew."""

    good: Gain
    """Net gain on good documents."""
    bad: Gain
    """Net gain on bad ones."""
    following: float
    """Share of pictures of good documents that the alignment scan finds with the text after them."""


def sizes(config: ValidateConfig) -> ValidateConfig:
    """The validation's own sizes, with small frozen models, half the batch and a part of the steps: texts are short."""
    return replace(
        config,
        side=SIDE,
        budget=config.budget * config.canary,
        batch_tokens=config.batch_tokens // 2,
        swaps=1,
        tower=replace(config.tower, pretrained=""),
        language=replace(config.language, pretrained=""),
    )


def corpus(start: int, end: int, seed: int) -> Corpus:
    """Documents of scenes as the sample web draws and tells of them, one to five each, without its other paragraphs."""
    from m3w_builder.sampleweb.languages import TONGUES
    from m3w_builder.sampleweb.scene import draw_scene, render
    from m3w_builder.sampleweb.tongue import Writer

    made = Corpus()
    for number in range(start, end):
        rng = Random(f"canary {seed} {number}")
        writer = Writer(TONGUES["en"], rng)
        pieces: list[str | int] = [writer.write("title")]
        for _ in range(rng.randint(1, 5)):
            scene = draw_scene(rng)
            pieces += [len(made.pictures), writer.describe(scene)]
            made.pictures.append(squeeze(render(scene), SIDE))
        made.pages.append(Page(f"canary-{number}", "canary.test", pieces, []))
    return made


def prepare(folder: str, config: ValidateConfig) -> float:
    """Draw the documents and train the two frozen models on them; the scan's share of pictures in their places."""
    config = sizes(config)
    os.makedirs(folder)
    train, held_out = corpus(0, TRAIN, config.seed), corpus(TRAIN, TRAIN + HELD_OUT, config.seed)
    texts = (piece for page in train.pages for piece in page.pieces if isinstance(piece, str))
    tokenizer = workers.make_tokenizer(folder, texts, config)
    for name, half in (("train", train), ("held_out", held_out)):
        workers.save(os.path.join(folder, f"{name}.npz"), half, config, tokenizer)
    workers.language_side(folder, config)
    return workers.tower_side(folder, config).shares.get("following", float("nan"))


def side(folder: str, config: ValidateConfig, role: str) -> dict[str, Any]:
    """One of the three models' losses on the held-out documents."""
    return workers.flamingo_side(folder, sizes(config), role)


def found(folder: str, following: float, losses: Mapping[str, Mapping[str, Any]], seed: int) -> Canary:
    """The net gains on good and on bad documents, from the losses of all `ROLES`."""
    windows, *_ = workers.load(os.path.join(folder, "held_out.npz"))
    counted_WT = windows.labels_WT != NOTHING
    counted_WT[:, 0] = False
    tokens = per_page(counted_WT, windows)
    true, control, bad = (losses[role] for role in ROLES)
    return Canary(
        gain(per_page(control["own"], windows), per_page(true["own"], windows), tokens, seed),
        gain(per_page(control["dealt"], windows), per_page(bad["dealt"], windows), tokens, seed),
        following,
    )
