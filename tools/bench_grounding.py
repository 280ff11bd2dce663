"""Labelled real pictures: a small Flamingo over the ImageNet tower beside that tower's own probe and contrast.

    python tools/bench_grounding.py FOLDER [--checkpoint MODEL] [--queries 200] [--steps 300] [--quick] [--json FILE]

FOLDER is a classification task in a common layout (labels.json, or a folder a class). Half of its pictures may be
learned from and shown as shots, the other half is asked. Trained on the first half, written as documents of one to five
pictures with their labels, are a language model, a Flamingo and, on the tower's mean tokens, a contrastive head; the
tower itself is frozen and knows ImageNet. The table has their accuracies with 95 % intervals, a linear probe, and the
label of the most alike shot. --checkpoint adds a model that never saw these pictures, as `m3w validate` leaves it in
BUILD/validate/model. There is no goal: what comes out is said.
"""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace
from typing import Any

import numpy as np

import bench
from m3w_builder.flamingo.config import EvaluateConfig, LanguageConfig, ModelConfig, PretrainConfig, TowerConfig
from m3w_builder.flamingo.processes import keep_memory

SIDE, WIDTH = 64, 96
ROUNDS = 6
"""How often each picture of the first half stands in a document, each time among others."""

Line = tuple[str, float, float, float]
"""What, accuracy, interval."""


def documents(task: Any, seed: int) -> list[Any]:
    """Documents of one to five of the pictures that may be learned from, each with its label after it."""
    from m3w_builder.flamingo.corpus import Page

    generator = np.random.default_rng(seed)
    found = []
    for _ in range(ROUNDS):
        left = generator.permutation(len(task.support)).tolist()
        while left:
            pieces: list[str | int] = []
            for number in [left.pop() for _ in range(min(len(left), int(generator.integers(1, 6))))]:
                pieces += [number, f"Output: {task.support[number].answers[0]}"]
            found.append(Page(f"{len(found):032x}", "here", pieces, []))
    return found


