"""The similarity stage with a real open_clip model: what matches, what goes, and what is said without a model."""

import io

import pytest
from PIL import Image as Pillow

from m3w_builder import config
from m3w_builder.align import STAGES, Sample
from m3w_builder.document import Document, Image, Text, from_json, to_json
from m3w_builder.errors import ConfigError
from m3w_builder.stage import Drop

COLOURS = {"red": (200, 30, 30), "green": (30, 170, 40), "blue": (30, 50, 210), "yellow": (230, 210, 30)}


def sample(pictures: tuple[str, ...], texts: tuple[str, ...]) -> Sample:
    """Pictures first, then texts: the page itself says nothing about what belongs together."""
    bodies = []
    for name in pictures:
        stream = io.BytesIO()
        if name in COLOURS:
            Pillow.new("RGB", (50, 40), COLOURS[name]).save(stream, "PNG")
        bodies.append(stream.getvalue())
    items = [*(Image(f"http://a.example/{name}.png", format="png") for name in pictures), *map(Text, texts)]
    return Sample(Document("http://a.example/", items, key="0" * 32), bodies)


def sheets(*names: str) -> tuple[str, ...]:
    return tuple(f"a {name} sheet" for name in names)


def test_every_picture_is_matched_with_its_text_and_keeps_its_place(tiny_clip) -> None:
    stage = STAGES["similarity"](model=tiny_clip, batch=2)
    one = sample(("green", "red", "blue"), sheets("red", "blue", "green"))
    other = sample(("yellow",), (*sheets("red"), "Nothing here. a yellow sheet"))
    answers = stage([one, other])
    images = answers[0].document.images
    assert [image.matched for image in images] == [2, 0, 1]
    assert [image.url[-7:-4] for image in images] == ["een", "red", "lue"]
    assert all(len(image.similarities) == 3 for image in images)
    assert images[0].scores["similarity"] == max(images[0].similarities)
    assert answers[1].document.images[0].matched == 1
    back = from_json(to_json(answers[0].document))
    assert back.images[0].matched == 2 and back.images[1].matched == 0
    assert back.images[0].similarities == images[0].similarities


def test_thresholds_take_out_pictures_and_documents(tiny_clip) -> None:
    def judged(one: Sample, **settings: object) -> tuple[Sample | Drop, list[tuple[str, str]]]:
        (answer,) = STAGES["similarity"](model=tiny_clip, **settings)([one])
        return answer, [(image.url[17:], drop.reason) for image, drop in one.document.removed]

    answer, gone = judged(sample(("red", "blue"), sheets("red", "green")), min_similarity=0.8)
    assert gone == [("blue.png", "dissimilar")] and len(answer.bodies) == len(answer.document.images) == 1
    _, gone = judged(sample(("red", "red"), sheets("red", "blue")), min_matched=0.8)
    assert gone == [("red.png", "poor_match")]  # both are like the first text, which takes one
    answer, gone = judged(sample(("red", "blue"), sheets("red", "green")), min_share=0.75, share_above=0.8)
    assert isinstance(answer, Drop) and (answer.reason, answer.value, gone) == ("few_matches", 0.5, [])
    answer, gone = judged(sample(("red", "broken"), sheets("red", "green")))
    assert gone == [("broken.png", "undecodable")] and len(answer.bodies) == 1


@pytest.mark.parametrize(("pictures", "texts"), [((), sheets("red")), (("red",), ())])
def test_a_document_without_pictures_or_texts_stays_as_it_is(tiny_clip, pictures, texts) -> None:
    (answer,) = STAGES["similarity"](model=tiny_clip, min_share=0.5)([sample(pictures, texts)])
    assert isinstance(answer, Drop) == (not texts)  # a picture that no text can match is matched badly
    if texts:
        assert not answer.bodies


def test_a_model_that_is_not_here_is_told_in_one_line_before_any_work(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    made = config.parse(
        {
            "source": {"folder": {"path": str(tmp_path), "base_url": "http://a.example/"}},
            "align": [{"similarity": {"model": "ViT-B-32", "weights": str(tmp_path / "none.pt")}}],
        }
    )
    with pytest.raises(ConfigError, match=r"align\[0\]\.similarity: the open_clip model 'ViT-B-32'") as caught:
        config.check(made)
    assert "\n" not in str(caught.value) and "fetch the weights" in str(caught.value)
