"""Tasks under way on Dask workers: submitted a few ahead and several short ones at once, watched over, tried again."""

from __future__ import annotations

import dataclasses
import gc
import multiprocessing
import os
import queue
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import field
from itertools import islice
from typing import TYPE_CHECKING, Any

from m3w_builder import lean
from m3w_builder.classes import dataclass
from m3w_builder.engine import Outcome, code_version

if TYPE_CHECKING:
    from m3w_builder.cluster import Dask

SHORT_SECONDS = 1.0
"""What a worker takes from the driver at once lasts about so long, or it is one task. A finished build of 90,000
partitions that is asked for again has nothing but tasks of milliseconds, and each message costs several."""

MOST = 16
"""Short tasks that go to a worker at once."""

LOOK_SECONDS = 1.0
"""How often tasks under way are held against `cluster.task_seconds`."""


@dataclass(slots=True)
class Answers:
    """What a worker did with the tasks that it was given: of the first ones a result, or an error's text."""

    given: list[tuple[Any, str]] = field(default_factory=list)
    seconds: float = 0.0


def work(function: Callable[[Any], Any], tasks: list[Any], version: str, begins: bool = False) -> Answers:
    """Runs on a worker: the tasks, as many as are begun within `SHORT_SECONDS` and at least one.

    With `begins`, memory freed before is given back first: no pass lies on top of what the one before left.
    Raises RuntimeError where the code there is another. Workers may come at any time, so each is asked.
    """
    if code_version() != version:
        raise RuntimeError(f"a worker has other code ({code_version()}) than the driver ({version}): install the same")
    if multiprocessing.parent_process() is not None:  # a worker's own process
        lean.process()
        if begins:
            lean.give_back()
    answers, started = Answers(), time.monotonic()
    for task in tasks:
        try:
            answers.given.append((function(task), ""))
        except Exception:
            answers.given.append((None, traceback.format_exc()))
        answers.seconds = time.monotonic() - started
        if answers.seconds > SHORT_SECONDS:
            lean.give_back()  # some hundredths of a second, against a next task that begins on top of it
            break
    return answers


