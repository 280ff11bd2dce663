"""The questions of `m3w criticise` that are asked of the trained model; each answers with rows of the table."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from m3w_builder.flamingo import checkpoint, contrastive, workers
from m3w_builder.flamingo.config import ContrastConfig, CriticismConfig, EvaluateConfig, ValidateConfig
from m3w_builder.flamingo.corpus import Pixels
from m3w_builder.flamingo.evaluate import embed, evaluate, spaced
from m3w_builder.flamingo.metrics import interval
from m3w_builder.flamingo.prompt import lay_out, score
from m3w_builder.flamingo.tasks import Task, rendered
from m3w_builder.flamingo.vision import pixels, pooled, small_clip

Found = tuple[str, str, float, float, float, str]
"""A row: question, what, value, interval, unit."""

TASKS = ("colour", "shape")

FORMS = ("It shows {answer}", "Here is {answer}", "The picture: {answer}", "Output: {answer}")
"""Prompts of the colour task: the first two are of the corpus' own kind, the others it never saw."""

LENGTH = "longer than trained"


def task(kind: str, config: CriticismConfig) -> Task:
    return rendered(kind, 32, config.queries, config.support, config.seed)


def share(question: str, what: str, right: NDArray[Any], unit: str = "accuracy") -> Found:
    """A mean with its bootstrap interval."""
    values = np.asarray(right, np.float64)
    low, high = interval(values)
    return question, what, float(values.mean()), low, high, unit


def coca(base: str, sizes: ValidateConfig) -> None:
    """Train a CoCa on the base's pairs and leave it there."""
    torch.set_num_threads(1)
    _, texts, pictures, owners = workers.load(os.path.join(base, "train.npz"))
    rows = own_texts(texts.pages_N, texts.chunks_N, owners)
    tower = workers.tower_sizes(sizes)
    torch.manual_seed(sizes.seed)
    model = contrastive.small_coca(tower, workers.tokenizer(base).size)
    steps = workers.scaled(sizes.pretrain.tower_steps, sizes)
    config = ContrastConfig(steps=steps, batch=96, rate=sizes.pretrain.tower_rate, seed=sizes.seed)
    tokens = torch.from_numpy(texts.tokens_NT[[text for _, text in rows]])
    contrastive.train(model, "coca", pictures[[picture for picture, _ in rows]], tokens, config)
    torch.save(model.state_dict(), os.path.join(base, "coca.pt"))


def own_texts(
    pages_N: NDArray[np.int64], chunks_N: NDArray[np.int64], owners: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Each picture with the first short text of its own chunk: numbers of both."""
    first: dict[tuple[int, int], int] = {}
    for number, (page, chunk) in enumerate(zip(pages_N.tolist(), chunks_N.tolist(), strict=True)):
        first.setdefault((page, chunk), number)
    place, rows, last = 0, [], -1
    for picture, page in enumerate(owners.tolist()):
        place = place + 1 if page == last else 0
        last = page
        if (page, place) in first:
            rows.append((picture, first[page, place]))
    return rows


def classification(base: str, sizes: ValidateConfig, config: CriticismConfig) -> list[Found]:
    """Flamingo's shots beside the contrastive tower, zero-shot and by linear probe, and CoCa, zero-shot."""
    torch.set_num_threads(1)
    model, tokenizer = checkpoint.load(os.path.join(base, "model"))
    tower = workers.tower_sizes(sizes)
    clip, second = small_clip(tower, tokenizer.size).eval(), contrastive.small_coca(tower, tokenizer.size).eval()
    clip.load_state_dict(torch.load(os.path.join(base, "clip.pt"), weights_only=True))
    second.load_state_dict(torch.load(os.path.join(base, "coca.pt"), weights_only=True))
    rows: list[Found] = []
    for kind in TASKS:
        asked = task(kind, config)
        question = f"classification, {kind}"
        rows.append((question, "chance", 1 / len(asked.options), np.nan, np.nan, "accuracy"))
        for result in evaluate(model, tokenizer, asked, EvaluateConfig(shots=(0, 4, 8), queries=config.queries)):
            rows.append(
                (question, f"Flamingo, {result.shots} shots", result.value, result.low, result.high, "accuracy")
            )
        for name, other in (("contrastive tower, zero-shot", clip), ("CoCa, zero-shot", second)):
            rows.append(
                share(question, name, zero_shot(other, name.startswith("CoCa"), asked, tokenizer, tower.context))
            )
        rows.append(share(question, "contrastive tower, linear probe", probe(model, asked)))
    return rows


@torch.no_grad()
def zero_shot(model: Any, is_coca: bool, asked: Task, tokenizer: Any, context: int) -> NDArray[np.bool_]:
    """Whether the option whose sentence lies nearest to the picture is right, for each question."""
    right = []
    for query in asked.queries:
        texts = [asked.prompt(query).rstrip() + option for option in spaced(asked.options)]
        tokens = contrastive.encode(texts, tokenizer, context)
        image = model.encode_image(pixels(torch.from_numpy(query.picture))[None], normalize=True)
        text = model.encode_text(tokens, normalize=True) if is_coca else pooled(model.encode_text(tokens), tokens, 0)
        right.append(asked.options[int((image @ text.T).argmax())] in query.answers)
    return np.array(right)


def probe(model: Any, asked: Task, decay: float = 1e-3) -> NDArray[np.bool_]:
    """Logistic regression on the frozen tower's mean tokens, fitted on the shots that may be shown."""
    x, y = embed(model, [e.picture for e in asked.support]), [asked.options.index(e.answers[0]) for e in asked.support]
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    head = torch.nn.Linear(x.shape[1], len(asked.options))
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=200, line_search_fn="strong_wolfe")
    target = torch.tensor(y)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(head((x - mean) / deviation), target)
        loss = loss + decay * head.weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        given = head((embed(model, [e.picture for e in asked.queries]) - mean) / deviation).argmax(1)
    return np.array([asked.options[int(g)] in e.answers for g, e in zip(given, asked.queries, strict=True)])


