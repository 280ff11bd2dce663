"""Engines on Dask workers: here, at an address, over SSH, as batch jobs or pods. The one module that imports dask."""

from __future__ import annotations

import dataclasses
import importlib
import logging
import os
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from m3w_builder.engine import ClusterConfig, Engine, Outcome, Result, Serial, Task, code_version
from m3w_builder.errors import BuildError, ConfigError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ClusterConfig", "Dask", "Engine", "Outcome", "Serial", "start"]

ALONE_SECONDS = 600.0
"""How long a build waits without a single worker."""

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
            number = len(self.client.scheduler_info(n_workers=-1)["workers"])
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
        self, function: Callable[[Task], Result], tasks: Iterable[Task], resources: Mapping[str, float] | None = None
    ) -> Iterator[Outcome[Task, Result]]:
        flight = _Flight(self, function, dict(resources or {}))
        try:
            for task in tasks:
                while len(flight.tasks) >= self.workers * self.config.in_flight:
                    yield from flight.land()
                flight.submit(task, 1)
            while flight.tasks:
                yield from flight.land()
        finally:
            if flight.tasks:
                self.client.cancel(list(flight.tasks), force=True)


def _checked(function: Callable[[Any], Any], task: Any, version: str) -> Any:
    """Runs on a worker: the task, unless the code there is another. Workers may come at any time, so each is asked."""
    if code_version() != version:
        raise RuntimeError(f"a worker has other code ({code_version()}) than the driver ({version}): install the same")
    return function(task)


class _Flight:
    """The tasks under way: submitted, watched over, tried again."""

    def __init__(self, engine: Dask, function: Callable[[Any], Any], resources: dict[str, float]) -> None:
        self.engine = engine
        self.function = function
        self.resources = resources
        self.tasks: dict[Any, tuple[Any, int]] = {}
        self.started: dict[Any, float] = {}

    def submit(self, task: Any, attempt: int) -> None:
        # Not Dask's retries but ours: they are counted, and the last error is told.
        if attempt > 1 and hasattr(task, "attempt"):
            task = dataclasses.replace(task, attempt=attempt)  # it then goes more carefully
        future = self.engine.client.submit(
            _checked, self.function, task, code_version(), pure=False, retries=0, resources=self.resources or None
        )
        self.tasks[future] = (task, attempt)

    def land(self) -> Iterator[Outcome[Any, Any]]:
        """Wait for at least one task to end, or for a second; give the outcomes of those that did."""
        from distributed import wait

        try:
            with self.engine.client.as_current():
                done = wait(list(self.tasks), timeout=1, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            self.engine.check_present()
            yield from self._give_up_stragglers()
            return
        for future in done:
            if future.status == "finished":
                task, _ = self._forget(future)
                yield Outcome(task, future.result())
            else:
                yield from self._failed(future, _error_of(future))
            future.release()

    def _forget(self, future: Any) -> tuple[Any, int]:
        self.started.pop(future, None)
        return self.tasks.pop(future)

    def _failed(self, future: Any, error: str) -> Iterator[Outcome[Any, Any]]:
        task, attempt = self._forget(future)
        if attempt < self.engine.config.attempts:
            self.submit(task, attempt + 1)
        else:
            yield Outcome(task, error=error)

    def _give_up_stragglers(self) -> Iterator[Outcome[Any, Any]]:
        """Restart the worker of each task that is over its time; the task has failed once."""
        limit = self.engine.config.task_seconds
        if not limit:
            return
        now = time.monotonic()
        keys = {future.key: future for future in self.tasks}
        for worker, running in self.engine.client.processing().items():
            for key in list(running)[:1]:  # a worker has one thread: its first task is the one that runs
                future = keys.get(key)
                if future is not None and now - self.started.setdefault(future, now) > limit:
                    future.cancel(force=True)
                    self.engine.client.run(_kill_worker, workers=[worker], nanny=True)
                    yield from self._failed(future, f"took longer than {limit:g} seconds (cluster.task_seconds)")


def _kill_worker(dask_worker: Any) -> None:
    """Runs in a worker's nanny, which starts another one. A polite restart would wait for the task that hangs."""
    os.kill(dask_worker.pid, signal.SIGKILL)


def _error_of(future: Any) -> str:
    """The traceback of a failed task, or what Dask says where its worker died."""
    error = future.exception()
    trace = future.traceback()
    return "".join(traceback.format_exception(type(error), error, trace)) if error else f"task {future.status}"


@contextmanager
def start(config: ClusterConfig, tasks: int | None = None) -> Iterator[Engine]:
    """The engine that the config names; a cluster that it started ends with it.

    `tasks`: how many there will be at once, where that is known. Raises ConfigError where no engine can be had.
    """
    if config.kind == "serial" or (config.kind == "auto" and tasks == 1 and not config.task_seconds):
        yield Serial(config.attempts)
        return
    with _client(config) as client:
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
                cluster.adapt(minimum=config.workers, maximum=config.max_workers)
            with Client(cluster, set_as_default=False) as client:  # type: ignore[no-untyped-call]
                yield client


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


@contextmanager
def _elsewhere(config: ClusterConfig) -> Iterator[Any]:
    """A cluster of other machines, by the class that knows them."""
    module, name, package = CLASSES[config.kind]
    try:
        importlib.import_module("asyncssh" if config.kind == "ssh" else module)
        make = getattr(importlib.import_module(module), name)
    except ImportError:
        raise ConfigError(
            f"cluster.kind: {config.kind} needs the package {package}: pip install 'm3w-builder[{config.kind}]'"
        ) from None
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
