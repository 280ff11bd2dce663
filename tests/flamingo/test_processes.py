"""Tests of the two processes: they end with the one that started them, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STARTS_TWO = """
import os, sys, time
from m3w_builder.flamingo import processes
def busy(folder):
    open(os.path.join(folder, str(os.getpid())), "w").close()
    while True:
        time.sleep(0.01)
if __name__ == "__main__":
    with processes.pair() as pool:
        jobs = [pool.submit(busy, sys.argv[1]) for _ in range(2)]
        jobs[0].result()
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_do_not_outlive_a_parent_that_is_killed_or_interrupted(tmp_path: Path, how: signal.Signals) -> None:
    script, marks = tmp_path / "starts_two.py", tmp_path / "marks"
    script.write_text(STARTS_TWO)
    marks.mkdir()
    parent = subprocess.Popen([sys.executable, str(script), str(marks)], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while len(list(marks.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    started = [int(mark.name) for mark in marks.iterdir()]
    assert len(started) == 2
    os.kill(parent.pid, how)
    parent.wait(30)
    while any(alive(number) for number in started) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [number for number in started if alive(number)]


def alive(number: int) -> bool:
    """Whether a process runs; one that ended and was not asked for yet does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


KEEPS = """
import resource
from m3w_builder.flamingo.processes import keep_memory
keep_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytes([1]) * 64_000_000
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults(), faults())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
def test_freed_memory_is_kept_so_that_no_page_is_mapped_again() -> None:
    found = subprocess.run([sys.executable, "-c", KEEPS], capture_output=True, text=True, check=True)
    first, second = map(int, found.stdout.split())
    assert second < first / 10
