"""The documentation holds: every command in it is run, every config in it is read, every program in it runs.

A block ```sh is run line by line in one folder, page after page, as a reader would do it. A comment before the block
says where the test does less than the reader: `<!-- shrunk: OPTIONS -->` adds options, `<!-- parsed only: WHY -->`
leaves it at reading the command and its config. ```python blocks are run, or written where they open with a file's
name; ```yaml blocks must be configs.
"""

import gzip
import importlib.util
import io
import re
import shlex
import shutil
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from m3w_builder import cli, config, sampleweb
from m3w_builder.report import browse

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"(?:<!-- (.*?) -->\n)?^```(sh|python|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ORDER = ["tutorial.md", "start.md", "rights.md", *sorted(f"howto/{path.name}" for path in DOCS.glob("howto/*.md"))]
ORDER += ["reference/samples.md"]
MODELS = ("m3w quickstart", "m3w validate", "m3w train", "m3w evaluate", "m3w chat", "m3w_builder.flamingo")
"""What needs PyTorch stands in a test of its own."""


@dataclass(frozen=True)
class Block:
    page: str
    kind: str
    text: str
    said: str

    @property
    def of_models(self) -> bool:
        return any(word in self.text for word in MODELS)


def blocks() -> list[Block]:
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert set(ORDER) <= pages
    found = [
        Block(page, kind, text, said)
        for page in [*ORDER, *sorted(pages - set(ORDER))]
        for said, kind, text in BLOCK.findall((DOCS / page).read_text())
    ]
    assert len(found) > 25
    # What takes something away comes last: other pages look at the same build.
    return sorted(found, key=lambda block: "takedown" in block.page)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A reader's folder: the project's configs, a page, a small evaluation set; the tutorial makes the rest."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "configs", folder / "configs")
    (folder / "page.html").write_text("<html><body><main><h1>A page</h1><p>With a paragraph.</p></main></body></html>")
    crawl = folder / "crawl-data" / "CC-MAIN-2024-33"  # of which the tutorial's archive is a file
    crawl.mkdir(parents=True)
    (crawl / "warc.paths.gz").write_bytes(gzip.compress(b"archives/sample-00000.warc.gz\n"))
    (folder / "evaluation").mkdir()
    (folder / "evaluation" / "captions.txt").write_text("a dog on a beach with a red ball and nobody else around it\n")
    return folder


def command(line: str, extra: str, capsys, monkeypatch) -> None:
    """Run one line of a block."""
    program, *words = shlex.split(f"{line} {extra}")
    assert program == "m3w", line
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code = cli.main(words)
    out, err = capsys.readouterr()
    assert code == (1 if words[0] in ("quickstart", "validate") else 0), f"{line}: {out[-1500:]} {err[-500:]}"


def parsed(line: str) -> None:
    """Read a command that is not run, and the config that it names with its settings."""
    arguments = cli._parser().parse_args(shlex.split(line)[1:])
    if arguments.command == "build":
        config.load(str(ROOT / arguments.config), arguments.settings)


@contextmanager
def scheduler():
    """The address of a scheduler with one worker process, as somebody else would have started them."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="") as cluster:
        yield cluster.scheduler_address


def shown_once(build: str, port: int = 0, host: str = "127.0.0.1") -> None:
    """`browse.serve` that ends after its first page."""
    import threading

    with browse.server(build) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/", timeout=30) as answer:
            assert answer.status == 200
        thread.join()


def do(block: Block, place: Path, capsys, monkeypatch) -> None:
    if block.kind == "yaml":
        data = yaml.safe_load(block.text)
        named = re.match(r"# (\S+\.yaml)\n", block.text)
        if named:
            (place / named[1]).write_text(block.text)
        config.parse({"source": {"warc": {"paths": ["x"]}}, **data})
    elif block.kind == "python":
        named = re.match(r"# (\S+\.py)\n", block.text)
        if named:
            (place / named[1]).write_text(block.text)
        else:
            exec(compile(block.text, block.page, "exec"), {"__name__": "reader"})
    else:
        shrunk = block.said.removeprefix("shrunk: ").split(";")[0]
        extra = shrunk if shrunk.startswith("--") else ""
        for line in block.text.strip().splitlines():
            if block.said.startswith("parsed only"):
                parsed(line)
            elif "SCHEDULER" in extra:
                with scheduler() as address:
                    command(line, extra.replace("SCHEDULER", address), capsys, monkeypatch)
            else:
                command(line, extra, capsys, monkeypatch)


def run(chosen: list[Block], place: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setattr(browse, "serve", shown_once)
    generate = sampleweb.generate
    monkeypatch.setattr(sampleweb, "generate", lambda folder, pages, seed: generate(folder, pages, seed, processes=1))
    for block in chosen:
        do(block, place, capsys, monkeypatch)


def test_what_the_pages_say_can_be_done(place, capsys, monkeypatch):
    run([block for block in blocks() if not block.of_models], place, capsys, monkeypatch)


def test_what_the_pages_say_of_the_models_can_be_done(place, capsys, monkeypatch):
    built = (place / "runs" / "mine").exists()  # by the test above; alone, this one goes through the tutorial
    chosen = [block for block in blocks() if block.of_models or (block.page == "tutorial.md" and not built)]
    run(chosen, place, capsys, monkeypatch)


def test_every_command_has_its_place_in_the_pages():
    told = {line.split()[1] for block in blocks() if block.kind == "sh" for line in block.text.strip().splitlines()}
    known = next(action for action in cli._parser()._actions if action.choices and action.dest == "command").choices
    assert set(known) <= told, set(known) - told


@pytest.mark.skipif(not importlib.util.find_spec("mkdocs"), reason="mkdocs is not installed (pip install -e '.[docs]')")
def test_the_pages_build_without_a_warning(tmp_path):
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path / "site")))
    made = (tmp_path / "site" / "reference" / "commands.html").read_text()
    assert "m3w takedown" in made and "--dry-run" in made
    for page in (tmp_path / "site").rglob("*.html"):
        assert not re.search(r'(?:src|href)="https?://fonts\.', page.read_text()), page
