"""Batches from shards: shapes, shares of workers and ranks, resuming, bad samples, flat memory."""

import io
import json
import tarfile
import tracemalloc

import cv2
import numpy as np
import pytest
import torch

from m3w_builder import shards
from m3w_builder.document import Image
from m3w_builder.errors import ConfigError
from m3w_builder.shards import ShardsConfig, read, transform
from m3w_builder.shards.loader import Interleaved, Loader, Mixture, find
from m3w_builder.shards.transform import Resized
from m3w_builder.shards.window import NOTHING, Marked, Sampling

PAD, BOS, IMAGE, EOC = 0, 1, 2, 3


def encode(text):
    return [4 + byte for byte in text.encode()]


TOKENIZER = Marked(encode, PAD, BOS, IMAGE, EOC)
SAMPLING = Sampling(48)


@pytest.fixture(scope="module")
def tars(tmp_path_factory, module_samples):
    build = tmp_path_factory.mktemp("build")
    for number in range(4):
        some = module_samples[number * 6 : number * 6 + 6]
        shards.write(some, str(build / "shards"), f"{number:06d}", ShardsConfig(validation=0.0))
    return find(str(build))


def dataset(tars, **settings):
    return Interleaved(tars, TOKENIZER, Resized(16), **{"batch": 3, "sampling": SAMPLING, "buffer": 5, **settings})


def keys(batches):
    return [key for batch in batches for key in batch.keys]


def print_of(batch):
    """All that a batch holds, to be compared."""
    tensors = (batch.tokens_BT, batch.looks_at_BT, batch.labels_BT, batch.pictures_BPCHW, batch.documents_BT)
    return batch.keys, [tensor.tolist() for tensor in tensors]


def test_a_batch_is_padded_and_says_who_sees_what(tars):
    batch = next(iter(dataset(tars)))
    assert batch.tokens_BT.shape == batch.looks_at_BT.shape == batch.labels_BT.shape == (3, 48)
    assert batch.tokens_BT.dtype == batch.looks_at_BT.dtype == batch.labels_BT.dtype == torch.int64
    most = int(batch.n_pictures_B.max())
    assert batch.pictures_BPCHW.shape == (3, most, 3, 16, 16)
    assert batch.pictures_BPCHW.dtype == torch.float32
    marks = batch.tokens_BT == IMAGE
    assert marks.sum(1).tolist() == batch.n_pictures_B.tolist()
    assert (batch.looks_at_BT < batch.n_pictures_B[:, None]).all()
    assert (batch.looks_at_BT[batch.tokens_BT == PAD] == -1).all()
    assert (batch.labels_BT[marks | (batch.tokens_BT == PAD) | (batch.looks_at_BT < 0)] == NOTHING).all()


def test_no_row_is_without_a_label_so_that_no_loss_is_nan(tars):
    data = dataset(tars, epochs=20, sampling=Sampling(8))
    for batch in data:
        assert (batch.labels_BT[:, 1:] != NOTHING).any(1).all()


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_an_epoch_gives_each_sample_once_whatever_workers_and_ranks(tars, module_samples, workers, ranks):
    if workers and ranks > 2:
        return
    got = [keys(Loader(dataset(tars, epochs=1, rank=rank, ranks=ranks), workers)) for rank in range(ranks)]
    assert sorted(key for some in got for key in some) == sorted(document.key for document, _ in module_samples)
    assert all(got)


def test_epochs_differ_in_order_and_in_windows(tars):
    stream = iter(dataset(tars, batch=24))
    one, two = next(stream), next(stream)
    assert sorted(one.keys) == sorted(two.keys)
    assert one.keys != two.keys
    assert sorted(map(str, one.tokens_BT.tolist())) != sorted(map(str, two.tokens_BT.tolist()))


@pytest.mark.parametrize("workers", [0, 2, 3])
@pytest.mark.parametrize("after", [1, 4, 9])
def test_a_saved_state_goes_on_with_the_very_next_batch(tars, workers, after):
    whole = [print_of(batch) for batch in Loader(dataset(tars, epochs=3), workers)]
    first = Loader(dataset(tars, epochs=3), workers)
    stream = iter(first)
    begun = [print_of(next(stream)) for _ in range(after)]
    state = first.state_dict()
    second = Loader(dataset(tars, epochs=3), workers)
    second.load_state_dict(state)
    assert begun + [print_of(batch) for batch in second] == whole


