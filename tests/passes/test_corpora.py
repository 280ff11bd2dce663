"""A corpus that was exported in another project's layout comes back through the whole job."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from m3w_builder import cluster, shards, verify
from m3w_builder.shards.formats import export


def documents(out):
    return {one.url: one for path in Path(out).glob("shards/*.tar") for one, _ in shards.samples(str(path))}


@pytest.mark.parametrize(("format", "ending"), [("obelics", "parquet"), ("mmc4", "jsonl"), ("img2dataset", "tar")])
def test_an_exported_corpus_is_a_source(make, web, tmp_path, format, ending):
    first, _, _ = make("first")
    export(first, format, str(tmp_path / "corpus"))
    for path in Path(first).glob("shards/*.tar"):
        web.bodies |= {
            urlsplit(i.url).path: parts[i.part] for one, parts in shards.samples(str(path)) for i in one.images
        }
    source = {"corpus": {"format": format, "paths": [str(tmp_path / "corpus" / f"*.{ending}")]}}
    fetch = {"retries": 0, "resolve": {"*.example": web.place}, "site_rights": [], "robots": False}
    second, summary, _ = make("second", source=source, fetch=fetch)
    assert summary.ledger.faults() == []
    assert verify.verify(second, cluster.Serial(1))[1] == []
    before, after = documents(first), documents(second)
    assert {image.sha256 for one in after.values() for image in one.images} == {
        image.sha256 for one in before.values() for image in one.images
    }
    if format == "img2dataset":
        assert web.asked == []  # the pictures are in the tars
        return
    assert set(after) == set(before)
    for url, one in after.items():
        assert [image.url for image in one.images] == [image.url for image in before[url].images]
        assert one.text.split() == before[url].text.split()
