"""The compiled loops over px (loops, bands, lanczos), where they are; whoever asks for them does without, too."""

from __future__ import annotations

import importlib
import os
from functools import lru_cache
from typing import Any

FORM, BANDS_FORM, LANCZOS_FORM = 5, 1, 2
"""Of `loops.pyx`, `bands.pyx` and `lanczos.pyx`, as they say themselves."""


@lru_cache(1)
def loops() -> Any:
    """The module, of the source that goes with this one; None where there is none, or the environment has M3W_PLAIN."""
    return _compiled("loops", FORM)


@lru_cache(1)
def bands() -> Any:
    """The like, of PNG that are unpacked and averaged in one go; None also where zlib-ng's functions are not found."""
    found = _compiled("bands", BANDS_FORM)
    if found is None:
        return None
    from zlib_ng import zlib_ng

    return found if found.bind(os.fsencode(zlib_ng.__file__)) else None


@lru_cache(1)
def lanczos() -> Any:
    """The like, of miniatures."""
    return _compiled("lanczos", LANCZOS_FORM)


def _compiled(name: str, form: int) -> Any:
    if os.environ.get("M3W_PLAIN"):
        return None
    try:
        found = importlib.import_module(f"m3w_builder.pictures.{name}")
    except ImportError:
        return None
    return found if form == found.FORM else None