@pytest.mark.parametrize("workers", [0, 2])
def test_packed_rows_hold_every_document_once_and_keep_them_apart(tars, module_samples, workers):
    settings = {"epochs": 1, "packed": True, "sampling": Sampling(240, 4), "batch": 2}
    batches = list(Loader(dataset(tars, **settings), workers))
    assert sorted(keys(batches)) == sorted(document.key for document, _ in module_samples)
    packed = 0
    for batch in batches:
        assert (batch.n_pictures_B <= 4).all()
        assert ((batch.documents_BT == -1) == (batch.tokens_BT == PAD)).all()
        for row in range(len(batch.tokens_BT)):
            tokens, looks, documents = (t[row] for t in (batch.tokens_BT, batch.looks_at_BT, batch.documents_BT))
            owners = documents[tokens == IMAGE]  # of each picture, in order
            assert len(owners) == batch.n_pictures_B[row]
            seen = looks >= 0
            assert (owners[looks[seen]] == documents[seen]).all()
            starts = [0, *((documents[1:] != documents[:-1]).nonzero() + 1).flatten().tolist()]
            assert (batch.labels_BT[row][starts] == NOTHING).all()
            packed += int(documents.max()) > 0
    assert packed > 3


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("after", [1, 3])
def test_packed_rows_go_on_with_the_very_next_batch_too(tars, workers, after):
    settings = {"epochs": 2, "packed": True, "sampling": Sampling(240, 4), "batch": 2}
    whole = [print_of(batch) for batch in Loader(dataset(tars, **settings), workers)]
    first = Loader(dataset(tars, **settings), workers)
    stream = iter(first)
    begun = [print_of(next(stream)) for _ in range(after)]
    second = Loader(dataset(tars, **settings), workers)
    second.load_state_dict(first.state_dict())
    assert begun + [print_of(batch) for batch in second] == whole


def test_shuffles_differ_by_epoch_rank_and_worker_and_are_the_same_again(tars):
    def orders(seed=0):
        found = {}
        for rank in range(2):
            for batch in Loader(dataset(tars, seed=seed, epochs=2, rank=rank, ranks=2, batch=1), 2):
                found.setdefault((batch.place.epoch, rank, batch.place.worker), []).extend(batch.keys)
        return found

    one = orders()
    assert len(one) == 8
    assert len({tuple(order) for order in one.values()}) == 8
    assert one == orders()
    assert one != orders(1)
    ranks = [{key for (_, rank, _), order in one.items() if rank == number for key in order} for number in range(2)]
    assert ranks[0] | ranks[1] == {key for order in one.values() for key in order}


def test_a_state_of_another_loader_is_refused(tars):
    state = Loader(dataset(tars), 2).state_dict()
    with pytest.raises(ConfigError, match="seed 1, not 0"):
        Loader(dataset(tars, seed=1), 2).load_state_dict(state)
    with pytest.raises(ConfigError, match="workers 3, not 2"):
        Loader(dataset(tars), 3).load_state_dict(state)


def spoilt(path, change):
    with tarfile.open(path) as tar:
        members = [(info.name, tar.extractfile(info).read()) for info in tar]
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, body in change(members):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))


def odd(change):
    """The JSON with a change in its first text or picture, at the length that it had."""

    def spoil(body):
        entry = json.loads(body)
        change(entry)
        text = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)
        made = text.encode("utf-8", "surrogatepass").ljust(len(body))
        assert len(made) == len(body)
        return made

    return spoil


def first(kind):
    return lambda entry: next(item for item in entry["items"] if kind in item)


BAD_JSON = {
    "cut": lambda body: b"{" * len(body),
    "no text": odd(lambda entry: first("text")(entry).update(text=None)),
    "half a character": odd(lambda entry: first("text")(entry).update(text="\ud800")),
    "no width": odd(lambda entry: first("image")(entry).update(width="")),
    "a list for a name": odd(lambda entry: entry["metadata"].update(host=[])),
}


def in_place(fault):
    """Spoils the first sample, and leaves every offset as it was."""

    def change(members):
        (name, body), *rest = members
        if fault in BAD_JSON:
            return [(name, BAD_JSON[fault](body)), *rest]
        spoil = [(name, bytes(len(body))) for name, body in rest[:2]]
        if fault == "missing_part":
            spoil = [(name.replace(".0.", ".7.").replace(".1.", ".8."), body) for name, body in rest[:2]]
        return [(name, body), *spoil, *rest[2:]]

    return change


