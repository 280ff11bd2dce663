"""Tests of the words that profit: whole words of several tokens, ranked by what their pictures save on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from m3w_builder.flamingo import words
from m3w_builder.flamingo.corpus import Page
from m3w_builder.flamingo.sequences import lay_out
from m3w_builder.flamingo.tokenizer import train_tokenizer

TOKENIZER = train_tokenizer(["we see a thing here"] * 20, 300)


def test_a_word_of_several_tokens_is_one_word_and_its_pictures_are_shown(tmp_path: Path) -> None:
    pages = [Page(str(n), "h", [n, "we see a purple thing here, <b>"], []) for n in range(4)]
    laid = lay_out(pages, TOKENIZER, 64)
    saved = np.zeros(laid.tokens_WT.shape, np.float32)
    purple = TOKENIZER.encode(" purple")
    assert len(purple) > 1
    for row, tokens in enumerate(laid.tokens_WT.tolist()):
        at = next(at for at in range(len(tokens)) if tokens[at : at + len(purple)] == purple)
        saved[row, at : at + len(purple)] = 0.5 + row
    found = words.profit(laid, saved, TOKENIZER)
    assert [word.word for word in found] == ["purple"]
    assert found[0].times == 4 and found[0].nats == round(2.0 * len(purple), 3)
    assert [place.page for place in found[0].places] == [3, 2, 1]
    plain = words.write(str(tmp_path), found, [np.full((3, 8, 8), n, np.uint8) for n in range(4)], list("abcd"))
    assert plain[0]["places"][0]["page"] == "d" and (tmp_path / "words/00-0.png").exists()
    page = (tmp_path / "words.html").read_text()
    assert "<th>purple</th>" in page and "&lt;b&gt;" in page and "<b>" not in page


def test_words_that_stand_seldom_or_gain_nothing_are_left_out() -> None:
    laid = lay_out([Page("a", "h", [0, "we see a thing"], [])], TOKENIZER, 64)
    assert words.profit(laid, np.ones(laid.tokens_WT.shape, np.float32), TOKENIZER) == []
    assert words.profit(laid, -np.ones(laid.tokens_WT.shape, np.float32), TOKENIZER, least=1) == []
