"""What the measuring programs here share: their options, where figures come from, tables, and the exit code."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psutil

ROOT = Path(__file__).resolve().parents[1]


def options(told: str | None, quick: str) -> argparse.ArgumentParser:
    """A parser that shows a program's docstring and takes --quick, which does `quick`, and --json FILE."""
    parser = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--json", default="", metavar="FILE", help="write the figures here")
    return parser


def origin(*packages: str) -> dict[str, Any]:
    """Machine, versions (of Python and of those packages that are installed) and commit."""
    versions = {"python": platform.python_version()}
    for name in packages:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    machine = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "platform": platform.platform(),
    }
    return {"machine": machine, "versions": versions, "commit": commit()}


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def workers(driver: int) -> list[psutil.Process]:
    """The processes that a build's driver, of this pid, started as workers; none where it is gone."""
    import psutil

    try:
        children = psutil.Process(driver).children(recursive=True)
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    except psutil.Error:
        return []


def commit(root: Path = ROOT) -> str:
    """The checkout's commit; empty outside a checkout, and why it is not known where git does not tell."""
    if not (root / ".git").exists():
        return ""
    # The folder may be another user's, as in a container; only its commit is read.
    command = ["git", "-c", "safe.directory=*", "-C", str(root), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except subprocess.CalledProcessError as error:
        return f"unknown: {error.stderr.strip()}"
    except OSError as error:
        return f"unknown: {error}"


def write(path: str, facts: Mapping[str, Any], *packages: str) -> None:
    """The figures and their origin as JSON; nothing where no file is asked for."""
    if path:
        text = json.dumps({**facts, **origin(*packages)}, indent=1, ensure_ascii=False)
        Path(path).write_text(text + "\n", encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Lines of columns as wide as their widest cell: the first `left` set to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def exit_code(missed: Sequence[str], mark: str = "goal missed: ") -> int:
    """Tells each missed goal on stderr; 1 where there is one, else 0."""
    for line in missed:
        print(f"{mark}{line}", file=sys.stderr)
    return 1 if missed else 0
