"""Engines that run tasks: in this process, or on Dask workers. The one module that imports dask."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from m3w_builder.errors import ConfigError

if TYPE_CHECKING:
    from distributed import Client

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """Where the work runs."""

    kind: Literal["local", "serial", "address"] = "local"
    """`local`: Dask workers on this machine; `serial`: this process, no engine; `address`: a running Dask scheduler."""
    address: str = ""
    """The scheduler's address, as tcp://host:8786, for kind `address`."""
    workers: int = 0
    """Worker processes of a local cluster; 0 means one a core."""
    memory_limit: str = "auto"
    """What one local worker may use before Dask restarts it, as '4GB'; `auto` shares the machine's memory out."""
    in_flight: int = 3
    """Tasks submitted ahead for each worker; the scheduler never holds more, however many partitions there are."""
    attempts: int = 3
    """How often a failing partition is tried before it is quarantined."""
    task_seconds: float = 0
    """A task that takes longer is given up and tried again (its worker is restarted); 0 means no limit."""
    connect_seconds: float = 20
    """How long to wait for the scheduler of kind `address`."""
    dashboard: str = "127.0.0.1:0"
    """Where a local cluster's dashboard listens; port 0 takes a free one, an empty text switches it off."""

    def __post_init__(self) -> None:
        if (self.kind == "address") != bool(self.address):
            raise ValueError("kind 'address' and the key 'address' go together")
        if self.attempts < 1 or self.in_flight < 1 or self.workers < 0:
            raise ValueError("attempts and in_flight want at least 1, workers at least 0")


@dataclass(slots=True)
class Outcome(Generic[Task, Result]):
    """What became of one task: a result, or the error of its last attempt."""

    task: Task
    result: Result | None = None
    error: str = ""


class Engine(Protocol):
    """What a build asks of an engine."""

    @property
    def dashboard(self) -> str: ...

    @property
    def workers(self) -> int: ...

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Outcome[Task, Result]]:
        """Outcomes in any order; `tasks` is read only as far ahead as there are workers to take them."""
        ...


@dataclass(slots=True)
class Serial:
    """Runs every task here and now: for tests, debugging and tiny builds."""

    attempts: int = 3
    dashboard: str = ""
    workers: int = 1

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Outcome[Task, Result]]:
        for task in tasks:
            outcome: Outcome[Task, Result] = Outcome(task)
            for _ in range(self.attempts):
                try:
                    outcome = Outcome(task, function(task))
                    break
                except Exception:
                    outcome = Outcome(task, error=traceback.format_exc())
            yield outcome


class Dask:
    """Runs tasks on the workers of a Dask client, a few ahead of each worker and never more."""

    def __init__(self, client: Client, config: ClusterConfig) -> None:
        self.client = client
        self.config = config
        self.dashboard = client.dashboard_link or ""

    @property
    def workers(self) -> int:
        return max(1, len(self.client.scheduler_info(n_workers=-1)["workers"]))

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Outcome[Task, Result]]:
        flight = _Flight(self, function)
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


class _Flight:
    """The tasks under way: submitted, watched over, tried again."""

    def __init__(self, engine: Dask, function: Callable[[Any], Any]) -> None:
        self.engine = engine
        self.function = function
        self.tasks: dict[Any, tuple[Any, int]] = {}
        self.started: dict[Any, float] = {}

    def submit(self, task: Any, attempt: int) -> None:
        # Not Dask's retries but ours: they are counted, and the last error is told.
        future = self.engine.client.submit(self.function, task, pure=False, retries=0)
        self.tasks[future] = (task, attempt)

    def land(self) -> Iterator[Outcome[Any, Any]]:
        """Wait for at least one task to end, or for a second; give the outcomes of those that did."""
        from distributed import wait

        try:
            with self.engine.client.as_current():
                done = wait(list(self.tasks), timeout=1, return_when="FIRST_COMPLETED").done
        except TimeoutError:
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
def start(config: ClusterConfig) -> Iterator[Engine]:
    """The engine that the config names; a local cluster ends with it. Raises ConfigError where none can be reached."""
    if config.kind == "serial":
        yield Serial(config.attempts)
        return
    with _client(config) as client:
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
    }
    with dask.config.set(settings):
        if config.kind == "local":
            with _local(config) as client:
                yield client
            return
        try:
            client = Client(config.address, timeout=config.connect_seconds, set_as_default=False)  # type: ignore[no-untyped-call]
        except OSError as error:
            raise ConfigError(f"cluster.address: no scheduler answers at {config.address}: {error}") from None
        with client:
            yield client


@contextmanager
def _local(config: ClusterConfig) -> Iterator[Client]:
    from distributed import Client, LocalCluster

    with tempfile.TemporaryDirectory(prefix="m3w-") as scratch:
        # Workers are born deaf to Ctrl-C: it is the driver that ends them, in order.
        main = threading.current_thread() is threading.main_thread()
        heard = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
        try:
            cluster = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=config.workers or os.cpu_count(),
                threads_per_worker=1,
                processes=True,
                memory_limit=config.memory_limit,
                dashboard_address=config.dashboard or None,
                local_directory=scratch,
                silence_logs=logging.CRITICAL,
            )
        finally:
            if main:
                signal.signal(signal.SIGINT, heard)
        with cluster, Client(cluster, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            yield client
