"""The three passes and two exchanges on a small archive: what comes out, what is dropped, what is done again."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from m3w_builder import cluster, pictures, sources, spool, storage, verify
from m3w_builder.build import bundles
from m3w_builder.document import Text
from m3w_builder.errors import BuildError, ConfigError
from m3w_builder.passes import receipt
from m3w_builder.shards import samples


def shard_bytes(out):
    return {path.name: path.read_bytes() for path in sorted(Path(out, "shards").glob("*.tar"))}


def drops(out):
    rows = {}
    for path in Path(out).rglob("*.dropped.parquet"):
        for row in pq.read_table(path).to_pylist():
            rows.setdefault((row["unit"], row["url"]), []).append((row["stage"], row["reason"]))
    return rows


def counts(ledger):
    return [(row["stage"], row["pages"], row["pictures"]) for row in ledger.to_json()]


def test_every_page_and_picture_is_kept_or_dropped_with_its_reason(make):
    out, summary, _ = make()
    ledger = summary.ledger
    assert ledger.faults() == []
    assert ledger["read"].pages.dropped == {"http_status": 1}
    assert ledger["page_duplicates"].pages.dropped == {"duplicate_text": 1}
    assert ledger["picture_duplicates"].pictures.dropped == {"exact_duplicate": 1}
    assert ledger["assemble"].pages.dropped == {"no_pictures": 3}
    assert ledger["write"].pages.kept == 5
    assert ledger["write"].pictures.kept == 5
    found = drops(out)
    assert found["page", "http://one.example/gone.html"] == [("read", "http_status")]
    assert found["picture", "http://two.example/p5.jpg"] == [("size", "too_small")]
    assert found["picture", "http://two.example/p6.jpg"] == [("fetch", "connect")]


def test_pictures_are_found_in_another_file_of_the_archive(make):
    out, summary, _ = make()
    assert summary.ledger["fetch"].pictures.kept == 7
    assert storage.exists(storage.join(out, "pictures/000000.bin"))


@pytest.mark.parametrize(("least", "wanted"), [(1, 5), (0, 8)])
def test_a_document_that_has_too_few_pictures_left_is_not_even_read(make, monkeypatch, least, wanted):
    """Three of eight have none left; they go with the same rows and counts as if they had been read."""
    read, opened = [], spool.opened
    monkeypatch.setattr(spool, "opened", lambda body, place: (read.append(place), opened(body, place))[1])
    _, summary, _ = make(assemble={"min_pictures": least})
    assert len(read) == summary.ledger["write"].pages.kept == wanted
    assert summary.ledger.faults() == []


def test_few_keys_are_judged_where_they_lie_and_many_are_gathered_first(make, monkeypatch):
    out, _, _ = make("few")
    assert not Path(out, "exchange1", "gather").exists()
    monkeypatch.setattr("m3w_builder.build.KEYS_A_BUCKET", 4)
    many, _, _ = make("many")
    assert list(Path(many, "exchange1", "gather").glob("*.arrow"))
    assert shard_bytes(many) == shard_bytes(out)
    monkeypatch.undo()
    make("many")
    assert not list(Path(many, "exchange1", "gather").iterdir())


def test_verify_finds_nothing_wrong_and_counts_the_samples(make):
    out, _, _ = make()
    total, faults = verify.verify(out, cluster.Serial(1))
    assert faults == []
    assert (total.samples, total.pictures) == (5, 5)


@pytest.mark.parametrize(
    ("pattern", "spoil", "said"),
    [
        ("shards/*.tar", lambda b: b[:600] + bytes([b[600] ^ 1]) + b[601:], "sha256"),
        ("shards/*.tar", lambda b: b[: len(b) // 2], "bytes"),
        ("shards/*.tar", None, "missing"),
        ("pages/000000.parquet", lambda b: b[:-1] + b"x", "sha256"),
        ("ledger.json", lambda b: b.replace(b'"kept": 5', b'"kept": 4'), "is not kept and dropped"),
    ],
)
def test_verify_finds_what_was_spoilt(make, pattern, spoil, said):
    out, _, _ = make()
    path = sorted(Path(out).glob(pattern))[0]
    path.unlink() if spoil is None else path.write_bytes(spoil(path.read_bytes()))
    _, faults = verify.verify(out, cluster.Serial(1))
    assert any(said in fault for fault in faults), faults


def test_the_same_command_again_does_nothing_again(make):
    out, first, _ = make()
    before = shard_bytes(out)
    _, again, _ = make()
    assert again.reused == again.tasks == first.tasks
    assert counts(again.ledger) == counts(first.ledger)
    assert shard_bytes(out) == before


def test_two_builds_of_the_same_input_are_the_same_to_the_byte(make):
    assert shard_bytes(make("one")[0]) == shard_bytes(make("two")[0])


def test_dask_and_serial_write_the_same_shards(make):
    one, _, _ = make("one")
    two, _, _ = make("two", cluster={"kind": "local", "workers": 2, "dashboard": ""})
    assert shard_bytes(one) == shard_bytes(two)


def test_groups_joined_over_many_buckets_are_those_that_one_finds(make, monkeypatch):
    one, first, _ = make("one")
    assert "exchange1/unite" not in first.passes
    monkeypatch.setattr("m3w_builder.build.KEYS_A_BUCKET", 8)
    monkeypatch.setattr("m3w_builder.passes.groups.LINKS_A_BUCKET", 2)
    two, summary, _ = make("two")
    assert summary.passes["exchange1/judge"]["tasks"] > 4 <= summary.passes["exchange1/unite"]["tasks"]
    assert shard_bytes(one) == shard_bytes(two)
    assert drops(one) == drops(two)
    mail = [path for path in Path(two).glob("exchange?/unite/*.parquet") if "pointers" not in path.name]
    assert mail and all(pq.read_metadata(path).num_rows for path in mail)  # none is written empty
    _, again, _ = make("two")
    assert again.reused == again.tasks


def test_a_changed_threshold_reruns_only_what_depends_on_it(make):
    make()
    _, _, listener = make(assemble={"min_pictures": 0})
    rerun = {r["pass"] for r in listener.receipts if not r["reused"]}
    assert rerun == {"joined", "shards"}
    _, _, listener = make(assemble={"min_pictures": 0}, shards={"seed": 7})
    assert {r["pass"] for r in listener.receipts if not r["reused"]} == {"shards"}
    _, _, listener = make(pictures={"filters": [{"size": {"min_side": 10}}]})
    rerun = {r["pass"] for r in listener.receipts if not r["reused"]}
    assert "pages" not in rerun
    assert "exchange1/judge" not in rerun
    assert "pictures" in rerun


def test_added_archives_touch_no_old_partition(make, archives):
    out, _, _ = make()
    (archives / "0-first-in-the-alphabet.warc.gz").write_bytes((archives / "b.warc.gz").read_bytes())
    _, summary, listener = make()
    rerun = [r["label"] for r in listener.receipts if r["pass"] == "pages" and not r["reused"]]
    assert rerun == ["0-first-in-the-alphabet.warc.gz"]
    assert summary.ledger["write"].pages.kept == 5
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_an_archive_that_was_taken_away_leaves_nothing_behind(make, archives):
    out, _, _ = make()
    (archives / "b.warc.gz").unlink()
    _, summary, _ = make()
    assert summary.ledger["write"].pages.kept == 4
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_a_lost_intermediate_file_is_made_again(make):
    out, _, _ = make()
    before = shard_bytes(out)
    Path(out, "pictures/000000.bin").unlink()
    make()
    assert shard_bytes(out) == before
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_a_partition_that_fails_is_quarantined_and_retried_by_the_next_run(make, archives):
    good, _, _ = make("good")
    spoilt = archives / "b.warc.gz"
    out = str(Path(good).parent / "build")
    storage.make_folder(out)
    folder = Path(out, "pages")
    folder.mkdir()
    (folder / "000001.keys.arrow").mkdir()  # nothing can be written over a folder
    _, summary, listener = make()
    assert [(name, label) for name, label, _ in summary.quarantined] == [("pages", spoilt.name)]
    assert storage.exists(storage.join(out, "quarantine/pages-000001.json"))
    assert summary.ledger["write"].pages.kept == 4
    assert any("quarantined" in note for note in listener.notes)
    (folder / "000001.keys.arrow").rmdir()
    _, summary, _ = make()
    assert summary.quarantined == []
    assert storage.names(storage.join(out, "quarantine")) == []
    assert shard_bytes(out) == shard_bytes(good)


def test_what_a_quarantined_picture_partition_held_is_in_the_books(make):
    out, _, _ = make()
    folder = Path(out, "pictures")
    for path in folder.glob("000000.*"):
        path.unlink()
    (folder / "000000.bin").mkdir()
    _, summary, _ = make()
    assert [name for name, _, _ in summary.quarantined] == ["pictures"]
    assert summary.ledger.faults() == []
    assert summary.ledger["page_duplicates"].pages.dropped["quarantined"] == 5


def test_a_second_build_in_the_same_folder_is_refused_in_one_line(make, tmp_path):
    from m3w_builder.lock import locked

    storage.make_folder(str(tmp_path / "build"))
    with locked(str(tmp_path / "build")), pytest.raises(BuildError, match="a build is running here"):
        make()


def test_a_dead_builds_lock_is_taken_over(make, tmp_path):
    import socket

    dead = {"host": socket.gethostname(), "pid": 2**22 + 1, "born": "1", "beat": 0}
    storage.write_json(str(tmp_path / "build" / "lock.json"), dead)
    assert make()[1].ledger["write"].pages.kept == 5


def test_a_missing_archive_is_told_before_any_work(make, tmp_path):
    with pytest.raises(ConfigError) as caught:
        make("none", source={"warc": {"paths": [str(tmp_path / "nowhere.warc.gz")]}})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "none").exists()


def test_a_receipt_that_cannot_be_read_is_none(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "000000.json").write_text("{")
    assert receipt.read(str(tmp_path), "pages", 0) is None


def test_the_config_with_all_defaults_lies_beside_what_it_made(make):
    out, _, _ = make()
    assert "min_pictures: 1" in Path(out, "config.yaml").read_text()
    assert json.loads(Path(out, "ledger.json").read_text())[0]["stage"] == "read"


@pytest.mark.parametrize(
    ("sizes", "target", "expected"),
    [
        ([5, 5, 5, 5], 10, [(0, 1), (2, 3)]),
        ([50, 1, 1], 10, [(0,), (1, 2)]),
        ([], 10, []),
        ([1], 10, [(0,)]),
    ],
)
def test_neighbouring_partitions_fill_a_shard_together(sizes, target, expected):
    assert list(bundles(list(range(len(sizes))), dict(enumerate(sizes)), target)) == expected


def test_pictures_and_texts_are_aligned_before_writing(make, tiny_clip):
    out, plain, _ = make("plain")
    stage = {"similarity": {"model": tiny_clip, "min_similarity": 0.01}}
    out, summary, listener = make("aligned", align=[stage])
    ledger = summary.ledger
    assert ledger.faults() == []
    names = list(ledger.entries)
    assert names.index("picture_duplicates") + 1 == names.index("similarity") == names.index("assemble") - 1
    assert ledger["similarity"].pictures.taken == plain.ledger["assemble"].pictures.taken
    documents = [document for path in sorted(Path(out, "shards").glob("*.tar")) for document, _ in samples(str(path))]
    images = [image for document in documents for image in document.images]
    texts = [sum(isinstance(item, Text) for item in document.items) for document in documents for _ in document.images]
    assert images and all(image.similarities and image.matched >= 0 for image in images)
    assert [len(image.similarities) for image in images] == texts
    assert verify.verify(out, cluster.Serial(1))[1] == []
    _, _, listener = make("aligned", align=[stage])
    assert all(receipt["reused"] for receipt in listener.receipts)


def test_lines_that_a_host_repeats_are_out_of_its_documents(make, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for number, thing in enumerate(("boat", "crane", "lamp", "barrel")):
        own = f"<h1>The {thing}</h1><p>Nobody in town could say how old the {thing} was, and few had asked.</p>"
        shared = "<p>Write to the harbour master if you know more about any of these things.</p>" if number else ""
        more = f"<p>Later the {thing} was sold, repaired and given another colour, number {number}.</p>"
        (folder / f"{number}.html").write_text(f"<html><body><article>{own}{shared}{more}</article></body></html>")
    sections = {"source": {"folder": {"path": str(folder), "base_url": "http://a.example/"}}}
    out, summary, _ = make(**sections, dedup={"lines_per_host": 3}, assemble={"min_pictures": 0})
    assert summary.ledger.faults() == []
    documents = [one for path in Path(out, "shards").glob("*.tar") for one, _ in samples(str(path))]
    assert len(documents) == 4
    for one in documents:
        assert "harbour master" not in one.text
        assert "few had asked" in one.text and "another colour" in one.text
    assert sorted(one.scores.get("lines_out", 0) for one in documents) == [0, 1, 1, 1]


def test_a_page_with_the_same_pictures_is_dropped_in_the_last_pass(make, archives):
    config = {"same_pictures": 1, "texts": False, "near_texts": False, "urls": False}
    out, summary, _ = make(dedup=config)
    assert summary.ledger.faults() == []
    # A copy of article 0 at another URL, and article 4 with the picture of 0.
    assert summary.ledger["picture_duplicates"].pages.dropped == {"same_pictures": 2}
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_a_document_goes_with_its_picture_where_the_config_says_so(make):
    filters = {"filters": [{"size": {"min_side": 64}}]}
    _, summary, _ = make(pictures=filters, assemble={"drop_with": ["size"], "min_pictures": 0})
    assert summary.ledger.faults() == []
    assert summary.ledger["assemble"].pages.dropped == {"bad_picture": 1}  # article 5, whose picture is tiny
    with pytest.raises(ConfigError, match="'blur' is no filter"):
        make("wrong", pictures=filters, assemble={"drop_with": ["blur"]})


def test_a_picture_too_small_by_its_header_is_dropped_there_and_never_decoded(make, monkeypatch):
    decoded = []
    real = pictures.decode
    monkeypatch.setattr(pictures, "decode", lambda url, *rest: decoded.append(url) or real(url, *rest))
    small = {"size": {"min_side": 161}}
    _, first, _ = make("one", pictures={"filters": [small, "single_colour"]})
    assert not decoded
    _, second, _ = make("two", pictures={"filters": ["single_colour", small]})
    assert decoded
    for summary in (first, second):
        assert summary.ledger.faults() == []
        assert summary.ledger["decode"].pictures.kept == 7
        assert summary.ledger["size"].pictures.dropped["too_small"] == summary.ledger["size"].pictures.taken


@pytest.mark.parametrize("place", [0, 1])
def test_a_picture_whose_url_a_filter_drops_is_never_fetched(make, monkeypatch, place):
    asked = []
    real = sources.read_payload
    monkeypatch.setattr(sources, "read_payload", lambda *place: asked.append(place) or real(*place))
    filters = ["single_colour"]
    filters.insert(place, {"address": {"words": ["jpg"]}})
    _, summary, _ = make(pictures={"filters": filters})
    assert summary.ledger.faults() == [] and not asked
    stages = [row["stage"] for row in summary.ledger.to_json()]
    assert stages.index("common_pictures") + 1 == stages.index("address") == stages.index("fetch") - 1
    address = summary.ledger["address"].pictures
    assert address.dropped == {"picture_url_word": address.taken} and address.taken > 5


@pytest.mark.parametrize("name", ["m3w", "obelics", "mmc4", "fineweb"])
def test_a_preset_builds(name, make):
    data = yaml.safe_load((Path(__file__).parents[2] / "configs" / f"{name}.yaml").read_text())
    given = {section: data[section] for section in ("text", "pictures", "dedup", "assemble") if section in data}
    _, summary, _ = make(**given)
    assert summary.ledger.faults() == []
    stages = [row["stage"] for row in summary.ledger.to_json()]
    assert {next(iter(one)) if isinstance(one, dict) else one for one in given["text"]} <= set(stages)
