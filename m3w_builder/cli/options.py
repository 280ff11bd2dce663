"""What the commands share: how one is declared, and the options of several."""

from __future__ import annotations

import argparse
from typing import Any, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def command(commands: Commands, name: str, run: Any, help_line: str, example: str) -> argparse.ArgumentParser:
    """A command: what runs it, what it does in a line, and an example."""
    sub = commands.add_parser(
        name,
        help=help_line,
        description=f"{help_line[0].upper()}{help_line[1:]}.",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sub.set_defaults(run=run)
    return sub


def built(commands: Commands, name: str, run: Any, help_line: str, example: str) -> argparse.ArgumentParser:
    """A command on a build."""
    sub = command(commands, name, run, help_line, example)
    sub.add_argument("build", metavar="BUILD", help="a build's folder or URL")
    return sub


def settings(sub: argparse.ArgumentParser, example: str) -> None:
    """The option `--set`."""
    meaning = f"change one key of the config, as {example}; may be given again"
    sub.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help=meaning)


def how_to_tell(sub: argparse.ArgumentParser) -> None:
    """The options `--quiet` and `--json`."""
    sub.add_argument(
        "--quiet", action="store_const", dest="mode", const="quiet", default="auto", help="only errors and the end"
    )
    sub.add_argument(
        "--json", action="store_const", dest="mode", const="json", help="one JSON line an event, for machines"
    )
