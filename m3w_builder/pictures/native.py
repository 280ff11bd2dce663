"""The compiled loops over px (loops.pyx), where they are; whoever asks for them does without, too."""

from __future__ import annotations

import importlib
import os
from functools import lru_cache
from typing import Any

FORM = 1
"""Of `loops.pyx`, as it says itself."""


@lru_cache(1)
def loops() -> Any:
    """The module, of the source that goes with this one; None where there is none, or the environment has M3W_PLAIN."""
    if os.environ.get("M3W_PLAIN"):
        return None
    try:
        found = importlib.import_module("m3w_builder.pictures.loops")
    except ImportError:
        return None
    return found if found.FORM == FORM else None
