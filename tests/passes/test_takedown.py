"""What is taken down is gone from shards, index, books, cards and report, stays gone, and nothing else is touched."""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from m3w_builder import cli, cluster, job, shards, storage, takedown, verify
from m3w_builder.errors import BuildError
from m3w_builder.shards.tombstones import Tombstones

PAGE = "http://one.example/2.html"


def held(out):
    return {one.url: one for path in tars(out) for one, _ in shards.samples(str(path))}


def tars(out):
    return sorted(Path(out, "shards").glob("*.tar"))


def run(out, *options):
    return cli.main(["takedown", out, *options])


def assert_whole(out):
    """Everything that tells of the shards tells what is in them."""
    assert verify.verify(out, cluster.Serial(1))[1] == []
    documents = held(out)
    pictures = sum(len(one.images) for one in documents.values())
    manifest = json.loads(Path(out, "manifest.json").read_text())
    for name, said in manifest["files"].items():
        assert said == {"bytes": storage.size(f"{out}/{name}"), "sha256": storage.sha256(f"{out}/{name}")}, name
    assert sum(split["samples"] for split in manifest["splits"].values()) == len(documents)
    assert sum(split["images"] for split in manifest["splits"].values()) == pictures
    report = json.loads(Path(out, "report", "report.json").read_text())
    assert (report["sums"]["documents"], report["sums"]["images"]) == (len(documents), pictures)


def test_a_page_goes_from_all_that_tells_of_it_and_the_next_build_leaves_it_out(built, make):
    before = held(built)
    assert run(built, "--url", PAGE) == 0
    assert set(held(built)) == set(before) - {PAGE}
    assert_whole(built)
    again = make("runs/mine", shards={"seed": 5})[0]  # every shard is made anew
    assert set(held(again)) == set(before) - {PAGE}


def test_a_host_goes_with_all_below_it(built):
    assert run(built, "--host", "EXAMPLE") == 0
    assert held(built) == {}
    assert verify.verify(built, cluster.Serial(1))[1] == []


def test_a_picture_goes_by_a_file_that_shows_it_and_its_document_goes_with_its_last(built, tmp_path):
    wanted = held(built)[PAGE].images[0]
    body = next(parts for path in tars(built) for one, parts in shards.samples(str(path)) if one.url == PAGE)["0.jpg"]
    other = io.BytesIO()
    Pillow.open(io.BytesIO(body)).resize((120, 120)).save(other, "PNG")
    (tmp_path / "seen.png").write_bytes(other.getvalue())
    (tmp_path / "list.txt").write_text(f"image {tmp_path / 'seen.png'}\n")
    assert run(built, "--list", str(tmp_path / "list.txt"), "--distance", "4") == 0
    assert PAGE not in held(built)
    assert wanted.sha256 not in {image.sha256 for one in held(built).values() for image in one.images}
    assert_whole(built)


def test_a_document_may_stay_without_pictures_where_the_config_says_so(make):
    out, summary, _ = make(assemble={"min_pictures": 0})
    job.finish(out, job.config_of(out), "build", summary.passes)
    assert run(out, "--image", held(out)[PAGE].images[0].url) == 0
    assert held(out)[PAGE].images == []
    assert_whole(out)


def test_a_dry_run_tells_and_touches_nothing(built, capsys):
    before = {path: path.read_bytes() for path in Path(built).rglob("*") if path.is_file()}
    assert run(built, "--url", PAGE, "--dry-run") == 0
    assert f"page {PAGE} would go" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in Path(built).rglob("*") if path.is_file()} == before


def test_only_the_shards_concerned_are_written_again(built):
    taken = takedown.takedown(built, Tombstones(urls={"http://nowhere.example/"}), cluster.Serial(1))
    assert (taken.pages, taken.shards) == ([], [])


@pytest.mark.parametrize("moment", ["_rewritten", "_enter"])
def test_killed_in_the_middle_the_same_command_again_ends_it(built, moment):
    """The process dies behind the step, before the receipt is written."""
    code = f"""
import os, signal
from m3w_builder import cli, takedown
whole = takedown.{moment}
def dying(*given):
    whole(*given)
    os.kill(os.getpid(), signal.SIGKILL)
takedown.{moment} = dying
cli.main(["takedown", {built!r}, "--url", {PAGE!r}])
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert run(built, "--url", PAGE) == 0
    assert PAGE not in held(built)
    assert_whole(built)
    ledger = json.loads(Path(built, "ledger.json").read_text())
    assert ledger[-1]["pages"]["dropped"] == {"taken_down": 1}


def test_nothing_asked_and_no_build_are_told(built, tmp_path, capsys):
    assert run(built) == 2
    assert run(built, "--image", "no such thing") == 2
    assert run(str(tmp_path / "none"), "--url", PAGE) == 1
    with pytest.raises(BuildError, match="no finished build"):
        takedown.takedown(str(tmp_path), Tombstones(), cluster.Serial(1))
