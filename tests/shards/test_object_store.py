"""A build's files on an object store: whole or not there, read back by their places, verified, taken down."""

import contextlib

import pytest

from m3w_builder import shards, storage
from m3w_builder.errors import BuildError
from m3w_builder.shards import ShardsConfig, tombstones
from m3w_builder.shards.tombstones import Tombstones

pytest.importorskip("s3fs")


@pytest.fixture(scope="module")
def store(s3_address):
    """An S3 store on the loopback."""
    import fsspec

    options = {"key": "a", "secret": "a", "client_kwargs": {"endpoint_url": s3_address}}
    before = dict(fsspec.config.conf)
    fsspec.config.conf["s3"] = options
    fs = fsspec.filesystem("s3")
    fs.mkdir("bucket")
    yield fs
    fsspec.config.conf.clear()
    fsspec.config.conf.update(before)
    fs.clear_instance_cache()


def names(store, folder):
    store.invalidate_cache()
    with contextlib.suppress(FileNotFoundError):
        return sorted(name.rsplit("/", 1)[-1] for name in store.ls(folder))
    return []


@pytest.mark.parametrize("size", [100, 12_000_000], ids=["in one request", "in several parts"])
def test_an_upload_that_fails_leaves_what_was_there_and_no_part(store, size):
    url = f"s3://bucket/failing{size}/x"
    storage.write_bytes(url, b"old")
    with pytest.raises(RuntimeError), storage.atomic(url) as stream:
        stream.write(bytes(size))
        raise RuntimeError
    store.invalidate_cache()
    assert storage.read_bytes(url) == b"old"
    assert storage.names(f"s3://bucket/failing{size}") == ["x"]
    uploads = store.call_s3("list_multipart_uploads", Bucket="bucket")
    assert not uploads.get("Uploads")


def test_shards_there_are_those_of_a_local_folder_and_check(store, tmp_path, samples):
    config = ShardsConfig(validation=0.3)
    there = shards.write(samples, "s3://bucket/build/shards", "000000", config)
    here = shards.write(samples, str(tmp_path), "000000", config)
    assert [shard.files for shard in there] == [shard.files for shard in here]
    for shard in there:
        assert shards.check(f"s3://bucket/build/shards/{shard.name}.tar", 0.3).faults == []
    row = storage.read_table(f"s3://bucket/build/shards/{there[0].name}.parquet").to_pylist()[3]
    document, parts = shards.read_sample(f"s3://bucket/build/shards/{row['shard']}", row["offset"], row["bytes"])
    assert document.key == row["key"]
    picture = row["pictures"][1]
    body = storage.read_bytes(
        f"s3://bucket/build/shards/{row['shard']}", picture["offset"], picture["offset"] + picture["bytes"]
    )
    assert body == parts[picture["part"]]


def test_a_shard_that_cannot_be_finished_is_not_there(store, samples):
    document, bodies = samples[1]
    with pytest.raises(BuildError):
        shards.write([samples[0], (document, bodies[::-1])], "s3://bucket/broken", "000000", ShardsConfig())
    assert names(store, "bucket/broken") == []


def test_tombstones_are_kept_there_too(store):
    tombstones.add("s3://bucket/build", Tombstones(hosts={"a.example"}))
    assert tombstones.read("s3://bucket/build").hosts == {"a.example"}
