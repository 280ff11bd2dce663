"""Documents survive every form in which they are stored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder import storage
from m3w_builder.document import (
    KINDS,
    SCHEMA,
    Audio,
    Document,
    Image,
    Source,
    Text,
    Video,
    from_json,
    item_from_json,
    item_to_json,
    make_key,
    references,
    to_json,
    to_table,
    valid,
)

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
COUNT = st.integers(0, 10_000)
SCORES = st.dictionaries(TEXT, st.floats(0, 1, width=32), max_size=2)
RIGHTS = st.lists(TEXT, max_size=2)
ITEMS = st.one_of(
    st.builds(Text, TEXT, st.sampled_from(KINDS), st.integers(0, 6)),
    st.builds(
        Image,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        COUNT,
        COUNT,
        TEXT,
        TEXT,
        TEXT,
        COUNT,
        COUNT,
        TEXT,
        COUNT,
        st.lists(TEXT, max_size=2),
        TEXT,
        SCORES,
    ),
    st.builds(Video, TEXT, TEXT, TEXT, TEXT, TEXT),
    st.builds(Audio, TEXT, TEXT, TEXT, TEXT),
)
DOCUMENTS = st.builds(
    Document,
    url=TEXT,
    items=st.lists(ITEMS, max_size=5),
    key=st.text("0123456789abcdef", min_size=32, max_size=32),
    host=TEXT,
    title=TEXT,
    rights=st.lists(TEXT, max_size=3),
    scores=SCORES,
    source=st.builds(Source, TEXT, st.integers(-1, 2**40), TEXT, TEXT),
)


@given(st.lists(DOCUMENTS, max_size=4))
def test_a_table_gives_back_the_documents(documents):
    table, told = to_table(documents)
    assert table.schema == SCHEMA
    assert [from_json(json.loads(one)) for one in told] == documents
    assert [one.url for one in references(table)] == [one.url for one in documents]


@given(ITEMS)
def test_json_gives_back_the_item(item):
    assert item_from_json(json.loads(json.dumps(item_to_json(item)))) == item


@given(DOCUMENTS)
def test_json_gives_back_the_document_with_scores_of_four_digits(document):
    document.scores = {name: round(score, 4) for name, score in document.scores.items()}
    assert from_json(json.loads(json.dumps(to_json(document)))) == document


def test_an_entry_of_no_known_type_is_refused():
    with pytest.raises(KeyError, match="no text, image, video or audio"):
        item_from_json({"picture": "a.jpg"})


def test_lone_surrogates_are_replaced_wherever_they_stand():
    table, (told,) = to_table([Document(url="a\ud800", items=[Text("b\udfff"), Image("c", scores={"\ud800": 1.0})])])
    back = from_json(json.loads(told))
    assert table["url"].to_pylist() == ["a\ufffd"]
    assert back.url == "a\ufffd"
    assert back.items[0].text == "b\ufffd"
    assert valid("plain") == "plain"
    assert valid("\ud83d\ude00") == "\U0001f600"


def test_a_score_that_is_no_number_says_nothing():
    _, (told,) = to_table([Document("u", scores={"a": float("nan"), "b": float("inf"), "c": 1 / 3})])
    back = from_json(json.loads(told))
    assert back.scores == {"c": 1 / 3}


def test_a_key_is_the_same_for_the_same_record_and_has_no_dots():
    source = Source("a.warc.gz", 5, "sha1:ABC", "2024-05-01T00:00:00Z")
    moved = Source("b.warc.gz", 9, "sha1:ABC", "2024-05-01T00:00:00Z")
    assert make_key("http://a.example/x.y", source) == make_key("http://a.example/x.y", moved)
    assert make_key("http://a.example/x.y", source) != make_key("http://a.example/x.z", source)
    assert "." not in make_key("http://a.example/x.y", source)
    assert len(make_key("\ud800", source)) == 32


def test_references_are_the_pictures_of_the_whole_documents(tmp_path):
    one = Document("http://a.example/", [Image("p.png"), Text("t"), Video("v"), Image("q.png")], "a" * 32, "a.example")
    whole = [one, Document("http://b.example/", [Text("no picture")], key="b" * 32), one]
    storage.write_table(str(tmp_path / "t.parquet"), to_table(whole)[0], row_group=2)
    tables = storage.iter_tables(str(tmp_path / "t.parquet"))
    found = [document for table in tables for document in references(table)]
    assert [[image.url for image in document.images] for document in found] == [
        [image.url for image in document.images] for document in whole
    ]
    assert [(d.key, d.url, d.host, d.source) for d in found] == [(d.key, d.url, d.host, d.source) for d in whole]
