"""Engines on Dask workers: here, at an address, over SSH, as batch jobs or pods. The one module that imports dask."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from m3w_builder.engine import ClusterConfig, Engine, Outcome, Result, Serial, Task, code_version
from m3w_builder.errors import BuildError, ConfigError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ClusterConfig", "Dask", "Engine", "Outcome", "Serial", "start"]

ALONE_SECONDS = 600.0
"""How long a build waits without a single worker."""

QUIET: Mapping[str, Any] = {
    "distributed.worker.profile.enabled": False,  # looks at the stack of the task a hundred times a second
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.log-length": 1000,
    # A worker holds no data that could be spilt. That none uses too much is the nanny's to see, in this process.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.monitor-interval": "200ms",
}
"""What Dask looks at for its dashboard alone, and seldom enough elsewhere: as it comes, a tenth of a worker's time."""

COUNTED_FOR = 1.0
"""Seconds for which a count of the workers holds: asking for it costs more than a small task."""


class Dask:
    """Runs tasks on the workers of a Dask client, a few ahead of each worker and never more."""

    def __init__(self, client: Client, config: ClusterConfig) -> None:
        self.client = client
        self.config = config
        self.dashboard = client.dashboard_link or ""
        self._count = (0, -COUNTED_FOR)
        self.seen = time.monotonic()

    @property
    def workers(self) -> int:
        return max(1, self.present)

    @property
    def present(self) -> int:
        """How many workers there are, as of a second ago at most; 0 while all of them are being started again."""
        number, when = self._count
        if time.monotonic() - when >= COUNTED_FOR:
            number = len(self.client.nthreads())
            if number:
                self.seen = time.monotonic()
            self._count = (number, time.monotonic())
        return number

    def check_present(self) -> None:
        """Raise BuildError where there has been no worker for too long: no build waits for ever."""
        patience = max(ALONE_SECONDS, self.config.connect_seconds)
        if not self.present and time.monotonic() - self.seen > patience:
            raise BuildError(f"cluster: no worker for {patience:g} s; see to them, and run again: it goes on from here")

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        resources: Mapping[str, float] | None = None,
        total: int = 0,
    ) -> Iterator[Outcome[Task, Result]]:
        from m3w_builder.flight import Flight

        return Flight(self, function, dict(resources or {}), total).outcomes(tasks)


@contextmanager
def start(config: ClusterConfig, tasks: int | None = None) -> Iterator[Engine]:
    """The engine that the config names; a cluster that it started ends with it.

    `tasks`: how many there will be at once, where that is known. Raises ConfigError where no engine can be had.
    """
    if config.kind == "serial" or (config.kind == "auto" and tasks == 1 and not config.task_seconds):
        yield Serial(config.attempts)
        return
    with _client(config) as client:
        _let_no_worker_pause(client)
        _check_workers(client, config)
        yield Dask(client, config)


@contextmanager
def _client(config: ClusterConfig) -> Iterator[Client]:
    import dask
    from distributed import Client

    settings = {
        # One death of a worker under a task is one failed attempt: Dask's own count would hide it from ours.
        "distributed.scheduler.allowed-failures": 0,
        # A worker holds one task: none that merely waited there is blamed when the worker dies.
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.comm.timeouts.connect": "30s",
        # A worker that died is started again by its nanny. Where that took 15 s, as on a busy machine, the cluster
        # would give both up for good, and a build could be left without a worker.
        "distributed.deploy.lost-worker-timeout": "600s",
        **({} if config.dashboard else QUIET),
    }
    with dask.config.set(settings):
        if config.kind == "address":
            try:
                client = Client(config.address, timeout=config.connect_seconds, set_as_default=False)  # type: ignore[no-untyped-call]
            except OSError as error:
                raise ConfigError(f"cluster.address: no scheduler answers at {config.address}: {error}") from None
            with client:
                yield client
            return
        with _local(config) if config.kind in ("auto", "local") else _elsewhere(config) as cluster:
            if config.max_workers:
                # One at least: a build asks its first worker for its code before there is any work to adapt to.
                cluster.adapt(minimum=max(1, config.workers), maximum=config.max_workers)
            with Client(cluster, set_as_default=False) as client:  # type: ignore[no-untyped-call]
                yield client


def _let_no_worker_pause(client: Client) -> None:
    """Switch off on all workers, those to come too, that one above 80 % of its memory takes no task until it is below.

    What a process keeps of freed memory can hold it there for ever, and a build would wait without an end. Holding
    tasks back frees nothing here: a worker has one task and no data. Above 95 % it is ended, and another started.
    """
    from distributed.diagnostics.plugin import WorkerPlugin

    class Unpaused(WorkerPlugin):
        name = "m3w-unpaused"

        def setup(self, worker: Any) -> None:
            worker.memory_manager.memory_pause_fraction = False

    client.register_plugin(Unpaused())  # type: ignore[no-untyped-call]


