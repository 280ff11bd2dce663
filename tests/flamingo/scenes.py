"""Documents of drawn scenes and sentences about them, and a build folder of shards made of such documents."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import cv2
import numpy as np

from m3w_builder.document import Document, Image, Item, Source, Text, make_key
from m3w_builder.shards import ShardsConfig, write

COLOURS = {
    "red": (210, 30, 30),
    "blue": (40, 60, 220),
    "green": (30, 160, 50),
    "yellow": (235, 215, 40),
    "purple": (140, 40, 170),
    "orange": (240, 140, 20),
}
SHAPES = ("circle", "square", "triangle", "ring")
GROUNDS = {"white": 245, "grey": 150, "black": 15}
FILLER = (
    "We walked along the river for most of the afternoon.",
    "The shop at the corner opens late on weekdays.",
    "Several readers wrote to ask how this was made.",
    "It took longer than anybody had thought at first.",
)

Sample = tuple[Document, dict[str, bytes]]


def scene(rng: random.Random) -> tuple[np.ndarray, str]:
    """A picture of 64 × 64 px and a sentence that only it tells."""
    colour, shape, ground = rng.choice(list(COLOURS)), rng.choice(SHAPES), rng.choice(list(GROUNDS))
    array = np.full((64, 64, 3), GROUNDS[ground], np.uint8)
    x, y, r = rng.randint(20, 44), rng.randint(20, 44), rng.randint(13, 18)
    paint = COLOURS[colour]
    if shape == "circle":
        cv2.circle(array, (x, y), r, paint, -1)
    elif shape == "ring":
        cv2.circle(array, (x, y), r, paint, 4)
    elif shape == "square":
        cv2.rectangle(array, (x - r, y - r), (x + r, y + r), paint, -1)
    else:
        cv2.fillPoly(array, [np.array([(x, y - r), (x - r, y + r), (x + r, y + r)])], paint)
    forms = (
        f"A {colour} {shape} on {ground} ground.",
        f"Here one sees a {colour} {shape}; the ground is {ground}.",
        f"This {ground} sheet bears a {colour} {shape}.",
    )
    return array, rng.choice(forms)


def document(number: int, seed: int = 0) -> Sample:
    """A document of one to four scenes, each followed by its sentence and by chance by an idle one."""
    rng = random.Random(f"{seed}/{number}")
    items: list[Item] = [Text(f"Notes, part {rng.randint(1, 99)}", "heading", 1), Text(rng.choice(FILLER))]
    parts = {}
    for index in range(rng.choice((1, 2, 2, 3, 4))):
        array, sentence = scene(rng)
        body = cv2.imencode(".png", array[:, :, ::-1])[1].tobytes()
        parts[f"{index}.png"] = body
        url = f"http://host{number % 7}.example/{number}/{index}.png"
        items.append(
            Image(url, part=f"{index}.png", sha256=hashlib.sha256(body).hexdigest(), width=64, height=64, format="png")
        )
        items.append(Text(sentence))
        if rng.random() < 0.5:
            items.append(Text(rng.choice(FILLER)))
    url = f"http://host{number % 7}.example/{number}"
    source = Source("scenes", number)
    return Document(url, items, make_key(url, source), f"host{number % 7}.example", "en", source=source), parts


def shift(sample: Sample) -> Sample:
    """Each picture moved into the place of the next; documents of one picture stay."""
    page, parts = sample
    images = page.images[-1:] + page.images[:-1]
    items = [images.pop(0) if isinstance(item, Image) else item for item in page.items]
    page.items = items
    return page, parts


def shuffle(samples: list[Sample], seed: int = 0) -> list[Sample]:
    """The pictures of all documents dealt out anew."""
    bodies = [(image.sha256, parts[image.part]) for page, parts in samples for image in page.images]
    random.Random(seed).shuffle(bodies)
    for page, parts in samples:
        for image in page.images:
            image.sha256, parts[image.part] = bodies.pop()
    return samples


def write_build(folder: Path, samples: list[Sample], validation: float = 0.0) -> str:
    """A build folder that holds shards and their index alone; the first share of documents is the validation split."""
    cut = int(len(samples) * validation)
    shards = folder / "shards"
    for split, part in (("validation", samples[:cut]), ("train", samples[cut:])):
        bodies = ((page, [parts[image.part] for image in page.images]) for page, parts in part)
        for shard in write(bodies, str(shards), "000000", ShardsConfig(validation=0.0)):
            for name in shard.files:  # the split is the test's to choose, not the hosts'
                (shards / name).rename(shards / name.replace("train", split))
    return str(folder)
