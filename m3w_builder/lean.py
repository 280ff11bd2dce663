"""Makes the process of a build lean: fewer looks for garbage, and no pandas behind pyarrow."""

from __future__ import annotations

import gc
import sys
from functools import lru_cache
from importlib.abc import MetaPathFinder
from typing import Any

THRESHOLDS = (100_000, 50, 100)
"""New objects after which the collector looks for cycles, and how often it then looks at older ones. Documents and
tables are trees, freed by their counts; Python's own 700 takes a tenth of a build's time."""


@lru_cache(maxsize=1)
def process() -> None:
    """Set this process up for a build, or for tasks of one; once, however often it is called."""
    gc.set_threshold(*THRESHOLDS)
    _without_pandas()


class _Absent(MetaPathFinder):
    """Says of pandas that it is not there."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
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
