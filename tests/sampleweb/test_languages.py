"""Sentences: in the language that they claim, telling what the picture shows, never the same form twice in a row."""

from random import Random

import pytest

from m3w_builder.document import Document, Text
from m3w_builder.sampleweb import english
from m3w_builder.sampleweb.languages import FOREIGN, LANGUAGES, TONGUES
from m3w_builder.sampleweb.scene import COLOURS, GROUNDS, PATTERNS, SIDES, Scene, draw_scene
from m3w_builder.sampleweb.shapes import SHAPES
from m3w_builder.sampleweb.tongue import Writer
from m3w_builder.text import STAGES

NEEDED = {
    "title",
    "intro",
    "scene",
    "scene_alone",
    "caption",
    "caption_alone",
    "remark",
    "closing",
    "heading",
    "person",
}
LABELS = set(english.LABELS)


@pytest.mark.parametrize("code", TONGUES)
def test_every_language_has_all_rules_and_labels(code):
    assert set(TONGUES[code].rules) >= NEEDED
    assert set(TONGUES[code].labels) == LABELS


@pytest.mark.parametrize("code", TONGUES)
def test_no_slot_is_left_open(code):
    writer = Writer(TONGUES[code], Random(1))
    for _ in range(100):
        scene = draw_scene(writer.rng)
        told = [
            writer.describe(scene),
            writer.describe(scene, "caption"),
            *(writer.write(rule) for rule in NEEDED & {"title", "intro", "remark", "closing"}),
        ]
        assert not any("{" in text or "  " in text for text in told), told


@pytest.mark.parametrize("code", [*LANGUAGES, *FOREIGN])
def test_a_detector_knows_the_language_of_every_page(code):
    stage = STAGES["language"](languages=(code,))
    for seed in range(30):
        writer = Writer(TONGUES[code], Random(seed))
        text = writer.paragraph("intro", "intro", "remark", "remark", "closing")
        (answer,) = stage([Document("http://a.test/", [Text(text)])])
        assert isinstance(answer, Document), (answer, text)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_attribute_has_words_of_its_own(code):
    """Change one attribute, and the words change; so no two attributes share a name."""
    phrases = TONGUES[code].phrases
    base = {"pattern": "plain", "second_shape": "boat", "second_colour": "white", "side": "left"}

    def told(**changes):
        scene = Scene(
            **{**base, "ground": "snow", "shape": "ball", "colour": "red", "count": 1, **changes},
            width=128,
            height=128,
            seed=0,
        )
        return tuple(phrases(scene).values())

    for name, values in (
        ("ground", GROUNDS),
        ("shape", SHAPES),
        ("colour", COLOURS),
        ("count", (1, 2, 3, 4)),
        ("pattern", PATTERNS),
        ("side", SIDES),
        ("second_shape", SHAPES),
        ("second_colour", COLOURS),
    ):
        assert len({told(**{name: value}) for value in values}) == len(values), name


def test_english_agrees_in_number_and_article():
    scene = Scene("snow", "house", "orange", 1, "plain", "", "", "", 96, 96, 0)
    assert english.phrases(scene)["main"] == "an orange house"
    many = Scene("snow", "fish", "red", 3, "striped", "", "", "", 96, 96, 0)
    assert english.phrases(many)["main"] == "three striped red fish"


@pytest.mark.parametrize(
    ("code", "count", "shape", "colour", "words"),
    [
        ("ru", 1, "star", "blue", "синяя звезда"),
        ("ru", 2, "star", "red", "две красных звезды"),
        ("ru", 3, "house", "black", "три чёрных дома"),
        ("zh", 2, "fish", "red", "两条红色鱼"),
        ("ja", 4, "star", "white", "四つの白い星"),
        ("ar", 2, "star", "red", "نجمتان حمراوان"),
        ("ar", 3, "house", "green", "ثلاثة بيوت خضراء"),
        ("ar", 4, "tree", "green", "أربع شجرات خضراء"),
        ("he", 1, "boat", "blue", "סירה כחולה"),
        ("he", 2, "boat", "blue", "שתי סירות כחולות"),
        ("he", 3, "tree", "green", "שלושה עצים ירוקים"),
    ],
)
def test_other_languages_agree_in_number_and_gender(code, count, shape, colour, words):
    scene = Scene("snow", shape, colour, count, "plain", "", "", "", 96, 96, 0)
    assert TONGUES[code].phrases(scene)["main"] == words


def test_no_form_of_sentence_comes_again_before_all_have_come():
    writer = Writer(TONGUES["en"], Random(0))
    forms = len(TONGUES["en"].rules["remark"])
    for _ in range(forms):
        writer.write("remark")
    assert writer.bags["remark"] == []
