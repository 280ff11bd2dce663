"""Filters of lines and paragraphs, lists of words, and a user's own functions."""

import sys

import pytest

from m3w_builder import config, plan
from m3w_builder.document import Document, Image, Text, from_json, to_json
from m3w_builder.errors import ConfigError
from m3w_builder.stage import Drop
from m3w_builder.text import STAGES
from m3w_builder.text.words import OWN, listed, listed_share

PROSE = (
    "The harbour was quiet when the boats came back, and nobody on the pier said a word about the storm. "
    "An old man with a dog watched them, and he counted the masts to be sure that all of them had come home."
)
GERMAN = "Der Hafen war ruhig, als die Boote zurückkamen, und niemand auf dem Steg sprach über den Sturm der Nacht."


def document(*texts: str | Text, language: str = "en") -> Document:
    items = [Text(text) if isinstance(text, str) else text for text in texts]
    return Document("http://a.example/", items, key="0" * 32, language=language)


def test_paragraphs_have_their_language_and_score_and_others_go() -> None:
    stage = STAGES["paragraph_language"](languages=("en",))
    one = document(PROSE, GERMAN, "Kurz.", Text(GERMAN, "code"))
    one.items.insert(1, Image("http://a.example/1.jpg"))
    (answer,) = stage([one])
    assert [getattr(item, "text", "picture") for item in answer.items] == [PROSE, "picture", "Kurz.", GERMAN]
    assert answer.items[0].language == "en" and answer.items[0].sure > 0.8
    assert answer.items[2].language == "" and answer.scores["paragraphs_out"] == 1
    assert from_json(to_json(answer)).items[0].sure == answer.items[0].sure
    (answer,) = STAGES["paragraph_language"]()([document(PROSE, GERMAN)])
    assert [item.language for item in answer.items] == ["en", "de"]
    (answer,) = stage([document(PROSE, GERMAN, language="de")])  # the document's own language stays
    assert len(answer.items) == 2
    (answer,) = stage([document(GERMAN)])
    assert isinstance(answer, Drop) and answer.reason == "no_text_left"


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("Share this on Facebook", True),
        ("» Read more", True),
        ("© 2024 The Harbour Times", True),
        ("All rights reserved.", True),
        ("Leave a comment", True),
        ("12 comments", True),
        ("Weiterlesen »", True),
        ("查看更多", True),
        ("続きを読む", True),
        ("Читать далее…", True),
        ("Login", True),
        ("We use cookies to make this site better for you.", True),
        ("Next", True),
        ("The share of boats", False),
        ("Next week we sail to the north", False),
        ("A print of the picture", False),
        ("Copyright law was the subject of a long debate among the printers of the town, who feared piracy.", False),
        ("登录窗口在左边", False),
        ("", False),
    ],
)
def test_boilerplate_is_told_by_its_words_and_by_whole_lines(line: str, goes: bool) -> None:
    (answer,) = STAGES["boilerplate"]()([document(PROSE, line)])
    assert (line not in answer.text.split("\n\n")) == (goes and bool(line))
    (answer,) = STAGES["boilerplate"]()([document(f"{PROSE}\n{line}")])
    assert answer.text.strip() == (PROSE if goes or not line else f"{PROSE}\n{line}")


def test_boilerplate_takes_rules_of_ones_own() -> None:
    (answer,) = STAGES["boilerplate"](also=(r"meanwhile in .*",))([document(PROSE, "Meanwhile in Paris")])
    assert answer.text == PROSE
    with pytest.raises(ValueError, match="no regular expression"):
        STAGES["boilerplate"](also=("(",))
    (answer,) = STAGES["boilerplate"]()([document("Read more", "Log in")])
    assert isinstance(answer, Drop) and answer.reason == "no_text_left"


@pytest.mark.parametrize("path", sorted(OWN.glob("*.txt")), ids=lambda path: path.stem)
def test_the_lists_that_come_along_are_clean(path) -> None:
    subject, language, _ = path.name.split(".")
    text = path.read_text("utf-8")
    assert text.startswith("# ")
    found = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    assert len(found) == len(set(found)) and found == [word.lower() for word in found]
    whole, anywhere = listed((subject,), language)
    assert set(found) <= whole | set(anywhere)


