"""Parts of files are read in any order, of far files by one copy, with few files open at once."""

import os

import fsspec
import pytest

from m3w_builder.passes import nearby
from m3w_builder.passes.nearby import Nearby

FILES = {f"{number}.bin": os.urandom(1000 + number) for number in range(5)}
ASKED = [
    ("3.bin", 5, 100),
    ("0.bin", 0, 1000),
    ("4.bin", 990, 100),
    ("3.bin", 0, 7),
    ("1.bin", 1001, 5),
    ("0.bin", 7, 0),
]


@pytest.fixture(params=["local", "far"])
def folder(request, tmp_path):
    place = str(tmp_path) if request.param == "local" else f"memory://nearby-{os.getpid()}-{tmp_path.name}"
    for name, body in FILES.items():
        with fsspec.open(f"{place}/{name}", "wb") as stream:
            stream.write(body)
    return place


@pytest.mark.parametrize("most", [1, 2, 128])
def test_what_is_read_is_what_stands_there(folder, most, monkeypatch):
    monkeypatch.setattr(nearby, "OPEN", most)
    with Nearby() as near:
        for name, start, size in ASKED * 2:
            assert near.read(f"{folder}/{name}", start, size) == FILES[name][start : start + size]


def test_a_far_file_is_fetched_once(monkeypatch):
    place = f"memory://nearby-once-{os.getpid()}"
    with fsspec.open(f"{place}/a.bin", "wb") as stream:
        stream.write(FILES["0.bin"])
    opened = []
    read = nearby.storage.open_read
    monkeypatch.setattr(nearby.storage, "open_read", lambda url: (opened.append(url), read(url))[1])
    with Nearby() as near:
        for start in range(900, 0, -100):
            assert near.read(f"{place}/a.bin", start, 50) == FILES["0.bin"][start : start + 50]
    assert opened == [f"{place}/a.bin"]


def test_no_file_stays_open(tmp_path):
    for name, body in FILES.items():
        (tmp_path / name).write_bytes(body)
    before = len(os.listdir("/proc/self/fd"))
    with Nearby() as near:
        for name in FILES:
            near.read(str(tmp_path / name), 0, 1)
        assert len(os.listdir("/proc/self/fd")) == before + len(FILES)
    assert len(os.listdir("/proc/self/fd")) == before
