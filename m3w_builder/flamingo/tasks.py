"""Evaluation tasks: pictures with questions and answers, from folders in the common layouts or rendered."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np

from m3w_builder.errors import ConfigError
from m3w_builder.flamingo.corpus import Pixels, decode


@dataclass(slots=True)
class Example:
    """A picture, what is asked about it ("" where nothing is), and its right answers."""

    picture: Pixels
    answers: list[str]
    question: str = ""


@dataclass(slots=True)
class Task:
    """Examples to be asked and examples to be shown.

    `options` are all answers that may be given (closed-ended, told apart by log-likelihood); where there are none
    the answer is generated. `form` is the prompt after the picture; what follows "{answer}" closes it.
    """

    name: str
    queries: list[Example]
    support: list[Example]
    options: list[str] = field(default_factory=list)
    form: str = "Output: {answer}"
    ends: bool = True
    """Whether the answer ends its chunk; in the midst of a sentence it does not."""
    positive: str = ""
    """The option by whose likelihood over the other the questions are ranked, for ROC AUC; "" where none is."""

    def prompt(self, example: Example) -> str:
        """What stands between the picture and the answer."""
        return self.form.partition("{answer}")[0].format(question=example.question)


def load_task(folder: str, side: int, seed: int = 0, most: int = 1000) -> Task:
    """A task from a folder, by what lies in it; raises ConfigError where no layout is known, or its files are broken.

    `captions*.json` (COCO), `*questions*.json` beside `*annotations*.json` (VQAv2), `*.jsonl` with `img`, `label`
    and `text` (Hateful Memes), `labels.json` with a label a file name, or one folder of pictures a class. One half of
    the pictures is asked about, the other may be shown: no picture is in both, however many questions it has.
    """
    try:
        return read_task(folder, side, seed, most)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{folder}: its task can't be read: {type(error).__name__}: {error}") from None


def read_task(folder: str, side: int, seed: int, most: int) -> Task:
    names = sorted(os.listdir(folder))
    options: list[str] = []
    positive = ""
    if any(name.startswith("captions") and name.endswith(".json") for name in names):
        examples, form = coco(folder, side, most), "Output: {answer}"
    elif any("questions" in name and name.endswith(".json") for name in names):
        examples, form = vqa(folder, side, most), "Question: {question} Answer: {answer}"
    elif any(name.endswith(".jsonl") for name in names):
        examples, options, positive = memes(folder, side, most), ["yes", "no"], "yes"
        form = "is an image with: '{question}' written on it. Is it hateful? Answer: {answer}"
    else:
        examples, form = labelled(folder, side, most, seed), "Output: {answer}"
        options = sorted({answer for example in examples for answer in example.answers})
    if not examples:
        raise ConfigError(f"{folder}: no task lies there; COCO, VQAv2, Hateful Memes and class folders are known")
    Random(seed).shuffle(examples)
    pictures = list(dict.fromkeys(example.picture.tobytes() for example in examples))
    if len(pictures) < 2:
        raise ConfigError(f"{folder}: one picture makes no task: some are asked about, and others shown")
    asked = set(pictures[: len(pictures) // 2])
    queries = [example for example in examples if example.picture.tobytes() in asked]
    support = [example for example in examples if example.picture.tobytes() not in asked]
    name = os.path.basename(folder.rstrip("/"))
    return Task(name, queries, support, options, form, positive=positive)


def read_picture(path: str, side: int) -> Pixels | None:
    try:
        with open(path, "rb") as stream:
            return decode(stream.read(), side)
    except OSError:
        return None


def first(folder: str, wanted: str, suffix: str) -> str:
    """The first file whose name holds `wanted` and ends so."""
    for name in sorted(os.listdir(folder)):
        if wanted in name and name.endswith(suffix):
            return os.path.join(folder, name)
    raise ConfigError(f"{folder}: no {wanted}*{suffix} lies there")


def find_picture(folder: str, name: str) -> str:
    """A picture's path, in the folder itself or one below it."""
    for place in ("", *sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())):
        path = os.path.join(folder, place, name)
        if os.path.exists(path):
            return path
    return os.path.join(folder, name)


def coco(folder: str, side: int, most: int) -> list[Example]:
    """COCO captions: `images` with `id` and `file_name`, `annotations` with `image_id` and `caption`."""
    with open(first(folder, "captions", ".json"), encoding="utf-8") as stream:
        data = json.load(stream)
    captions: dict[int, list[str]] = {}
    for entry in data["annotations"]:
        captions.setdefault(entry["image_id"], []).append(entry["caption"].strip())
    examples = []
    for entry in data["images"][:most]:
        picture = read_picture(find_picture(folder, entry["file_name"]), side)
        if picture is not None and entry["id"] in captions:
            examples.append(Example(picture, captions[entry["id"]]))
    return examples


