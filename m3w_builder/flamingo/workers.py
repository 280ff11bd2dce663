"""What the two processes of a validation run: each half of the training, from and to files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from m3w_builder.flamingo import checkpoint, hugging_face, pretrain, side
from m3w_builder.flamingo.align import Scan, Texts, scan, short_texts
from m3w_builder.flamingo.config import TowerConfig, ValidateConfig
from m3w_builder.flamingo.corpus import Corpus
from m3w_builder.flamingo.language import Language
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.flamingo.sequences import Windows, lay_out
from m3w_builder.flamingo.tokenizer import Tokenizer, load_tokenizer, train_tokenizer
from m3w_builder.flamingo.vision import Tower, small_clip, tower

SCAN_TOKENS = 32
"""Tokens of a text that the contrast reads."""

DEALT = 1000
"""Added to the seed where pictures are dealt out anew, so that it is another deal than the control's."""

SCAN_TEXTS = 3
"""Such texts that are read of each chunk, with its last one: whole articles need not be."""


def save(path: str, corpus: Corpus, config: ValidateConfig, how: Tokenizer) -> None:
    """A corpus as arrays: its windows, its short texts, its pictures and their pages."""
    windows = lay_out(corpus.pages, how, config.length, config.pictures, config.near)
    texts = short_texts(corpus.pages, how, SCAN_TOKENS, SCAN_TEXTS)
    arrays = {f"windows.{name}": getattr(windows, name) for name in Windows.__slots__}
    arrays |= {f"texts.{name}": getattr(texts, name) for name in Texts.__slots__}
    np.savez(path, pictures=corpus.array, owners=corpus.owners, **arrays)


def load(path: str) -> tuple[Windows, Texts, NDArray[np.uint8], NDArray[np.int64]]:
    """The reverse of `save`."""
    with np.load(path) as arrays:
        windows = Windows(**{name: arrays[f"windows.{name}"] for name in Windows.__slots__})
        texts = Texts(**{name: arrays[f"texts.{name}"] for name in Texts.__slots__})
        texts.pad = int(texts.pad)
        return windows, texts, arrays["pictures"], arrays["owners"]


def make_tokenizer(folder: str, texts: Iterable[str], config: ValidateConfig) -> Tokenizer:
    """The language model's own where it is pretrained, else one trained on the texts; it is left in the folder."""
    name = config.language.pretrained
    made = hugging_face.tokenizer_of(name) if name else train_tokenizer(texts, config.vocabulary)
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as stream:
        stream.write(made.to_json())
    return made


def tokenizer(folder: str) -> Tokenizer:
    with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as stream:
        return load_tokenizer(stream.read())


def tower_sizes(config: ValidateConfig) -> TowerConfig:
    """The tower's sizes, fitted to the pictures and the short texts."""
    return replace(config.tower, side=config.side, context=SCAN_TOKENS)


def scaled(steps: int, config: ValidateConfig) -> int:
    """Steps within the budget."""
    return max(1, round(steps * config.budget))


def language_side(folder: str, config: ValidateConfig) -> float:
    """Train the language model on the texts; its last losses' mean, in nats a token, NaN where nothing is trained."""
    torch.set_num_threads(1)
    if config.language.pretrained or os.path.exists(os.path.join(folder, "language.pt")):
        return float("nan")  # another copy of the corpus left it here
    windows, *_ = load(os.path.join(folder, "train.npz"))
    sizes = replace(config.language, vocabulary=tokenizer(folder).size)
    how = replace(config.pretrain, language_steps=scaled(config.pretrain.language_steps, config))
    model, losses = pretrain.train_language(windows, sizes, how, config.seed)
    torch.save(model.state_dict(), os.path.join(folder, "language.pt"))
    return float(np.mean(losses[-20:]))


