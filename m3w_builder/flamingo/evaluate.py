"""Few-shot evaluation: shots chosen by chance or by likeness (RICES), ensembled prompts, accuracy with intervals."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from m3w_builder.flamingo import checkpoint
from m3w_builder.flamingo.config import EvaluateConfig
from m3w_builder.flamingo.corpus import Pixels
from m3w_builder.flamingo.metrics import cider, interval, roc_auc, roc_auc_interval, vqa_accuracy
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.flamingo.prompt import Piece, complete, latents, lay_out, score
from m3w_builder.flamingo.tasks import Example, Task, load_task, rendered
from m3w_builder.flamingo.tokenizer import Tokenizer
from m3w_builder.flamingo.vision import pixels


@dataclass(frozen=True, slots=True)
class Result:
    """One point of the curve over shots."""

    task: str
    shots: int
    metric: str
    value: float
    low: float
    high: float
    tokens: float
    """Mean tokens of a prompt."""
    seconds: float
    """Mean seconds of a question."""


def evaluate(model: Flamingo, tokenizer: Tokenizer, task: Task, config: EvaluateConfig) -> list[Result]:
    """The task's metrics at each number of shots, with 95 % bootstrap intervals over the questions.

    Of a yes or no (Hateful Memes) accuracy, and ROC AUC as in the paper, where questions of both kinds are there.
    """
    rng = np.random.default_rng(config.seed)
    queries = task.queries[: config.queries]
    likeness = rices(model, queries, task.support) if config.support == "rices" else None
    answers = [example.answers[0] for example in task.support]
    if config.labels == "shuffled":
        answers = [answers[at] for at in rng.permutation(len(answers))]
    asked = latents(model, [query.picture for query in queries])
    shown = latents(model, [example.picture for example in task.support]) if any(config.shots) else []
    results = []
    for shots in config.shots:
        given, ranked, tokens, started = [], [], 0, time.monotonic()
        for number, query in enumerate(queries):
            chosen = pick(shots, len(task.support), None if likeness is None else likeness[number], rng)
            prompts = orders(task, query, chosen, answers, config.permutations, rng, asked[number], shown)
            laid = [lay_out(model, tokenizer, pieces) for pieces in prompts]
            tokens += len(laid[0].tokens)
            if task.options:
                options = spaced(task.options)
                scores = np.mean([score(model, tokenizer, one, options, task.ends) for one in laid], axis=0)
                given.append(task.options[int(scores.argmax())])
                if task.positive:
                    at = task.options.index(task.positive)
                    ranked.append(float(scores[at] - np.delete(scores, at).max()))
            else:
                given.append(complete(model, tokenizer, laid[0], beams=config.beams))
        metric, each = judge(task, queries, given)
        cost = tokens / max(1, len(queries)), (time.monotonic() - started) / max(1, len(queries))
        results.append(Result(task.name, shots, metric, float(np.mean(each)), *interval(each, config.seed), *cost))
        scored, is_positive = np.array(ranked), np.array([task.positive in query.answers for query in queries])
        if task.positive and is_positive.any() and not is_positive.all():
            area = roc_auc(scored, is_positive), *roc_auc_interval(scored, is_positive, config.seed)
            results.append(Result(task.name, shots, "ROC AUC", *area, *cost))
    return results


def spaced(options: Sequence[str]) -> list[str]:
    """Options as they follow a prompt that ends without its space: tokens hold the space before a word."""
    return [f" {option}" for option in options]


def orders(
    task: Task,
    query: Example,
    chosen: Sequence[int],
    answers: Sequence[str],
    count: int,
    rng: np.random.Generator,
    asked: Piece | None = None,
    shown: Sequence[Piece] = (),
) -> list[list[Piece]]:
    """The prompt, in as many orders of the shots as asked; zero shots show two examples without their pictures.

    asked, shown: what the model keeps of the question's picture and of all shots' ones, where it looked before.
    """
    found = []
    for number in range(count):
        order = list(chosen) if number == 0 else [chosen[at] for at in rng.permutation(len(chosen))]
        pieces: list[Piece] = []
        for at in order:
            shot = task.support[at]
            pieces += [shown[at] if shown else shot.picture, f"{task.prompt(shot).rstrip()} {answers[at]}"]
        if not chosen and len(task.support) > 1:
            texts = [
                f"{task.prompt(task.support[at]).rstrip()} {answers[at]}" for at in rng.permutation(len(answers))[:2]
            ]
            pieces.append("\n\n".join(texts))
        found.append([*pieces, query.picture if asked is None else asked, task.prompt(query).rstrip()])
    return found


def pick(shots: int, support: int, likeness: NDArray[Any] | None, rng: np.random.Generator) -> list[int]:
    """Numbers of the shots; by likeness the most alike stands last, next to the question."""
    shots = min(shots, support)
    if likeness is None:
        return [int(at) for at in rng.permutation(support)[:shots]]
    return [int(at) for at in np.argsort(likeness)[support - shots :]]


def rices(model: Flamingo, queries: Sequence[Example], support: Sequence[Example]) -> NDArray[Any]:
    """Cosine likeness of each question's picture to each shot's, by the frozen tower's mean token."""
    asked, shown = (embed(model, [example.picture for example in examples]) for examples in (queries, support))
    return (asked @ shown.T).numpy()  # type: ignore[no-any-return]


@torch.no_grad()
def embed(model: Flamingo, pictures: Sequence[Pixels]) -> torch.Tensor:
    """The tower's mean token of each picture, centred and of length 1."""
    parts = [
        model.vision(pixels(torch.from_numpy(np.stack(pictures[at : at + 128])))).mean(1)
        for at in range(0, len(pictures), 128)
    ]
    return torch.nn.functional.normalize(torch.cat(parts), dim=-1)


def judge(task: Task, queries: Sequence[Example], given: Sequence[str]) -> tuple[str, NDArray[np.float64]]:
    """The task's metric, and its value for each question."""
    if task.options:
        return "accuracy", np.array([float(a in q.answers) for a, q in zip(given, queries, strict=True)])
    if any(query.question for query in queries):
        return "VQA accuracy", np.array([vqa_accuracy(a, q.answers) for a, q in zip(given, queries, strict=True)])
    return "CIDEr", cider(given, [query.answers for query in queries])


def table(results: Sequence[Result]) -> str:
    """The curve as text."""
    lines = [f"{'task':24} {'shots':>5} {'metric':14} {'value':>7} {'95 % interval':>18} {'tokens':>7} {'s each':>7}"]
    for r in results:
        span = f"[{r.low:.3f}, {r.high:.3f}]"
        lines.append(
            f"{r.task:24} {r.shots:5d} {r.metric:14} {r.value:7.3f} {span:>18} {r.tokens:7.0f} {r.seconds:7.3f}"
        )
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    return [asdict(result) for result in results]


def run(folder: str, names: Sequence[str], config: EvaluateConfig) -> list[Result]:
    """Evaluate a checkpoint on tasks: "rendered:colour" (or shape, ground, count), or folders in the common layouts.

    What `m3w evaluate` calls. Raises ConfigError where a checkpoint or task is not there.
    """
    model, tokenizer = checkpoint.load(folder)
    side = model.vision.side
    results = []
    for name in names:
        kind, colon, what = name.partition(":")
        task = rendered(what, side, seed=config.seed) if colon and kind == "rendered" else load_task(name, side)
        results += evaluate(model, tokenizer, task, config)
    return results