def vqa(folder: str, side: int, most: int) -> list[Example]:
    """VQAv2: `questions` and `annotations` joined by `question_id`; a picture's name ends in its id."""
    with open(first(folder, "questions", ".json"), encoding="utf-8") as stream:
        questions = {entry["question_id"]: entry["question"] for entry in json.load(stream)["questions"]}
    with open(first(folder, "annotations", ".json"), encoding="utf-8") as stream:
        annotations = json.load(stream)["annotations"]
    places = {
        name.rsplit(".", 1)[0].rsplit("_", 1)[-1].lstrip("0"): os.path.join(root, name)
        for root, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith((".jpg", ".jpeg", ".png"))
    }
    examples = []
    for entry in annotations[:most]:
        picture = read_picture(places.get(str(entry["image_id"]), ""), side)
        if picture is not None and entry["question_id"] in questions:
            answers = [answer["answer"] for answer in entry["answers"]]
            examples.append(Example(picture, answers, questions[entry["question_id"]]))
    return examples


def memes(folder: str, side: int, most: int) -> list[Example]:
    """Hateful Memes: JSON lines with `img`, `label` (1 hateful) and `text`; of the test's files some have no label."""
    examples = []
    with open(first(folder, "", ".jsonl"), encoding="utf-8") as stream:
        for entry in [entry for line in stream if line.strip() and "label" in (entry := json.loads(line))][:most]:
            picture = read_picture(os.path.join(folder, entry["img"]), side)
            if picture is not None:
                examples.append(Example(picture, ["yes" if entry["label"] else "no"], entry["text"]))
    return examples


def labelled(folder: str, side: int, most: int, seed: int) -> list[Example]:
    """`labels.json` ({file: label} or [{"file": …, "label": …}]), or one folder a class; underscores become spaces."""
    pairs: list[tuple[str, str]] = []
    table = os.path.join(folder, "labels.json")
    if os.path.exists(table):
        with open(table, encoding="utf-8") as stream:
            data = json.load(stream)
        entries = data.items() if isinstance(data, dict) else [(row["file"], row["label"]) for row in data]
        pairs = [(find_picture(folder, name), str(label)) for name, label in entries]
    else:
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.is_dir():
                pairs += [(os.path.join(entry.path, name), entry.name) for name in sorted(os.listdir(entry.path))]
    Random(seed).shuffle(pairs)
    found = ((read_picture(path, side), label) for path, label in pairs[:most])
    return [Example(picture, [label.replace("_", " ")]) for picture, label in found if picture is not None]


RENDERED = {
    "colour": "It shows {answer}",
    "shape": "It shows {question} {answer}",
    "ground": "It shows {question} {answer}",
    "count": "It shows {answer}",
}
"""Tasks on pictures that the sample web draws, asked in its own words: a small model knows no others."""


def rendered(kind: str, side: int, queries: int = 200, support: int = 400, seed: int = 0) -> Task:
    """A task of drawn pictures, whose "colour", "shape", "ground" or "count" is to be told; raises ConfigError."""
    from m3w_builder.sampleweb import english, scene
    from m3w_builder.sampleweb.shapes import SHAPES

    if kind not in RENDERED:
        raise ConfigError(f"rendered:{kind}: there is no such task; known are {', '.join(RENDERED)}")
    some = scene.draw_scene(Random(0))
    grounds = {name: english.phrases(replace(some, ground=name))["ground"] for name in scene.GROUNDS}
    options = {
        "colour": [f"{article(name)} {name}" for name in scene.COLOURS],
        "shape": list(SHAPES),
        "ground": list(grounds.values()),
        "count": ["a", "two", "three", "four"],
    }[kind]
    rng = Random(f"{kind}/{seed}")
    examples: list[Example] = []
    while len(examples) < queries + support:
        drawn = scene.draw_scene(rng)
        if kind != "count":
            drawn = replace(drawn, count=1, pattern="plain")
        known = f"{article(drawn.colour)} {drawn.colour}"
        answer, question = {
            "colour": (known, ""),
            "shape": (drawn.shape, known),
            "ground": (grounds[drawn.ground], f"{known} {drawn.shape}"),
            "count": (options[(drawn.count - 1) % 4], ""),
        }[kind]
        if kind == "count" and drawn.count == 1 and article(drawn.colour) == "an":
            continue  # its sentence begins with "an", which is no option
        examples.append(Example(squeeze(scene.render(drawn), side), [answer], question))
    return Task(f"rendered:{kind}", examples[:queries], examples[queries:], options, RENDERED[kind], ends=False)


def article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def squeeze(array: np.ndarray, side: int) -> Pixels:
    """(H, W, 3) RGB as the tower takes it."""
    import cv2

    small = cv2.resize(array, (side, side), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1))
