"""Makes the pages of the documentation that are read from the code: commands, config, architecture.

mkdocs calls `on_files` (mkdocs.yml names this file as a hook); `python tools/docs_pages.py` prints the commands' page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def on_files(files: Any, config: Any) -> Any:
    """Add the made pages to mkdocs' files."""
    from mkdocs.structure.files import File

    for name, text in pages().items():
        files.append(File.generated(config, name, content=text))
    return files


def pages() -> dict[str, str]:
    """Each made page's Markdown by its path."""
    sys.path.insert(0, str(ROOT / "tools"))
    import config_reference

    architecture = (ROOT / "ARCHITECTURE.md").read_text()
    return {
        "reference/commands.md": commands(),
        "reference/config.md": config_reference.reference(),
        "architecture.md": architecture,
    }


def commands() -> str:
    """Every command with its arguments and its example."""
    from m3w_builder import cli

    parser = cli._parser()
    found = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction)).choices
    parts = [
        "# Commands",
        "Exit codes: 0 done; 1 the data or a check failed; 2 wrong use or config; 130 interrupted, the same command "
        "goes on. An error is one line: what is wrong, where, and what to do.",
    ]
    for name, sub in found.items():
        parts += [f"## `m3w {name}`", str(sub.description)]
        parts += ["| argument | meaning |\n|---|---|\n" + "\n".join(arguments(sub))]
        example = str(sub.epilog).removeprefix("example:\n").strip()
        parts += [f"```console\n$ {example}\n```"]
    return "\n\n".join(parts) + "\n"


def arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    """A table row for each argument."""
    for action in parser._actions:
        if action.dest == "help":
            continue
        name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        value = "" if action.nargs == 0 or not action.option_strings else f" {action.metavar or action.dest.upper()}"
        if action.choices:
            value = " " + "|".join(map(str, action.choices))
        meaning = str(action.help) % {"default": action.default, "prog": parser.prog}
        yield f"| `{name}{value}` | {meaning} |".replace("|bash|", "\\|bash\\|")


if __name__ == "__main__":
    print(commands())
