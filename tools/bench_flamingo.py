"""Benchmarks a training step beside open_flamingo's: the same sizes, weights and batches, in turn.

    python tools/bench_flamingo.py [--quick] [--json FILE] [--steps 4] [--rounds 3]

Runs where open_flamingo 2.0.1 and a transformers of 4.33 to 4.37 are installed beside this project's packages, which
its own environment does not have. Sizes are OpenFlamingo's in small: its Resampler (6 layers, 64 latents), a gate
before every second layer, and a tower and a language model whose costs stand to each other as those of ViT-L/14 and a
model of 1 billion parameters. Both freeze the tower and the language model. The tower's features are kept by ours
(pictures come again each epoch), in the file that `m3w train` keeps them in, and can't be kept by theirs; the same step
with the tower run in it is shown too.
Each runs in a process that is set up as its own training sets it up (ours keeps freed memory, processes.keep_memory).
Time is CPU time of one thread, the best round. Goals: 1.5 times their tokens a second; logits within 1e-4 of theirs.
"""

from __future__ import annotations

import functools
import importlib.util
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import bench

if TYPE_CHECKING:
    import torch

    from m3w_builder.flamingo.model import Flamingo

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

GOAL, CLOSE = 1.5, 1e-4
LENGTH, PICTURES, VOCABULARY, EVERY = 256, 5, 4096, 2
END_OF_CHUNK, MEDIA = VOCABULARY - 2, VOCABULARY - 1


@dataclass(frozen=True)
class Sizes:
    """What is made small for machines without an accelerator."""

    batch: int
    side: int
    tower_width: int
    tower_layers: int
    width: int
    layers: int


FULL = Sizes(batch=1, side=224, tower_width=192, tower_layers=12, width=512, layers=6)
QUICK = Sizes(batch=2, side=112, tower_width=96, tower_layers=6, width=256, layers=4)


def tower(sizes: Sizes) -> Any:
    """An open_clip vision transformer of patches of 16 px, random."""
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    vision = CLIPVisionCfg(
        layers=sizes.tower_layers, width=sizes.tower_width, head_width=32, patch_size=16, image_size=sizes.side
    )
    return CLIP(64, vision, CLIPTextCfg(context_length=8, vocab_size=64, width=64, heads=2, layers=1)).eval()


def language(sizes: Sizes) -> Any:
    """A GPT-NeoX, as several of OpenFlamingo's models have, random."""
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    config = GPTNeoXConfig(
        vocab_size=VOCABULARY,
        hidden_size=sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.width // 64,
        intermediate_size=4 * sizes.width,
    )
    return GPTNeoXForCausalLM(config).eval()


def theirs(sizes: Sizes) -> Any:
    """open_flamingo's model, as its factory puts it together, its gates opened; what it trains is unfrozen."""
    import torch
    from open_flamingo.src.flamingo import Flamingo as OpenFlamingo
    from open_flamingo.src.flamingo_lm import FlamingoLMMixin
    from open_flamingo.src.utils import extend_instance

    torch.manual_seed(0)
    clip, model = tower(sizes), language(sizes)
    clip.visual.output_tokens = True
    extend_instance(model, FlamingoLMMixin)
    model.set_decoder_layers_attr_name("gpt_neox.layers")
    found = OpenFlamingo(
        SimpleNamespace(visual=clip.visual),
        model,
        END_OF_CHUNK,
        MEDIA,
        sizes.tower_width,
        cross_attn_every_n_layers=EVERY,
    )
    found.requires_grad_(False)
    found.perceiver.requires_grad_(True)
    found.lang_encoder.gated_cross_attn_layers.requires_grad_(True)
    with torch.no_grad():
        for name, parameter in found.named_parameters():
            if name.endswith("gate"):
                parameter.fill_(0.5)
    return found


def ours(sizes: Sizes, other: Any) -> Flamingo:
    """Our model over the same frozen weights, with theirs loaded from its state dict."""
    import torch

    from m3w_builder.flamingo import open_flamingo
    from m3w_builder.flamingo.hugging_face import HuggingFace
    from m3w_builder.flamingo.model import Flamingo
    from m3w_builder.flamingo.vision import Tower

    torch.manual_seed(0)
    clip, model = tower(sizes), language(sizes)
    found = Flamingo(Tower(clip.visual), HuggingFace(model), open_flamingo.sizes(EVERY))
    open_flamingo.load(found, other.state_dict())
    return found