def shots(base: str, sizes: ValidateConfig, config: CriticismConfig) -> list[Found]:
    """Shots with shuffled labels, other prompts, and more shots than a training sequence holds."""
    torch.set_num_threads(1)
    model, tokenizer = checkpoint.load(os.path.join(base, "model"))
    rows: list[Found] = []
    few = EvaluateConfig(shots=(4,), queries=config.queries)
    for kind in TASKS:
        for labels in ("right", "shuffled"):
            how = replace(few, labels=labels)
            for r in evaluate(model, tokenizer, task(kind, config), how):
                rows.append(("labels of the shots", f"{kind}, 4 shots, {labels}", r.value, r.low, r.high, "accuracy"))
    for form in FORMS:
        asked = replace(task("colour", config), form=form)
        for r in evaluate(model, tokenizer, asked, few):
            rows.append(("prompts", f"colour, 4 shots, '{form}'", r.value, r.low, r.high, "accuracy"))
    long = replace(few, shots=(2, 16, 32), queries=config.queries // 2)
    for r in evaluate(model, tokenizer, task("colour", config), long):
        what = f"colour, {r.shots} shots: {r.tokens:.0f} tokens (trained: {sizes.length})"
        rows.append((LENGTH, what, r.value, r.low, r.high, "accuracy"))
    return rows


def hallucination(base: str, sizes: ValidateConfig, config: CriticismConfig) -> list[Found]:
    """Whether the model tells of things that are not in the picture.

    Asked is "It shows a …" over all shapes. An answer that is neither the main nor the second thing names what is not
    there. A grey picture says what the language model alone would name.
    """
    torch.set_num_threads(1)
    model, tokenizer = checkpoint.load(os.path.join(base, "model"))
    from m3w_builder.sampleweb.shapes import SHAPES

    options = [f"{'an' if s[0] in 'aeiou' else 'a'} {{colour}} {s}" for s in SHAPES]
    absent: dict[str, list[bool]] = {"its own picture": [], "a grey picture": []}
    found = scenes(config)
    for picture, colour, there in found:
        named = spaced([option.format(colour=colour) for option in options])
        for name, shown in (("its own picture", picture), ("a grey picture", np.full_like(picture, 128))):
            prompt = lay_out(model, tokenizer, [shown, "It shows"])
            likeliest = SHAPES[int(np.argmax(score(model, tokenizer, prompt, named, ends=False)))]
            absent[name].append(likeliest not in there)
    chance = float(np.mean([1 - len(there) / len(SHAPES) for _, _, there in found]))
    question = "hallucination"
    rows = [
        share(question, f"names a shape that is not there, {name}", np.array(v), "share") for name, v in absent.items()
    ]
    return [(question, "by chance", chance, np.nan, np.nan, "share"), *rows]


@cache
def scenes(config: CriticismConfig) -> list[tuple[Pixels, str, set[str]]]:
    """Pictures, the colour of their main thing, and the shapes that are in them."""
    from random import Random

    from m3w_builder.flamingo.tasks import squeeze
    from m3w_builder.sampleweb import scene

    rng = Random(f"hallucination {config.seed}")
    made = []
    for _ in range(config.queries):
        drawn = replace(scene.draw_scene(rng), count=1, pattern="plain")
        there = {drawn.shape, drawn.second_shape} - {""}
        made.append((squeeze(scene.render(drawn), 32), drawn.colour, there))
    return made


ASKED = (classification, shots, hallucination)
