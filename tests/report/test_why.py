"""One URL's way through a build is told, and a build that is none is refused."""

import pyarrow as pa
import pytest

from m3w_builder import document, storage
from m3w_builder.document import Document, Image, Text
from m3w_builder.errors import BuildError
from m3w_builder.passes.books import DROPPED_SCHEMA
from m3w_builder.report.why import why


@pytest.fixture
def build(tmp_path):
    base = str(tmp_path)
    storage.write_table(f"{base}/plan.parquet", pa.table({"number": [0]}))
    rows = [
        {
            "unit": "page",
            "url": "http://a/",
            "stage": "length",
            "reason": "too_short",
            "detail": "3 words",
            "value": 3,
            "limit": 50,
        },
        {"unit": "page", "url": "http://a/b", "stage": "repetition", "reason": "duplicate_lines", "value": 0.5},
        {"unit": "picture", "url": "http://a/x.jpg", "page": "http://a/", "stage": "size", "reason": "too_small"},
    ]
    storage.write_table(f"{base}/pages/000000.dropped.parquet", pa.Table.from_pylist(rows, schema=DROPPED_SCHEMA))
    kept = Document("http://b/", [Text("hello"), Image("http://b/y.jpg")], key="00ff" * 8)
    storage.write_table(f"{base}/pages/000000.parquet", document.to_table([kept])[0])
    picture = {"url": "http://b/y.jpg", "width": 10, "height": 20, "format": "jpeg", "bytes": 5, "sha256": "ab" * 32}
    storage.write_table(f"{base}/pictures/000000.parquet", pa.Table.from_pylist([picture]))
    return base


def test_a_dropped_page_is_told_with_measure_and_limit(build):
    (line,) = why(build, "http://a/")
    assert line == "page http://a/ was dropped at length: too_short (3 words; measured 3, limit 50)"
    (line,) = why(build, "http://a/b")
    assert line == "page http://a/b was dropped at repetition: duplicate_lines (measured 0.5)"


def test_a_dropped_picture_is_told_with_its_page(build):
    assert why(build, "http://a/x.jpg") == ["picture http://a/x.jpg on http://a/ was dropped at size: too_small"]


def test_a_kept_picture_is_told_with_the_documents_where_it_stands(build):
    first, second = why(build, "http://b/y.jpg")
    assert "10 × 20 jpeg" in first
    assert second.endswith(f"document {'00ff' * 8} of http://b/")


def test_what_was_never_met_has_no_lines(build):
    assert why(build, "http://nowhere/") == []


def test_a_folder_that_is_no_build_is_refused(tmp_path):
    with pytest.raises(BuildError, match="no build lies there"):
        why(str(tmp_path / "none"), "http://a/")
