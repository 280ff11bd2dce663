"""What a build asks of an engine, the one that needs no other process, and the config of all of them."""

from __future__ import annotations

import hashlib
import platform
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from m3w_builder.classes import dataclass

Task = TypeVar("Task")
Result = TypeVar("Result")

KINDS_WITH_OPTIONS = ("ssh", "slurm", "pbs", "kubernetes")


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """Where the work runs; no result depends on it."""

    kind: Literal["auto", "serial", "local", "address", "ssh", "slurm", "pbs", "kubernetes"] = "auto"
    """`serial`: this process; `local`: Dask workers on this machine; `auto`: serial where there is one partition,
    else local; `address`: a running Dask scheduler; `ssh`: workers on `hosts`; `slurm`, `pbs`: workers as batch jobs
    (package dask-jobqueue); `kubernetes`: workers as pods (package dask-kubernetes)."""
    address: str = ""
    """The scheduler's address, as tcp://host:8786, for kind `address`."""
    hosts: tuple[str, ...] = ()
    """For kind `ssh`: the scheduler's host, then the workers', one process each time a host is named."""
    workers: int = 0
    """Worker processes; 0 means one a core for `local`. Batch jobs and pods want a number."""
    max_workers: int = 0
    """Above `workers`: their number adapts to the work, between the two and never under one; 0 keeps it. Not for
    `address` and `ssh`, whose workers are started elsewhere or named."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Passed to the cluster's class as they are: SSHCluster, SLURMCluster, PBSCluster or KubeCluster."""
    memory_limit: str = "auto"
    """What one local worker may use before Dask restarts it, as '4GB'; `auto` shares the machine's memory out."""
    worker_resources: Mapping[str, float] = field(default_factory=dict)
    """What each local worker offers, as {GPU: 1}. Elsewhere workers say it when they start (`--resources GPU=1`)."""
    pass_resources: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What a task of a pass asks of its worker, as {pictures: {GPU: 1}}; the passes are pages, pictures, shards
    (both steps of pass 3)."""
    in_flight: int = 3
    """Submissions ahead for each worker, each one task or up to sixteen that last milliseconds; the scheduler never
    holds more, however many partitions there are."""
    attempts: int = 5
    """How often a failing partition is tried before it is quarantined: the page or picture that kills its workers is
    known after four."""
    task_seconds: float = 0
    """A task that takes longer is given up and tried again (its worker is restarted); 0 means no limit."""
    connect_seconds: float = 20
    """How long to wait for a scheduler, and for the first worker that is not local."""
    dashboard: str = "127.0.0.1:0"
    """Where a local cluster's dashboard listens; port 0 takes a free one, an empty text switches it off."""

    def __post_init__(self) -> None:
        if (self.kind == "address") != bool(self.address):
            raise ValueError("kind 'address' and the key 'address' go together")
        if (self.kind == "ssh") != bool(self.hosts):
            raise ValueError("kind 'ssh' and the key 'hosts' go together")
        if self.options and self.kind not in KINDS_WITH_OPTIONS:
            raise ValueError(f"'options' are for the kinds {', '.join(KINDS_WITH_OPTIONS)}")
        if self.kind in ("slurm", "pbs", "kubernetes") and not (self.workers or self.max_workers):
            raise ValueError(f"kind '{self.kind}' wants a number of 'workers', or 'max_workers'")
        if self.attempts < 1 or self.in_flight < 1 or self.workers < 0:
            raise ValueError("attempts and in_flight want at least 1, workers at least 0")
        if self.max_workers and self.kind in ("serial", "address", "ssh"):
            raise ValueError(f"kind '{self.kind}' has the workers that it has: no 'max_workers'")
        if self.max_workers and self.max_workers < self.workers:
            raise ValueError("max_workers is less than workers")


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

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        resources: Mapping[str, float] | None = None,
        total: int = 0,
    ) -> Iterator[Outcome[Task, Result]]:
        """Outcomes in any order; `tasks` is read only as far ahead as there are workers to take them.

        `resources`: what each task asks of its worker; an engine of one process has all that there is.
        `total`: how many tasks there are, where that is known: the last ones are then shared out singly.
        """
        ...


@dataclass(slots=True)
class Serial:
    """Runs every task here and now: for tests, debugging and builds of one partition."""

    attempts: int = 3
    dashboard: str = ""
    workers: int = 1

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        resources: Mapping[str, float] | None = None,
        total: int = 0,
    ) -> Iterator[Outcome[Task, Result]]:
        for task in tasks:
            outcome: Outcome[Task, Result] = Outcome(task)
            for _ in range(self.attempts):
                try:
                    outcome = Outcome(task, function(task))
                    break
                except Exception:
                    outcome = Outcome(task, error=traceback.format_exc())
            yield outcome


@lru_cache(maxsize=1)
def code_version() -> str:
    """A digest of the package's code and of Python's version: what must be the same on every worker."""
    root = Path(__file__).parent
    digest = hashlib.sha256(".".join(platform.python_version_tuple()[:2]).encode())
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
