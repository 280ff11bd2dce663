"""Tests of tasks, prompts and few-shot evaluation, on a model that was not trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint
from m3w_builder.flamingo.config import EvaluateConfig, LanguageConfig, ModelConfig, TowerConfig
from m3w_builder.flamingo.evaluate import evaluate, orders, pick, rices, run, table
from m3w_builder.flamingo.metrics import roc_auc
from m3w_builder.flamingo.model import Flamingo
from m3w_builder.flamingo.prompt import complete, lay_out, next_tokens, score, stream
from m3w_builder.flamingo.tasks import Example, Task, load_task, rendered
from m3w_builder.flamingo.tokenizer import Tokenizer, train_tokenizer

TOWER = TowerConfig(side=16, patch=8, width=24, layers=1)


@pytest.fixture(scope="module")
def model() -> tuple[Flamingo, Tokenizer]:
    torch.manual_seed(0)
    tokenizer = train_tokenizer(["red blue green ball box Output: Question: Answer:"] * 9, 320)
    language = LanguageConfig(tokenizer.size, width=32, layers=1, heads=2)
    return checkpoint.small(ModelConfig(gate=0.5), language, TOWER).eval(), tokenizer


def picture(value: int) -> np.ndarray:
    return np.full((3, 16, 16), value, np.uint8)


def colours(count: int = 12) -> Task:
    examples = [Example(picture(20 * n), ["red" if n % 2 else "blue"]) for n in range(count)]
    return Task("colours", examples[: count // 2], examples[count // 2 :], ["red", "blue"])


def test_prompts_are_laid_out_as_in_training(model: tuple[Flamingo, Tokenizer]) -> None:
    flamingo, tokenizer = model
    prompt = lay_out(flamingo, tokenizer, [picture(1), "red", picture(2), "Output:"])
    marks = [t for t in prompt.tokens if t < 4]
    assert marks == [tokenizer.end_of_text, tokenizer.image, tokenizer.end_of_chunk, tokenizer.image]
    assert prompt.looks_at[0] == -1 and prompt.looks_at[-1] == 1 and prompt.media_1PLM.shape[1] == 2


def test_a_video_among_pictures_is_one_medium_whose_frames_have_an_order(model: tuple[Flamingo, Tokenizer]) -> None:
    flamingo, tokenizer = model
    frames = np.stack([picture(10), picture(200), picture(90)])
    with torch.no_grad():
        flamingo.resampler.times_FM.normal_()
    try:
        laid = [
            lay_out(flamingo, tokenizer, [picture(1), "red", video, "blue", picture(3), "Output:"])
            for video in (frames, frames[::-1].copy())
        ]
        alone = lay_out(flamingo, tokenizer, [picture(3), "Output:"])
    finally:
        with torch.no_grad():
            flamingo.resampler.times_FM.zero_()
    media = [one.media_1PLM[0] for one in laid]
    assert media[0].shape[0] == 3 and laid[0].looks_at == laid[1].looks_at
    assert torch.allclose(media[0][2], alone.media_1PLM[0, 0], atol=1e-5) and torch.equal(media[0][0], media[1][0])
    assert not torch.allclose(media[0][1], media[1][1], atol=1e-3)


def test_scores_are_the_sums_of_the_next_tokens(model: tuple[Flamingo, Tokenizer]) -> None:
    flamingo, tokenizer = model
    prompt = lay_out(flamingo, tokenizer, [picture(9), "Output:"])
    by_hand, added = 0.0, []
    for token in [*tokenizer.encode(" red"), tokenizer.end_of_chunk]:
        by_hand += float(next_tokens(flamingo, prompt, [added])[0, token])
        added.append(token)
    assert score(flamingo, tokenizer, prompt, [" red", " blue ball"])[0] == pytest.approx(by_hand, abs=1e-4)


def test_one_beam_is_what_streaming_gives(model: tuple[Flamingo, Tokenizer]) -> None:
    flamingo, tokenizer = model
    prompt = lay_out(flamingo, tokenizer, [picture(200), "a"])
    assert complete(flamingo, tokenizer, prompt, 8, beams=1) == "".join(stream(flamingo, tokenizer, prompt, 8)).strip()


def test_rices_puts_the_most_alike_last() -> None:
    assert pick(2, 4, np.array([0.1, 0.9, 0.3, 0.5]), np.random.default_rng(0)) == [3, 1]


def test_a_picture_is_most_alike_itself(model: tuple[Flamingo, Tokenizer]) -> None:
    rng = np.random.default_rng(0)
    examples = [Example(rng.integers(0, 255, (3, 16, 16), np.uint8), ["red"]) for _ in range(8)]
    assert rices(model[0], examples, examples).argmax(1).tolist() == list(range(8))


def test_zero_shots_show_two_texts_and_no_picture() -> None:
    (pieces,) = orders(colours(), colours().queries[0], [], ["red"] * 6, 1, np.random.default_rng(0))
    assert pieces[0] == "Output: red\n\nOutput: red" and sum(not isinstance(p, str) for p in pieces) == 1


def test_permutations_show_the_same_shots_in_other_orders() -> None:
    found = orders(colours(), colours().queries[0], [0, 1, 2, 3], list("abcdef"), 6, np.random.default_rng(0))
    texts = [tuple(p for p in pieces if isinstance(p, str)) for pieces in found]
    assert len({frozenset(t) for t in texts}) == 1 and len(set(texts)) > 1


@pytest.mark.parametrize("config", [{}, {"support": "rices"}, {"permutations": 2}, {"labels": "shuffled"}])
def test_every_way_of_asking_gives_a_curve_over_shots(
    model: tuple[Flamingo, Tokenizer], config: dict[str, object]
) -> None:
    results = evaluate(*model, colours(), EvaluateConfig(shots=(0, 2), **config))  # type: ignore[arg-type]
    assert [r.shots for r in results] == [0, 2] and results[0].tokens < results[1].tokens
    assert all(r.low <= r.value <= r.high and r.metric == "accuracy" for r in results)
    assert "colours" in table(results)


def test_open_tasks_are_generated(model: tuple[Flamingo, Tokenizer]) -> None:
    examples = [Example(picture(9), ["red ball"] * 3, "what?") for _ in range(4)]
    task = Task("open", examples[:2], examples[2:], form="Question: {question} Answer: {answer}")
    (result,) = evaluate(*model, task, EvaluateConfig(shots=(1,), beams=2))
    assert result.metric == "VQA accuracy"


def test_a_yes_or_no_is_ranked_too_where_both_are_asked(model: tuple[Flamingo, Tokenizer]) -> None:
    task = replace(colours(), positive="red")
    results = evaluate(*model, task, EvaluateConfig(shots=(0, 2)))
    assert [(r.shots, r.metric) for r in results] == [(n, m) for n in (0, 2) for m in ("accuracy", "ROC AUC")]
    margins = []
    for query in task.queries:
        prompt = lay_out(*model, orders(task, query, [], ["red"] * 6, 1, np.random.default_rng(0))[0])
        margins.append(np.subtract(*score(*model, prompt, [" red", " blue"])))
    alike = replace(task, support=[replace(e, answers=["red"]) for e in task.support])
    (_, area) = evaluate(*model, alike, EvaluateConfig(shots=(0,)))
    assert area.value == pytest.approx(
        roc_auc(np.array(margins), np.array([q.answers == ["red"] for q in task.queries]))
    )
    one_kind = replace(task, queries=[q for q in task.queries if q.answers == ["red"]])
    assert [r.metric for r in evaluate(*model, one_kind, EvaluateConfig(shots=(0,)))] == ["accuracy"]


def write_picture(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.full((20, 20, 3), value, np.uint8))[1].tobytes())


def test_tasks_of_the_common_layouts_are_read(tmp_path: Path) -> None:
    for number in range(4):
        write_picture(tmp_path / "classes" / ("red_ball" if number % 2 else "box") / f"{number}.png", number)
        write_picture(tmp_path / "coco" / "pictures" / f"{number}.png", number)
        write_picture(tmp_path / "vqa" / "pictures" / f"COCO_val_{number + 7:012}.png", number)
        write_picture(tmp_path / "memes" / "img" / f"{number}.png", number)
        write_picture(tmp_path / "named" / f"{number}.png", number)
    captions = {
        "images": [{"id": n, "file_name": f"{n}.png"} for n in range(4)],
        "annotations": [{"image_id": n, "caption": f"picture {n}"} for n in (0, 0, 1, 2, 3)],
    }
    (tmp_path / "coco" / "captions_val.json").write_text(json.dumps(captions))
    questions = {"questions": [{"question_id": n, "image_id": n + 7, "question": "what?"} for n in range(4)]}
    (tmp_path / "vqa" / "questions.json").write_text(json.dumps(questions))
    answers = {"annotations": [{"question_id": n, "image_id": n + 7, "answers": [{"answer": "a"}]} for n in range(4)]}
    (tmp_path / "vqa" / "annotations.json").write_text(json.dumps(answers))
    lines = [json.dumps({"img": f"img/{n}.png", "label": n % 2, "text": "words"}) for n in range(4)]
    lines.append(json.dumps({"img": "img/0.png", "text": "no label, as in the files that are to be answered"}))
    (tmp_path / "memes" / "dev.jsonl").write_text("\n".join(lines))
    (tmp_path / "named" / "labels.json").write_text(json.dumps({f"{n}.png": "cat" for n in range(4)}))
    tasks = {name: load_task(str(tmp_path / name), 16) for name in ("classes", "coco", "vqa", "memes", "named")}
    assert all(len(task.queries) == len(task.support) == 2 for task in tasks.values())
    assert tasks["classes"].options == ["box", "red ball"] and tasks["memes"].options == ["yes", "no"]
    assert tasks["memes"].positive == "yes" and not tasks["classes"].positive
    assert tasks["vqa"].queries[0].question == "what?" and not tasks["coco"].options
    with pytest.raises(ConfigError, match="no task lies there"):
        (tmp_path / "empty").mkdir()
        load_task(str(tmp_path / "empty"), 16)


@pytest.mark.parametrize(
    ("name", "body"), [("captions.json", "{"), ("captions.json", '{"images": []}'), ("dev.jsonl", "[1]"), ("", "")]
)
def test_a_task_that_can_not_be_read_is_named(tmp_path: Path, name: str, body: str) -> None:
    folder = tmp_path / "task"
    if name:
        folder.mkdir()
        (folder / name).write_text(body)
    with pytest.raises(ConfigError, match=f"^{folder}: (its task can't be read: |no task lies there)"):
        load_task(str(folder), 16)


def test_no_picture_that_is_asked_about_is_shown_however_many_questions_it_has(tmp_path: Path) -> None:
    for number in range(4):
        write_picture(tmp_path / f"COCO_val_{number + 1:012}.png", 60 * number)
    asked = [{"question_id": n, "image_id": n % 4 + 1, "question": f"what {n}?"} for n in range(40)]
    told = [{"question_id": n, "image_id": n % 4 + 1, "answers": [{"answer": "a"}]} for n in range(40)]
    (tmp_path / "questions.json").write_text(json.dumps({"questions": asked}))
    (tmp_path / "annotations.json").write_text(json.dumps({"annotations": told}))
    task = load_task(str(tmp_path), 16)
    queries, support = ({e.picture.tobytes() for e in half} for half in (task.queries, task.support))
    assert len(queries) == len(support) == 2 and not queries & support
    assert len(task.queries) == len(task.support) == 20


def test_rendered_tasks_ask_what_the_sample_web_draws() -> None:
    task = rendered("colour", 16, queries=5, support=5)
    assert len(task.queries) == 5 and set(task.queries[0].answers) <= set(task.options)
    with pytest.raises(ConfigError, match="no such task"):
        rendered("smell", 16)


def test_a_checkpoint_gives_the_same_model_back(tmp_path: Path, model: tuple[Flamingo, Tokenizer]) -> None:
    flamingo, tokenizer = model
    checkpoint.save(str(tmp_path / "c"), flamingo, tokenizer, TOWER, {})
    again, tokens = checkpoint.load(str(tmp_path / "c"))
    prompts = [lay_out(m, t, [picture(7), "red"]) for m, t in ((flamingo, tokenizer), (again, tokens))]
    first, second = (next_tokens(m, p, [[]]) for m, p in zip((flamingo, again), prompts, strict=True))
    assert torch.equal(first, second)
    (result,) = run(str(tmp_path / "c"), ["rendered:colour"], EvaluateConfig(shots=(1,), queries=3))
    assert result.task == "rendered:colour" and 0 <= result.value <= 1
    with pytest.raises(ConfigError, match="no checkpoint"):
        checkpoint.load(str(tmp_path))
