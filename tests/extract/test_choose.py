"""choose: the odds of pictures are the weights of what is known of them, numbers within and words for learning."""

from __future__ import annotations

import random

import pytest

from m3w_builder.extract import ExtractConfig, choose, content, known
from m3w_builder.extract.flat import parse
from m3w_builder.extract.page import walked
from m3w_builder.sampleweb import plan, shell
from m3w_builder.sampleweb.idioms import IDIOMS
from m3w_builder.sampleweb.languages import TONGUES

URL = "https://a.example/articles/one.html"
CONFIG = ExtractConfig()


def chosen_pages() -> list[content.Selection]:
    rng = random.Random(5)
    pages = [
        shell.around(site, page, IDIOMS[site.idiom].content(page), [], TONGUES[site.language], rng)
        for site in plan.make(40, 3).sites
        for page in site.pages[:1]
    ]
    return [
        content.select(walked(parse(page.encode()), URL, CONFIG, thread), thread)
        for page in pages
        for thread in (False, True)
    ]


def test_odds_are_the_sum_of_the_weights_of_the_words() -> None:
    weights, told = choose.table(), 0
    for chosen in chosen_pages():
        asked = (chosen.weighed, chosen.root, chosen.keep, URL, "https://a.example/cover.jpg", CONFIG.min_declared_side)
        words, odds = choose.words_of(*asked), choose.choose(*asked)
        assert words.keys() == odds.keys()
        for index, one in words.items():
            assert odds[index] == pytest.approx(weights[""] + sum(weights.get(word, 0.0) for word in one), abs=1e-9)
            assert set(one) <= set(known.WORDS)
        told += len(words)
        assert choose.choose(*asked, weights) == odds
    assert told > 40


def test_every_weight_is_of_a_word_that_can_be_said() -> None:
    assert set(choose.table()) <= {"", *known.WORDS}
    assert len(set(known.WORDS)) == len(known.WORDS)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("https://a.example/p-300x200.jpg", 300),
        ("https://a.example/p.jpg?w=640", 640),
        ("https://a.example/p.jpg?fit=640,480", 640),
        ("https://a.example/p,width_640/p.jpg", 640),
        ("https://a.example/maxwell=12.jpg", 0),
        ("https://a.example/10000x20000.jpg", 0),
    ],
)
def test_an_address_tells_a_size(address: str, wanted: int) -> None:
    assert known.width_in(address) == wanted
