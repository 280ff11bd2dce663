"""Tables between two tasks come back as they were, whatever their pieces."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder import interim
from m3w_builder.dedup.tables import KEYS, keys_table
from m3w_builder.storage import Written

PIECES = st.lists(st.tuples(st.sampled_from(["url", "text", "line"]), st.integers(0, 30)), max_size=8)


@given(pieces=PIECES, together=st.sampled_from([0, 1, 20, 10**6]))
def test_pieces_come_back_in_their_order(tmp_path_factory, pieces, together):
    url = f"{tmp_path_factory.mktemp('interim')}/a.arrow"
    tables = [keys_table(kind, number, key=range(number)) for kind, number in pieces]
    whole = pa.concat_tables([KEYS.empty_table(), *tables]).to_pylist()
    with interim.writer(url, KEYS, together=together) as out:
        for table in tables:
            out.write(table)
    assert interim.read(url).to_pylist() == whole


def test_a_column_of_words_has_one_dictionary_though_its_pieces_had_several(tmp_path):
    url = f"{tmp_path}/a.arrow"
    with interim.writer(url, KEYS, together=1) as out:
        for kind in ("url", "text", "url"):
            out.write(keys_table(kind, 2))
    kinds = interim.read(url)["kind"]
    assert len({tuple(chunk.dictionary.to_pylist()) for chunk in kinds.chunks}) == 1
    assert kinds.to_pylist() == ["url", "url", "text", "text", "url", "url"]


def test_a_file_of_one_table_is_told_by_its_bytes_and_hash(tmp_path):
    import hashlib

    url = f"{tmp_path}/a.arrow"
    written = interim.write(url, keys_table("url", 5))
    body = (tmp_path / "a.arrow").read_bytes()
    assert (written.bytes, written.sha256) == (len(body), hashlib.sha256(body).hexdigest())


def test_where_writing_fails_nothing_is_left(tmp_path):
    with pytest.raises(OSError, match="full"), interim.writer(f"{tmp_path}/a.arrow", KEYS, Written()) as out:
        out.write(keys_table("url", 5))
        raise OSError("full")
    assert list(tmp_path.iterdir()) == []
