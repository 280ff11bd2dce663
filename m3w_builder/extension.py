"""One compiled module of a package by itself, where importing all that is around it takes a hundred times as long."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any


@lru_cache(maxsize=8)
def load(name: str) -> Any:
    """The compiled module of this full name, as "scipy.sparse._sparsetools"; its package is found but not imported.

    Raises ImportError where there is none. A package does not promise its inner modules: whoever loads one has another
    way for when it is gone.
    """
    if name in sys.modules:
        return sys.modules[name]
    package, *inner = name.split(".")
    found = find_spec(package)
    for folder in (found.submodule_search_locations if found else None) or ():
        for ending in EXTENSION_SUFFIXES:
            file = Path(folder, *inner[:-1], f"{inner[-1]}{ending}")
            spec = spec_from_file_location(name, file, loader=ExtensionFileLoader(name, str(file)))
            if spec is not None and spec.loader is not None and file.exists():
                module = module_from_spec(spec)
                spec.loader.exec_module(module)
                return module
    raise ImportError(f"{name}: no such compiled module", name=name)
