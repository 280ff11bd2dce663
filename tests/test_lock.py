"""A living build keeps its folder, whatever the clocks say; a dead one loses it."""

import os
import socket
import threading

import pytest

from m3w_builder import lock, storage
from m3w_builder.errors import BuildError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(lock.time, "sleep", lambda seconds: None)
    return str(tmp_path)


def holds(folder, **more):
    storage.write_json(f"{folder}/lock.json", {"host": "another.example", "pid": 1, "born": "1", "beat": 0, **more})


def test_a_lock_of_another_machine_that_nobody_renews_is_taken_over(folder):
    holds(folder, beat=10**12)  # a clock far ahead
    with lock.locked(folder) as died:
        assert died
    assert not os.path.exists(f"{folder}/lock.json")


def test_a_lock_of_another_machine_that_is_renewed_is_kept(folder):
    holder = {"host": "another.example", "pid": 1, "born": "1", "beat": 0}
    beats = []

    def sleep(seconds):
        beats.append(seconds)
        if len(beats) == 3:
            holds(folder, beat=1)

    holds(folder)
    assert lock._lives(f"{folder}/lock.json", holder, sleep)
    assert len(beats) == 3


def test_a_lock_cut_off_by_a_kill_is_taken_over(folder):
    with open(f"{folder}/lock.json", "w") as stream:
        stream.write('{"host": "x')
    with lock.locked(folder) as died:
        assert died


def test_a_living_process_of_this_machine_keeps_its_lock(folder):
    mine = {"host": socket.gethostname(), "pid": os.getpid(), "born": lock._born(os.getpid())}
    storage.write_json(f"{folder}/lock.json", mine)
    with pytest.raises(BuildError, match="a build is running here"), lock.locked(folder):
        pass


def test_of_two_that_come_at_once_on_an_object_store_one_is_refused(monkeypatch):
    url = "memory://two/build"

    def sleep(seconds):  # while the first waits, the second writes its own
        storage.write_json(f"{url}/lock.json", {"host": "h", "pid": 2, "id": "other"})

    monkeypatch.setattr(lock.time, "sleep", sleep)
    with pytest.raises(BuildError, match="process 2 on h"), lock.locked(url):
        pass


def test_of_two_that_find_the_same_dead_lock_the_slower_leaves_the_quicker_ones_alone(folder):
    dead = {"host": socket.gethostname(), "pid": 1, "born": "never", "id": "dead"}
    living = {"host": socket.gethostname(), "pid": os.getpid(), "born": lock._born(os.getpid()), "id": "living"}
    storage.write_json(f"{folder}/lock.json", living)  # it took the place of the dead one that we had read
    with pytest.raises(BuildError, match="a build is running here"):
        lock._bury(f"{folder}/lock.json", folder, dead)
    assert storage.read_json(f"{folder}/lock.json") == living
    assert os.listdir(folder) == ["lock.json"]


def test_who_lost_its_lock_while_it_slept_ends_in_one_line_and_leaves_the_others(folder, monkeypatch):
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.02)
    with pytest.raises(BuildError, match="process 7 on another"), lock.locked(folder):
        for _ in range(1000):  # one beat may have looked before it and write after it
            holds(folder, host="another", pid=7, id="other")
            threading.Event().wait(0.1)
    assert storage.read_json(f"{folder}/lock.json")["id"] == "other"
