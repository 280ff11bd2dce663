"""MinHash: how alike two texts are is how much of their signatures agrees, and near copies share a key."""

import numpy as np
import pyarrow as pa
import pytest

from m3w_builder import dedup
from m3w_builder.dedup import DedupConfig
from m3w_builder.dedup.minhash import band_keys, shingles, signature
from m3w_builder.document import Document, Source, Text, make_key


def text(number: int, seed: int) -> list[str]:
    return [f"w{word}" for word in np.random.default_rng(seed).integers(0, 5000, number)]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.95, 1.0])
def test_signatures_agree_on_about_the_jaccard_share(share: float) -> None:
    one = text(4000, 1)
    other = one[: round(4000 * share)] + text(4000 - round(4000 * share), 2)
    sets = [set(shingles(tokens, 5).tolist()) for tokens in (one, other)]
    jaccard = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
    agree = (signature(one, 512) == signature(other, 512)).mean()
    assert abs(agree - jaccard) < 4 * (0.25 / 512) ** 0.5


def test_a_signature_is_the_same_for_ever() -> None:
    # Keys of earlier builds are compared with new ones: these numbers must not change.
    assert signature(list("船回来的时候港口很安静"), 4).tolist() == SIGNATURE
    assert band_keys(np.arange(8, dtype=np.uint32), 2) == FIXED


SIGNATURE = [43517342, 1196529970, 507663752, 604703306]
FIXED = [11660027832386793900, 14134006483249583113]


@pytest.mark.parametrize("tokens", [["one"], ["two", "words"], list("船回来的时候港口很安静")])
def test_short_texts_have_signatures_too(tokens: list[str]) -> None:
    assert (signature(tokens, 16) < 0xFFFFFFFF).all()


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