def trained(task: Any, given: Any, features: Any, steps: int, seed: int) -> tuple[Any, Any]:
    """A Flamingo over the tower and a language model, both trained on the documents; and the tokenizer."""
    from m3w_builder.flamingo import pretrain, side
    from m3w_builder.flamingo.model import Flamingo
    from m3w_builder.flamingo.sequences import lay_out
    from m3w_builder.flamingo.tokenizer import train_tokenizer

    pages = documents(task, seed)
    tokenizer = train_tokenizer((p for page in pages for p in page.pieces if isinstance(p, str)), 320)
    windows = lay_out(pages, tokenizer, length=64, most=5, near=16)
    sizes = LanguageConfig(tokenizer.size, WIDTH)
    how = PretrainConfig(language_steps=steps // 2, batch_tokens=512)
    language, _ = pretrain.train_language(windows, sizes, how, seed)
    model = Flamingo(given, language, ModelConfig(gate=0.5, resampler_width=WIDTH))
    losses = side.train(model, windows, features, steps, 2e-3, 512, seed)
    print(f"Flamingo's loss: {losses[0]:.3f} to {np.mean(losses[-20:]):.3f} nats a token", file=sys.stderr)
    return model, tokenizer


def contrast(task: Any, given: Any, means: Any, tokenizer: Any, steps: int, seed: int) -> Any:
    """Whether a head on the tower's mean tokens, trained by contrast with the labels, finds the right one: (n,)."""
    import torch

    from m3w_builder.flamingo import pretrain
    from m3w_builder.flamingo.align import Texts
    from m3w_builder.flamingo.contrastive import encode
    from m3w_builder.flamingo.vision import pixels, pooled

    sizes = TowerConfig(context=12)
    tokens = encode([f"Output: {example.answers[0]}" for example in task.support], tokenizer, sizes.context)
    numbers = np.arange(len(task.support))
    texts = Texts(tokens.numpy(), numbers, np.zeros_like(numbers))
    how = PretrainConfig(tower_steps=steps, batch_pages=16)
    head, _ = pretrain.train_tower(means, numbers, texts, sizes, tokenizer.size, how, seed)
    named = encode([f"Output: {option}" for option in task.options], tokenizer, sizes.context)
    with torch.no_grad():
        asked = given(pixels(torch.from_numpy(np.stack([example.picture for example in task.queries])))).mean(1)
        text_NE = pooled(head.encode_text(named), named, pad=0)
        best = (head.encode_image(asked) @ text_NE.T).argmax(1)
    return np.array([task.options[int(at)] in e.answers for at, e in zip(best, task.queries, strict=True)], np.float64)


def line(what: str, right: Any) -> Line:
    from m3w_builder.flamingo.metrics import interval

    values = np.asarray(right, np.float64)
    return what, float(values.mean()), *interval(values)


def curve(name: str, model: Any, tokenizer: Any, task: Any, seed: int) -> list[Line]:
    """Accuracy over shots by chance, and of the most alike ones."""
    from m3w_builder.flamingo.evaluate import evaluate

    found = []
    for support, shots in (("random", (0, 4, 8)), ("rices", (4, 8))):
        config = EvaluateConfig(shots=shots, queries=len(task.queries), support=support, seed=seed)
        for r in evaluate(model, tokenizer, task, config):
            found.append((f"{name}, {r.shots} shots, {support}", r.value, r.low, r.high))
    return found


def main() -> int:
    parser = bench.options(__doc__, quick="60 steps, 40 questions")
    parser.add_argument("folder", help="labelled pictures")
    parser.add_argument("--checkpoint", default="", help="a model that was trained elsewhere")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.queries, arguments.steps = 40, 60
    keep_memory()
    import torch

    from m3w_builder.flamingo import checkpoint, pretrain, questions, vision
    from m3w_builder.flamingo.evaluate import rices
    from m3w_builder.flamingo.tasks import load_task

    torch.set_num_threads(1)
    started, used = time.monotonic(), time.process_time()
    task = load_task(arguments.folder, SIDE)
    task.queries = task.queries[: arguments.queries]
    given = vision.tower(TowerConfig(pretrained="imagenet", side=SIDE), 1).eval()
    pictures = np.stack([example.picture for example in task.support])
    features = pretrain.features(given, np.concatenate([pictures, np.full_like(pictures[:1], 128)]))
    model, tokenizer = trained(task, given, features, arguments.steps, arguments.seed)
    means = features[:-1].float().mean(1).numpy()
    alike = rices(model, task.queries, task.support).argmax(1)
    nearest = [task.support[int(at)].answers[0] in e.answers for at, e in zip(alike, task.queries, strict=True)]
    lines: list[Line] = [("chance", 1 / len(task.options), float("nan"), float("nan"))]
    lines.append(line("tower, label of the most alike shot", nearest))
    lines.append(line("tower, linear probe", questions.probe(SimpleNamespace(vision=given), task)))
    right = contrast(task, given, means, tokenizer, arguments.steps, arguments.seed)
    lines.append(line("tower, head trained by contrast, zero-shot", right))
    lines += curve("Flamingo", model.eval(), tokenizer, task, arguments.seed)
    if arguments.checkpoint:
        lines += curve("Flamingo trained elsewhere", *checkpoint.load(arguments.checkpoint), task, arguments.seed)
    print(f"{len(task.support)} pictures learned from, {len(task.queries)} asked, {len(task.options)} classes")
    print(bench.table(["", "accuracy", "95 %"], [[w, f"{v:.3f}", f"[{a:.3f}, {b:.3f}]"] for w, v, a, b in lines]))
    spent = {"seconds": time.monotonic() - started, "cpu_seconds": time.process_time() - used}
    print(", ".join(f"{name} {value:.0f}" for name, value in spent.items()))
    options = {name: value for name, value in vars(arguments).items() if name not in ("folder", "json")}
    bench.write(arguments.json, {"lines": lines, "options": options, **spent}, "torch")
    return 0


if __name__ == "__main__":
    sys.exit(main())
