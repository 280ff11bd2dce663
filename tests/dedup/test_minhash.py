"""MinHash: how alike two texts are is how much of their signatures agrees, and near copies share a key."""

import numpy as np
import pyarrow as pa
import pytest

from m3w_builder import dedup, words
from m3w_builder.dedup import DedupConfig, minhash
from m3w_builder.dedup.config import found_by
from m3w_builder.dedup.minhash import band_keys, likeness, shingles, signature, sketch
from m3w_builder.dedup.near import mix
from m3w_builder.dedup.tables import keys_table
from m3w_builder.document import Document, Source, Text, make_key
from m3w_builder.words import word_hashes


def hashes(tokens: list[str]) -> np.ndarray:
    return word_hashes(" ".join(tokens))


def text(number: int, seed: int) -> list[str]:
    return [f"w{word}" for word in np.random.default_rng(seed).integers(0, 5000, number)]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.95, 1.0])
def test_signatures_agree_on_about_the_jaccard_share(share: float) -> None:
    one = text(4000, 1)
    other = one[: round(4000 * share)] + text(4000 - round(4000 * share), 2)
    sets = [set(shingles(hashes(tokens), 5).tolist()) for tokens in (one, other)]
    jaccard = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
    agree = (signature(hashes(one), 512) == signature(hashes(other), 512)).mean()
    assert abs(agree - jaccard) < 4 * (0.25 / 512) ** 0.5


@pytest.mark.skipif(words.letters() is None, reason="nothing is compiled: installed without a C compiler")
@pytest.mark.parametrize("number", [1, 4, 5, 6, 1024, 2500])
def test_compiled_loops_make_the_same_signature(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = mix(np.arange(number, dtype=np.uint64))
    compiled = [signature(found, permutations).tolist() for permutations in (1, 16, 112)]
    monkeypatch.setattr(minhash, "letters", lambda: None)
    assert compiled == [signature(found, permutations).tolist() for permutations in (1, 16, 112)]


def test_a_signature_is_the_same_for_ever() -> None:
    # Keys of one build meet keys of its earlier runs on other machines: these numbers hang on nothing but the code.
    assert signature(word_hashes("船回来的时候港口很安静"), 4).tolist() == SIGNATURE
    assert band_keys(np.arange(8, dtype=np.uint32), 2) == FIXED


SIGNATURE = [232278882, 212841918, 663481733, 102761834]
FIXED = [11660027832386793900, 14134006483249583113]


@pytest.mark.parametrize("tokens", [["one"], ["two", "words"], list("船回来的时候港口很安静")])
def test_short_texts_have_signatures_too(tokens: list[str]) -> None:
    assert (signature(hashes(tokens), 16) < 0xFFFFFFFF).all()


def page(url: str, tokens: list[str]) -> Document:
    return Document(url, [Text(" ".join(tokens))], key=make_key(url, Source()))


def test_a_page_with_a_changed_sentence_is_a_near_duplicate_and_others_are_not() -> None:
    config = DedupConfig()
    base = text(600, 3)
    copy = [*base[:300], *text(12, 4), *base[312:]]
    half = base[:300] + text(300, 5)
    pages = [page("http://a.example/", base), page("http://b.example/", copy), page("http://c.example/", half)]
    keys = pa.concat_tables([dedup.page_keys([one], 0, config) for one in pages])
    decisions = dedup.settle(dedup.judge_pages(keys, config)).to_pylist()
    assert {row["reason"] for row in decisions} == {"near_duplicate_text"}
    assert len({row["doc"] for row in decisions}) == 1
    assert {row["doc"] for row in decisions} < {pages[0].id, pages[1].id}
    assert not len(dedup.judge_pages(dedup.page_keys(pages, 0, DedupConfig(near_texts=False)), config))


def shared(share: float, seed: int, number: int = 2000) -> tuple[list[str], list[str]]:
    one = text(number, seed)
    return one, one[: round(number * share)] + text(number - round(number * share), seed + 1000)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.9, 1.0])
def test_sketches_tell_the_jaccard_share_of_texts(share: float) -> None:
    config = DedupConfig()
    told, true = [], []
    for seed in range(24):
        pair = shared(share, seed)
        bits = [sketch(signature(hashes(tokens), 112)) for tokens in pair]
        differing = sum((one ^ other).bit_count() for one, other in zip(*bits, strict=True))
        told.append(float(likeness(np.array([differing]), config)[0]))
        sets = [set(shingles(hashes(tokens), 5).tolist()) for tokens in pair]
        true.append(len(sets[0] & sets[1]) / len(sets[0] | sets[1]))
    # One bit of 112: a single estimate is off by 2 (p (1 - p) / 112)^½ with p = (1 + J) / 2, the mean of 24 by less.
    p = (1 + np.mean(true)) / 2
    assert abs(np.mean(told) - np.mean(true)) <= 4 * 2 * (p * (1 - p) / 112 / 24) ** 0.5


def test_pages_that_share_a_band_but_too_few_words_stay_unless_bands_alone_are_asked() -> None:
    one, other = shared(0.75, 7, 400)  # some 0.6 of their shingles
    pages = [page("http://a.example/", one), page("http://b.example/", other)]
    bands = {"minhash_bands": 56, "minhash_rows": 2}
    for asked, gone in ((0.8, 0), (0.4, 1), (0.0, 1)):
        config = DedupConfig(min_jaccard=asked, **bands)
        keys = pa.concat_tables([dedup.page_keys([one], 0, config) for one in pages])
        rows = dedup.settle(dedup.judge_pages(keys, config)).to_pylist()
        assert len(rows) == gone
        assert all(row["limit"] == asked and 0.4 < row["value"] < 0.8 for row in rows)


def test_bands_that_miss_what_is_asked_are_refused_with_bands_that_do() -> None:
    with pytest.raises(ValueError, match=r"min_jaccard is 0.5, and minhash_bands 14 of minhash_rows 8 find only 5%"):
        DedupConfig(min_jaccard=0.5)
    with pytest.raises(ValueError, match=r"take 22 bands of 5"):
        DedupConfig(min_jaccard=0.5)
    DedupConfig(min_jaccard=0.5, minhash_bands=22, minhash_rows=5)
    DedupConfig(min_jaccard=0.5, near_texts=False)
    assert found_by(0.8, 14, 8) == pytest.approx(0.924, abs=0.001)


def test_a_band_of_very_many_pages_costs_no_square_and_is_one_group() -> None:
    config = DedupConfig()
    number = 3000
    rank = np.arange(number, dtype=np.uint64)
    sketches = np.random.default_rng(0).integers(0, 64, (2, number)).astype(np.uint64)
    keys = keys_table(
        "minhash", number, key=rank * np.uint64(0), rank=rank, doc=rank, value=sketches[0], more=sketches[1]
    )
    decisions = dedup.judge_pages(keys, config)
    assert len(decisions) == number - 1 and set(decisions["detail"].to_pylist()) == {"0" * 16}
