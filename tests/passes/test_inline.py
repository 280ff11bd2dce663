"""A picture whose bytes stand in its page goes through all passes as one that was fetched."""

import base64
from pathlib import Path

from m3w_builder import cluster, verify
from m3w_builder.shards import samples
from tests.passes.conftest import Archive, article, picture


def test_a_picture_in_the_page_itself_comes_into_the_shard_once_by_a_short_name(make, archives):
    body = picture(77)
    uri = f"data:image/jpeg;base64,{base64.b64encode(body).decode()}"
    broken = f"data:image/png;base64,{base64.b64encode(bytes(range(256)) * 20).decode()}"
    archive = Archive(archives / "d.warc.gz")
    archive.add("http://three.example/8.html", article(8, [uri, broken]).encode())
    archive.add("http://three.example/9.html", article(9, ["data:image/gif;base64,R0lGODlhAQABAAAAACw="]).encode())
    archive.close()

    out, summary, _ = make(extract={"min_inline_bytes": 1000})

    assert summary.ledger.faults() == []
    assert summary.ledger["extract"].pictures.dropped == {"placeholder": 1}
    assert sum(summary.ledger["decode"].pictures.dropped.values()) == 1
    tars = sorted(Path(out, "shards").glob("*.tar"))
    ((one, pictures),) = [found for tar in tars for found in samples(str(tar)) if found[0].url.endswith("/8.html")]
    assert [image.url.partition(";")[0] for image in one.images] == ["ni:///sha-256"]
    assert list(pictures.values()) == [body]
    assert verify.verify(out, cluster.Serial(1))[1] == []
