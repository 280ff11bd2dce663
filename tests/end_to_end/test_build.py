"""The whole job on a sample web: what comes out is what was planted, whatever engine ran and whatever was killed."""

import io
import json
import signal
import tarfile
from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageOps

from m3w_builder import sampleweb
from m3w_builder.cluster import Serial
from m3w_builder.sampleweb.forms import phash
from m3w_builder.sampleweb.pictures import place
from m3w_builder.verify import verify

from .conftest import finish, kill_when, shard_sums, start, written


@pytest.fixture(scope="module")
def crawled(base, truth, tmp_path_factory):
    """A crawl and build, killed once in the middle of the crawl, and run again."""
    folder = tmp_path_factory.mktemp("crawled")
    crawl = {"seeds": truth["starts"], "delay": 0, "per_host": 8, "pictures": True}
    config, out = written(folder / "crawl.yaml", {**base, "source": {"crawl": crawl}}), folder / "build"
    process = start(config, out)
    assert kill_when(process, lambda: sum(path.stat().st_size for path in out.glob("crawl/*.warc.gz")) > 200_000)
    finish(config, out)
    return out


def samples(build):
    """Each sample's JSON and its pictures' bytes by part."""
    for path in sorted((build / "shards").glob("*.tar")):
        found = {}
        with tarfile.open(path) as tar:
            for member in tar:
                key, _, part = member.name.partition(".")
                found.setdefault(key, {})[part] = tar.extractfile(member).read()
        for parts in found.values():
            yield json.loads(parts.pop("json")), parts


def test_every_page_and_picture_comes_out_as_planted(web, crawled):
    comparison = sampleweb.compare(web, str(crawled))
    assert comparison.ok, comparison.text
    assert comparison.pages > 170 and comparison.pictures > 600


def test_the_build_verifies(crawled):
    total, faults = verify(str(crawled), Serial(1))
    assert faults == []
    assert total.samples > 100


def test_every_picture_in_the_corpus_is_the_one_that_the_page_shows(web, crawled):
    """The bytes beside a document look like what its URL gives: no pair is mixed up."""
    checked = 0
    for document, parts in samples(crawled):
        for item in document["items"]:
            if "image" in item:
                host, _, path = item["image"].removeprefix("http://").partition("/")
                file = place(web, host, "/" + path)
                if not file.exists():  # it was found where a redirect led
                    file = file.with_name(file.name.replace(".jpg", "-here.jpg"))
                first, second = (looks(io.BytesIO(body)) for body in (file.read_bytes(), parts[item["part"]]))
                assert (first ^ second).bit_count() <= 6, item["image"]
                checked += 1
    assert checked > 250


def looks(stream):
    picture = ImageOps.exif_transpose(Image.open(stream))
    return phash(np.asarray(picture.convert("RGB")))


def test_each_planted_reason_is_in_the_books(crawled):
    ledger = json.loads((crawled / "ledger.json").read_text())
    pages = Counter()
    pictures = Counter()
    for entry in ledger:
        pages.update(entry["pages"]["dropped"])
        pictures.update(entry["pictures"]["dropped"])
    assert {"empty", "other_language", "too_short", "duplicate_text", "no_pictures", "redirect", "http_status"} <= set(
        pages
    )
    wanted = {"robots", "http_4xx", "http_5xx", "too_many_redirects", "too_many_pixels", "truncated", "too_small"}
    assert wanted | {"single_colour", "exact_duplicate", "near_duplicate", "not_a_picture"} <= set(pictures)


MOMENTS = [
    "plan.parquet",
    "pages/000002.json",
    "exchange1/**/*",
    "pictures/000001.json",
    "shards/*",
]
"""What has just appeared in the build's folder when it is killed."""


def test_a_build_killed_again_and_again_gives_the_same_shards(undisturbed, warc_config, tmp_path):
    out = tmp_path / "build"
    hits = 0
    for moment in MOMENTS:
        process = start(warc_config, out)
        hits += kill_when(process, lambda moment=moment: next(out.glob(moment), None) is not None)
    assert hits >= 3, "the build was too quick to be killed"
    finish(warc_config, out)
    assert shard_sums(out) == shard_sums(undisturbed)
    assert verify(str(out), Serial(1))[1] == []


def test_a_build_killed_on_dask_gives_the_same_shards(undisturbed, warc_config, tmp_path):
    out = tmp_path / "build"
    cluster = ("--set", "cluster.kind=local", "--set", "cluster.workers=2")
    assert kill_when(start(warc_config, out, *cluster), lambda: next(out.glob("pictures/*.json"), None) is not None)
    finish(warc_config, out, *cluster)
    assert shard_sums(out) == shard_sums(undisturbed)


def test_a_finished_build_run_again_does_nothing_over(undisturbed, warc_config):
    before = shard_sums(undisturbed)
    times = {path: path.stat().st_mtime_ns for path in undisturbed.glob("*/*.json")}
    end = finish(warc_config, undisturbed)[-1]
    assert end["reused"] == end["tasks"] > 0
    assert shard_sums(undisturbed) == before
    assert {path: path.stat().st_mtime_ns for path in times if path.parent.name != "report"} == {
        path: time for path, time in times.items() if path.parent.name != "report"
    }


def test_ctrl_c_ends_with_130_and_the_build_goes_on(undisturbed, warc_config, tmp_path):
    out = tmp_path / "build"
    process = start(warc_config, out)
    assert kill_when(process, lambda: next(out.glob("pages/000000.json"), None) is not None, signal.SIGINT)
    assert process.returncode == 130
    finish(warc_config, out)
    assert shard_sums(out) == shard_sums(undisturbed)
