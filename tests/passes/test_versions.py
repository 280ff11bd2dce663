"""Runs that change a build make versions of it, which tell what was reused and can be compared."""

import json
import re
from pathlib import Path

import pytest

from m3w_builder import cli, job, versions
from m3w_builder.errors import BuildError


@pytest.fixture
def run(make):
    """A build as the command makes it: with reports, cards and its version."""

    def finished(name="build", **sections):
        out, summary, _ = make(name, **sections)
        job.finish(out, job.config_of(out), "build", summary.passes)
        return out

    return finished


def redone(out, number=None):
    """The passes of which a run did a task again, by the manifest or by a version."""
    told = versions.load(f"{out}@{number}") if number else json.loads(Path(out, "manifest.json").read_text())
    return {name for name, counts in told["passes"].items() if counts["reused"] < counts["tasks"]}


def test_the_manifest_shows_that_a_changed_threshold_reran_only_what_follows(run):
    out = run()
    assert {"pages", "pictures", "shards"} <= redone(out)
    run(pictures={"filters": [{"size": {"min_side": 10}}]})
    assert "pictures" in redone(out)
    assert not redone(out) & {"pages", "exchange1/gather", "exchange1/judge", "exchange1/deliver"}
    run(pictures={"filters": [{"size": {"min_side": 10}}]}, assemble={"min_pictures": 0})
    assert redone(out) == {"joined", "shards"}
    run(pictures={"filters": [{"size": {"min_side": 10}}]}, assemble={"min_pictures": 0})
    assert redone(out) == set()


def test_a_run_that_changes_nothing_makes_no_version_and_one_that_does_makes_one(run, archives):
    out = run()
    run()
    assert len(versions.listing(out)) == 1
    (archives / "d.warc.gz").write_bytes((archives / "b.warc.gz").read_bytes())
    run()
    cli.main(["takedown", out, "--url", "http://one.example/2.html"])
    lines = versions.listing(out)
    assert len(lines) == 3
    assert ["3 partitions" in lines[0], "4 partitions" in lines[1], "takedown" in lines[2]] == [True] * 3
    assert "pages" in redone(out, 2)
    with pytest.raises(BuildError, match="no version 9; it has 1, 2, 3"):
        versions.load(f"{out}@9")


def test_a_comparison_tells_counts_overlap_and_drops_and_draws_them(run, built, capsys):
    one = built
    two = run("two", assemble={"min_pictures": 0}, text=[{"length": {"max_words": 40}}])
    three = run("three", assemble={"min_pictures": 0})
    assert versions.digest(one) != versions.digest(three)
    assert cli.main(["compare", one, three]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^documents +5 +8 +1.600$", text, re.M)
    assert re.search(r"^urls +5 +0 +3 +62.5 %$", text, re.M)
    assert re.search(r"^pictures +5 +0 +0 +100.0 %$", text, re.M)
    assert re.search(r"^pages assemble no_pictures +3 +0 +30.00 +0.00$", text, re.M)
    page = Path(three, "report", "compare.html").read_text()
    assert page.count("<svg") > 8 and "fill: var(--bad)" in page
    assert cli.main(["compare", three, two, "--out", str(Path(two, "page.html"))]) == 0
    assert "pages length too_long" in capsys.readouterr().out
    assert Path(two, "page.html").exists()


def test_a_version_is_compared_with_what_became_of_it(built, capsys):
    out = built
    cli.main(["takedown", out, "--url", "http://one.example/2.html"])
    capsys.readouterr()
    assert cli.main(["compare", f"{out}@1", out]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^urls +4 +1 +0 +80.0 %$", text, re.M)
    assert re.search(r"^pages write taken_down +0 +1 ", text, re.M)
