"""A Flamingo trained on a build from nothing: the two small frozen models first, then what stands between them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace

import torch.distributed as dist

from m3w_builder import storage
from m3w_builder.flamingo import checkpoint, workers
from m3w_builder.flamingo.config import TrainConfig, ValidateConfig
from m3w_builder.flamingo.corpus import halves
from m3w_builder.flamingo.tokenizer import Tokenizer, train_tokenizer
from m3w_builder.flamingo.train import fit, join_group
from m3w_builder.shards.loader import Interleaved, Loader, Mixture, find
from m3w_builder.shards.transform import Resized
from m3w_builder.shards.window import Sampling


def train(build: str, config: TrainConfig, echo: Callable[[str], None] = print) -> str:
    """Train on a build's train split and write BUILD/train/model, a checkpoint; its folder. Goes on where it stopped.

    The frozen models are trained by the first process alone and kept in BUILD/train/frozen.
    """
    folder = storage.join(build, "train")
    frozen = os.path.join(folder, "frozen")
    how = replace(config.validate, length=config.length, near=config.length, seed=config.seed)
    rank = join_group()
    if rank == 0 and not os.path.exists(frozen):
        prepare(build, frozen, how, echo)
    if dist.is_initialized():
        dist.barrier()
    tokenizer = workers.tokenizer(frozen)
    model = workers.assemble(frozen, how)
    mixture = Mixture({"corpus": (stream(build, tokenizer, config, rank), 1.0)})
    progress = fit(model, mixture, config, folder, echo)
    target = storage.join(folder, "model")
    if rank == 0:
        notes = {"trained by": "m3w train", "steps": progress.step, "tokens": progress.tokens, "loss": progress.loss}
        checkpoint.save(target, model, tokenizer, workers.tower_sizes(how), notes)
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


def stream(build: str, tokenizer: Tokenizer, config: TrainConfig, rank: int) -> Loader:
    """The train split's windows, sampled as the paper has it; each rank reads its share."""
    dataset = Interleaved(
        find(build),
        tokenizer,
        Resized(config.validate.side),
        batch=config.batch,
        sampling=Sampling(config.length, config.pictures, config.next_probability),
        seed=config.seed,
        rank=rank,
        ranks=dist.get_world_size() if dist.is_initialized() else 1,
    )
    return Loader(dataset, config.workers)
