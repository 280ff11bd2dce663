"""What kills a worker is found and dropped alone; what nobody wrote that way is found by its checksum and made anew."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from m3w_builder import cluster, verify
from m3w_builder.passes.suspects import Suspects

KILLER = '''
import os
from dataclasses import dataclass
from typing import ClassVar

@dataclass(frozen=True)
class Killer:
    """Ends its process over one page or picture."""
    name: ClassVar[str] = "killer"
    reasons: ClassVar[dict] = {}
    url: str = ""

    def __call__(self, batch):
        if any(one.url == self.url for one in batch):
            os._exit(9)
        return list(batch)
'''


def urls(out, name):
    return pq.read_table(Path(out, name), columns=["url"])["url"].to_pylist()


@pytest.mark.parametrize(
    ("folder", "section"),
    [("pages", lambda stage: {"text": [stage]}), ("pictures", lambda stage: {"pictures": {"filters": [stage]}})],
)
def test_what_kills_its_worker_in_a_filter_is_dropped_alone(make, tmp_path, monkeypatch, folder, section):
    good, _, _ = make("good", pictures={"filters": []})
    (tmp_path / "killer_stage.py").write_text(KILLER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    bad = urls(good, f"{folder}/000001.parquet")[1]
    sections = {"pictures": {"filters": []}, **section({"killer_stage:Killer": {"url": bad}})}
    cluster_of_one = {"kind": "local", "workers": 1, "dashboard": ""}
    out, summary, _ = make("build", plugins=["killer_stage"], cluster=cluster_of_one, **sections)
    assert summary.quarantined == []
    rows = pq.read_table(Path(out, folder, "000001.dropped.parquet")).to_pylist()
    assert (bad, "poisoned") in [(row["url"], row["reason"]) for row in rows]
    left = [url for url in urls(good, f"{folder}/000001.parquet") if url != bad]
    assert urls(out, f"{folder}/000001.parquet") == left
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_two_deaths_are_chance_and_three_are_not(tmp_path):
    def died(name):
        Suspects(str(tmp_path), "pages", 0, attempt=2).touch(name)

    died("x")
    died("x")
    assert Suspects(str(tmp_path), "pages", 0, attempt=3).drop("x") is None
    died("x")
    assert Suspects(str(tmp_path), "pages", 0, attempt=3).drop("x").reason == "poisoned"
    assert Suspects(str(tmp_path), "pages", 0, attempt=1).drop("x").reason == "poisoned"
    assert Suspects(str(tmp_path), "pages", 0, attempt=1).drop("y") is None


def test_a_death_of_the_driver_is_no_pages_fault(tmp_path):
    for _ in range(4):
        Suspects(str(tmp_path), "pages", 0, attempt=2).touch("x")
        Suspects(str(tmp_path), "pages", 0, attempt=1)  # of the next driver
    assert Suspects(str(tmp_path), "pages", 0, attempt=2).poisoned == frozenset()


def test_what_raises_is_nobodys_death(tmp_path):
    suspects = Suspects(str(tmp_path), "pages", 0, attempt=2)
    for _ in range(3):
        with pytest.raises(OSError), suspects.watch():
            suspects.touch("x")
            raise OSError("no space left")
    assert Suspects(str(tmp_path), "pages", 0, attempt=3).poisoned == frozenset()


@pytest.mark.parametrize(
    ("spoilt", "undone"),
    [
        ("pages/000000.parquet", ["pictures", "exchange2", "shards"]),
        ("pages/000000.documents", ["joined", "shards"]),
        ("pages/000001.keys.arrow", ["exchange1", "pictures", "exchange2", "shards"]),
        ("exchange1/decisions/000000.parquet", ["pictures", "exchange2", "shards"]),
        ("pictures/000000.bin", ["exchange2", "shards"]),
        ("joined/000001.parquet", ["shards"]),
        ("joined/000001.samples", ["shards"]),
    ],
)
def test_a_file_with_one_bit_turned_is_found_and_made_anew(make, spoilt, undone):
    out, _, _ = make()
    before = {path.name: path.read_bytes() for path in Path(out, "shards").glob("*.tar")}
    for folder in undone:
        shutil.rmtree(Path(out, folder))
    body = bytearray(Path(out, spoilt).read_bytes())
    body[len(body) // 3] ^= 4
    Path(out, spoilt).write_bytes(bytes(body))
    _, _, listener = make()
    assert any("made anew" in note for note in listener.notes)
    assert {path.name: path.read_bytes() for path in Path(out, "shards").glob("*.tar")} == before
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_deaths_over_others_in_between_are_no_proof(tmp_path):
    def death(name):
        Suspects(str(tmp_path), "pages", 0, 2).touch(name)

    for name in ("a", "b", "a", "b", "b", "b"):
        death(name)
    assert Suspects(str(tmp_path), "pages", 0, 2).poisoned == {"b"}
    for name in ("a", "a", "c", "a", "a", "a"):
        death(name)
    assert Suspects(str(tmp_path), "pages", 0, 2).poisoned == {"a", "b"}
