"""Builds on clusters of other processes: a scheduler that runs already, machines over SSH, batch jobs; data on S3."""

import contextlib
import getpass
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import psutil
import pytest
import yaml

from m3w_builder import cluster, config, sampleweb, storage
from m3w_builder.engine import ClusterConfig, Serial
from m3w_builder.verify import verify

from .conftest import finish, written

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def store(monkeypatch, s3_address):
    """An S3 store on the loopback, which every process finds by its environment; its bucket's URL."""
    import fsspec

    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "not-a-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-word-that-no-file-may-hold")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fs = fsspec.filesystem("s3", skip_instance_cache=True)
    with contextlib.suppress(FileExistsError):  # of the test before
        fs.mkdir("bucket")
    yield fs
    if fs.exists("bucket"):
        fs.rm("bucket", recursive=True)
    type(fs).clear_instance_cache()


@pytest.fixture
def scheduler(store, tmp_path):
    """Address of a scheduler with a worker, both processes of their own in folders of their own."""
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "distributed.cli."]
    commands = [
        [*dask[:2], f"{dask[2]}dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        [*dask[:2], f"{dask[2]}dask_worker", "--nthreads", "1", "--no-dashboard"],
    ]
    processes = []
    for number, command in enumerate(commands):
        folder = tmp_path / f"machine-{number}"
        folder.mkdir()
        processes.append(subprocess.Popen([*command, "--scheduler-file", str(file)], cwd=folder, **quiet))
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield json.loads(file.read_text())["address"]
    for process in processes:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()


def samples(files) -> dict[str, list]:
    """Of each page in these tars its items and its pictures' bytes: what does not say where the archive lay."""
    found = {}
    for stream in files:
        parts = {}
        with tarfile.open(fileobj=stream) as tar:
            for member in tar:
                parts.setdefault(member.name.partition(".")[0], {})[member.name] = tar.extractfile(member).read()
        for members in parts.values():
            (entry,) = [json.loads(body) for name, body in members.items() if name.endswith(".json")]
            pictures = [body for name, body in sorted(members.items()) if not name.endswith(".json")]
            found[entry["url"]] = [entry["items"], pictures]
    return found


def test_a_scheduler_elsewhere_and_all_data_on_s3_give_the_same_and_tell_no_secret(store, scheduler, base, tmp_path):
    sampleweb.generate(tmp_path / "web", pages=12, seed=3, processes=1)
    warcs = sampleweb.write_warc(tmp_path / "web", tmp_path / "warc", files=2)
    fetch = {"fetch": {"resolve": {"*": "127.0.0.1:9"}, "retries": 0, "connect_timeout": 1.0}}
    here = {**base, **fetch, "source": {"warc": {"paths": warcs}}}
    finish(written(tmp_path / "here.yaml", here), tmp_path / "here")
    for warc in warcs:
        store.put(warc, f"bucket/crawl/{Path(warc).name}")
    there = {
        **here,
        "source": {"warc": {"paths": ["s3://bucket/crawl/*"]}},
        "cluster": {"kind": "address", "address": scheduler},
    }
    there_file = written(tmp_path / "there.yaml", there)
    process = subprocess.run(
        [sys.executable, "-m", "m3w_builder.cli", "build", str(there_file), "--out", "s3://bucket/build", "--json"],
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-2000:]
    store.invalidate_cache()
    tars = [name for name in store.ls("bucket/build/shards", detail=False) if name.endswith(".tar")]
    expected = samples(path.open("rb") for path in sorted((tmp_path / "here" / "shards").glob("*.tar")))
    assert expected
    assert samples(store.open(name) for name in tars) == expected
    assert verify("s3://bucket/build", Serial(1))[1] == []
    secret = os.environ["AWS_SECRET_ACCESS_KEY"].encode()
    assert secret not in (process.stdout + process.stderr).encode()
    for name in store.find("bucket/build"):
        assert secret not in store.cat_file(name), name
    assert not any(path.name != "machine-1" for path in (tmp_path / "machine-1").glob("*.parquet"))


@pytest.mark.parametrize("kind", ["local", "address", "ssh", "slurm", "pbs", "kubernetes"])
def test_the_example_of_each_kind_of_cluster_loads(kind):
    loaded = config.load(str(CONFIGS / f"cluster-{kind}.yaml"))
    assert loaded.cluster.kind == kind


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("slurm", ["#SBATCH -p batch", "--mem=4G", "-t 08:00:00"]),
        ("pbs", ["#PBS -q batch", "select=1:ncpus=1:mem=4gb"]),
    ],
)
def test_the_job_script_of_a_batch_system_starts_one_worker_of_one_thread(kind, said):
    heard = signal.getsignal(signal.SIGINT)
    make = cluster._class(kind)
    assert signal.getsignal(signal.SIGINT) is heard  # dask_jobqueue takes it as it is imported
    options = config.load(str(CONFIGS / f"cluster-{kind}.yaml")).cluster.options
    with make(**options, scheduler_options={"dashboard": False}) as made:
        script = made.job_script()
    assert all(part in script for part in [*said, "--nthreads 1"]), script
    assert "--nworkers" not in script


def test_the_kubernetes_manifest_starts_workers_of_one_thread_beside_their_scheduler():
    parts = list(yaml.safe_load_all((CONFIGS / "kubernetes" / "dask.yaml").read_text()))
    by_name = {(part["kind"], part["metadata"]["name"]): part for part in parts}
    (worker,) = by_name["Deployment", "m3w-worker"]["spec"]["template"]["spec"]["containers"]
    port = by_name["Service", "m3w-scheduler"]["spec"]["ports"][0]["port"]
    assert f"tcp://m3w-scheduler:{port}" in worker["command"]
    assert worker["command"][worker["command"].index("--nthreads") + 1] == "1"


SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin")


@pytest.fixture
def sshd(tmp_path):
    """(port, private key) of an SSH server for this user alone."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    (tmp_path / "authorized").write_bytes((tmp_path / "user.pub").read_bytes())
    (tmp_path / "authorized").chmod(0o600)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "sshd.conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/authorized\n"
        f"PasswordAuthentication no\nStrictModes no\nUsePAM no\nPidFile {tmp_path}/pid\nPermitUserEnvironment no\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([SSHD, "-D", "-f", str(tmp_path / "sshd.conf")], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port, str(tmp_path / "user")
    server.kill()
    server.wait()


@pytest.mark.skipif(
    not (SSHD and os.geteuid() == 0 and importlib.util.find_spec("asyncssh")), reason="no SSH server of our own here"
)
def test_workers_over_ssh_take_tasks(sshd, tmp_path):
    port, key = sshd
    # A login shell knows nothing of this process's paths: the workers are to have the very code that is tested.
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={CONFIGS.parent} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    connect = {"port": port, "username": getpass.getuser(), "client_keys": [key], "known_hosts": None}
    options = {
        "connect_options": connect,
        "remote_python": str(python),
        "scheduler_options": {"port": 0, "dashboard": False},
    }
    settings = ClusterConfig(kind="ssh", hosts=("127.0.0.1",) * 2, options=options, connect_seconds=60)
    with cluster.start(settings) as engine:
        outcomes = list(engine.map(storage.hidden, ["https://me:word@host/x", "plain"]))
    assert sorted(outcome.result for outcome in outcomes) == ["https://***@host/x", "plain"]