class Flight:
    """The tasks of one pass on their way."""

    def __init__(
        self, engine: Dask, function: Callable[[Any], Any], resources: dict[str, float], total: int = 0
    ) -> None:
        self.engine = engine
        self.function = function
        self.resources = resources
        self.left = total
        self.size = 1
        self.back: deque[Any] = deque()
        self.tasks: dict[Any, tuple[list[Any], int]] = {}
        self.submitted = 0
        self.started: dict[Any, float] = {}
        self.looked = time.monotonic()
        # Each future says itself that it ended: to ask all that are under way takes longer the more workers there are.
        self.ended: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def outcomes(self, tasks: Iterable[Any]) -> Iterator[Outcome[Any, Any]]:
        """The outcome of every task; they are read no further ahead than workers can take them."""
        source = iter(tasks)
        try:
            while True:
                while len(self.tasks) < self.engine.workers * self.engine.config.in_flight:
                    some = self.next(source)
                    if not some:
                        break
                    self.submit(some, 1)
                if not self.tasks:
                    return
                yield from self.land()
        finally:
            if self.tasks:
                self.engine.client.cancel(list(self.tasks), force=True)
            # Of a pass's futures and messages much lies in cycles, and the driver's collector seldom looks.
            gc.collect()
            lean.give_back()

    def next(self, source: Iterator[Any]) -> list[Any]:
        """What goes to a worker next: what came back undone before what is new."""
        if self.back:
            return [self.back.popleft()]
        size = self.size
        if self.left > 0:  # towards the end each takes less, or the others wait for the one that took much
            size = min(size, max(1, self.left // (2 * self.engine.workers)))
        some = list(islice(source, size))
        self.left -= len(some)
        return some

    def submit(self, tasks: list[Any], attempt: int) -> None:
        # Not Dask's retries but ours: they are counted, and the last error is told.
        if attempt > 1 and hasattr(tasks[0], "attempt"):
            tasks = [dataclasses.replace(task, attempt=attempt) for task in tasks]  # they then go more carefully
        begins = self.submitted < self.engine.workers * self.engine.config.in_flight  # these go to all workers
        self.submitted += 1
        future = self.engine.client.submit(
            work, self.function, tasks, code_version(), begins, pure=False, retries=0, resources=self.resources or None
        )
        self.tasks[future] = (tasks, attempt)
        future.add_done_callback(self.ended.put)

    def land(self) -> Iterator[Outcome[Any, Any]]:
        """Wait for at least one future to end, or for a second; give the outcomes of those that did."""
        done = self._landed()
        if not done:
            self.engine.check_present()
        # Asked by the clock and not only in silence: on many workers there is always one that ends.
        if time.monotonic() - self.looked >= LOOK_SECONDS:
            self.looked = time.monotonic()
            yield from self._give_up_stragglers()
        answers = self._fetched([future for future in done if future.status == "finished"])
        for future in done:
            if future not in self.tasks:
                continue  # given up as a straggler just now
            if future in answers:
                yield from self._answered(*self._forget(future), answers[future])
            elif future.status in ("pending", "lost", "finished"):
                future.add_done_callback(self.ended.put)  # its result went with its worker; Dask does it again
                continue
            else:
                yield from self._failed(future, _error_of(future))
            future.release()

    def _landed(self) -> list[Any]:
        """The futures that ended, waiting a second for the first."""
        done = []
        with suppress(queue.Empty):
            done.append(self.ended.get(timeout=1))
            while True:
                done.append(self.ended.get_nowait())
        return [future for future in done if future in self.tasks]

    def _fetched(self, finished: list[Any]) -> dict[Any, Answers]:
        """What came of them, in one request where that is possible; what went with its worker is missing."""
        try:
            return dict(zip(finished, self.engine.client.gather(finished), strict=True))
        except Exception:  # of one of them: each is asked by itself
            found = {}
        for future in finished:
            with suppress(Exception):
                found[future] = future.result()
        return found

    def _answered(self, tasks: list[Any], attempt: int, answers: Answers) -> Iterator[Outcome[Any, Any]]:
        self.back.extend(tasks[len(answers.given) :])
        if answers.seconds > SHORT_SECONDS:
            self.size = 1
        elif len(tasks) == self.size:
            self.size = min(2 * self.size, MOST)
        for task, (result, error) in zip(tasks, answers.given, strict=False):
            if error:
                yield from self._again(task, attempt, error)
            else:
                yield Outcome(task, result)

    def _forget(self, future: Any) -> tuple[list[Any], int]:
        self.started.pop(future, None)
        return self.tasks.pop(future)

    def _failed(self, future: Any, error: str) -> Iterator[Outcome[Any, Any]]:
        tasks, attempt = self._forget(future)
        self.size = 1
        if len(tasks) > 1:  # whose fault it was is not known: each goes by itself, as if for the first time
            self.back.extend(tasks)
        else:
            yield from self._again(tasks[0], attempt, error)

    def _again(self, task: Any, attempt: int, error: str) -> Iterator[Outcome[Any, Any]]:
        if attempt < self.engine.config.attempts:
            self.submit([task], attempt + 1)
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
                    self._wait_for_end_of(worker)
                    yield from self._failed(future, f"took longer than {limit:g} seconds (cluster.task_seconds)")

    def _wait_for_end_of(self, worker: str) -> None:
        """Until the scheduler knows that a worker is gone: the next attempt would go to it, and fail with it."""
        for _ in range(100):
            if worker not in self.engine.client.scheduler_info(n_workers=-1)["workers"]:
                return
            time.sleep(0.05)


def _kill_worker(dask_worker: Any) -> None:
    """Runs in a worker's nanny, which starts another one. A polite restart would wait for the task that hangs."""
    os.kill(dask_worker.pid, signal.SIGKILL)


def _error_of(future: Any) -> str:
    """The traceback of a failed task, or what Dask says where its worker died."""
    error = future.exception()
    trace = future.traceback()
    return "".join(traceback.format_exception(type(error), error, trace)) if error else f"task {future.status}"
