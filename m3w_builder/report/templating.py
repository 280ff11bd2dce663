"""The templates of reports and pages: compiled once, and kept where Python keeps what it compiled of a package."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from m3w_builder.report import charts

FOLDER = Path(__file__).with_name("templates")


def environment(escaping: bool, kept: Path = FOLDER / "__pycache__") -> Any:
    """Jinja with this package's templates and filters; with `escaping` everything that goes into them is escaped.

    To compile the report's templates takes a tenth of a second, so that is `kept`: as Python's own, in a folder of the
    package, not at all where nothing can be written there or Python was told not to.
    """
    import jinja2

    class Kept(jinja2.FileSystemBytecodeCache):
        def load_bytecode(self, bucket: Any) -> None:
            with suppress(OSError):
                super().load_bytecode(bucket)

        def dump_bytecode(self, bucket: Any) -> None:
            if not sys.dont_write_bytecode:
                with suppress(OSError):
                    kept.mkdir(exist_ok=True)
                    super().dump_bytecode(bucket)

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        bytecode_cache=Kept(str(kept), f"%s.{version('jinja2')}-{sys.implementation.cache_tag}-{escaping:d}.jinja"),
        autoescape=escaping,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"short": charts.short, "size": charts.size}
    return made
