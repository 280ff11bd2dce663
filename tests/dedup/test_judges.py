"""The judges: who goes, who stays, and that the order of arrival changes nothing."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import page, pictures

from m3w_builder import dedup
from m3w_builder.dedup import DedupConfig
from m3w_builder.document import Document, Image, Text


def judged(documents: list[Document], partitions: list[int] | None = None, **settings: object) -> list[dict]:
    config = DedupConfig(**settings)
    numbers = partitions or [0] * len(documents)
    tables = [dedup.page_keys([one], number, config) for one, number in zip(documents, numbers, strict=True)]
    decisions = dedup.judge_pages(pa.concat_tables(tables), config)
    assert decisions.schema == dedup.DECISIONS
    return decisions.to_pylist()


def dropped(documents: list[Document], rows: list[dict], reason: str) -> set[str]:
    by_id = {one.id: one.url for one in documents}
    return {by_id[row["doc"]] for row in rows if row["reason"] == reason}


def test_pages_of_one_canonical_url_leave_the_longest() -> None:
    pages = [page("http://a.example/x?utm_source=1", "long " * 50), page("http://A.example/x", "short one")]
    rows = judged(pages)
    assert dropped(pages, rows, "duplicate_url") == {"http://A.example/x"}
    assert rows[0]["detail"] == pages[0].key[:16]


def test_pages_of_one_text_leave_one() -> None:
    pages = [page(f"http://{name}.example/", "The  SAME\n\ntext") for name in "abc"] + [
        page("http://d.example/", "other")
    ]
    gone = dropped(pages, judged(pages), "duplicate_text")
    assert len(gone) == 2 and "http://d.example/" not in gone


def test_pages_without_text_are_no_duplicates() -> None:
    assert not judged([page("http://a.example/", " "), page("http://b.example/", "")])


@pytest.mark.parametrize(
    ("keep", "stays"),
    [("most_pictures", "http://b.example/"), ("earliest", "http://c.example/")],
)
def test_the_rule_says_which_page_stays(keep: str, stays: str) -> None:
    pages = [
        page("http://a.example/", "same", ("http://p.example/1",), "2024-03-01T00:00:00Z"),
        page("http://b.example/", "same", ("http://p.example/1", "http://p.example/2"), "2024-02-01T00:00:00Z"),
        page("http://c.example/", "same", (), "2024-01-01T00:00:00Z"),
    ]
    gone = dropped(pages, judged(pages, keep_page=keep), "duplicate_text")
    assert gone == {one.url for one in pages} - {stays}


def test_a_record_read_twice_does_not_drop_itself() -> None:
    pages = [page("http://a.example/")] * 2
    assert not judged(pages)
    rows = judged(pages, [0, 1], near_texts=False)
    assert {(row["partition"], row["reason"]) for row in rows} == {(1, "duplicate_url"), (1, "duplicate_text")}


def test_pictures_on_too_many_documents_go() -> None:
    pages = [page(f"http://a.example/{n}", f"text {n}", ("http://a.example/logo.png",)) for n in range(4)]
    pages[0].items.append(Image("http://a.example/photo.jpg"))
    rows = [row for row in judged(pages, max_documents_per_picture=3) if row["kind"] == "picture"]
    assert len(rows) == 4
    assert {row["key"] for row in rows} == {dedup.picture_url_key("http://a.example/logo.png")}
    assert {(row["reason"], row["value"], row["limit"]) for row in rows} == {("common_picture", 4.0, 3.0)}
    assert not judged(pages, max_documents_per_picture=4)
    assert not judged(pages, max_documents_per_picture=0)


def test_copies_of_a_page_count_once_for_its_pictures() -> None:
    copies = [page(f"http://{n}.example/", "one text", ("http://a.example/p.png",)) for n in range(5)]
    again = [page("http://a.example/", f"text {n}", ("http://a.example/p.png",), str(n)) for n in range(5)]
    for pages in (copies, again):
        assert not [row for row in judged(pages, max_documents_per_picture=2) if row["kind"] == "picture"]


def test_archived_pictures_are_told_to_the_partitions_that_want_them() -> None:
    config = DedupConfig(max_documents_per_picture=1)
    tables = [
        dedup.page_keys(
            [page("http://a.example/", "a", ("http://a.example/1.png", "http://a.example/2.png"))], 3, config
        ),
        dedup.page_keys([page("http://b.example/", "b", ("http://a.example/2.png",))], 4, config),
        dedup.archived_keys(
            [
                SimpleNamespace(url="http://a.example/1.png", file="w2.warc", offset=7),
                SimpleNamespace(url="http://a.example/1.png", file="w1.warc", offset=9),
                SimpleNamespace(url="http://a.example/2.png", file="w1.warc", offset=1),
                SimpleNamespace(url="http://a.example/unwanted.png", file="w1.warc", offset=2),
            ],
            5,
        ),
    ]
    rows = [row for row in dedup.judge_pages(pa.concat_tables(tables), config).to_pylist() if row["kind"] == "archived"]
    assert [(row["partition"], row["key"], row["file"], row["offset"], row["reason"]) for row in rows] == [
        (3, dedup.picture_url_key("http://a.example/1.png"), "w1.warc", 9, None)
    ]  # 2.png stands on two documents: common, so nobody wants it


@pytest.mark.parametrize("groups", ["neighbours", "components"])
def test_same_bytes_and_similar_looks_leave_the_largest(groups: str) -> None:
    config = DedupConfig(groups=groups, near_hash="phash")
    table = pictures(
        ("aa", 0, 300, 1),
        ("aa", 0, 300, 2),
        ("bb", 0b111, 200, 3),
        ("cc", 0b11111, 100, 4),
        ("dd", ~0 & (1 << 64) - 1, 50, 5),
    )
    decisions = dedup.judge_pictures(dedup.picture_keys(table, 9, config), config)
    assert decisions.schema == dedup.DECISIONS
    rows = {(row["doc"], row["reason"]): row for row in dedup.settle(decisions).to_pylist()}
    assert set(rows) == {
        (2, "exact_duplicate"),
        (2, "pixel_duplicate"),
        (2, "near_duplicate"),
        (3, "near_duplicate"),
        (4, "near_duplicate"),  # 5 bits from aa, 2 from bb: a neighbour is enough
    }
    row = rows[4, "near_duplicate"]
    assert (row["value"], row["limit"], row["partition"]) == (2.0, 4.0, 9)
    # Told is the better neighbour, or what stays of the group.
    kept = {"neighbours": 3, "components": 1}[groups]
    assert row["key"] == dedup.picture_key("cc".ljust(64, "0")) and row["detail"] == f"{kept:016x}"


@pytest.mark.parametrize(("groups", "stay"), [("components", {1}), ("neighbours", {1, 2})])
def test_of_a_chain_one_stays_or_those_that_are_not_alike(groups: str, stay: set) -> None:
    # The largest two are each alike with the smallest, and not with each other.
    table = pictures(("aa", 0, 300, 1), ("bb", 0xFF, 200, 2), ("cc", 0x0F, 100, 3))
    assert {doc for doc, _ in gone(table, near_pictures=True, near_hash="phash", groups=groups)} == {1, 2, 3} - stay


def test_gradients_find_what_frequencies_miss_unless_these_are_far() -> None:
    table = pictures(
        *(("aa", 0, 300, 1), ("bb", (1 << 12) - 1, 200, 2), ("cc", (1 << 13) - 1 << 50, 100, 3)),
        dhash=[0, 0b1111, 0b11],
    )
    assert gone(table, near_pictures=True) == {(2, "near_duplicate")}
    assert gone(table, near_pictures=True, near_hash="phash") == set()
    assert gone(table, near_pictures=True, near_hash="dhash") == {(2, "near_duplicate"), (3, "near_duplicate")}
    assert gone(table, near_pictures=True, max_distance=3) == set()


def test_what_is_switched_off_drops_nothing() -> None:
    table = pictures(("aa", 0, 300, 1), ("aa", 0, 300, 2))
    config = DedupConfig(pictures=False, pixels=False, near_pictures=False)
    assert len(dedup.picture_keys(table, 0, config)) == 0
    config = DedupConfig(near_pictures=False, pixels=False)
    rows = dedup.judge_pictures(dedup.picture_keys(table, 0, config), config).to_pylist()
    assert [(row["doc"], row["reason"]) for row in rows] == [(2, "exact_duplicate")]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.integers(1, 3), st.integers(1, 6)), max_size=30),
    st.integers(0, 3),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_and_the_buckets_change_nothing(rows: list, bits: int, random: object) -> None:
    config = DedupConfig(groups="neighbours")
    # The same bytes always have the same hash and size.
    table = pictures(*((f"{one % 2:02x}{phash:02x}{side:02x}", phash, side, doc) for one, phash, side, doc in rows))
    keys = dedup.picture_keys(table, 0, config)
    expected = dedup.settle(dedup.judge_pictures(keys, config))
    order = list(range(len(keys)))
    random.shuffle(order)
    shuffled = keys.take(pa.array(order, pa.int64()))
    bucket = (
        shuffled["key"].to_numpy() >> np.uint64(60) if not bits else shuffled["key"].to_numpy() % np.uint64(bits + 1)
    )
    parts = [dedup.judge_pictures(shuffled.filter(pa.array(bucket == number)), config) for number in range(16)]
    assert dedup.settle(pa.concat_tables(parts)).to_pylist() == expected.to_pylist()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=20),
    st.randoms(use_true_random=False),
)
def test_every_group_of_pages_keeps_one(rows: list, random: object) -> None:
    config = DedupConfig()
    pages = [
        page(f"http://h.example/{url}", f"text {text}", fetched=str(index)) for index, (url, text, _) in enumerate(rows)
    ]
    tables = [dedup.page_keys([one], rows[index][2], config) for index, one in enumerate(pages)]
    expected = sorted(
        map(str, dedup.judge_pages(pa.concat_tables([dedup.KEYS.empty_table(), *tables]), config).to_pylist())
    )
    random.shuffle(tables)
    decisions = dedup.judge_pages(pa.concat_tables([dedup.KEYS.empty_table(), *tables]), config).to_pylist()
    assert sorted(map(str, decisions)) == expected
    gone = {(row["doc"]) for row in decisions}
    for column in (0, 1):
        for value in {row[column] for row in rows}:
            group = [one for one, row in zip(pages, rows, strict=True) if row[column] == value]
            reason = ("duplicate_url", "duplicate_text")[column]
            assert sum(one.id not in {row["doc"] for row in decisions if row["reason"] == reason} for one in group) == 1
    assert not rows or len(gone) < len(pages)


def gone(table: pa.Table, **settings: object) -> set[tuple[int, str]]:
    """(doc, reason) of what goes, all kinds of copies off but those that are set."""
    config = DedupConfig(**{"pictures": False, "pixels": False, "near_pictures": False, **settings})
    rows = dedup.settle(dedup.judge_pictures(dedup.picture_keys(table, 0, config), config)).to_pylist()
    return {(row["doc"], row["reason"]) for row in rows}


def test_the_same_pixels_in_another_file_are_a_duplicate() -> None:
    table = pictures(("aa", 0, 300, 1), ("bb", 0, 300, 2), ("cc", 0, 300, 3), pixels=[7, 7, 8])
    assert gone(table, pixels=True) == {(2, "pixel_duplicate")}


@pytest.mark.parametrize(
    ("within", "expected"),
    [("corpus", {(2, 5), (2, 6), (3, 7)}), ("host", {(2, 5), (2, 6)}), ("document", {(2, 6)})],
)
def test_duplicates_are_sought_within_the_corpus_a_host_or_a_document(within: str, expected: set) -> None:
    # Documents 1 and 2 are of one host, 3 of another; document 2 has the picture twice over.
    table = pictures(
        ("aa", 0, 300, 1),
        ("05", 1, 300, 2),
        ("06", 3, 200, 2),
        ("07", 1, 200, 3),
        pixels=[1, 1, 1, 1],
        host=[1, 1, 1, 2],
    )
    for kind in ({"near_pictures": True, "max_distance": 2}, {"pixels": True}):
        config = DedupConfig(
            **{"pictures": False, "pixels": False, "near_pictures": False, "pictures_within": within, **kind}
        )
        keys = dedup.picture_keys(table, 0, config)
        rows = dedup.settle(dedup.judge_pictures(keys, config)).to_pylist()
        found = {(row["doc"], row["key"] >> 56) for row in rows}
        # Documents 1 and 2 share size and, but for a hash, rank: one of the two stays.
        assert {(2, 5) if pair == (1, 0xAA) else pair for pair in found} == expected


def test_a_look_on_too_many_documents_or_hosts_goes_everywhere() -> None:
    table = pictures(
        *((f"{doc:02x}", 99, 300, doc) for doc in range(4)),
        ("aa", 5, 300, 0),
        ("bb", 5, 300, 1),
        host=[1, 2, 3, 3, 1, 2],
    )
    assert gone(table, max_documents_per_look=3) == {(doc, "common_look") for doc in range(4)}
    assert gone(table, max_hosts_per_look=2) == {(doc, "common_look_on_hosts") for doc in range(4)}
    assert gone(table, max_documents_per_look=4, max_hosts_per_look=3) == set()


def test_embeddings_that_point_the_same_way_are_near() -> None:
    table = pictures(*((f"{doc:02x}", doc << 40, 300, doc) for doc in range(4)), embedding=[0b1, 0b111, None, 1 << 63])
    assert len(gone(table, near_embeddings=True)) == 2
    assert len(gone(table, near_embeddings=True, max_embedding_distance=1)) == 0
    assert {reason for _, reason in gone(table, near_embeddings=True)} == {"near_embedding"}


def test_the_picture_of_the_earliest_page_stays() -> None:
    table = pictures(("aa", 0, 300, 1), ("aa", 0, 300, 2), time=[20, 10])
    assert gone(table, pictures=True, keep_picture="earliest") == {(1, "exact_duplicate")}


def test_pages_with_the_same_set_of_pictures_leave_the_one_that_keeps_them() -> None:
    table = pictures(
        ("aa", 0, 300, 1), ("bb", 9, 300, 1), ("bb", 9, 300, 2), ("aa", 0, 300, 2), ("aa", 0, 300, 2), ("aa", 0, 300, 3)
    )
    assert gone(table, same_pictures=1) == gone(table, same_pictures=2) == {(2, "same_pictures")}
    assert gone(table, same_pictures=3) == set()
    assert gone(table, same_pictures=2, pictures=True) == {
        (2, "same_pictures"),
        (2, "exact_duplicate"),
        (3, "exact_duplicate"),
    }


def test_lines_that_a_host_repeats_are_told_for_each_document() -> None:
    def on(host: str, number: int, *texts: str) -> Document:
        one = page(f"http://{host}/{number}", "")
        one.host, one.items = host, [Text(text) for text in texts]
        return one

    pages = [on("a.example", n, f"Story {n}", "Share this  PAGE", f"Tale {n}\nAll rights reserved") for n in range(3)]
    pages += [on("b.example", n, f"Story {n}", "Share this page") for n in range(2)]
    pages += [on("a.example", 2, "Story 2", "Share this page", "Tale 2\nAll rights reserved")]  # fetched twice
    rows = [row for row in judged(pages, lines_per_host=3, texts=False, near_texts=False) if row["kind"] == "line"]
    assert {row["key"] for row in rows} == {
        dedup.line_key("a.example", line) for line in ("share this page", "All rights reserved")
    }
    assert {row["doc"] for row in rows} == {one.id for one in pages if one.host == "a.example"}
    assert {(row["reason"], row["value"]) for row in rows} == {("repeated_line", 3.0)}
    assert not [row for row in judged(pages, lines_per_host=4) if row["kind"] == "line"]


def test_a_picture_url_on_the_pages_of_too_many_hosts_goes() -> None:
    pages = [page(f"http://{n}.example/", f"text {n}", ("http://badge.example/x.png",)) for n in range(3)]
    for one in pages:
        one.host = one.url[7:-1]
    rows = [row for row in judged(pages, max_hosts_per_picture=2) if row["kind"] == "picture"]
    assert {(row["reason"], row["value"], row["limit"]) for row in rows} == {("common_on_hosts", 3.0, 2.0)}
    assert not [row for row in judged(pages, max_hosts_per_picture=3) if row["kind"] == "picture"]


def test_a_page_most_of_whose_words_stand_in_paragraphs_of_a_longer_one_goes() -> None:
    def paragraph(name: str, words: int = 30) -> str:
        return " ".join(f"{name}{number}" for number in range(words))

    whole = page("http://a.example/", "\n".join(paragraph(name) for name in "abcdefgh"))
    half = page("http://b.example/", "\n".join([*(paragraph(name) for name in "abcd"), "Copied from a friend of mine"]))
    quote = page("http://c.example/", "\n".join(paragraph(name) for name in "axyz"))
    short = page("http://d.example/", "\n".join(paragraph(name, 12) for name in "abc"))
    config = DedupConfig(contained=0.8)
    keys = [dedup.page_keys([one], number, config) for number, one in enumerate((whole, half, quote, short))]
    for buckets in (1, 3):
        table = pa.concat_tables(keys)
        bucket = table["key"].to_numpy() % np.uint64(buckets)
        parts = [dedup.judge_pages(table.filter(pa.array(bucket == number)), config) for number in range(buckets)]
        rows = dedup.settle(dedup.contained(pa.concat_tables(parts), config.contained)).to_pylist()
        assert [(row["partition"], row["reason"], row["limit"], row["detail"]) for row in rows] == [
            (1, "contained", 0.8, whole.key[:16])
        ]
        assert rows[0]["value"] == pytest.approx(120 / 126)
    assert not judged([whole, half, quote, short])