def batch(sizes: Sizes) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens with a mark every 51 of them, which picture each sees, labels, and pictures."""
    import torch

    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(0, END_OF_CHUNK, (sizes.batch, LENGTH), generator=generator)
    tokens[:, :: LENGTH // PICTURES + 1] = MEDIA
    looks = (tokens == MEDIA).cumsum(1) - 1
    labels = tokens.masked_fill(tokens == MEDIA, -100)
    pictures = torch.randn(sizes.batch, PICTURES, 1, 3, sizes.side, sizes.side, generator=generator)
    return tokens, looks, labels, pictures


Step = Callable[[], float]


def steps(sizes: Sizes, folder: str) -> tuple[dict[str, Step], float, dict[str, int]]:
    """A training step of each, the largest difference of their logits, and how much each trains. Features are kept in
    the folder, a file a process."""
    import torch

    from m3w_builder.flamingo.features import Features
    from m3w_builder.flamingo.model import mean_loss

    tokens, looks, labels, pictures = batch(sizes)
    other = theirs(sizes)
    mine = ours(sizes, other)
    ones = torch.ones_like(tokens)
    with torch.no_grad():
        apart = float((mine(tokens, looks, mine.look(pictures)) - other(pictures, tokens, ones).logits).abs().max())
    other.train()
    mine.train()
    kept = Features(os.path.join(folder, f"{os.getpid()}.sqlite"), mine, 1.0)
    trained = {
        name: sum(p.numel() for p in model.parameters() if p.requires_grad)
        for name, model in (("ours", mine), ("open_flamingo", other))
    }

    def stepper(model: torch.nn.Module, loss: Callable[[], torch.Tensor]) -> Step:
        wanted = [p for p in model.parameters() if p.requires_grad]
        # Each as its own training script has it: open_flamingo's takes torch's default, ours the fused one.
        optimiser = torch.optim.AdamW(wanted, lr=1e-4, weight_decay=0.1, fused=model is mine or None)

        def step() -> float:
            optimiser.zero_grad(set_to_none=True)
            value = loss()
            value.backward()
            torch.nn.utils.clip_grad_norm_(wanted, 1.0)
            optimiser.step()
            return float(value.detach())

        return step

    made = {
        "open_flamingo": stepper(other, lambda: other(pictures, tokens, ones, labels=labels)[0]),
        "ours, features kept": stepper(mine, lambda: mean_loss(mine(tokens, looks, kept(pictures).float()), labels)),
        "ours, tower in the step": stepper(mine, lambda: mean_loss(mine(tokens, looks, pictures), labels)),
    }
    return made, apart, trained


@functools.cache
def made(sizes: Sizes, folder: str) -> dict[str, Step]:
    """The steps of this process."""
    import torch

    torch.set_num_threads(1)
    return steps(sizes, folder)[0]


def timed(sizes: Sizes, folder: str, name: str, count: int) -> float:
    """CPU seconds of some steps."""
    step = made(sizes, folder)[name]
    started = time.process_time()
    for _ in range(count):
        step()
    return time.process_time() - started


def measure(names: Sequence[str], sizes: Sizes, count: int, rounds: int) -> dict[str, float]:
    """Tokens a CPU second of each, in turn, the best round. Each has a process, set up as its training is."""
    from m3w_builder.flamingo.processes import keep_memory

    best = dict.fromkeys(names, 0.0)
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        crews = {}
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="m3w-bench-"))
        for name in names:
            set_up = keep_memory if name.startswith("ours") else None
            crews[name] = stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn, initializer=set_up))
            crews[name].submit(timed, sizes, folder, name, 1).result()  # warm
        for _ in range(rounds):
            for name, crew in crews.items():
                seconds = crew.submit(timed, sizes, folder, name, count).result()
                best[name] = max(best[name], count * sizes.batch * LENGTH / seconds)
    return best


def main() -> int:
    parser = bench.options(__doc__, quick="smaller models, under a minute")
    parser.add_argument("--steps", type=int, default=2, help="steps of a round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if importlib.util.find_spec("open_flamingo") is None:
        why = "open_flamingo is not installed here: nothing to compare with (see the head of tools/bench_flamingo.py)"
        print(why)
        bench.write(arguments.json, {"left_out": why})
        return 0
    import torch

    torch.set_num_threads(1)
    sizes = QUICK if arguments.quick else FULL
    with tempfile.TemporaryDirectory(prefix="m3w-bench-") as folder:
        both, apart, trained = steps(sizes, folder)
    rates = measure(list(both), sizes, arguments.steps, arguments.rounds)
    base = rates["open_flamingo"]
    print(f"{sizes}\ntrained parameters: {trained}; logits apart by at most {apart:.1e} ({CLOSE:g} allowed)")
    cells = [[name, f"{rate:.0f}", f"{rate / base:.2f}"] for name, rate in rates.items()]
    print(bench.table(["", "tokens/CPU s", "times open_flamingo's"], cells))
    ratio = rates["ours, features kept"] / base
    missed = [f"{ratio:.2f} times open_flamingo's with features kept, goal {GOAL}"] if ratio < GOAL else []
    missed += [f"logits are apart by {apart:.1e}, goal {CLOSE:g}"] if apart > CLOSE else []
    facts = {"rates": rates, "ratio": ratio, "logits_apart": apart, "trained": trained, "sizes": vars(sizes)}
    packages = ("torch", "transformers", "open_flamingo", "open_clip_torch")
    bench.write(arguments.json, {**facts, "missed_goals": missed}, *packages)
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
