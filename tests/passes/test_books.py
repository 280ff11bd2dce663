"""Dropped rows hold whatever a hostile file claims."""

import pyarrow.parquet as pq

from m3w_builder.document import Document, Image, Text
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


class Picky:
    """Drops a page without words, and of the others the pictures that are called icons."""

    name = "picky"
    reasons = {"empty": "", "icon": ""}

    def __call__(self, batch):
        answers = []
        for one in batch:
            icons = [image for image in one.images if "icon" in image.url]
            one.removed += [(image, Drop("icon", image.url)) for image in icons]
            one.items = [item for item in one.items if item not in icons]
            answers.append(one if one.text else Drop("empty", "", 0, 1))
        return answers


def test_a_stage_over_many_pages_leaves_a_row_for_each_thing_that_went(tmp_path):
    file = str(tmp_path / "dropped.parquet")
    ledger = Ledger()
    pages = [
        Document("http://x/1", [Text("a"), Image("icon-1", bytes=10), Image("b", bytes=20)], key="1"),
        Document("http://x/2", [Image("icon-2", bytes=30), Image("c", bytes=40), Image("d", bytes=50)], key="2"),
        Document("http://x/3", [Text("a")], key="3"),
    ]
    with books(file, ledger) as the_books:
        the_books.pictures("extract", 5, 150)
        assert [one.key for one in the_books.through([Picky()], pages)] == ["1", "3"] and not pages
    ledger.follow(["extract", "picky"])
    count = ledger["picky"]
    assert (count.pages.kept, count.pages.dropped) == (2, {"empty": 1})
    assert (count.pictures.kept, count.pictures.dropped) == (1, {"icon": 2, "page_dropped": 2})
    assert (count.pictures.bytes, count.pictures.dropped_bytes) == (20, {"icon": 40, "page_dropped": 90})
    rows = {(row["unit"], row["url"]): row for row in pq.read_table(file).to_pylist()}
    assert {(key, row["page"], row["doc"], row["reason"], row["detail"]) for key, row in rows.items()} == {
        (("page", "http://x/2"), "http://x/2", "2", "empty", ""),
        (("picture", "icon-1"), "http://x/1", "1", "icon", "icon-1"),
        (("picture", "icon-2"), "http://x/2", "2", "icon", "icon-2"),
        (("picture", "c"), "http://x/2", "2", "page_dropped", "empty"),
        (("picture", "d"), "http://x/2", "2", "page_dropped", "empty"),
    }
    assert (rows["page", "http://x/2"]["value"], rows["page", "http://x/2"]["limit"]) == (0, 1)


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
