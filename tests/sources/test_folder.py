"""Folder source: HTML files stand for the pages under a base URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from m3w_builder.errors import ConfigError
from m3w_builder.sources import FolderSource, Page, ReadLimits, Refused, SourceConfig, check, plan, read

LIMITS = ReadLimits(max_page_bytes=1000)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name, body in {
        "index.html": b"<p>home",
        "b/zwei und ü.htm": b"<p>two",
        "b/x.xhtml": b"<html><p>three",
        "b/note.txt": b"no page",
        "big.html": b"x" * 2000,
        "void.html": b" \n",
        "not.html": b"\x00\x01\x02",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
    return tmp_path


def everything(source: FolderSource) -> list[Any]:
    return [one for part in plan(SourceConfig(folder=source), "") for one in read(part.input, LIMITS)]


def test_files_become_pages_in_sorted_order(site: Path) -> None:
    found = everything(FolderSource(str(site), "http://a.example/docs"))
    assert [(one.url, type(one).__name__ if isinstance(one, Page) else one.drop.reason) for one in found] == [
        ("http://a.example/docs/b/x.xhtml", "Page"),
        ("http://a.example/docs/b/zwei%20und%20%C3%BC.htm", "Page"),
        ("http://a.example/docs/big.html", "too_large"),
        ("http://a.example/docs/index.html", "Page"),
        ("http://a.example/docs/not.html", "wrong_type"),
        ("http://a.example/docs/void.html", "empty"),
    ]
    assert found[3].html == b"<p>home"


def test_partitions_hold_so_many_files(site: Path) -> None:
    parts = list(plan(SourceConfig(folder=FolderSource(str(site), "http://a.example/", part_files=4)), ""))
    assert [len(part.input["files"]) for part in parts] == [4, 2]


def test_a_glob_may_name_other_files(site: Path) -> None:
    found = everything(FolderSource(str(site), "http://a.example/", glob="b/*.txt"))
    assert [one.url for one in found] == ["http://a.example/b/note.txt"]
    assert not isinstance(found[0], Refused)


@pytest.mark.parametrize(("path", "glob"), [("nowhere", "**"), (".", "*.none")])
def test_what_is_not_there_is_said_in_one_line(site: Path, path: str, glob: str) -> None:
    with pytest.raises(ConfigError, match=r"source\.folder"):
        check(SourceConfig(folder=FolderSource(str(site / path), "http://a.example/", glob=glob)))
