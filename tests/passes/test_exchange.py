"""An exchange gives the same, however little of it a worker may hold at once."""

import os
import subprocess

import numpy as np
import pyarrow as pa
import pytest

from m3w_builder import dedup, interim, storage
from m3w_builder.dedup.tables import decisions_table, keys_table
from m3w_builder.passes import buckets as buckets_of
from m3w_builder.passes import exchange, receipt


@pytest.fixture
def keys(tmp_path):
    """Key files of seven partitions, one of them without any."""
    rng = np.random.default_rng(0)
    tables = []
    for partition in range(7):
        length = int(rng.integers(1, 200)) if partition else 0
        columns = {"key": rng.integers(0, 2**64, length, np.uint64), "partition": np.full(length, partition)}
        files = [f"{partition}-{number % 3}.warc" for number in range(length)]
        tables.append(
            pa.concat_tables([keys_table("url", length, **columns), keys_table("archived", length, file=files)])
        )
        interim.write(f"{tmp_path}/{partition}.arrow", tables[-1])
    return str(tmp_path), pa.concat_tables(tables)


@pytest.mark.parametrize("buckets", [1, 2, 64])
@pytest.mark.parametrize("held", [1, 150, 10**6])
def test_a_bucket_has_the_same_rows_in_the_same_order_whether_or_not_they_were_put_aside(keys, buckets, held):
    folder, whole = keys
    of = buckets_of.place(whole["key"].to_numpy(), buckets)
    with buckets_of.split(folder, [f"{number}.arrow" for number in range(7)], buckets, held) as members:
        for bucket in range(buckets):
            assert members(bucket).to_pylist() == whole.filter(pa.array(of == bucket)).to_pylist()


def test_what_a_killed_worker_put_aside_is_removed_and_what_a_living_one_did_is_kept(keys, tmp_path, monkeypatch):
    folder, _ = keys
    monkeypatch.setattr(buckets_of.tempfile, "tempdir", str(tmp_path / "scratch"))
    child = subprocess.Popen(["true"])
    child.wait()
    left = tmp_path / "scratch" / f"{buckets_of._mine()}{child.pid}-abc"
    kept = tmp_path / "scratch" / f"{buckets_of._mine()}{os.getpid()}-abc"
    left.mkdir(parents=True)
    kept.mkdir()
    with buckets_of.split(folder, ["1.arrow"], 2, 1):
        assert not left.exists()
    assert os.listdir(tmp_path / "scratch") == [kept.name]


@pytest.mark.parametrize("held", [1, 7, 10**6])
def test_decisions_are_delivered_alike_in_shares(tmp_path, held):
    rng = np.random.default_rng(1)
    build = str(tmp_path)
    made = receipt.Receipt("exchange2/judge", 0)
    columns = {name: rng.integers(0, 9, 60) for name in ("partition", "doc", "key", "value")}
    decisions = decisions_table("near", "near_duplicate", columns)
    exchange.write(build, made, "exchange2/judge/00000-00000.parquet", decisions)
    storage.write_json(receipt.path(build, "exchange2/judge", 0), made.to_json())
    task = exchange.ExchangeTask(build, "exchange2", dedup.DedupConfig(), 1, 0, tuple(range(10)), (0,), held=held)
    done = exchange.deliver(task)
    settled = dedup.settle(decisions)
    for partition in range(10):
        mine = settled.filter(pa.array(settled["partition"].to_numpy() == partition))
        assert exchange.read_decisions(build, "exchange2", partition)[0].to_pylist() == mine.to_pylist()
    assert done.stats == {"distances": dedup.distances(settled)}


@pytest.mark.parametrize("rows", [0, 1, 24_000, 124_999, 125_000, 10**6, 4 * 10**6, 10**8, 4 * 10**9])
def test_small_builds_have_small_buckets_and_large_ones_few(rows):
    few, each = 32, 4_000_000
    buckets = exchange.bucket_count(rows, each, few)
    assert buckets.bit_count() == 1
    assert rows <= buckets * each  # no bucket above its share
    assert rows <= buckets * each // few or buckets >= few  # a small build's far below it
    assert buckets <= max(few, 2 * rows // each)
