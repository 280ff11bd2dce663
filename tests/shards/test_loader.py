"""Batches: every sample once an epoch, parted among workers, in a new order each epoch, and resumable to the batch."""

from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

from m3w_builder import shards
from m3w_builder.shards import ShardsConfig
from m3w_builder.shards.loader import Interleaved, squeeze


class Letters:
    end_of_text, image, end_of_chunk, pad = 0, 1, 2, 3

    def encode(self, text: str) -> list[int]:
        return [4 + ord(letter) % 100 for letter in text]


@pytest.fixture(scope="module")
def tars(tmp_path_factory, module_samples):
    folder = tmp_path_factory.mktemp("shards")
    made = []
    for number in range(4):
        part = module_samples[number * 6 : number * 6 + 6]
        made += shards.write(part, str(folder), f"{number:06d}", ShardsConfig(validation=0.0))
    return [str(folder / f"{shard.name}.tar") for shard in made]


def loader(tars, **settings):
    return Interleaved(tars, Letters(), squeeze(16), **{"batch_size": 4, "buffer": 8, **settings})


def keys(batches):
    return [key for batch in batches for key in batch.keys]


def same(one, two):
    return one.keys == two.keys and all(
        torch.equal(getattr(one, name), getattr(two, name))
        for name in ("tokens_BT", "looks_at_BT", "labels_BT", "pictures_BPCHW", "n_pictures_B")
    )


def test_a_batch_has_the_stated_shapes(tars):
    batch = next(iter(loader(tars)))
    rows, length = batch.tokens_BT.shape
    assert rows == 4
    assert batch.looks_at_BT.shape == batch.labels_BT.shape == (rows, length)
    assert batch.pictures_BPCHW.shape == (rows, int(batch.n_pictures_B.max()), 3, 16, 16)
    assert batch.looks_at_BT.max() < batch.n_pictures_B.max()
    assert ((batch.tokens_BT == Letters.image).sum(1) == batch.n_pictures_B).all()


def test_an_epoch_gives_every_sample_once_and_the_next_one_another_order(tars):
    data = loader(tars)
    first = keys(data)
    data.next_epoch()
    second = keys(data)
    assert len(first) == len(set(first)) == 24
    assert sorted(first) == sorted(second)
    assert first != second


@pytest.mark.parametrize(("world", "workers"), [(2, 1), (3, 1), (7, 1), (1, 2), (2, 2)])
def test_ranks_and_workers_part_the_samples_without_overlap(tars, world, workers):
    got = []
    for rank in range(world):
        data = loader(tars, rank=rank, world=world)
        if workers > 1:
            data = DataLoader(data, batch_size=None, num_workers=workers, multiprocessing_context="fork")
        got += keys(data)
    assert len(got) == len(set(got)) == 24


@pytest.mark.parametrize("used", [0, 1, 3, 6])
def test_a_resumed_epoch_goes_on_with_the_very_next_batch(tars, used):
    whole = list(loader(tars))
    data = loader(tars)
    for batch, _ in zip(data, range(used), strict=False):
        data.track(batch)
    again = loader(tars)
    again.load_state_dict(data.state_dict())
    rest = list(again)
    assert len(rest) == len(whole) - used
    assert all(same(one, two) for one, two in zip(whole[used:], rest, strict=True))


def test_several_workers_resume_each_where_it_was(tars):
    def stream(data):
        return DataLoader(data, batch_size=None, num_workers=2, multiprocessing_context="fork")

    whole = keys(stream(loader(tars)))
    data = loader(tars)
    begun = []
    for batch, _ in zip(stream(data), range(3), strict=False):
        data.track(batch)
        begun += batch.keys
    again = loader(tars)
    again.load_state_dict(data.state_dict())
    assert sorted(begun + keys(stream(again))) == sorted(whole)


def test_a_broken_tar_and_a_broken_picture_are_skipped_and_counted(tars, tmp_path):
    cut = tmp_path / "cut.tar"
    body = Path(tars[0]).read_bytes()
    cut.write_bytes(body[: len(body) // 2])
    spoilt = tmp_path / "spoilt.tar"
    other = Path(tars[1]).read_bytes()
    spoilt.write_bytes(other.replace(b"\x89PNG", b"\x00PNG").replace(b"\xff\xd8\xff", b"\x00\x00\x00"))
    batches = list(loader([str(cut), str(spoilt), tars[2]]))
    assert batches[-1].skipped >= 6
    assert 6 <= len(keys(batches)) < 12
