"""Holds requirements.lock.txt against a folder of advisories: which locked versions are known to be vulnerable.

    python tools/audit.py FOLDER [--lock FILE] [--json FILE]

FOLDER is a checkout of a database in OSV's format, as github.com/pypa/advisory-database (YAML) or
github.com/github/advisory-database (JSON): for machines that reach no service which pip-audit can ask. What is younger
than the checkout is not known to it, so the date of its youngest advisory is told. Exit code 1 where a locked version
is affected, 2 where the folder holds no advisory of PyPI's packages.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version

import bench

LOCK = bench.ROOT / "requirements.lock.txt"


@dataclass(frozen=True, slots=True)
class Finding:
    """A locked version that an advisory names; `fixed` is empty where no release mends it."""

    package: str
    version: str
    advisory: str
    aliases: tuple[str, ...]
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        names = ", ".join((self.advisory, *self.aliases))
        return f"{self.package} {self.version}: {names}; fixed in {', '.join(self.fixed) or 'no release'}"


def label(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> dict[str, str]:
    """Versions by name, of lines `name==version`."""
    pairs = (line.split("==") for line in text.split() if "==" in line)
    return {label(name): version for name, version in pairs}


def advisories(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Every advisory below a folder that is not withdrawn and speaks of PyPI."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for file in sorted(folder.rglob("*")):
        if file.suffix not in (".json", ".yaml", ".yml"):
            continue
        text = file.read_text(encoding="utf-8")
        if "affected" not in text or "PyPI" not in text:
            continue
        entry = json.loads(text) if file.suffix == ".json" else yaml.load(text, loader)
        if isinstance(entry, dict) and "affected" in entry and not entry.get("withdrawn"):
            yield entry


def within(version: Version, events: list[dict[str, str]]) -> bool:
    """Whether a version lies in a range of OSV's: events `introduced`, `fixed` and `last_affected`, in order."""
    inside = False
    for event in events:
        try:
            if "introduced" in event:
                inside = inside or version >= Version(event["introduced"])
            elif "fixed" in event:
                inside = inside and version < Version(event["fixed"])
            elif "last_affected" in event:
                inside = inside and version <= Version(event["last_affected"])
        except InvalidVersion:  # of before PEP 440: the advisory's list of versions speaks for it
            continue
    return inside


def found(advisory: Mapping[str, Any], versions: Mapping[str, str]) -> Iterator[Finding]:
    for affected in advisory["affected"]:
        package = affected.get("package", {})
        name = label(package.get("name", ""))
        if package.get("ecosystem") != "PyPI" or name not in versions:
            continue
        # Ranges of commits (GIT) say nothing of a release.
        ranges = [one["events"] for one in affected.get("ranges", []) if one.get("type") == "ECOSYSTEM"]
        listed = versions[name] in affected.get("versions", [])
        if listed or any(within(Version(versions[name]), events) for events in ranges):
            fixed = tuple(event["fixed"] for events in ranges for event in events if "fixed" in event)
            yield Finding(name, versions[name], advisory["id"], tuple(advisory.get("aliases", ())), fixed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lock", type=Path, default=LOCK)
    parser.add_argument("--json", default="", metavar="FILE", help="write what was found here")
    arguments = parser.parse_args()
    versions = locked(arguments.lock.read_text(encoding="utf-8"))
    number, youngest, known = 0, "", set[str]()
    findings: list[Finding] = []
    for advisory in advisories(arguments.folder):
        number += 1
        youngest = max(youngest, str(advisory.get("published", "")))
        known |= {label(one.get("package", {}).get("name", "")) for one in advisory["affected"]} & versions.keys()
        findings += found(advisory, versions)
    if not number:
        print(f"audit: {arguments.folder} holds no advisory in OSV's format; check out a database", file=sys.stderr)
        return 2
    print(f"{number:,} advisories, the youngest of {youngest[:10]}; {len(versions)} packages, {len(known)} with any")
    told = sorted(map(str, findings))
    facts = {"advisories": number, "youngest": youngest, "packages": len(versions), "known": len(known)}
    bench.write(arguments.json, {**facts, "findings": told})
    return bench.exit_code(told, mark="")


if __name__ == "__main__":
    sys.exit(main())
