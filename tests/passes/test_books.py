"""Dropped rows hold whatever a hostile file claims."""

import pyarrow.parquet as pq

from m3w_builder.ledger import Ledger
from m3w_builder.passes.books import books, peak_mb
from m3w_builder.stage import Drop


def test_what_no_table_holds_exactly_is_entered_all_the_same(tmp_path):
    """Found by a hostile archive: a bitmap that claims nearly 2**62 px ended its partition."""
    file = str(tmp_path / "dropped.parquet")
    with books(file, Ledger()) as the_books:
        the_books.picture(
            "decode", "http://x/a.bmp", "http://x/", "", Drop("too_many_pixels", "", 2**62 + 1, 40_000_000)
        )
        the_books.page("extract", "http://x/\ud800", Drop("error", "\udfff", None, 1.5))
    rows = pq.read_table(file)
    assert rows["value"].to_pylist() == [float(2**62), None]
    assert rows["limit"].to_pylist() == [40_000_000.0, 1.5]
    assert rows["url"].to_pylist() == ["http://x/a.bmp", "http://x/\ufffd"]
    assert rows["detail"].to_pylist() == ["", "\ufffd"]


def test_memory_that_a_stage_takes_is_told_as_its_own(tmp_path):
    ledger = Ledger()
    with books(str(tmp_path / "dropped.parquet"), ledger) as the_books:
        with the_books.timed("light"):
            pass
        with the_books.timed("heavy"):
            held = b"x" * int((peak_mb() + 40) * 1024 * 1024)  # beyond what the process had at any time before
    assert len(held) and ledger["heavy"].peak_mb > 30 > ledger["light"].peak_mb


def test_a_thread_whose_time_is_entered_by_itself_adds_to_no_stage(tmp_path):
    ledger, taken = Ledger(), 0.0
    with books(str(tmp_path / "dropped.parquet"), ledger) as the_books:
        the_books.aside = lambda: taken
        with the_books.timed("decode"):
            taken = 1000.0
        with the_books.timed("store"):
            pass
    assert -1001 < ledger["decode"].cpu_seconds < -900
    assert 0 <= ledger["store"].cpu_seconds < 100
