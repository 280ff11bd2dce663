"""Holds the house: what may import what, and what every module and stage must say of itself."""

import ast
import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "m3w_builder"
MODULES = sorted(ROOT.rglob("*.py"))
STAGE_FOLDERS = ("sources", "fetch", "extract", "text", "pictures", "dedup", "align", "shards")
CORE = {
    "rights",
    "document",
    "stage",
    "ledger",
    "storage",
    "errors",
    "urls",
    "fill",
    "clip",
    "words",
    "extension",
    "classes",
}
HEAVY = {
    "torch",
    "open_clip",
    "imagededup",
    "img2dataset",
    "trafilatura",
    "dask",
    "distributed",
    "matplotlib",
    "transformers",
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text())
    guarded = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and "TYPE_CHECKING" in ast.dump(test.test)
        for node in ast.walk(test)
    }
    found = set()
    for node in tree.body if top_level_only else ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_opens_with_a_sentence_that_says_what_it_is_for(path):
    text = ast.get_docstring(ast.parse(path.read_text()))
    assert text, "no docstring"
    assert text.split("\n")[0].rstrip().endswith((".", ":", "?")), text.split("\n")[0]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_engine_knows_dask(path):
    if path.name != "cluster.py":
        assert not {name for name in imports(path) if name.split(".")[0] in ("dask", "distributed")}


@pytest.mark.parametrize("path", [p for p in MODULES if p.relative_to(ROOT).parts[0] in STAGE_FOLDERS], ids=name_of)
def test_a_stage_imports_only_its_own_folder_and_the_core(path):
    folder = path.relative_to(ROOT).parts[0]
    allowed = CORE | {folder} | {"sources": {"fetch"}, "align": {"flamingo"}}.get(folder, set())
    used = {name.split(".")[1] for name in imports(path) if name.startswith("m3w_builder.")}
    assert used <= allowed, used - allowed


def test_files_stay_short_enough_to_read_in_a_sitting():
    assert not [name_of(path) for path in MODULES if path.stat().st_size > 24_000]


def test_the_command_line_waits_for_no_heavy_package():
    code = f"import sys; from m3w_builder import cli; cli._parser(); print(sorted({HEAVY!r} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_the_passes_need_no_torch():
    code = "import sys; import m3w_builder.build; print('torch' in sys.modules, 'open_clip' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False False"


def test_no_circles_among_the_modules():
    graph = {name_of(path): {n for n in imports(path, True) if n.startswith("m3w_builder")} for path in MODULES}
    known = set(graph)
    graph = {name: {n for n in uses if n in known and n != name} for name, uses in graph.items()}
    state: dict[str, int] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert state.get(name) != 1, " -> ".join((*trail, name))
        if name in state:
            return
        state[name] = 1
        for used in graph[name]:
            if not name.startswith(used + "."):  # a package's __init__ may gather its own modules
                visit(used, (*trail, name))
        state[name] = 2

    for name in graph:
        visit(name, ())


def stage_classes():
    for module in ("text", "pictures", "align"):
        for name, cls in importlib.import_module(f"m3w_builder.{module}").STAGES.items():
            yield pytest.param(name, cls, id=f"{module}-{name}")


@pytest.mark.parametrize(("name", "cls"), stage_classes())
def test_a_stage_documents_itself(name, cls):
    from m3w_builder.fill import describe

    assert cls.name == name
    assert cls.__doc__
    assert cls.reasons
    assert set(describe(cls)) >= {field.name for field in dataclasses.fields(cls)}, "a field without its docstring"


@pytest.mark.parametrize(("name", "cls"), stage_classes())
def test_a_stage_gives_only_reasons_that_it_declares(name, cls):
    tree = ast.parse(Path(sys.modules[cls.__module__].__file__).read_text())
    declared = {
        reason
        for module_cls in vars(sys.modules[cls.__module__]).values()
        if isinstance(getattr(module_cls, "reasons", None), dict)
        for reason in module_cls.reasons
    }
    given = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Drop"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert given <= declared, given - declared
