"""lists: what a block or allow list holds, and the files that it may name."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from m3w_builder.config import parse
from m3w_builder.errors import ConfigError
from m3w_builder.fetch import Places, entries, judge
from m3w_builder.urls import host

LIST = ["a.example", "*.b.example", "http://c.example/private/", "https://d", "D.Example"]


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://a.example/x", True),
        ("http://www.a.example/x", False),
        ("http://b.example/", False),
        ("http://x.b.example/", True),
        ("http://x.y.b.example/", True),
        ("http://notb.example/", False),
        ("http://c.example/private/x", True),
        ("http://c.example/public", False),
        ("https://c.example/private/x", False),
        ("https://domains.example/x", True),
        ("http://d.example/x", True),
    ],
)
def test_what_is_on_a_list(url: str, wanted: bool) -> None:
    assert Places(LIST).has(host(url), url) is wanted
    assert judge(host(url), url, Places(LIST), Places([])) == ("blocked" if wanted else "")
    assert judge(host(url), url, Places([]), Places(LIST)) == ("" if wanted else "not_allowed")
    assert judge(host(url), url, Places([]), Places([])) == ""


def test_files_are_read_in_their_places(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# hosts\nx.example\n\n*.y.example\n")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"z.example\n"))
    found = entries(["first.example", str(tmp_path / "a.txt"), str(tmp_path / "b.txt.gz"), "http://w/x.txt"], "block")
    assert found == ["first.example", "x.example", "*.y.example", "z.example", "http://w/x.txt"]


def test_a_list_that_is_not_there_is_said_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"fetch\.allow: cannot read the list '/nowhere/a\.txt'"):
        parse({"source": {"warc": {"paths": ["x"]}}, "fetch": {"allow": ["/nowhere/a.txt"]}})


def test_the_configs_own_lists_stand_for_pages_and_pictures() -> None:
    config = parse({"source": {"warc": {"paths": ["x"]}}, "block": ["a.example"], "fetch": {"block": ["b.example"]}})
    assert config.read.block == ["a.example"]
    assert config.fetch.block == ["b.example", "a.example"]
