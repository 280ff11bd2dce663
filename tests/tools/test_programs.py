"""Tests of the measuring programs and what they share."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
HEAVY = ("torch", "open_clip", "imagededup", "trafilatura", "transformers", "distributed")
PROGRAMS = sorted(path.stem for path in TOOLS.glob("*.py") if "bench.options(" in path.read_text())


@pytest.fixture(autouse=True)
def from_tools(monkeypatch):
    """What `python tools/NAME.py` finds first, and no module of it stays behind."""
    monkeypatch.syspath_prepend(str(TOOLS))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if (TOOLS / f"{name}.py").exists():
            del sys.modules[name]


def test_every_program_that_measures_takes_the_shared_options():
    measuring = {path.stem for path in TOOLS.glob("bench_*.py")}
    assert measuring | {
        "chaos",
        "chaos_exchange",
        "cost_model",
        "fault_study",
        "fuzz",
        "growth",
        "hostile",
        "simulate",
    } == set(PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_tells_its_use(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(name).main()
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "--quick" in said
    assert "--json FILE" in said


def test_no_program_imports_a_heavy_package_before_it_is_asked_to_work():
    code = f"""
import importlib, sys
sys.path.insert(0, {str(TOOLS)!r})
for name in {PROGRAMS}:
    importlib.import_module(name)
print(*set({HEAVY}) & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_figures_are_written_with_where_they_come_from(tmp_path):
    bench = importlib.import_module("bench")
    bench.write(str(tmp_path / "figures.json"), {"rows": [{"who": "ours", "×": 2}]}, "numpy", "no-such-package")
    told = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert told["rows"] == [{"who": "ours", "×": 2}]
    assert {"processor", "cores", "platform"} == set(told["machine"])
    assert {"python", "numpy"} == set(told["versions"])
    assert told["commit"] == bench.commit()
    bench.write("", {"rows": []})  # no file asked for


def test_the_commit_is_empty_only_outside_a_checkout(tmp_path):
    bench = importlib.import_module("bench")
    assert bench.commit(tmp_path) == ""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    assert bench.commit(tmp_path).startswith("unknown: ")  # no commit yet
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "one"], check=True)
    assert len(bench.commit(tmp_path)) == 40


def test_columns_are_as_wide_as_their_widest_cell():
    bench = importlib.import_module("bench")
    lines = bench.table(["who", "seconds"], [["a long name", "1.5"], ["b", "1234567.5"]]).split("\n")
    assert lines == ["who            seconds", "a long name        1.5", "b            1234567.5"]
    assert bench.table(["a", "b"], [["x", "long"], ["y", "z"]], left=2).split("\n") == ["a  b", "x  long", "y  z"]


def test_a_missed_goal_is_told_and_ends_the_program_with_1(capsys):
    bench = importlib.import_module("bench")
    assert bench.exit_code([]) == 0
    assert bench.exit_code(["2 times, goal 3"]) == 1
    assert capsys.readouterr().err == "goal missed: 2 times, goal 3\n"
