"""Both engines give every task's outcome, also where a task raises or kills its worker."""

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from dask import config as dask_config

from m3w_builder import cluster, flight
from m3w_builder.cluster import ClusterConfig
from m3w_builder.errors import BuildError, ConfigError


def double(number: int) -> int:
    if number == 3:
        raise ValueError("three is refused")
    if number == 4:
        os._exit(9)
    return 2 * number


def sleep_long(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def by_task(outcomes):
    return {outcome.task: outcome for outcome in outcomes}


@pytest.fixture(scope="module")
def dask():
    with cluster.start(ClusterConfig(workers=2, dashboard="", attempts=2, task_seconds=5)) as engine:
        yield engine


def test_serial_gives_results_and_errors():
    got = by_task(cluster.Serial(2).map(double, iter([1, 2, 3])))
    assert got[2].result == 4
    assert got[3].result is None
    assert "three is refused" in got[3].error


def test_dask_gives_results_and_errors_and_blames_the_culprit_alone(dask):
    got = by_task(dask.map(double, iter(range(12))))
    assert sorted(got) == list(range(12))
    assert "three is refused" in got[3].error
    assert "KilledWorker" in got[4].error
    assert all(got[n].result == 2 * n for n in range(12) if n not in (3, 4))


def test_short_tasks_go_several_at_once_and_a_killer_among_them_goes_alone(dask):
    numbers = [*range(10, 60), 4, *range(60, 90), 3]
    got = by_task(dask.map(double, iter(numbers)))
    assert sorted(got) == sorted(numbers)
    assert "KilledWorker" in got[4].error
    assert "three is refused" in got[3].error
    assert all(got[number].result == 2 * number for number in numbers if number > 4)


def test_a_worker_gives_back_what_it_could_not_begin_in_time(monkeypatch):
    monkeypatch.setattr(flight, "SHORT_SECONDS", 0.0)
    answers = flight.work(double, [1, 2, 5], flight.code_version())
    assert answers.given == [(2, "")]


def test_tasks_are_read_no_further_ahead_than_workers_can_take(dask):
    taken = 0

    def tasks():
        nonlocal taken
        for number in range(10, 200):
            taken += 1
            yield number

    outcomes = dask.map(double, tasks())
    next(outcomes)
    assert taken <= dask.workers * dask.config.in_flight + 3
    outcomes.close()


def test_the_last_tasks_are_shared_out_singly():
    """Where one worker took the last four at once, the others waited for it."""
    mine = flight.Flight(SimpleNamespace(workers=2), double, {}, total=20)
    mine.size = 16
    source = iter(range(20))
    assert [len(some) for some in iter(lambda: mine.next(source), [])] == [5, 3, 3, 2, *7 * [1]]


def test_a_task_over_its_time_is_given_up_and_the_others_come_through(dask):
    got = by_task(dask.map(sleep_long, iter([60.0, 0.01, 0.02])))
    assert "took longer than 5 seconds" in got[60.0].error
    assert got[0.01].result == 0.01
    assert got[0.02].result == 0.02


def test_a_scheduler_that_does_not_answer_is_told_in_one_line(monkeypatch):
    with (
        pytest.raises(ConfigError, match="no scheduler answers"),
        cluster.start(ClusterConfig(kind="address", address="tcp://127.0.0.1:9", connect_seconds=1)),
    ):
        pass


def test_an_address_and_its_kind_go_together():
    with pytest.raises(ValueError, match="go together"):
        ClusterConfig(kind="address")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kind": "ssh"}, "'hosts' go together"),
        ({"kind": "slurm"}, "wants a number of 'workers'"),
        ({"options": {"queue": "x"}}, "'options' are for"),
        ({"workers": 3, "max_workers": 2}, "less than workers"),
        ({"kind": "serial", "max_workers": 2}, "no 'max_workers'"),
        ({"kind": "address", "address": "tcp://h:8786", "max_workers": 2}, "no 'max_workers'"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        ClusterConfig(**settings)


@pytest.mark.parametrize("kind", ["ssh", "slurm", "pbs", "kubernetes"])
def test_a_cluster_whose_package_is_absent_says_how_to_install_it(kind, monkeypatch):
    module = cluster.CLASSES[kind][0] if kind != "ssh" else "asyncssh"
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=rf"pip install 'm3w-builder\[{kind}\]'"):
        with cluster.start(ClusterConfig(kind=kind, workers=1, hosts=("a", "b") if kind == "ssh" else ())):
            pass


def test_what_dask_is_told_to_leave_undone_it_knows_by_these_names():
    import distributed  # noqa: F401  its own settings are there from here on

    assert [name for name in cluster.QUIET if dask_config.get(name, "unknown") == "unknown"] == []


def test_workers_look_at_no_stack_where_there_is_no_dashboard(dask):
    asked = dask.client.run(lambda dask_worker: sorted(dask_worker.periodic_callbacks))
    assert all("profile" not in names and "memory_monitor" not in names for names in asked.values()), asked


def test_one_partition_needs_no_other_process_and_more_do():
    with cluster.start(ClusterConfig(), 1) as engine:
        assert isinstance(engine, cluster.Serial)


def resources_of(_: int) -> float:
    from distributed import get_worker

    return get_worker().state.total_resources.get("GPU", 0)


def test_a_pass_runs_where_what_it_asks_for_is_offered_and_says_so_where_it_is_not():
    asked = {"pictures": {"GPU": 1}}
    with cluster.start(
        ClusterConfig(kind="local", workers=1, dashboard="", worker_resources={"GPU": 1}, pass_resources=asked)
    ) as engine:
        assert [outcome.result for outcome in engine.map(resources_of, [0], asked["pictures"])] == [1]
        with pytest.raises(ConfigError, match="no worker offers FPGA"):
            cluster._check_workers(engine.client, ClusterConfig(pass_resources={"pages": {"FPGA": 1}}))


def test_a_worker_with_other_code_refuses_the_task():
    with pytest.raises(RuntimeError, match="install the same"):
        flight.work(double, [1], "another version")


def test_a_build_does_not_wait_for_ever_for_workers_that_are_gone(monkeypatch):
    monkeypatch.setattr(cluster, "ALONE_SECONDS", 1.0)
    config = ClusterConfig(kind="local", workers=1, dashboard="", connect_seconds=1)
    with cluster.start(config) as engine:
        outcomes = engine.map(sleep_long, iter([60.0, 0.1]))
        engine.client.cluster.scale(0)
        with pytest.raises(BuildError, match="no worker for 1 s"):
            list(outcomes)


def swollen(_: int) -> float:
    """A task after which its process stays large, as one does whose allocator keeps what was freed."""
    keep.append(bytearray(b"x" * (1 << 20)) * 100)
    return len(keep)


keep: list[bytearray] = []


def test_a_worker_that_stays_near_its_limit_goes_on_taking_tasks():
    """Dask would pause it above 80 % until it is below, which is never."""

    def limit(dask_worker):
        dask_worker.memory_manager.memory_limit = int(psutil.Process().memory_info().rss / 0.85)

    with cluster.start(ClusterConfig(kind="local", workers=1, dashboard="")) as engine:
        assert [outcome.result for outcome in engine.map(swollen, [0])] == [1]
        engine.client.run(limit)
        time.sleep(0.5)  # it looks at its memory five times
        assert engine.client.submit(abs, -1, pure=False).result(timeout=60) == 1


def meet(folder_and_number: tuple[str, int]) -> int:
    """Signs in under its process's number and waits for a second process; how many it met."""
    folder = Path(folder_and_number[0])
    (folder / str(os.getpid())).touch()
    deadline = time.monotonic() + 120
    while len(list(folder.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    return len(list(folder.iterdir()))


@pytest.fixture
def eager():
    """Dask asks for more workers at once, not after tasks have run for seconds."""
    settings = {"interval": "100ms", "target-duration": "10ms", "wait-count": 2}
    with dask_config.set({f"distributed.adaptive.{name}": value for name, value in settings.items()}):
        yield


def settled(engine, number: int) -> bool:
    """Whether the workers come to be so many."""
    deadline = time.monotonic() + 120
    while len(engine.client.nthreads()) != number and time.monotonic() < deadline:
        time.sleep(0.05)
    return len(engine.client.nthreads()) == number


def test_jobs_come_with_the_work_and_go_with_it_and_one_is_there_before_it(eager, monkeypatch, tmp_path):
    """Real jobs, whose batch system is this machine; `workers` is 0."""
    monkeypatch.setitem(cluster.CLASSES, "slurm", ("dask_jobqueue.local", "LocalCluster", "dask-jobqueue"))
    options = {"cores": 1, "processes": 1, "memory": "1GB", "local_directory": str(tmp_path / "scratch")}
    options["scheduler_options"] = {"dashboard": False, "host": "127.0.0.1"}
    (tmp_path / "met").mkdir()
    settings = ClusterConfig(kind="slurm", max_workers=2, options=options, connect_seconds=120)
    with cluster.start(settings) as engine:
        outcomes = list(engine.map(meet, [(str(tmp_path / "met"), number) for number in range(4)]))
        assert settled(engine, 1)
    assert [outcome.result for outcome in outcomes] == [2, 2, 2, 2]
