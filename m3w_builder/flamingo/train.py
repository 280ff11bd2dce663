"""`m3w train`: trains a Flamingo on a build's shards, alone or under torchrun, and goes on exactly where it stopped."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import state
from m3w_builder.flamingo.config import TrainConfig
from m3w_builder.flamingo.features import Features
from m3w_builder.flamingo.model import Flamingo, mean_loss
from m3w_builder.flamingo.processes import keep_memory
from m3w_builder.flamingo.state import Progress
from m3w_builder.shards.loader import Mixture


def fit(
    model: Flamingo,
    mixture: Mixture,
    config: TrainConfig,
    folder: str,
    echo: Callable[[str], None] = print,
) -> Progress:
    """Train what is not frozen. In every step the weighted gradients of all the mixture's corpora are summed.

    Writes FOLDER/state.pt, from which the next call goes on, a line a step into FOLDER/metrics.jsonl, and the same for
    TensorBoard where that is installed. A batch's pictures are (B, P, C, H, W), or (B, P, F, C, H, W) for videos; what
    a frozen tower says of them is kept in FOLDER/features-RANK.sqlite.
    """
    torch.manual_seed(config.seed)
    keep_memory()
    rank = join_group()
    unfreeze(model, config.unfreeze)
    kept = keeps(model, config, folder, rank)
    runner = spread(model, config.spread, whole_tower=kept is not None)
    optimiser = torch.optim.AdamW(groups(model, config.decay), lr=config.rate, betas=(0.9, 0.999), fused=True)
    progress = state.resume(model, optimiser, mixture, folder, rank)
    board = state.Board(folder, progress.step) if rank == 0 else None
    model.train()
    steps = iter(mixture)
    started, seen = time.monotonic(), progress.tokens
    while progress.step < config.steps:
        optimiser.zero_grad(set_to_none=True)
        losses = gradients(runner, steps, config, progress, kept)
        norm = nn.utils.clip_grad_norm_((p for p in model.parameters() if p.grad is not None), config.clip)
        for group in optimiser.param_groups:
            group["lr"] = config.rate * min(1.0, (progress.step + 1) / max(1, config.warm_up))
        optimiser.step()
        progress.step += 1
        speed = (progress.tokens - seen) / max(1e-9, time.monotonic() - started)
        entry = measures(model, progress, losses, whole(norm), speed)  # gathers from all ranks
        if board:
            board.note(entry)
        if progress.step % config.save_every == 0 or progress.step == config.steps:
            state.save(model, optimiser, mixture, progress, folder, rank)
            if rank == 0:
                echo(f"step {progress.step} of {config.steps}: loss {progress.loss:.3f}, {speed:,.0f} tokens/s")
    if board:
        board.close()
    if kept:
        kept.close()
    model.eval()
    return progress


def gradients(
    runner: nn.Module, steps: Iterator[Any], config: TrainConfig, progress: Progress, kept: Features | None
) -> dict[str, float]:
    """Add up the gradients of one step, `accumulate` batches of each corpus; the mean loss of each corpus."""
    losses: dict[str, float] = {}
    ranks = dist.get_world_size() if dist.is_initialized() else 1
    device = next(runner.parameters()).device
    progress.loss = 0.0
    parts = [part for _ in range(config.accumulate) for part in next(steps)]
    for number, (name, weight, batch) in enumerate(parts):
        pictures = batch.pictures_BPCHW
        seen = pictures if pictures.ndim == 6 else pictures.unsqueeze(2)
        if kept:
            with precision(device.type, config.bf16):
                seen = kept(seen)
        batch = replace(batch, pictures_BPCHW=seen).to(device)
        # Gradients travel between ranks once a step, with the last batch.
        waits = isinstance(runner, DistributedDataParallel) and number + 1 < len(parts)
        pause: Any = runner.no_sync if waits else nullcontext
        with pause(), precision(device.type, config.bf16):
            logits = runner(batch.tokens_BT, batch.looks_at_BT, batch.pictures_BPCHW.float())
            loss = mean_loss(logits, batch.labels_BT)
            (weight / config.accumulate * loss).backward()  # type: ignore[no-untyped-call]
        value = float(loss.detach()) / config.accumulate
        losses[name] = losses.get(name, 0.0) + value
        progress.loss += weight * value
        progress.tokens += batch.tokens_BT.numel() * ranks
    return losses


def unfreeze(model: Flamingo, names: Sequence[str]) -> None:
    """Let parts of the frozen models learn too, named by the beginnings of their parameters' names.

    As "language" (all of it), "language.layers.1" or "vision". Raises ConfigError where none is so named.
    """
    for name in names:
        chosen = [p for own, p in model.named_parameters() if own == name or own.startswith(f"{name}.")]
        if not chosen:
            tops = sorted({own.split(".")[0] for own, _ in model.named_parameters()})
            raise ConfigError(f"train.unfreeze: no parameter is named '{name}…'; the model has {', '.join(tops)}")
        for parameter in chosen:
            parameter.requires_grad_(True)


def keeps(model: Flamingo, config: TrainConfig, folder: str, rank: int) -> Features | None:
    """Where the tower's features are kept; None where it learns, or nothing is to be kept."""
    frozen = not any(parameter.requires_grad for parameter in model.vision.parameters())
    path = os.path.join(folder, f"features-{rank}.sqlite")
    return Features(path, model, config.keep_features) if frozen and config.keep_features > 0 else None


