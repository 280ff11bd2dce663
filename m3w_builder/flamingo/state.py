"""What a training leaves behind: its state, from which it goes on exactly, and its measures, step by step."""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict, set_state_dict

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.shards.loader import Mixture

WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)
"""Weights and optimiser as one process would have them, however they are parted among ranks."""


@dataclass(slots=True)
class Progress:
    """Where a training stands."""

    step: int = 0
    tokens: int = 0
    loss: float = float("nan")


def save(
    model: Flamingo, optimiser: torch.optim.Optimizer, mixture: Mixture, progress: Progress, folder: str, rank: int
) -> None:
    """All that the next step depends on; called by every rank. What was saved before goes when this is whole.

    Each rank keeps its place among the data and its random numbers; the first writes state.pt, last.
    """
    trained, optimised = get_state_dict(model, optimiser, options=WHOLE)
    own = {"data": mixture.state_dict(), "random": torch.get_rng_state().tolist()}
    storage.write_json(storage.join(folder, rank_file(progress.step, rank)), own)
    if dist.is_initialized():
        dist.barrier()
    if rank:
        return
    state = {"trained": trained, "optimiser": optimised, "step": progress.step, "tokens": progress.tokens}
    stream = io.BytesIO()
    torch.save(state, stream)
    storage.write_bytes(storage.join(folder, "state.pt"), stream.getvalue())
    for name in storage.names(folder):
        if name.startswith("rank-") and not name.startswith(f"rank-{progress.step}-"):
            storage.remove(storage.join(folder, name))


def rank_file(step: int, rank: int) -> str:
    return f"rank-{step}-{rank}.json"


def resume(model: Flamingo, optimiser: torch.optim.Optimizer, mixture: Mixture, folder: str, rank: int) -> Progress:
    """Take up the state of a training that was stopped; the beginning where there is none.

    Raises ConfigError where it was of fewer ranks.
    """
    url = storage.join(folder, "state.pt")
    if not storage.exists(url):
        return Progress()
    state = torch.load(io.BytesIO(storage.read_bytes(url)), weights_only=True)
    own = storage.join(folder, rank_file(state["step"], rank))
    if not storage.exists(own):
        raise ConfigError(f"{folder}: the training that was stopped had no rank {rank}; start as many ranks as it had")
    options = StateDictOptions(full_state_dict=True, ignore_frozen_params=True, strict=False)
    set_state_dict(
        model, optimiser, model_state_dict=state["trained"], optim_state_dict=state["optimiser"], options=options
    )
    kept = storage.read_json(own)
    torch.set_rng_state(torch.tensor(kept["random"], dtype=torch.uint8))
    mixture.load_state_dict(kept["data"])
    return Progress(state["step"], state["tokens"])


class Board:
    """A line a step in FOLDER/metrics.jsonl, and the same in FOLDER/tensorboard where that package is installed."""

    def __init__(self, folder: str, step: int) -> None:
        """Steps after `step` will be taken again: what was noted of them goes."""
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(folder, "metrics.jsonl")
        forget(self.path, step)
        self.writer: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        self.writer = SummaryWriter(os.path.join(folder, "tensorboard"), purge_step=step + 1)  # type: ignore[no-untyped-call]

    def note(self, entry: dict[str, Any]) -> None:
        """One step's measures: numbers, lists of numbers, or numbers by name."""
        with open(self.path, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")
        if self.writer is None:
            return
        for name, value in entry.items():
            named = {f"{name}/{key}": number for key, number in items(value)} if isinstance(value, dict | list) else {}
            for key, number in (named or {name: value}).items():
                self.writer.add_scalar(key, number, entry["step"])

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


def items(value: dict[str, float] | list[float]) -> list[tuple[str, float]]:
    """Names, or numbers as names, and values."""
    if isinstance(value, dict):
        return list(value.items())
    return [(str(number), entry) for number, entry in enumerate(value)]


def forget(path: str, step: int) -> None:
    """Drop the lines of steps that will be taken again."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as stream:
            kept = [line for line in stream if json.loads(line)["step"] <= step]
        with open(path, "w", encoding="utf-8") as stream:
            stream.writelines(kept)
