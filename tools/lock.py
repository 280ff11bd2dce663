"""Writes requirements.lock.txt: the exact versions of all that an installation needs, as they are installed here.

    python tools/lock.py [--check]

The closure of the package's own requirements with the extras `dev` and `s3`, one `name==version` a line. `--check`
only says whether the file still fits what is installed.
"""

from __future__ import annotations

import argparse
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).parents[1] / "requirements.lock.txt"


def closure(name: str, extras: set[str], found: dict[str, str]) -> None:
    """Enter the installed requirements of a package, and theirs."""
    for text in distribution(name).requires or []:
        need = Requirement(text)
        if need.marker and not any(need.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            continue
        label = re.sub(r"[-_.]+", "-", need.name).lower()
        known = label in found or label == "m3w-builder"
        try:
            found.setdefault(label, distribution(need.name).version)
        except PackageNotFoundError:
            continue
        if not known:
            closure(need.name, set(need.extras), found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    found: dict[str, str] = {}
    closure("m3w-builder", {"dev", "s3"}, found)
    closure("m3w-builder", {"test"}, found)
    found.pop("m3w-builder", None)
    text = "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))
    if arguments.check:
        return int(LOCK.read_text() != text)
    LOCK.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
