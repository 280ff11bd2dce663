"""Makes the process of a build lean: freed memory is kept, few looks for garbage, one thread, no pandas."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from types import ModuleType
from typing import Any

THRESHOLDS = (100_000, 50, 100)
"""New objects after which the collector looks for cycles, and how often it then looks at older ones. Documents and
tables are trees, freed by their counts; Python's own 700 takes a tenth of a build's time."""

ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Settings that libraries read when they are imported; what a user has set stays.

numpy and OpenCV start no threads of their own: there is a process a core; what a build multiplies is small, and threads
that wait for more of it spin. Arrow's tables lie in the C library's memory, which is kept when it is freed: from its
own allocator each of them came in pages that the system had to clear."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4
"""glibc's malloc.h."""
HELD, LARGE = 256 << 20, 32 << 20
"""Bytes of freed memory that a process keeps, and of the least block that goes back to the system when it is freed (the
most that glibc allows)."""


@lru_cache(maxsize=1)
def process() -> None:
    """Set this process up for a build, or for tasks of one; once, however often it is called."""
    gc.set_threshold(*THRESHOLDS)
    # At its end Python looks at each object three times for cycles that the end frees anyway: a fifth of a second.
    atexit.register(gc.freeze)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    keep_memory({M_MMAP_THRESHOLD: LARGE, M_TRIM_THRESHOLD: HELD})
    _without_pandas()
    _without_explanations()
    settle()


def settle() -> None:
    """Let the collector look no more at what is there now, all of it modules and what they hold: once is 40 ms.

    Does nothing in a process that `process` did not set up.
    """
    if gc.get_threshold() == THRESHOLDS:
        gc.freeze()


def keep_memory(settings: Mapping[int, int]) -> None:
    """Let this process keep what it frees, by settings of `mallopt`, where its C library is glibc.

    glibc gives large blocks back to the system at once, and pictures and training steps ask for the same ones again and
    again: each time the system maps and clears every page anew, a tenth of a build's time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in settings.items():
            mallopt(name, value)


def give_back() -> None:
    """Return to the system what this process keeps of freed memory, of Arrow's too."""
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class _Absent:
    """Says of pandas that it is not there."""

    def find_spec(self, name: str, path: Any = None, target: Any = None, /) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


def _without_pandas() -> None:
    """Let pyarrow find no pandas: with the first list that it is given it would import it, 0.6 s and 49 MB.

    Whoever imports pandas later gets it; pyarrow's `to_pandas` alone is gone from this process.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow

    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        pyarrow.array([0])  # it looks for pandas here, and remembers what it found
    finally:
        sys.meta_path.remove(absent)


def _without_explanations() -> None:
    """Let pyarrow's functions explain their options to nobody: taking the words for that apart is half their import."""
    if "pyarrow.compute" in sys.modules:
        return
    reader = ModuleType("pyarrow.vendored.docscrape")
    reader.NumpyDocString = lambda _: {"Parameters": []}  # type: ignore[attr-defined]
    if sys.modules.setdefault(reader.__name__, reader) is reader:
        with suppress(Exception):  # another pyarrow asks more of it: then it is imported as it is, where it is used
            import pyarrow.compute  # noqa: F401
        del sys.modules[reader.__name__]
