"""Templates are compiled once, and a folder that cannot be written costs only time."""

import sys

from m3w_builder.report import templating


def test_a_template_is_compiled_once(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    kept = tmp_path / "kept"
    first = templating.environment(True, kept).get_template("style.css").render()
    (file,) = kept.iterdir()
    written = file.stat().st_mtime_ns
    assert templating.environment(True, kept).get_template("style.css").render() == first
    assert [one.stat().st_mtime_ns for one in kept.iterdir()] == [written]
    templating.environment(False, kept).get_template("style.css")  # what is not escaped is compiled otherwise
    assert len(list(kept.iterdir())) == 2


def test_where_nothing_can_be_kept_pages_are_made_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "file").write_text("")
    assert templating.environment(True, tmp_path / "file").get_template("style.css").render()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert templating.environment(True, tmp_path / "none").get_template("style.css").render()
    assert not (tmp_path / "none").exists()
