"""Samples are written whole, in order, the same every time, and only when bytes and items pair."""

import hashlib
import io
import json
import tarfile

import pytest
import webdataset

from m3w_builder import shards, storage
from m3w_builder.document import to_json
from m3w_builder.errors import BuildError
from m3w_builder.shards import ShardsConfig, read


def written(folder, samples, **settings):
    return shards.write(samples, str(folder), "000000", ShardsConfig(**settings))


def test_members_of_a_sample_stand_side_by_side_json_first(tmp_path, samples):
    (shard,) = written(tmp_path, samples[:2], validation=0.0)
    with tarfile.open(tmp_path / f"{shard.name}.tar") as tar:
        names = tar.getnames()
    one, two = (document.key for document, _ in samples[:2])
    assert names == [f"{one}.json", f"{one}.0.png", f"{one}.1.jpg", f"{two}.json", f"{two}.0.png", f"{two}.1.jpg"]


def test_plain_webdataset_reads_the_samples(tmp_path, samples):
    (shard,) = written(tmp_path, samples, validation=0.0)
    read = list(webdataset.WebDataset(str(tmp_path / f"{shard.name}.tar"), shardshuffle=False))
    assert [entry["__key__"] for entry in read] == [document.key for document, _ in samples]
    for entry, (document, bodies) in zip(read, samples, strict=True):
        assert json.loads(entry["json"]) == to_json(document)
        assert [entry[image.part] for image in document.images] == bodies


def test_the_same_samples_give_the_same_bytes(tmp_path, samples):
    one, two = (written(tmp_path / name, samples) for name in ("one", "two"))
    assert [shard.files for shard in one] == [shard.files for shard in two]


def test_receipts_tell_the_bytes_and_sums_of_what_lies_there(tmp_path, samples):
    for shard in written(tmp_path, samples):
        for name, said in shard.files.items():
            body = (tmp_path / name).read_bytes()
            assert said == {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def test_no_host_stands_in_both_splits(tmp_path, samples):
    hosts = {}
    for shard in written(tmp_path, samples, validation=0.5):
        for document, _ in shards.samples(str(tmp_path / f"{shard.name}.tar")):
            hosts.setdefault(document.host, set()).add(shard.name.split("-")[0])
    assert all(len(splits) == 1 for splits in hosts.values())
    assert {split for splits in hosts.values() for split in splits} == {"train", "validation"}


def test_a_tar_is_closed_at_its_target_size(tmp_path, make_sample):
    many = [make_sample(number, 70) for number in range(12)]
    made = written(tmp_path, many, target_mb=1, validation=0.0)
    assert len(made) > 1
    assert sum(shard.samples for shard in made) == 12
    assert [shard.name for shard in made] == [f"train-000000-{number:05d}" for number in range(len(made))]


def test_a_sample_is_read_alone_by_its_place_in_the_index(tmp_path, samples):
    (shard,) = written(tmp_path, samples, validation=0.0)
    index = storage.read_table(str(tmp_path / f"{shard.name}.parquet")).to_pylist()
    assert [row["key"] for row in index] == [document.key for document, _ in samples]
    row = index[7]
    document, parts = shards.read_sample(str(tmp_path / row["shard"]), row["offset"], row["bytes"])
    assert document == samples[7][0]
    assert list(parts.values()) == samples[7][1]
    assert (row["images"], row["texts"], row["split"]) == (2, 3, "train")


@pytest.mark.parametrize("head", [512, 600, 1 << 16])
def test_a_text_is_read_without_its_pictures(tmp_path, samples, monkeypatch, head):
    monkeypatch.setattr(read, "HEAD", head)
    (shard,) = written(tmp_path, samples, validation=0.0)
    index = storage.read_table(str(tmp_path / f"{shard.name}.parquet")).to_pylist()
    found = [shards.read_text(str(tmp_path / row["shard"]), row["offset"], row["bytes"]) for row in index]
    assert found == [document.text for document, _ in samples]


def test_a_text_is_read_whose_json_stands_behind_its_pictures(tmp_path, samples):
    document, (body, *_) = samples[0]
    with tarfile.open(tmp_path / "one.tar", "w") as tar:
        for name, part in (("k.0.jpg", body), ("k.json", json.dumps(to_json(document)).encode())):
            info = tarfile.TarInfo(name)
            info.size = len(part)
            tar.addfile(info, io.BytesIO(part))
    size = (tmp_path / "one.tar").stat().st_size
    assert shards.read_text(str(tmp_path / "one.tar"), 0, size) == document.text


def swapped(document, bodies):
    return document, bodies[::-1]


def short(document, bodies):
    return document, bodies[:1]


@pytest.mark.parametrize(("spoil", "said"), [(swapped, "are not those of"), (short, "2 picture items but 1")])
def test_bytes_that_are_not_their_items_end_the_writing_and_leave_nothing(tmp_path, samples, spoil, said):
    with pytest.raises(BuildError, match=said):
        written(tmp_path, [samples[0], spoil(*samples[1])])
    assert storage.names(str(tmp_path)) == []


def test_what_is_expected_is_shared_out_evenly_and_leaves_no_small_tar(tmp_path, make_sample):
    many = [make_sample(number, 20) for number in range(24)]
    sizes = [
        shards.size_of(len(json.dumps(to_json(document), ensure_ascii=False).encode()), map(len, bodies))
        for document, bodies in many
    ]
    config = ShardsConfig(target_mb=1, validation=0.0)
    total = sum(sizes)
    assert 3.5 < total / 1e6 < 4.5
    made = shards.write(many, str(tmp_path), "000000", config, {"train": total})
    assert len(made) == 4
    assert all(abs(shard.counts["bytes"] - total / 4) < 2 * max(sizes) for shard in made)
    assert shards.totals(made)["train"]["samples"] == 24