@pytest.mark.parametrize("fault", [*BAD_JSON, "bad_picture", "missing_part"])
def test_a_bad_sample_is_left_out_and_counted(tmp_path, samples, fault):
    (shard,) = shards.write(samples[:6], str(tmp_path), "000000", ShardsConfig(validation=0.0))
    path = tmp_path / f"{shard.name}.tar"
    spoilt(path, in_place(fault))
    loader = Loader(dataset([str(path)], epochs=1))
    assert sorted(keys(loader)) == sorted(document.key for document, _ in samples[1:6])
    assert loader.skipped == {"bad_json" if fault in BAD_JSON else fault: 1}


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"items":' * 100_000, b"\xff", b"NaN,"])
def test_json_that_cannot_be_read_is_told_as_such(body):
    with pytest.raises(ValueError):
        read.parsed(body)


def test_a_tar_that_is_cut_off_gives_what_it_still_has(tmp_path, samples):
    (shard,) = shards.write(samples[:6], str(tmp_path), "000000", ShardsConfig(validation=0.0))
    path = tmp_path / f"{shard.name}.tar"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    loader = Loader(dataset([str(path)], epochs=1, batch=1, buffer=0))
    got = keys(loader)
    assert got == [document.key for document, _ in samples[: len(got)]]
    assert loader.skipped == {"broken_tar": 6 - len(got)}


def test_a_shard_without_index_and_one_of_a_remote_store_are_read_alike(tmp_path, tars, samples):
    (shard,) = shards.write(samples[:6], "memory://loading", "000000", ShardsConfig(validation=0.0))
    (local,) = shards.write(samples[:6], str(tmp_path), "000000", ShardsConfig(validation=0.0))
    (tmp_path / f"{local.name}.parquet").unlink()
    far, near = (
        [print_of(batch) for batch in dataset([f"{folder}/{shard.name}.tar"], epochs=2)]
        for folder in ("memory://loading", str(tmp_path))
    )
    assert far == near


def test_a_shard_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no such shard"):
        dataset([str(tmp_path / "none.tar")])
    with pytest.raises(ConfigError, match="no shard of the split 'train'"):
        find(str(tmp_path))


def test_a_mixture_gives_a_batch_of_each_corpus_with_its_weight(tars):
    mixture = Mixture({"a": (Loader(dataset(tars[:2])), 1.0), "b": (Loader(dataset(tars[2:], batch=2)), 0.2)})
    steps = [step for step, _ in zip(mixture, range(5), strict=False)]
    assert all([(name, weight) for name, weight, _ in step] == [("a", 1.0), ("b", 0.2)] for step in steps)
    state = mixture.state_dict()
    again = Mixture({"a": (Loader(dataset(tars[:2])), 1.0), "b": (Loader(dataset(tars[2:], batch=2)), 0.2)})
    again.load_state_dict(state)
    for (_, _, one), (_, _, two) in zip(next(iter(mixture)), next(iter(again)), strict=True):
        assert print_of(one) == print_of(two)


def test_memory_stays_flat_over_many_epochs(tars):
    stream = iter(dataset(tars))
    for _ in range(30):
        next(stream)
    tracemalloc.start()
    try:
        sizes = []
        for _ in range(3):
            for _ in range(60):
                next(stream)
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[-1] - sizes[0] < 100_000


def test_pictures_are_squeezed_or_cropped_and_normalised():
    array = np.zeros((400, 800, 3), np.uint8)
    array[:, 400:] = (0, 0, 255)  # the right half is red (BGR)
    body = cv2.imencode(".jpg", array)[1].tobytes()
    image = Image("http://x/", format="jpeg", width=800, height=400)
    plain = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    squeezed = Resized(32, **plain)(body, image)
    assert squeezed.shape == (3, 32, 32)
    assert squeezed[0, :, :12].max() < 0.1 < 0.9 < squeezed[0, :, 20:].min()
    cropped = Resized(32, crop=True, **plain)(body, image)
    assert cropped[0, :, :12].max() < 0.1 < 0.9 < cropped[0, :, 20:].min()
    assert transform.decode(body, image, 100).shape == (100, 200, 3)
    with pytest.raises(ValueError):
        Resized(32)(b"\xff\xd8 no picture", image)


def test_other_projects_transforms_serve(samples):
    document, (body, *_) = samples[0]
    image = document.images[0]
    by_pillow = transform.of_pillow(lambda picture: np.asarray(picture, np.float32))(body, image)
    by_array = transform.of_array(lambda array: array.astype(np.float32))(body, image)
    assert (by_pillow == by_array).all()
