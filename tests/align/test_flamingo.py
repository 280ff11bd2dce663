"""The filter that asks a Flamingo: the likelier answer decides, on pictures, texts and whole documents."""

import io

import pytest
import torch
from PIL import Image as Pillow

from m3w_builder.align import STAGES, Sample
from m3w_builder.document import Document, Image, Text
from m3w_builder.errors import ConfigError
from m3w_builder.flamingo import checkpoint
from m3w_builder.flamingo.config import LanguageConfig, ModelConfig, TowerConfig
from m3w_builder.flamingo.tokenizer import train_tokenizer
from m3w_builder.stage import Drop


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    """A checkpoint of a small model that was not trained."""
    torch.manual_seed(3)
    tower = TowerConfig(side=16, patch=8, width=24, layers=1)
    tokenizer = train_tokenizer(["red blue yes no Question: Answer: sheet"] * 9, 320)
    flamingo = checkpoint.small(
        ModelConfig(gate=0.5), LanguageConfig(tokenizer.size, width=32, layers=1, heads=2), tower
    )
    folder = str(tmp_path_factory.mktemp("flamingo"))
    checkpoint.save(folder, flamingo.eval(), tokenizer, tower, {})
    return folder


def sample(*colours: str) -> Sample:
    bodies = []
    for colour in colours:
        stream = io.BytesIO()
        if colour != "broken":
            Pillow.new("RGB", (40, 40), colour).save(stream, "PNG")
        bodies.append(stream.getvalue())
    items = [Text("a red sheet"), *(Image(f"http://a.example/{colour}.png") for colour in colours)]
    return Sample(Document("http://a.example/", items), bodies)


def ask(model: str, one: Sample, **settings: object) -> Sample | Drop:
    stage = STAGES["flamingo"](checkpoint=model, prompt="Question: red? Answer:", **settings)
    (answer,) = stage([one])
    return answer


def test_the_likelier_answer_decides_picture_by_picture(model) -> None:
    one = sample("red", "blue", "broken")
    ask(model, one, drop="no", keep="yes", min_margin=1e9)
    margins = [image.scores["asked"] for image in one.document.images]
    assert [drop.reason for _, drop in one.document.removed] == ["undecodable"]
    assert len(margins) == 2 and margins[0] != margins[1]
    between = sum(margins) / 2
    one = sample("red", "blue")
    ask(model, one, drop="no", keep="yes", min_margin=between)
    ((image, drop),) = one.document.removed
    assert drop.reason == "answered" and drop.value == max(margins) and len(one.bodies) == 1
    assert image.url.endswith(("red.png", "blue.png")[margins.index(max(margins))])


@pytest.mark.parametrize("about", ["text", "document"])
def test_the_answers_exchanged_turn_the_judgement_round(model, about) -> None:
    answers = [
        ask(model, sample("red"), about=about, drop=drop, keep=keep) for drop, keep in (("no", "yes"), ("yes", "no"))
    ]
    assert sorted(isinstance(answer, Drop) for answer in answers) == [False, True]


def test_a_model_that_is_not_there_is_told(tmp_path) -> None:
    stage = STAGES["flamingo"](checkpoint=str(tmp_path), prompt="?", drop="a", keep="b")
    with pytest.raises(ConfigError, match="no checkpoint lies there"):
        stage.check()
