"""Every fault that is planted in a build is found, also where its checksums were made to fit."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest

from m3w_builder import cluster, storage, verify


@pytest.fixture
def build(built):
    """A finished build to spoil."""
    return Path(built)


def the(build, pattern):
    (path,) = build.glob(pattern)
    return path


def tar(build):
    return the(build, "shards/train-*.tar")


def members(path):
    with tarfile.open(path) as opened:
        return [(info.name, opened.extractfile(info).read()) for info in opened]


def packed(path, found):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as out:
        for name, body in found:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            out.addfile(info, io.BytesIO(body))


def fitted(build):
    """Bring the receipt's sizes and sums to what lies there: the fault is one that no checksum shows."""
    path = the(build, "shards/000000.json")
    receipt = json.loads(path.read_text())
    for name in receipt["outputs"]:
        body = (build / name).read_bytes()
        receipt["outputs"][name] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    path.write_text(json.dumps(receipt))


def first_json(build, change):
    """Change the first sample's JSON."""
    (name, body), *rest = members(tar(build))
    entry = json.loads(body)
    change(entry)
    packed(tar(build), [(name, json.dumps(entry).encode()), *rest])
    fitted(build)


def a_flipped_byte(build):
    body = bytearray(tar(build).read_bytes())
    body[3000] ^= 1
    tar(build).write_bytes(body)


def a_missing_shard(build):
    tar(build).unlink()


def a_truncated_tar(build):
    tar(build).write_bytes(tar(build).read_bytes()[:-20_000])
    fitted(build)


def an_index_that_tells_another_url(build):
    index(build, lambda row: row.update(url="http://elsewhere.example/"))


def an_index_that_tells_another_place(build):
    index(build, lambda row: row.update(offset=row["offset"] + 512))


def an_index_that_tells_another_picture(build):
    index(build, lambda row: row["pictures"][0].update(sha256="0" * 64))


def index(build, change):
    path = tar(build).with_suffix(".parquet")
    table = storage.read_table(str(path))
    rows = table.to_pylist()
    change(rows[0])
    storage.write_table(str(path), pa.Table.from_pylist(rows, schema=table.schema))
    fitted(build)


def a_sample_without_its_row(build):
    path = tar(build).with_suffix(".parquet")
    storage.write_table(str(path), storage.read_table(str(path)).slice(1))
    fitted(build)


def a_picture_that_does_not_decode(build):
    (name, body), (part, picture), *rest = members(tar(build))
    rubbish = picture[:200] + b"\0" * (len(picture) - 200)
    text = body.replace(hashlib.sha256(picture).hexdigest().encode(), hashlib.sha256(rubbish).hexdigest().encode())
    packed(tar(build), [(name, text), (part, rubbish), *rest])
    fitted(build)


def a_picture_of_other_bytes(build):
    (one, first), (part, _), (other, second), (_, picture), *rest = members(tar(build))
    packed(tar(build), [(one, first), (part, picture), (other, second), (f"{other[:32]}.0.jpg", picture), *rest])
    fitted(build)


def an_item_of_a_missing_part(build):
    found = members(tar(build))
    packed(tar(build), [found[0], *found[2:]])
    fitted(build)


def a_member_that_no_item_names(build):
    found = members(tar(build))
    extra = (found[1][0].replace(".0.", ".1."), found[1][1])
    packed(tar(build), [*found[:2], extra, *found[2:]])
    fitted(build)


def items_in_another_order(build):
    first_json(build, lambda entry: entry["items"].reverse())


def a_text_of_another_page(build):
    first_json(build, lambda entry: entry["items"].insert(1, {"text": "Buy now."}))


def a_sample_twice(build):
    found = members(tar(build))
    packed(tar(build), [*found, *found[:2]])
    fitted(build)


def a_host_of_the_other_split(build):
    path = build / "config.yaml"
    path.write_text(path.read_text().replace("validation: 0.05", "validation: 0.999"))


def a_ledger_whose_row_does_not_add_up(build):
    path = build / "ledger.json"
    path.write_text(path.read_text().replace('"kept": 5', '"kept": 4', 1))


def a_ledger_whose_stages_do_not_follow(build):
    rows = json.loads((build / "ledger.json").read_text())
    rows[-1]["pages"] = {"in": 6, "kept": 6, "dropped": {}}
    (build / "ledger.json").write_text(json.dumps(rows))


def a_ledger_of_which_the_receipts_know_nothing(build):
    rows = json.loads((build / "ledger.json").read_text())
    for row in rows:
        if row["pages"]["in"]:
            row["pages"] = {**row["pages"], "in": row["pages"]["in"] + 1, "kept": row["pages"]["kept"] + 1}
    (build / "ledger.json").write_text(json.dumps(rows))


def a_dropped_row_that_is_lost(build):
    path = the(build, "shards/000000.dropped.parquet")
    storage.write_table(str(path), storage.read_table(str(path)).slice(1))
    fitted(build)


def prepared_documents_that_are_others(build):
    path = the(build, "joined/000000.parquet")
    storage.write_table(str(path), storage.read_table(str(path)).slice(1))


def a_receipt_that_is_lost(build):
    the(build, "shards/000000.json").unlink()


FAULTS = {
    a_flipped_byte: "its bytes are not those that were written (sha256)",
    a_missing_shard: "train-000000-00000.tar: missing",
    a_truncated_tar: "the tar is cut off or broken",
    an_index_that_tells_another_url: "the index tells another url",
    an_index_that_tells_another_place: "the index tells another offset",
    an_index_that_tells_another_picture: "the index tells another pictures",
    a_sample_without_its_row: "not in the index",
    a_picture_that_does_not_decode: "0.jpg: does not decode",
    a_picture_of_other_bytes: "its bytes are not those of its item (sha256)",
    an_item_of_a_missing_part: "names 0.jpg, which is missing",
    a_member_that_no_item_names: "its members are not its items in order",
    items_in_another_order: "its items are not those of the page in their order",
    a_text_of_another_page: "its items are not those of the page in their order",
    a_sample_twice: "twice in the tar",
    a_host_of_the_other_split: "belongs to the split validation",
    a_ledger_whose_row_does_not_add_up: "is not kept and dropped",
    a_ledger_whose_stages_do_not_follow: "but write took 6",
    a_ledger_of_which_the_receipts_know_nothing: "its receipts say",
    a_dropped_row_that_is_lost: "rows of dropped",
    prepared_documents_that_are_others: "joined/000000.parquet",
    a_receipt_that_is_lost: "its receipts say 0",
}


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(build, plant):
    plant(build)
    _, faults = verify.verify(str(build), cluster.Serial(1))
    assert any(FAULTS[plant] in fault for fault in faults), faults


def test_a_build_that_is_whole_has_none(build):
    assert verify.verify(str(build), cluster.Serial(1))[1] == []


def test_a_shard_whose_bytes_and_items_do_not_pair_ends_the_build(make, monkeypatch):
    """What verify looks for is proven at writing too: such a task fails in every attempt, and no shard is left."""
    from m3w_builder.passes.nearby import Nearby

    read = Nearby.read

    def other(near, url, start, size):
        body = read(near, url, start, size)
        return body[:-1] + b"\0" if url.endswith(".bin") else body

    monkeypatch.setattr(Nearby, "read", other)
    out, summary, _ = make()
    assert [name for name, _, _ in summary.quarantined] == ["shards"]
    assert list(Path(out, "shards").glob("*.tar")) == []
