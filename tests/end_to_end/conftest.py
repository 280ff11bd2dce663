"""A sample web, served for all whole-job tests, and builds of it by the command line."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from m3w_builder import sampleweb


@pytest.fixture(scope="session")
def web(tmp_path_factory):
    """About 150 pages, every case planted."""
    folder = tmp_path_factory.mktemp("end_to_end") / "web"
    sampleweb.generate(folder, pages=150, seed=0, processes=1)
    return folder


@pytest.fixture(scope="session")
def truth(web):
    return json.loads((web / "truth.json").read_text())


@pytest.fixture(scope="session")
def served(web):
    with sampleweb.serve(web) as server:
        yield server


@pytest.fixture(scope="session")
def base(served, truth):
    """What all configs here have in common."""
    return {
        "fetch": {"resolve": served.resolve, "delay": 0, "retry_wait": 0.05},
        "text": [{"language": {"languages": truth["languages"]}}, {"length": {"min_words": 50}}, "repetition"],
        "pictures": {"filters": ["size", "aspect", "single_colour"]},
        "cluster": {"kind": "serial"},
    }


@pytest.fixture(scope="session")
def warc_config(web, base, tmp_path_factory):
    """A config file that builds from four WARC files; the web's server gives what they lack."""
    folder = tmp_path_factory.mktemp("warc")
    paths = sampleweb.write_warc(web, folder, files=4)
    return written(folder / "warc.yaml", {**base, "source": {"warc": {"paths": paths}}})


@pytest.fixture(scope="session")
def undisturbed(warc_config, tmp_path_factory):
    """A build from the WARC files in one go, without an engine."""
    out = tmp_path_factory.mktemp("undisturbed") / "build"
    finish(warc_config, out)
    return out


def written(path: Path, config: dict) -> Path:
    path.write_text(yaml.safe_dump(config))
    return path


def start(config: Path, out: Path, *more: str) -> subprocess.Popen:
    """A build in a process of its own, whose output goes to OUT.log: workers would hold a pipe open."""
    command = [sys.executable, "-m", "m3w_builder.cli", "build", str(config), "--out", str(out), "--json", *more]
    with log_of(out).open("w") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def log_of(out: Path) -> Path:
    return out.with_suffix(".log")


def finish(config: Path, out: Path, *more: str) -> list[dict]:
    """The events of a build that must end well."""
    code = start(config, out, *more).wait(timeout=300)
    text = log_of(out).read_text()
    assert code == 0, text[-3000:]
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def kill_when(process: subprocess.Popen, moment, signal_number: int = signal.SIGKILL) -> bool:
    """Send the signal as soon as `moment()` is true; whether the process was still running then."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if moment():
            process.send_signal(signal_number)
            return process.wait(timeout=60) != 0
        time.sleep(0.002)
    assert process.poll() is not None, "the moment did not come"
    return False


def shard_sums(build: Path) -> dict[str, str]:
    """Checksums of all tars and their indices by name."""
    files = sorted(path for path in (build / "shards").iterdir() if path.name.startswith(("train-", "validation-")))
    assert files
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
