"""Which form of the modules that touch every node of a page runs: compiled from this very source, or plain Python.

Installing compiles `MODULES` where a C compiler is at hand (setup.py), and says the same without one, several times
slower. A compiled module lies beside its source and would go before it even where the source has changed since, as in
a checkout that was updated: so the build writes down of which source it was made, and where that is another now, or
where the environment has M3W_PLAIN, the sources are loaded.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from m3w_builder.extract.flat import Flat

MODULES = (
    *("runs", "addresses", "lines", "pieces", "words", "kinds", "flat", "sought", "media", "spots", "unseen", "skims"),
    *("figures", "walk", "weigh", "threads", "headline", "trim", "known", "choose", "fast", "content", "linked"),
    *("metadata", "charset", "hostile", "players", "embeds", "page"),
)
"""In the order in which they need each other."""
READER = "nodes"
"""The module that reads the parser's nodes in C; what it does `flat` does too, so it has no plain form."""
BUILT = "compiled.json"
"""The file beside them with the digests of the sources that were compiled."""
FOLDER = Path(__file__).parent


def digests(folder: Path = FOLDER) -> dict[str, str]:
    """The digest of each module's source, types included."""
    return {
        name: hashlib.sha256(
            b"\0".join(
                file.read_bytes()
                for file in (folder / f"{name}{end}" for end in (".py", ".pyx", ".pxd"))
                if file.exists()
            )
        ).hexdigest()
        for name in (*MODULES, READER)
    }


def compiled() -> bool:
    """Whether the compiled form is in use."""
    return all(
        str(importlib.import_module(f"m3w_builder.extract.{name}").__file__).endswith(tuple(EXTENSION_SUFFIXES))
        for name in MODULES
    )


@lru_cache(1)
def reader() -> Any:
    """The module that reads the nodes of a page in C; None where it is not compiled, or the parser is another.

    It calls functions of the parser's library that selectolax does not promise: so they are looked for, and tried.
    """
    spec = importlib.util.find_spec("selectolax.lexbor")
    if not compiled() or spec is None or spec.origin is None:
        return None
    try:
        nodes = importlib.import_module(f"m3w_builder.extract.{READER}")
    except ImportError:
        return None
    return nodes if nodes.bind(os.fsencode(spec.origin)) and _sound(nodes.read) else None


@lru_cache(1)
def scans() -> Any:
    """The module whose functions look through a page's bytes: in C where that is here, else in Python."""
    from m3w_builder.extract import scans

    return reader() or scans


def _sound(read: Callable[[bytes], Flat]) -> bool:
    """Whether a small page has the same nodes by this and by its tree written out."""
    from selectolax.lexbor import LexborHTMLParser

    from m3w_builder.extract.flat import flatten

    html = "<p id=a class='b c'>x &lt; é<!-- c --><br>y<svg viewBox=1><g/></svg><b>z<table><tr><td>w"
    one, two = read(html.encode()), flatten(LexborHTMLParser(html).html or "")
    return list(one.over)[: one.count] == list(two.over)[: two.count] and all(
        (one.tag_name(node), one.attributes(node), one.texts(node))
        == (two.tag_name(node), two.attributes(node), two.texts(node))
        for node in range(one.count)
    )


def told() -> str:
    """The form in use, in words for a report."""
    return "compiled" if compiled() else "plain Python, slower: `pip install -e .` with a C compiler compiles it"


def plain() -> None:
    """Load the sources of all modules, whether or not compiled forms lie beside them."""
    for name in MODULES:
        full = f"m3w_builder.extract.{name}"
        spec = importlib.util.spec_from_file_location(full, FOLDER / f"{name}.py")
        if spec is None or spec.loader is None:
            raise ImportError(f"{FOLDER / name}.py cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)


def _current() -> bool:
    """Whether what was compiled, if anything was, is of the sources as they are."""
    try:
        return bool(json.loads((FOLDER / BUILT).read_text()) == digests())
    except (OSError, ValueError):
        return not any((FOLDER / f"{name}{suffix}").exists() for name in MODULES for suffix in EXTENSION_SUFFIXES)


# Before anything else of the package is imported: what imports these modules finds them in place. The build reads this
# file by itself, with nothing of the package around it.
if __package__ == "m3w_builder.extract" and (os.environ.get("M3W_PLAIN") or not _current()):
    plain()
