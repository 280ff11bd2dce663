"""Documents come back from their two files, all of them or one alone, and what was changed there is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder import document, spool
from m3w_builder.document import Document, Image, Text
from m3w_builder.storage import Written

WORDS = st.text(max_size=30).filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text))
PAGES = st.builds(
    Document,
    url=st.sampled_from(["http://a/", "http://b/", "http://c/"]),
    items=st.lists(st.one_of(st.builds(Text, WORDS), st.builds(Image, WORDS)), max_size=4),
    key=st.text("0123456789abcdef", min_size=32, max_size=32),
)


def put(base, batches):
    rows, texts = Written(), Written()
    with spool.writer(base, rows, texts) as out:
        for batch in batches:
            out.write(batch)
    return rows, texts


@given(batches=st.lists(st.lists(PAGES, max_size=4), max_size=4), together=st.sampled_from([1, 3, 2048]))
def test_documents_come_back_in_their_order(tmp_path_factory, batches, together):
    base = f"{tmp_path_factory.mktemp('spool')}/0"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "TOGETHER", together)
        patch.setattr(spool, "AT_ONCE", 2)
        put(base, batches)
        pages = [one for batch in batches for one in batch]
        assert list(spool.read(base)) == pages
        assert list(spool.read(base, "http://b/")) == [one for one in pages if one.url == "http://b/"]
        told = [one for table, _ in spool.tables(base) for one in document.references(table)]
        assert [[image.url for image in one.images] for one in told] == [
            [image.url for image in one.images] for one in pages
        ]


def test_each_is_read_alone_by_its_place(tmp_path):
    base = f"{tmp_path}/0"
    pages = [Document(f"http://a/{number}", [Text("word " * number)], key=f"{number:032x}") for number in range(9)]
    put(base, [pages[:4], pages[4:]])
    body = (tmp_path / "0.documents").read_bytes()
    places = [place for _, some in spool.tables(base) for place in some]
    for number in (7, 0, 3, 8):
        place = places[number]
        assert spool.opened(body[place.start : place.start + place.stored], place) == pages[number]
    assert places[-1].start + places[-1].stored == len(body)


def test_a_document_with_one_bit_turned_is_refused_and_its_neighbours_are_not(tmp_path):
    base = f"{tmp_path}/0"
    put(base, [[Document(f"http://a/{number}", [Text("word")], key=f"{number:032x}") for number in range(3)]])
    (_, places), *_ = spool.tables(base)
    body = bytearray((tmp_path / "0.documents").read_bytes())
    body[places[1].start + 5] ^= 1
    (tmp_path / "0.documents").write_bytes(bytes(body))
    parts = [bytes(body[place.start : place.start + place.stored]) for place in places]
    assert [spool.opened(parts[number], places[number]).url for number in (0, 2)] == ["http://a/0", "http://a/2"]
    with pytest.raises(ValueError, match="not what was written"):
        spool.opened(parts[1], places[1])
    with pytest.raises(ValueError, match="not what was written"):
        list(spool.read(base))


def test_where_writing_fails_neither_file_is_left(tmp_path):
    with pytest.raises(OSError, match="full"), spool.writer(f"{tmp_path}/0", Written(), Written()) as out:
        out.write([Document("http://a/")])
        raise OSError("full")
    assert list(tmp_path.iterdir()) == []