def tower_side(folder: str, config: ValidateConfig) -> Scan:
    """Train the vision tower by contrast, keep its features of every picture, and scan the held-out documents."""
    torch.set_num_threads(1)
    (_, texts, pictures, owners), other = (load(os.path.join(folder, f"{name}.npz")) for name in ("train", "held_out"))
    sizes = tower_sizes(config)
    how = replace(config.pretrain, tower_steps=scaled(config.pretrain.tower_steps, config))
    size = tokenizer(folder).size
    _, other_texts, other_pictures, other_owners = other
    if not sizes.pretrained:
        clip, _ = pretrain.train_tower(pictures, owners, texts, sizes, size, how, config.seed)
        torch.save(clip.state_dict(), os.path.join(folder, "clip.pt"))
        given = Tower(clip.visual)
    else:
        given = tower(sizes, size).eval()
    means = []
    for name, array in (("train", pictures), ("held_out", other_pictures)):
        grey = np.full((1, *array.shape[1:]), 128, np.uint8)  # the last row: what a place without a picture shows
        features = pretrain.features(given, np.concatenate([array, grey]))
        torch.save(features, os.path.join(folder, f"{name}.features.pt"))
        means.append(features[:-1].float().mean(1).numpy())
    if sizes.pretrained:  # what is frozen can't be trained by contrast: a head on it is
        clip, _ = pretrain.train_tower(means[0], owners, texts, sizes, size, how, config.seed)
        return scan(*pretrain.similarities(clip, means[1], other_owners, other_texts))
    return scan(*pretrain.similarities(clip, other_pictures, other_owners, other_texts))


def assemble(folder: str, config: ValidateConfig) -> Flamingo:
    """A Flamingo over the two frozen models of the folder."""
    words = tokenizer(folder)
    tokens = words.size
    language: Any
    if config.language.pretrained:
        language = hugging_face.load(config.language.pretrained, words)
    else:
        language = Language(replace(config.language, vocabulary=tokens))
        language.load_state_dict(torch.load(os.path.join(folder, "language.pt"), weights_only=True))
    sizes = tower_sizes(config)
    if sizes.pretrained:
        given = tower(sizes, tokens)
    else:
        clip = small_clip(sizes, tokens)
        clip.load_state_dict(torch.load(os.path.join(folder, "clip.pt"), weights_only=True))
        given = Tower(clip.visual)
    torch.manual_seed(config.seed)
    # A Resampler as wide as a large tower would cost more than all else: such tokens are projected first.
    width = config.model.resampler_width or min(given.width, language.width)
    return Flamingo(given, language, replace(config.model, resampler_width=width))


def flamingo_side(folder: str, config: ValidateConfig, role: str) -> dict[str, Any]:
    """Train one model; per-token losses of the held-out windows, by what pictures they showed.

    The "true" model sees the documents as they are, the "control" pictures that were swapped between documents, the
    "bad" one (of the canary) documents whose pictures were dealt out anew, in training and after.
    """
    torch.set_num_threads(1)
    windows, _, _, owners = load(os.path.join(folder, "train.npz"))
    features = torch.load(os.path.join(folder, "train.features.pt"), weights_only=True)
    if role != "true":
        windows.pictures_WP = side.swapped(windows, owners, config.seed + (DEALT if role == "bad" else 0))
    model = assemble(folder, config)
    trained = side.train(
        model, windows, features, scaled(config.steps, config), config.rate, config.batch_tokens, config.seed
    )
    held_out, _, _, owners = load(os.path.join(folder, "held_out.npz"))
    features = torch.load(os.path.join(folder, "held_out.features.pt"), weights_only=True)
    shown = {"own": held_out.pictures_WP}
    if role == "true":
        notes = {"trained by": "m3w validate", "steps": len(trained), "seed": config.seed}
        checkpoint.save(os.path.join(folder, "model"), model, tokenizer(folder), tower_sizes(config), notes)
        shown |= {"blank": side.blank(held_out), "within": side.rotated(held_out)}
        shown |= {
            f"swapped{draw}": side.swapped(held_out, owners, config.seed + 1 + draw) for draw in range(config.swaps)
        }
    else:
        shown["dealt"] = side.swapped(held_out, owners, config.seed + DEALT)
    found: dict[str, Any] = {"training": trained}
    for name, pictures in shown.items():
        found[name] = side.losses(model, replace(held_out, pictures_WP=pictures), features)
    return found
