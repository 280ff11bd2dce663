"""The few lines of the README by which other readers open a build do open it."""

import os
import re
from pathlib import Path

import pytest

from m3w_builder import shards

README = Path(__file__).parents[2] / "README.md"
READERS = ("webdataset", "datasets", "duckdb", "mlcroissant")


def block(reader):
    """The README's lines for a reader."""
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    return next(text for text in blocks if text.startswith((f"import {reader}\n", f"from {reader} import")))


@pytest.fixture
def opened(built, tmp_path, monkeypatch):
    """A build at runs/mine of the folder where the lines run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "HF_HOME", str(tmp_path / "hub"))
    return [one for path in Path(built).glob("shards/*.tar") for one, _ in shards.samples(str(path))]


@pytest.mark.parametrize("reader", READERS)
def test_the_lines_of_the_readme_open_a_build(opened, reader, capsys):
    exec(compile(block(reader), reader, "exec"), {"__name__": "reader"})
    said = capsys.readouterr().out
    for one in opened:
        assert (one.key if reader == "webdataset" else one.url) in said
    if reader == "datasets":
        assert said.count("['0.jpg']") == len(opened)
        assert "'scores'" in said
    if reader == "duckdb":
        assert said.count("160") >= len(opened)


def test_datasets_gives_each_picture_decoded_and_each_document_as_it_is(opened):
    from datasets import load_dataset

    found = {row["__key__"]: row for row in load_dataset("runs/mine", split="train")}
    assert set(found) == {one.key for one in opened}
    for one in opened:
        assert found[one.key]["0.jpg"].size == (one.images[0].width, one.images[0].height)
        assert found[one.key]["json"]["url"] == one.url
