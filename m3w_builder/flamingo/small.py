"""A Flamingo trained on a build from nothing: the two small frozen models first, then what stands between them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from m3w_builder import storage
from m3w_builder.flamingo import checkpoint, side, workers
from m3w_builder.flamingo.config import TrainConfig, ValidateConfig
from m3w_builder.flamingo.corpus import halves
from m3w_builder.flamingo.sequences import Windows, batches
from m3w_builder.flamingo.tokenizer import train_tokenizer
from m3w_builder.flamingo.train import Batch, Source, fit, join_group


def train(build: str, config: TrainConfig, echo: Callable[[str], None] = print) -> str:
    """Train on a build's train split and write BUILD/train/model, a checkpoint; its folder. Goes on where it stopped.

    The frozen models are trained by the first process alone and kept in BUILD/train/frozen.
    """
    folder = storage.join(build, "train")
    frozen = os.path.join(folder, "frozen")
    how = replace(
        config.validate,
        length=config.length,
        pictures=config.pictures,
        near=config.near,
        documents=config.documents,
        seed=config.seed,
    )
    rank = join_group()
    if rank == 0 and not os.path.exists(frozen):
        prepare(build, frozen, how, echo)
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
    windows, *_ = workers.load(os.path.join(frozen, "train.npz"))
    features = torch.load(os.path.join(frozen, "train.features.pt"), weights_only=True)
    model = workers.assemble(frozen, how)
    progress = fit(model, {"corpus": (feed(windows, features, config, rank), 1.0)}, config, folder, echo)
    target = storage.join(folder, "model")
    if rank == 0:
        notes = {"trained by": "m3w train", "steps": progress.step, "tokens": progress.tokens, "loss": progress.loss}
        checkpoint.save(target, model, workers.tokenizer(frozen), workers.tower_sizes(how), notes)
    return target


def prepare(build: str, folder: str, config: ValidateConfig, echo: Callable[[str], None]) -> None:
    """Tokenizer, language model, tower and the tower's features of every picture, into a folder."""
    parted = halves(build, config.side, config.documents, config.least, config.held_out)
    work = f"{folder}.part"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    texts = (piece for page in parted.train.pages for piece in page.pieces if isinstance(piece, str))
    tokenizer = train_tokenizer(texts, config.vocabulary)
    with open(os.path.join(work, "tokenizer.json"), "w", encoding="utf-8") as stream:
        stream.write(tokenizer.to_json())
    for name, corpus in (("train", parted.train), ("held_out", parted.held_out)):
        workers.save(os.path.join(work, f"{name}.npz"), corpus, config, tokenizer)
    loss = workers.language_side(work, config)
    echo(f"language model trained on {len(parted.train.pages)} documents: {loss:.3f} nats a token")
    found = workers.tower_side(work, config)
    echo(f"vision tower trained on {len(parted.train.pictures)} pictures: {found.words}")
    os.rename(work, folder)  # whole, or not there


def feed(windows: Windows, features: Tensor, config: TrainConfig, rank: int) -> Source:
    """Batches of windows kept in memory; each rank has an order of its own."""

    def source(step: int) -> Iterator[Batch]:
        lengths = windows.lengths_W
        order = batches(lengths, config.batch_tokens, config.seed * 1000 + rank)
        for _ in range(step):
            next(order)
        for rows in order:
            tokens, looks, labels, seen = side.take(windows, rows, features, lengths)
            yield Batch(tokens, looks, labels, seen)

    return source
