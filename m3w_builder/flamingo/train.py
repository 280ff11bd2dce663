"""`m3w train`: trains a Flamingo on a build's shards, alone or under torchrun, and goes on exactly where it stopped."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from m3w_builder import storage
from m3w_builder.flamingo.config import TrainConfig
from m3w_builder.flamingo.model import Flamingo, mean_loss
from m3w_builder.shards.loader import Mixture


@dataclass(slots=True)
class Progress:
    """Where a training stands."""

    step: int = 0
    tokens: int = 0
    loss: float = float("nan")


def fit(
    model: Flamingo,
    mixture: Mixture,
    config: TrainConfig,
    folder: str,
    echo: Callable[[str], None] = print,
) -> Progress:
    """Train what is not frozen. In every step the weighted gradients of all the mixture's corpora are summed.

    Writes FOLDER/state.pt, from which the next call goes on, and a line a step into FOLDER/metrics.jsonl.
    """
    torch.manual_seed(config.seed)
    rank = join_group()
    device = next(model.parameters()).device
    runner: nn.Module = DistributedDataParallel(model, find_unused_parameters=True) if dist.is_initialized() else model
    optimiser = torch.optim.AdamW(groups(model, config.decay), lr=config.rate, betas=(0.9, 0.999))
    progress = resume(model, optimiser, mixture, folder, rank)
    model.train()
    steps = iter(mixture)
    started, seen = time.monotonic(), progress.tokens
    while progress.step < config.steps:
        optimiser.zero_grad(set_to_none=True)
        losses = {}
        progress.loss = 0.0
        for name, weight, batch in next(steps):
            batch = batch.to(device)
            with precision(device.type, config.bf16):
                features = model.look(batch.pictures_BPCHW.unsqueeze(2))
                loss = mean_loss(runner(batch.tokens_BT, batch.looks_at_BT, features), batch.labels_BT)
            (weight * loss).backward()  # type: ignore[no-untyped-call]
            losses[name] = float(loss.detach())
            progress.loss += weight * losses[name]
            progress.tokens += batch.tokens_BT.numel() * (dist.get_world_size() if dist.is_initialized() else 1)
        norm = nn.utils.clip_grad_norm_((p for p in model.parameters() if p.grad is not None), config.clip)
        for group in optimiser.param_groups:
            group["lr"] = config.rate * min(1.0, (progress.step + 1) / max(1, config.warm_up))
        optimiser.step()
        progress.step += 1
        if progress.step % config.save_every == 0 or progress.step == config.steps:
            storage.write_json(storage.join(folder, f"loader-{rank}.json"), mixture.state_dict())
        if rank == 0:
            speed = (progress.tokens - seen) / max(1e-9, time.monotonic() - started)
            note(folder, measures(model, progress, losses, float(norm), speed))
            if progress.step % config.save_every == 0 or progress.step == config.steps:
                save(model, optimiser, progress, folder)
                echo(f"step {progress.step} of {config.steps}: loss {progress.loss:.3f}, {speed:,.0f} tokens/s")
    model.eval()
    return progress


def join_group() -> int:
    """This process's rank; joins the others where torchrun started several."""
    if "RANK" not in os.environ:
        return 0
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return dist.get_rank()


def groups(model: Flamingo, decay: float) -> list[dict[str, Any]]:
    """Decay on matrices, none on the Resampler (appendix B.1.2), on gates and on norms."""
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            (free if name.startswith("resampler.") or parameter.ndim < 2 else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": decay}, {"params": free, "weight_decay": 0.0}]


def precision(device: str, wanted: bool) -> AbstractContextManager[Any]:
    """bfloat16 where it is wanted and the machine has it."""
    able = device == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device, torch.bfloat16) if wanted and able else nullcontext()


def measures(
    model: Flamingo, progress: Progress, losses: dict[str, float], norm: float, speed: float
) -> dict[str, Any]:
    """What a step left: losses, the gradient's norm, how far the gates have opened (figure 6 of the paper)."""
    gates = [float(p.detach().tanh().abs()) for name, p in model.named_parameters() if name.endswith("attention_gate")]
    return {
        "step": progress.step,
        "loss": round(progress.loss, 5),
        "losses": {name: round(value, 5) for name, value in losses.items()},
        "norm": round(norm, 4),
        "tokens": progress.tokens,
        "tokens_per_second": round(speed, 1),
        "gates": [round(gate, 4) for gate in gates],
    }


def note(folder: str, entry: dict[str, Any]) -> None:
    """Append a line to FOLDER/metrics.jsonl, and to TensorBoard's log where that package is there."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "metrics.jsonl"), "a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry) + "\n")


def save(model: Flamingo, optimiser: torch.optim.Optimizer, progress: Progress, folder: str) -> None:
    """All that the next step depends on, whole or not at all."""
    state = {
        "trained": model.trained(),
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
        "step": progress.step,
        "tokens": progress.tokens,
    }
    stream = io.BytesIO()
    torch.save(state, stream)
    storage.write_bytes(storage.join(folder, "state.pt"), stream.getvalue())


def resume(model: Flamingo, optimiser: torch.optim.Optimizer, mixture: Mixture, folder: str, rank: int) -> Progress:
    """Take up the state of a training that was stopped; the beginning where there is none."""
    url = storage.join(folder, "state.pt")
    if not storage.exists(url):
        return Progress()
    state = torch.load(io.BytesIO(storage.read_bytes(url)), weights_only=True)
    model.load_state_dict(state["trained"], strict=False)
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"])
    mixture.load_state_dict(storage.read_json(storage.join(folder, f"loader-{rank}.json")))
    if rank == 0:
        forget(folder, state["step"])
    return Progress(state["step"], state["tokens"])


def forget(folder: str, step: int) -> None:
    """Drop the lines of steps that will be taken again."""
    path = os.path.join(folder, "metrics.jsonl")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as stream:
            kept = [line for line in stream if json.loads(line)["step"] <= step]
        with open(path, "w", encoding="utf-8") as stream:
            stream.writelines(kept)