def test_listed_words_are_counted_in_every_script() -> None:
    stage = STAGES["bad_words"](lists=("adult",))
    for text, language in (
        ("xxx porno pornos webcams " + PROSE, "en"),
        ("Pornos und Muschis " + GERMAN, "de"),
        ("порно и шлюхи, " + "гавань была тихой и лодки вернулись домой", "ru"),
        ("这里有色情电影和成人影片，港口很安静", "zh"),
    ):
        (answer,) = stage([document(text, language=language)])
        assert isinstance(answer, Drop) and answer.reason == "text_words", text
    (answer,) = stage([document(PROSE)])
    assert isinstance(answer, Document) and answer.scores["listed_words"] == 0
    assert listed_share("色情 色情", frozenset(), ("色情",)) == 1.0
    with pytest.raises(ConfigError, match="there is no list 'nonsense'"):
        STAGES["bad_words"](lists=("nonsense",)).check()


def test_obelics_asks_english_for_function_words() -> None:
    keywords = "boats, harbour, pier, storm, masts, dog, anchors, ropes, sails, crane, lamp, barrel, bell, kite. " * 2
    (answer,) = STAGES["obelics"](max_repeated_words=1, paragraph_max_repeated=1)([document(PROSE, keywords)])
    assert answer.text == PROSE
    settings = {"paragraph_min_stop_words": 0.0, "max_repeated_words": 1.0, "paragraph_max_repeated": 1.0}
    (answer,) = STAGES["obelics"](**settings)([document(keywords)])
    assert isinstance(answer, Drop)
    for text, language in ((GERMAN, "de"), ("船回来的时候，港口很安静，码头上没有人说起那场风暴。", "zh")):
        (answer,) = STAGES["obelics"]()([document(text, language=language)])
        assert isinstance(answer, Document)


def test_a_classifier_of_offensive_text_runs_where_it_is_installed() -> None:
    pytest.importorskip("profanity_check")
    stage = STAGES["toxicity"]()
    (answer,) = stage([document("You are a fucking idiot and I hate you all.")])
    assert isinstance(answer, Drop) and answer.reason == "toxic"
    (answer,) = stage([document(PROSE)])
    assert isinstance(answer, Document) and answer.scores["toxic"] == 0


FUNCTIONS = """
def short(document, most=5):
    words = len(document.text.split())
    return None if words <= most else f"{words} words"

def yes(document):
    return len(document.text) > 3

def length(document):
    return len(document.text)

def wrong(document):
    return []
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "own_functions.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("own_functions", None)


def test_a_function_is_a_filter(module) -> None:
    data = {
        "source": {"warc": {"paths": ["x"]}},
        "plugins": ["own_functions"],
        "text": [{"own_functions:short": {"most": 2}}, "own_functions:yes", "own_functions:length"],
    }
    made = config.parse(data)
    assert config.parse(plan.plain(made)) == made
    assert made.plugin_code
    short, yes, length = made.text
    answers = short([document("one two"), document("one two three")])
    assert isinstance(answers[0], Document)
    assert (answers[1].reason, answers[1].detail) == ("refused", "3 words")
    assert [isinstance(answer, Drop) for answer in yes([document("abc"), document("abcd")])] == [True, False]
    (answer,) = length([document("abcd")])
    assert answer.scores["length"] == 4.0
    wrong = config.parse({**data, "text": ["own_functions:wrong"]}).text[0]
    with pytest.raises(TypeError, match="gives true, false, a text or a number"):
        wrong([document("a")])
    for entry, message in (
        ({"own_functions:short": {"least": 1}}, "unknown key 'least'"),
        ("own_functions:none", "cannot load"),
    ):
        with pytest.raises(ConfigError, match=message):
            config.parse({**data, "text": [entry]})
