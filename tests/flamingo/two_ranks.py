"""Run by torchrun as two ranks: trains copied, parted, and parted with a stop; leaves the weights of each."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

sys.path.insert(0, str(Path(__file__).parent))
from test_train import CONFIG, Feed, model

from m3w_builder.flamingo.train import fit, join_group
from m3w_builder.shards.loader import Mixture


def main(folder: Path) -> None:
    rank = join_group()

    def trained(name: str, spread: str, *stops: int) -> None:
        for steps in stops:
            flamingo = model()
            feed = Mixture({"a": (Feed(1000 * rank), 1.0)})  # type: ignore[dict-item]
            config = replace(CONFIG, steps=steps, save_every=2, spread=spread)
            fit(flamingo, feed, config, str(folder / name), lambda _: None)
        whole = get_model_state_dict(flamingo, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
        if rank == 0:
            torch.save({n: v for n, v in whole.items() if n in model().trained()}, folder / f"{name}.pt")
        dist.barrier()

    trained("ddp", "ddp", 4)
    trained("fsdp", "fsdp", 4)
    trained("fsdp-resumed", "fsdp", 2, 4)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
