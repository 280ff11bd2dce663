"""The `m3w` command: parses, calls, prints; no logic. The commands stand in the files beside this one."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from m3w_builder import __version__
from m3w_builder.cli import building, looking, models, single
from m3w_builder.errors import M3WError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done; 1 the data or a check failed; 2 wrong use or config; 130 interrupted."""
    parser = _parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)  # answers the shell and ends the process
    arguments = parser.parse_args(argv)
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    signal.signal(signal.SIGTERM, _interrupt)
    if argv is None and arguments.run.__module__.endswith((".building", ".looking")):  # the process is ours alone
        from m3w_builder import lean

        lean.process()
    try:
        return int(arguments.run(arguments) or 0)
    except M3WError as error:
        from m3w_builder.storage import hidden

        print(f"m3w: {hidden(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("m3w: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


START = """start here:
  m3w quickstart                                    a small web, a corpus of it, training on it
  m3w build configs/warc.yaml --out runs/mine       a corpus of your own archives
  m3w browse runs/mine                              look at it
  m3w COMMAND --help                                what a command takes, with an example
"""


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="m3w",
        description="Builds interleaved text-and-picture corpora from the web.",
        epilog=START,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"m3w {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for part in (building, looking, models, single):
        part.add(commands)
    return parser
