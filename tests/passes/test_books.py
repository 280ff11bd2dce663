"""Dropped rows hold whatever a hostile file claims."""

import pyarrow.parquet as pq

from m3w_builder.ledger import Ledger
from m3w_builder.passes.books import books
from m3w_builder.stage import Drop


def test_a_number_that_no_table_holds_exactly_is_entered_all_the_same(tmp_path):
    """Found by a hostile archive: a bitmap that claims nearly 2**62 px ended its partition."""
    file = str(tmp_path / "dropped.parquet")
    with books(file, Ledger()) as the_books:
        the_books.picture(
            "decode", "http://x/a.bmp", "http://x/", "", Drop("too_many_pixels", "", 2**62 + 1, 40_000_000)
        )
    assert pq.read_table(file)["value"].to_pylist() == [float(2**62)]
