"""Pictures whose links gave nothing are asked for again, from their link or the archive, and no other is touched."""

import json
from pathlib import Path

import pytest

from m3w_builder import cluster, shards, storage, verify
from m3w_builder.passes import receipt

from .conftest import picture

DEAD = "http://two.example/p6.jpg"
"""The one picture that no file of the archives holds."""


@pytest.fixture
def run(make, web):
    def again(retry=True, **fetch):
        settings = {"retries": 0, "resolve": {"*.example": web.place}, "site_rights": [], "robots": False, **fetch}
        return make(fetch=settings, retry_failed=retry)

    return again


def links(out):
    rows = [
        row for path in Path(out).glob("pictures/*.links.parquet") for row in storage.read_table(str(path)).to_pylist()
    ]
    return {row["url"]: row for row in rows}


def written(out):
    return {one.url: one for path in Path(out).glob("shards/*.tar") for one, _ in shards.samples(str(path))}


def test_a_link_that_lives_again_gives_its_picture_and_only_it_is_asked(run, web):
    out, summary, _ = run(retry=False)
    assert summary.ledger["fetch"].pictures.dropped == {"http_4xx": 1}
    assert links(out)[DEAD] == {"url": DEAD, "reason": "http_4xx", "detail": "404", "tries": 1, "came": ""}
    before = {name: Path(out, name).read_bytes() for name in ("pictures/000000.bin", "pictures/000001.bin")}
    web.bodies["/p6.jpg"] = picture(6)
    web.asked.clear()
    out, summary, listener = run()
    assert web.asked == ["/p6.jpg"]
    assert "1 pictures were asked for again; 1 came from their own links, 0 from the archive" in listener.notes
    assert links(out)[DEAD]["came"] == "live" and links(out)[DEAD]["tries"] == 2
    assert summary.ledger["fetch"].pictures.dropped == {}
    assert [image.url for image in written(out)["http://two.example/6.html"].images] == [DEAD]
    assert Path(out, "pictures/000000.bin").read_bytes() == before["pictures/000000.bin"]
    assert Path(out, "pictures/000001.bin").read_bytes() == before["pictures/000001.bin"] + picture(6)
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_what_came_stays_and_is_not_asked_for_again(run, web):
    run(retry=False)
    web.bodies["/p6.jpg"] = picture(6)
    out, _, _ = run()
    before = {path.name: path.read_bytes() for path in Path(out, "shards").glob("*.tar")}
    web.asked.clear()
    for retry in (False, True):
        _, summary, _ = run(retry)
        assert summary.reused == summary.tasks
    assert web.asked == []
    assert {path.name: path.read_bytes() for path in Path(out, "shards").glob("*.tar")} == before


def test_the_archive_is_asked_where_the_link_stays_dead(run, web):
    run(retry=False)
    web.bodies[f"/web/20240501000000id_/{DEAD}"] = picture(6)
    out, summary, _ = run(archive="http://archive.example/web/{time}id_/{url}")
    assert links(out)[DEAD]["came"] == "archive"
    found = written(out)["http://two.example/6.html"].images
    assert [image.url for image in found] == [DEAD]
    assert summary.ledger.faults() == []
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_a_link_that_stays_dead_is_counted_with_its_last_reason(run, web):
    run(retry=False)
    out, _, _ = run(archive="http://archive.example/web/{time}id_/{url}")
    assert links(out)[DEAD] | {"detail": ""} == {
        "url": DEAD,
        "reason": "http_4xx",
        "detail": "",
        "tries": 2,
        "came": "",
    }
    web.server_close()
    web.shutdown()
    out, summary, _ = run()
    assert links(out)[DEAD]["tries"] == 3
    assert summary.ledger["fetch"].pictures.dropped == {links(out)[DEAD]["reason"]: 1}
    assert links(out)[DEAD]["reason"] == "connect"
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_a_picture_that_comes_and_fails_a_check_is_dropped_there(run, web):
    run(retry=False)
    web.bodies["/p6.jpg"] = picture(6, 20)
    out, summary, _ = run()
    assert summary.ledger["fetch"].pictures.dropped == {}
    assert summary.ledger["size"].pictures.dropped == {"too_small": 2}
    assert summary.ledger.faults() == []
    assert receipt.read(out, "pictures", 1).stats["came"] == {"live": 1}
    assert verify.verify(out, cluster.Serial(1))[1] == []


def test_what_was_refused_is_not_asked_for_again(run, web):
    block = {"block": [DEAD]}
    out, summary, _ = run(retry=False, **block)
    assert summary.ledger["fetch"].pictures.dropped == {"blocked": 1}
    web.bodies["/p6.jpg"] = picture(6)
    run(**block)
    assert web.asked == []
    assert json.loads(Path(out, "ledger.json").read_text())
