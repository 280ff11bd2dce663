"""Writes requirements.lock.txt: the exact versions of all that an installation needs, as they are installed here.

    python tools/lock.py [--check]

The closure of the package's own requirements with the extras `dev` and `s3`, one `name==version` a line. `--check`
only says whether the file still fits what is installed.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).parents[1] / "requirements.lock.txt"


def own(extras: set[str]) -> list[str]:
    """The package's requirements as pyproject.toml has them: what is installed may be of an older one."""
    project = tomllib.loads((LOCK.parent / "pyproject.toml").read_text())["project"]
    named = [text for extra in sorted(extras) for text in project["optional-dependencies"][extra]]
    return [*project["dependencies"], *(text for text in named if not text.startswith(f"{project['name']}["))]


def closure(texts: list[str], extras: set[str], found: dict[str, str]) -> None:
    """Enter the installed ones of these requirements, and theirs."""
    for text in texts:
        need = Requirement(text)
        if need.marker and not any(need.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            continue
        label = re.sub(r"[-_.]+", "-", need.name).lower()
        known = label in found
        try:
            found.setdefault(label, distribution(need.name).version)
        except PackageNotFoundError:
            continue
        if not known:
            closure(distribution(need.name).requires or [], set(need.extras), found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    found: dict[str, str] = {}
    closure(own({"dev", "docs", "s3", "test"}), set(), found)
    text = "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))
    if arguments.check:
        return int(LOCK.read_text() != text)
    LOCK.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
