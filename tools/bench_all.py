"""Runs every benchmark at its small size; prints the ratios against peers, now and as last committed.

    python tools/bench_all.py [--json FILE] [--only NAME …] [--gold FOLDER] [--labelled FOLDER] [--keep]

Each tools/bench_*.py runs with `--quick --json`. A ratio is any figure whose name says so; those last committed stand
in tools/figures.json, which `--keep` writes anew (those of the programs that ran; the rest stays). Exit code 1 where a
program broke, or a ratio fell below 0.7 of the committed one; goals that a program misses at its small size are told.
Programs that measure on material which is not made here, pages with their gold or labelled pictures, run where its
folder is named; those, and programs whose peer is not installed, are else told as left out, with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bench

TOOLS = Path(__file__).parent
FIGURES = TOOLS / "figures.json"
FALL = 0.7
LONG = 30
MATERIAL = {"bench_extract": "gold", "bench_metadata": "gold", "bench_grounding": "labelled"}
"""By program: the option that names the folder on which it measures."""


def ratios(value: Any, place: str = "") -> Iterator[tuple[str, float]]:
    """Every number at or under a name with `ratio` in it, by its place; rows are named by their `who` or `what`."""
    if isinstance(value, dict):
        for name, entry in value.items():
            if name not in ("machine", "versions"):
                yield from ratios(entry, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            label = entry.get("who", entry.get("what", number)) if isinstance(entry, dict) else number
            yield from ratios(entry, f"{place}.{label}")
    elif "ratio" in place and isinstance(value, (int, float)) and not isinstance(value, bool):
        yield place, float(value)


def short(value: Any) -> Any:
    """The figures without what no one compares: lists of more than `LONG` entries and texts of many lines."""
    if isinstance(value, dict):
        kept = {name: short(entry) for name, entry in value.items()}
        return {name: entry for name, entry in kept.items() if entry is not None}
    if isinstance(value, list):
        return [short(entry) for entry in value] if len(value) <= LONG else None
    return None if isinstance(value, str) and "\n" in value else value


def run(program: Path, folder: Path, material: str = "") -> dict[str, Any]:
    """What a benchmark wrote, with its exit code and, where it broke, its last words."""
    out = folder / f"{program.stem}.json"
    command = [sys.executable, str(program), *([material] if material else []), "--quick", "--json", str(out)]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    facts = json.loads(out.read_text()) if out.exists() else {}
    if done.returncode not in (0, 1) or not out.exists():
        facts["broke"] = done.stderr[-1000:]
    return {**facts, "exit_code": done.returncode, "seconds": round(time.monotonic() - started, 1)}


def main() -> int:
    parser = bench.options(__doc__, quick="as without: every program runs at its small size")
    parser.add_argument("--only", nargs="*", default=[], help="names without bench_, as `build fetch`")
    parser.add_argument("--keep", action="store_true", help="write tools/figures.json")
    parser.add_argument("--gold", default="", help="pages with their gold, as tools/bench_extract.py takes them")
    parser.add_argument("--labelled", default="", help="labelled pictures, as tools/bench_grounding.py takes them")
    arguments = parser.parse_args()
    programs = [path for path in sorted(TOOLS.glob("bench_*.py")) if path.stem != "bench_all"]
    programs = [path for path in programs if not arguments.only or path.stem.removeprefix("bench_") in arguments.only]
    committed = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    facts: dict[str, Any] = {}
    bad = 0
    with tempfile.TemporaryDirectory(prefix="m3w-bench-all-") as folder:
        for program in programs:
            wanted = MATERIAL.get(program.stem)
            material = getattr(arguments, wanted) if wanted else ""
            if wanted and not material:
                print(f"{program.stem}: left out, for it wants --{wanted} FOLDER")
                continue
            mine = run(program, Path(folder), material)
            if "left_out" in mine:
                print(f"{program.stem}: left out: {mine['left_out']}")
                continue
            facts[program.stem] = mine
            bench.write(arguments.json, facts)  # what was measured stays where a later program is cut short
            print(f"{program.stem}: exit code {mine['exit_code']}, {mine['seconds']:.0f} s", flush=True)
            if "broke" in mine:
                bad += 1
                print(f"  broke: {mine['broke']}")
            before = dict(ratios(committed.get(program.stem, {})))
            for place, value in ratios(mine):
                old = before.get(place)
                change = "" if old is None else f", last {old:.2f}"
                fell = old is not None and value < FALL * old
                bad += fell
                print(f"  {place:44} {value:8.2f}{change}{'  FELL' if fell else ''}")
            for line in mine.get("missed_goals", []):
                print(f"  goal missed: {line}")
    if arguments.keep:
        FIGURES.write_text(json.dumps({**committed, **short(facts)}, indent=1, sort_keys=True) + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
