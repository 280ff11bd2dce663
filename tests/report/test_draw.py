"""Documents are drawn alike from all bundles, however many there are, and holding no more than asked."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.report import figures
from m3w_builder.report.draw import Draw, read, texts


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 20))
def test_what_is_drawn_is_there_and_stands_once(counts, keep):
    draw = Draw(keep)
    for bundle, count in enumerate(counts):
        draw.offer([str(bundle)], count)
    drawn = draw.drawn()
    assert len(drawn) == len(set(drawn)) == min(keep, sum(counts))
    assert all(one.number < counts[int(one.shards[0])] for one in drawn)


def test_large_and_small_bundles_are_drawn_by_their_documents():
    draw = Draw(3000)
    for bundle in range(1000):
        draw.offer([str(bundle)], 90 if bundle % 10 else 1000)
    of_large = Counter(int(one.shards[0]) % 10 == 0 for one in draw.drawn())[True]
    # 100 bundles of 1,000 among 181,000 documents: 55.2 %, with a standard error of 0.9 %.
    assert abs(of_large / 3000 - 100_000 / 181_000) < 0.04
    assert len(draw.held) <= 3000


def test_texts_are_those_of_documents_in_the_languages_that_are_chosen(build):
    drawn = figures.gather(build)["drawn"]
    documents = [document for document, _ in read(build, drawn)]
    met: list[str] = []

    def chosen(languages):
        met.extend(languages)
        return {met[0]}

    found = list(texts(build, drawn, chosen))
    assert len(documents) == len(drawn)
    assert met == [document.language for document in documents]
    assert found == [(document.language, document.text) for document in documents if document.language == met[0]]
