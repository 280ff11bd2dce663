"""The books balance, and say where they don't."""

import json

import pytest

from m3w_builder.ledger import Ledger


def filled() -> Ledger:
    ledger = Ledger()
    ledger["read"].pages.kept = 3
    ledger["read"].pages.drop("empty", 2)
    ledger["extract"].pages.kept = 3
    ledger["extract"].pictures.kept = 5
    ledger["extract"].pictures.drop("icon", 7, 700)
    ledger["extract"].pictures.bytes = 500
    ledger["extract"].peak_mb = 2.5
    ledger["length"].pages.kept = 2
    ledger["length"].pages.drop("too_short")
    ledger["length"].pictures.kept = 4
    ledger["length"].pictures.drop("page_dropped")
    return ledger


def test_books_that_balance_have_no_faults():
    assert filled().faults() == []


def test_a_lost_picture_is_named_with_its_stages():
    ledger = filled()
    ledger["length"].pictures.kept = 3
    assert ledger.faults() == ["pictures: extract kept 5 but length took 4"]


def test_json_gives_back_the_books():
    ledger = filled()
    assert Ledger.from_json(json.loads(json.dumps(ledger.to_json()))) == ledger


def test_a_row_that_was_tampered_with_is_refused():
    rows = filled().to_json()
    rows[0]["pages"]["in"] = 6
    with pytest.raises(ValueError, match="read: pages: in 6"):
        Ledger.from_json(rows)


def test_the_sum_of_partitions_is_stage_by_stage():
    total = Ledger()
    total.add(filled())
    total.add(filled())
    assert total["read"].pages.taken == 10
    assert total["extract"].pictures.taken_bytes == 2400
    assert total["extract"].peak_mb == 2.5
    assert total["extract"].pictures.dropped == {"icon": 14}
    assert total.faults() == []


def test_what_stages_kept_follows_from_what_they_dropped():
    ledger = Ledger()
    for stage in ("fetch", "rights", "decode", "size", "store"):
        ledger[stage]
    ledger["fetch"].pictures.kept, ledger["fetch"].pictures.bytes = 9, 900
    ledger["decode"].pictures.drop("undecodable", 2, 150)
    ledger["size"].pictures.drop("too_small", 3, 30)
    ledger["size"].pictures.drop("too_large", 1)
    ledger["store"].pictures.kept = 3
    ledger.follow(["fetch", "rights", "decode", "size"])
    assert [ledger[stage].pictures.kept for stage in ("rights", "decode", "size")] == [9, 7, 3]
    assert [ledger[stage].pictures.bytes for stage in ("rights", "decode", "size")] == [900, 750, 720]
    assert ledger.faults() == []


def test_a_loss_between_stages_that_follow_shows_behind_the_last():
    ledger = Ledger()
    for stage in ("fetch", "decode", "store"):
        ledger[stage]
    ledger["fetch"].pictures.kept = 9
    ledger["store"].pictures.kept = 8
    ledger.follow(["fetch", "decode"])
    assert ledger.faults() == ["pictures: decode kept 9 but store took 8"]