def spread(model: Flamingo, how: str, whole_tower: bool) -> nn.Module:
    """The model as several ranks run it: copied to each (ddp), or parted among them (fsdp); itself where there is one.

    Parted are the layers and blocks one by one, so that a rank holds a whole one only while it computes it. A tower
    whose features are kept stays whole: each rank asks it when it must, and the others don't wait for that.
    """
    if not dist.is_initialized():
        return model
    if how == "ddp":
        return DistributedDataParallel(model, find_unused_parameters=True)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    device = next(model.parameters()).device.type
    mesh = init_device_mesh(device, (dist.get_world_size(),))
    parts: list[nn.Module] = [*model.resampler.layers, *model.blocks.values(), *getattr(model.language, "layers", ())]
    for part in parts if whole_tower else (*parts, model.vision):
        fully_shard(part, mesh=mesh)
    fully_shard(model, mesh=mesh, ignored_params=set(model.vision.parameters()) if whole_tower else None)
    return model


def whole(value: torch.Tensor) -> float:
    """A scalar that may be parted among ranks."""
    return float(value.full_tensor() if isinstance(value, DTensor) else value)


def join_group() -> int:
    """This process's rank; joins the others where torchrun started several."""
    if "RANK" not in os.environ:
        return 0
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return dist.get_rank()


def groups(model: Flamingo, decay: float) -> list[dict[str, Any]]:
    """Decay on matrices, none on the Resampler (appendix B.1.2), on gates and on norms; nor on embeddings of which some
    rows alone are trained."""
    rows = {id(parameter) for parameter in getattr(model.language, "rows", ())}
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            undecayed = name.startswith("resampler.") or parameter.ndim < 2 or id(parameter) in rows
            (free if undecayed else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": decay}, {"params": free, "weight_decay": 0.0}]


def precision(device: str, wanted: bool) -> AbstractContextManager[Any]:
    """bfloat16 where it is wanted and the machine has it."""
    able = device == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device, torch.bfloat16) if wanted and able else nullcontext()


def measures(
    model: Flamingo, progress: Progress, losses: dict[str, float], norm: float, speed: float
) -> dict[str, Any]:
    """What a step left: losses, the gradient's norm, how far the gates have opened (figure 6 of the paper)."""
    gates = [p.detach() for name, p in model.named_parameters() if name.endswith("attention_gate")]
    return {
        "step": progress.step,
        "loss": round(progress.loss, 5),
        "losses": {name: round(value, 5) for name, value in losses.items()},
        "norm": round(norm, 4),
        "tokens": progress.tokens,
        "tokens_per_second": round(speed, 1),
        "gates": [round(abs(math.tanh(whole(gate))), 4) for gate in gates],
    }
