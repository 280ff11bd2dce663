"""Topics are the words that stand together, and the same in every run."""

import random

from m3w_builder.report import topics

THEMES = {
    "sea": ["harbour", "lighthouse", "keeper", "sailor", "anchor", "tide", "schooner", "lantern"],
    "bread": ["flour", "yeast", "oven", "baker", "crust", "dough", "kneading", "starter"],
    "bicycle": ["pedal", "saddle", "spoke", "chain", "derailleur", "handlebar", "frame", "tyre"],
    "garden": ["compost", "seedling", "pruning", "hedge", "tomato", "watering", "greenhouse", "soil"],
    "stars": ["telescope", "orbit", "planet", "comet", "eclipse", "observatory", "nebula", "lens"],
}


def texts(number: int) -> list[tuple[str, str]]:
    chance = random.Random(5)
    made = []
    for place in range(number):
        words = THEMES[list(THEMES)[place % len(THEMES)]]
        filler = ["always", "under", "people", "might", "yesterday", "often"]
        made.append(("en", " ".join(chance.choices(words, k=30) + chance.choices(filler, k=40))))
    return made


def test_words_that_stand_together_are_a_topic():
    ((language, found),) = [(one["language"], one["topics"]) for one in topics.topics(texts(200))]
    assert language == "en"
    first = {frozenset(topic["words"][:4]) for topic in found}
    for theme in THEMES.values():
        assert any(words <= set(theme) for words in first), (theme, first)
    assert abs(sum(topic["share"] for topic in found) - 1) < 0.01


def test_the_same_texts_have_the_same_topics():
    assert topics.topics(texts(160)) == topics.topics(texts(160))


def test_few_documents_of_a_language_have_none():
    assert topics.topics(texts(topics.LEAST - 1)) == []
    assert topics.of_language(["the same words in each"] * 200) == []


def test_the_languages_of_most_documents_are_told():
    many = {"en": 300, "de": 200, "": 200, "fr": 150, "pl": topics.LEAST - 1}
    languages = [language for language, number in many.items() for _ in range(number)]
    assert topics.spoken(languages) == {"en", "de", ""}
    assert topics.spoken(language for language in languages if language not in ("en", "fr")) == {"de", ""}


def test_words_of_three_letters_and_pairs_of_unspaced_characters_are_terms():
    assert topics.terms("The sea, the SEA: 2024 is at 灯台は光") == {
        "the": 2, "sea": 2, "灯台": 1, "台は": 1, "は光": 1,
    }  # fmt: skip