def _check_workers(client: Client, config: ClusterConfig) -> None:
    """Raise ConfigError, in one line, where no worker comes, one has other code, or none has what a pass asks for."""
    if config.kind not in ("auto", "local"):
        try:
            client.wait_for_workers(1, timeout=config.connect_seconds)
        except TimeoutError:
            raise ConfigError(
                f"cluster: no worker came within {config.connect_seconds:g} s (cluster.connect_seconds)"
            ) from None
        for worker, version in client.run(code_version, on_error="return").items():
            if version != code_version():
                said = f"other code ({version})" if isinstance(version, str) else f"no m3w_builder: {version}"
                raise ConfigError(f"cluster: worker {worker} has {said}; the driver's is {code_version()}")
    offered = {
        name
        for worker in client.scheduler_info(n_workers=-1)["workers"].values()
        for name in worker.get("resources") or {}
    }
    for pass_name, asked in config.pass_resources.items():
        if missing := set(asked) - offered:
            raise ConfigError(
                f"cluster.pass_resources.{pass_name}: no worker offers {sorted(missing)[0]}; start workers with "
                f"--resources {sorted(missing)[0]}=1, or set cluster.worker_resources for local ones"
            )


CLASSES = {
    "ssh": ("distributed", "SSHCluster", "asyncssh"),
    "slurm": ("dask_jobqueue", "SLURMCluster", "dask-jobqueue"),
    "pbs": ("dask_jobqueue", "PBSCluster", "dask-jobqueue"),
    "kubernetes": ("dask_kubernetes.operator", "KubeCluster", "dask-kubernetes"),
}
"""By kind: the module and class that start it, and the package that they need."""


def _class(kind: str) -> type:
    """The class that starts a cluster of a kind; Ctrl-C means after its import what it meant before.

    dask_jobqueue takes SIGINT for itself as it is imported, and an interrupted driver would end as if all were well.
    """
    module, name, package = CLASSES[kind]
    heard = signal.getsignal(signal.SIGINT)
    try:
        if kind == "ssh":
            importlib.import_module("asyncssh")
        return cast(type, getattr(importlib.import_module(module), name))
    except ImportError:
        raise ConfigError(
            f"cluster.kind: {kind} needs the package {package}: pip install 'm3w-builder[{kind}]'"
        ) from None
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, heard)


@contextmanager
def _elsewhere(config: ClusterConfig) -> Iterator[Any]:
    """A cluster of other machines, by the class that knows them."""
    make = _class(config.kind)
    name = make.__name__
    options = dict(config.options)
    if config.kind == "ssh":
        options["hosts"] = list(config.hosts)
        options["worker_options"] = {"nthreads": 1, **options.get("worker_options", {})}
    elif config.kind == "kubernetes":
        options["n_workers"] = config.workers
    try:
        cluster = make(**options)
        if config.kind in ("slurm", "pbs") and not config.max_workers:
            cluster.scale(config.workers)
    except Exception as error:  # each class has errors of its own
        raise ConfigError(f"cluster: {name} did not start: {type(error).__name__}: {error}"[:500]) from None
    with cluster:
        yield cluster


@contextmanager
def _local(config: ClusterConfig) -> Iterator[Any]:
    from distributed import LocalCluster

    with tempfile.TemporaryDirectory(prefix="m3w-", ignore_cleanup_errors=True) as scratch:
        # Workers are born deaf to Ctrl-C: it is the driver that ends them, in order.
        main = threading.current_thread() is threading.main_thread()
        heard = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
        try:
            cluster = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=config.workers or os.cpu_count(),
                threads_per_worker=1,
                processes=True,
                memory_limit=config.memory_limit,
                dashboard_address=config.dashboard or "127.0.0.1:0",
                scheduler_kwargs={"dashboard": bool(config.dashboard)},
                local_directory=scratch,
                silence_logs=logging.CRITICAL,
                resources=dict(config.worker_resources) or None,
            )
        finally:
            if main:
                signal.signal(signal.SIGINT, heard)
        try:
            with cluster:
                yield cluster
        except BaseException:
            _kill_all(cluster)  # closing in order waits for tasks under way: who was interrupted has no time for it
            raise


def _kill_all(cluster: Any) -> None:
    for nanny in cluster.workers.values():
        process = getattr(getattr(nanny, "process", None), "process", None)
        if process is not None and process.pid:
            os.kill(process.pid, signal.SIGKILL)
