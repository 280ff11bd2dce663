"""Repeated pictures are counted by the documents that hold them."""

import numpy as np
import pyarrow as pa

from m3w_builder.dedup import DECISIONS, distances, repeats
from m3w_builder.dedup.tables import keys_table


def keys(rows):
    """Rows of (picture, document, partition), as exact keys; a near key beside them is none of it."""
    columns = np.array(rows, np.uint64).reshape(-1, 3).T
    exact = keys_table(
        "exact", len(rows), key=columns[0] << np.uint64(8), picture=columns[0], doc=columns[1], partition=columns[2]
    )
    return pa.concat_tables([exact, keys_table("near", 1)]).unify_dictionaries()


def test_groups_are_counted_by_distinct_documents():
    told = repeats(keys([(7, 1, 0), (7, 2, 1), (7, 2, 1), (7, 3, 4), (9, 1, 0), (8, 5, 2), (8, 6, 2)]))
    assert told["sizes"] == {"1": 1, "2": 1, "3": 1}
    assert told["most"] == [[3, f"{7:016x}", 0], [2, f"{8:016x}", 2]]


def test_no_pictures_are_no_groups():
    assert repeats(keys([])) == {"sizes": {}, "most": []}


def test_near_duplicates_are_counted_by_their_distance():
    rows = [{"kind": "near", "value": 2.0}, {"kind": "near", "value": 2.0}, {"kind": "exact"}]
    assert distances(pa.Table.from_pylist(rows, schema=DECISIONS)) == {"2": 2}
