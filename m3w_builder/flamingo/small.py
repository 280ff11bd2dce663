"""A Flamingo trained on a build from nothing: the two small frozen models first, then what stands between them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace

import torch
import torch.distributed as dist
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint, workers
from m3w_builder.flamingo.clips import Clips, pairs
from m3w_builder.flamingo.config import TowerConfig, TrainConfig, ValidateConfig
from m3w_builder.flamingo.corpus import halves
from m3w_builder.flamingo.hugging_face import HuggingFace
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.flamingo.tokenizer import Tokenizer
from m3w_builder.flamingo.train import fit, join_group
from m3w_builder.shards.loader import Interleaved, Loader, Mixture, find
from m3w_builder.shards.transform import Resized
from m3w_builder.shards.window import Sampling


def train(build: str, config: TrainConfig, echo: Callable[[str], None] = print) -> str:
    """Train on a build's train split and write BUILD/train/model, a checkpoint; its folder. Goes on where it stopped.

    The frozen models are trained by the first process alone and kept in BUILD/train/frozen. Raises ConfigError where
    the build is not on this machine and `config.out` names no folder that is.
    """
    folder = (config.out or storage.join(build, "train")).removeprefix("file://")
    if not storage.is_local(folder):
        raise ConfigError(f"{folder}: a training writes into a local folder; name one with `out=FOLDER`")
    rank = join_group()
    model, tokenizer, tower = begin(build, os.path.join(folder, "frozen"), config, rank, echo)
    if isinstance(model.language, HuggingFace) and config.spread != "fsdp":
        model.language.train_marks()
    device = torch.device(f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu")
    corpora = {"corpus": (build, config.weight), **{name: (name, weight) for name, weight in config.others.items()}}
    mixture = Mixture(
        {name: (stream(url, tokenizer, config, tower.side, rank), weight) for name, (url, weight) in corpora.items()}
    )
    progress = fit(model.to(device), mixture, config, folder, echo)
    target = storage.join(folder, "model")
    notes = {"trained by": "m3w train", "steps": progress.step, "tokens": progress.tokens, "loss": progress.loss}
    weights = get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
    if rank == 0:
        checkpoint.save(target, model, tokenizer, tower, notes, weights)
    if dist.is_initialized():
        dist.barrier()
    return target


def begin(
    build: str, frozen: str, config: TrainConfig, rank: int, echo: Callable[[str], None]
) -> tuple[Flamingo, Tokenizer, TowerConfig]:
    """The model to train: a checkpoint's, or one over frozen models that the first process trains and keeps."""
    if config.start:
        return *checkpoint.load(config.start), checkpoint.tower_of(config.start)
    how = replace(config.validate, length=config.length, near=config.length, seed=config.seed)
    if rank == 0 and not os.path.exists(frozen):
        prepare(build, frozen, how, echo)
    if dist.is_initialized():
        dist.barrier()
    return workers.assemble(frozen, how), workers.tokenizer(frozen), workers.tower_sizes(how)


def prepare(build: str, folder: str, config: ValidateConfig, echo: Callable[[str], None]) -> None:
    """Tokenizer, language model and tower, into a folder."""
    parted = halves(build, config.side, config.documents, config.least, config.held_out)
    work = f"{folder}.part"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    texts = (piece for page in parted.train.pages for piece in page.pieces if isinstance(piece, str))
    tokenizer = workers.make_tokenizer(work, texts, config)
    for name, corpus in (("train", parted.train), ("held_out", parted.held_out)):
        workers.save(os.path.join(work, f"{name}.npz"), corpus, config, tokenizer)
    loss = workers.language_side(work, config)
    if not config.language.pretrained:
        echo(f"language model trained on {len(parted.train.pages)} documents: {loss:.3f} nats a token")
    found = workers.tower_side(work, config)
    echo(f"vision tower trained on {len(parted.train.pictures)} pictures: {found.words}")
    for name in os.listdir(work):
        if name.endswith((".npz", ".features.pt")):  # what they were trained on
            os.remove(os.path.join(work, name))
    os.rename(work, folder)  # whole, or not there


def stream(build: str, tokenizer: Tokenizer, config: TrainConfig, side: int, rank: int) -> Loader | Clips:
    """The train split's windows, sampled as the paper has it, or a folder's videos; each rank reads its share."""
    ranks = dist.get_world_size() if dist.is_initialized() else 1
    if told := pairs(build):
        frames, batch = config.validate.model.max_frames, max(1, config.batch // 4)
        return Clips(told, tokenizer, side, frames, config.length, batch, config.seed, rank, ranks)
    dataset = Interleaved(
        find(build),
        tokenizer,
        Resized(side),
        batch=config.batch,
        sampling=Sampling(config.length, config.pictures, config.next_probability),
        seed=config.seed,
        rank=rank,
        ranks=ranks,
    )
    return Loader(dataset, config.workers)
