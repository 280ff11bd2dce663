"""Every fault that can be planted in a shard is found and named."""

import hashlib
import io
import json
import tarfile

import pytest
from PIL import Image

from m3w_builder import shards
from m3w_builder.shards import ShardsConfig


def rewritten(path, change):
    """The tar again, with its members passed through `change`."""
    with tarfile.open(path) as tar:
        members = [(info.name, tar.extractfile(info).read()) for info in tar]
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, body in change(members):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))


def without_a_picture(members):
    return members[:1] + members[2:]


def with_swapped_names(members):
    (a, first), (b, second) = members[1:3]
    return [members[0], (a, second), (b, first), *members[3:]]


def with_rubbish_for_a_picture(members):
    return [members[0], (members[1][0], b"rubbish"), *members[2:]]


def with_a_picture_too_many(members):
    return [*members[:3], (members[2][0].replace(".1.", ".2."), members[2][1]), *members[3:]]


def with_items_in_another_order(members):
    entry = json.loads(members[0][1])
    entry["items"].reverse()
    return [(members[0][0], json.dumps(entry).encode()), *members[1:]]


def with_broken_json(members):
    return [(members[0][0], b"{"), *members[1:]]


def with_a_sample_less(members):
    return members[3:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_a_picture, "names 0.png, which is missing"),
        (with_swapped_names, "its bytes are not those of its item"),
        (with_rubbish_for_a_picture, "its bytes are not those of its item"),
        (with_a_picture_too_many, "its members are not its items in order"),
        (with_items_in_another_order, "its members are not its items in order"),
        (with_broken_json, "its JSON is no document"),
        (with_a_sample_less, "stands in the index, not in the tar"),
    ],
)
def test_a_planted_fault_is_found(tmp_path, samples, change, said):
    (shard,) = shards.write(samples, str(tmp_path), "000000", ShardsConfig(validation=0.0))
    path = tmp_path / f"{shard.name}.tar"
    assert shards.check(str(path)).faults == []
    rewritten(path, change)
    assert any(said in fault for fault in shards.check(str(path)).faults)


def test_a_tar_that_is_cut_off_is_found(tmp_path, samples):
    (shard,) = shards.write(samples, str(tmp_path), "000000", ShardsConfig(validation=0.0))
    path = tmp_path / f"{shard.name}.tar"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert any("cut off or broken" in fault for fault in shards.check(str(path)).faults)


def test_an_index_that_is_missing_is_found(tmp_path, samples):
    (shard,) = shards.write(samples, str(tmp_path), "000000", ShardsConfig(validation=0.0))
    (tmp_path / f"{shard.name}.parquet").unlink()
    faults = shards.check(str(tmp_path / f"{shard.name}.tar")).faults
    assert any(fault.startswith("index:") for fault in faults)


def test_a_picture_with_a_profile_that_libpng_does_not_know_is_no_fault_and_no_noise(tmp_path, samples, capfd):
    """The terminal had three lines of libpng's over the verdict on a build of real pages."""
    document, bodies = samples[0]
    stream = io.BytesIO()
    with Image.open(io.BytesIO(bodies[0])) as picture:
        picture.save(stream, "PNG", icc_profile=b"no profile" * 20)
    body = stream.getvalue()
    document.images[0].sha256 = hashlib.sha256(body).hexdigest()
    (shard,) = shards.write([(document, [body, *bodies[1:]])], str(tmp_path), "000000", ShardsConfig(validation=0.0))
    assert shards.check(str(tmp_path / f"{shard.name}.tar")).faults == []
    assert capfd.readouterr().err == ""
