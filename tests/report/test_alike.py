"""Pictures that look like one are found among the stored ones, and served under fixed types."""

import numpy as np
import pyarrow as pa
import pytest

from m3w_builder import storage
from m3w_builder.report.alike import alike, stored
from m3w_builder.report.app import App


@pytest.fixture
def build(tmp_path):
    hashes = [0b0, 0b11, 0xFFFF, (1 << 63) | 0b1]
    rows = [
        {"url": f"http://a/{n}.jpg", "sha256": f"{n:064x}", "width": 9, "height": 9, "format": "jpeg",
         "offset": 3 * n, "bytes": 3}
        for n in range(4)
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows).append_column("phash", pa.array(np.array(hashes, np.uint64)))
    storage.write_table(f"{tmp_path}/pictures/000007.parquet", table)
    storage.write_bytes(f"{tmp_path}/pictures/000007.bin", b"onetwosixsvg")
    return str(tmp_path)


def test_near_ones_come_nearest_first_and_the_picture_itself_not(build):
    found = alike(build, f"{0:016x}", "http://a/0.jpg")
    assert [(one["url"][-5], one["distance"]) for one in found.pictures] == [("1", 2), ("3", 2)]
    assert (found.looked, found.total) == (1, 1)
    assert alike(build, "", "").pictures == []


def test_bytes_are_read_by_partition_and_row(build):
    assert stored(build, "000007", 1) == (b"two", "jpeg")
    for partition, row in (("000007", 9), ("000001", 0), ("../x", 0)):
        assert stored(build, partition, row) is None


def test_a_kept_picture_is_shown_with_its_facts_and_a_stored_one_is_served(sample_build):
    app = App(sample_build)
    row = next(row for row in app.catalogue.rows([0, 1, 2]) if row["images"])
    text = app.get(f"/look/{row['key']}/0.jpg").body + app.get(f"/look/{row['key']}/0.png").body
    assert b"perceptual hash" in text and b"Pictures that look like it" in text
    served = app.get("/stored/000000/0")
    assert served.type.startswith("image/") and "sandbox" in served.headers["Content-Security-Policy"]
    assert app.get("/stored/000000/999999").status == app.get("/stored/x").status == 404
