"""A dropped page is shown again from what the build kept of it, or from its archive."""

import pyarrow.parquet as pq
import pytest

from m3w_builder import storage
from m3w_builder.report.again import again
from m3w_builder.report.app import App


def dropped_pages(build: str) -> list[dict]:
    files = [
        f"{build}/{name}/{file}"
        for name in ("pages", "pictures", "shards")
        for file in storage.names(f"{build}/{name}")
    ]
    rows = [row for file in files if file.endswith(".dropped.parquet") for row in pq.read_table(file).to_pylist()]
    return [row for row in rows if row["unit"] == "page"]


@pytest.mark.parametrize("reason", ["too_short", "no_pictures"])
def test_a_page_that_had_text_is_shown_with_the_row_that_says_why_it_went(sample_build, reason):
    url = next(row["url"] for row in dropped_pages(sample_build) if row["reason"] == reason)
    shown = again(sample_build, url)
    assert shown.document.text and shown.document.url == url
    assert reason in [row["reason"] for row in shown.rows]
    assert ("archive" in shown.origin or ".warc.gz" in shown.origin) == (reason == "too_short")


def test_a_page_without_its_archive_is_told_so(sample_build, tmp_path, monkeypatch):
    row = next(row for row in dropped_pages(sample_build) if row["reason"] == "too_short")

    def gone(*_):
        raise FileNotFoundError("no such archive")

    monkeypatch.setattr("m3w_builder.sources.read", gone)
    shown = again(sample_build, row["url"])
    assert shown.document is None and "not at hand" in shown.origin


def test_the_page_has_measure_limit_and_text(sample_build):
    row = next(row for row in dropped_pages(sample_build) if row["reason"] == "too_short")
    text = App(sample_build).get(f"/again?url={row['url']}").body.decode()
    assert f"measured <b>{row['value']:.4g}</b>, limit <b>50</b>" in text
    assert '<article class="reader"' in text


def test_an_address_that_was_never_met_has_no_rows(sample_build):
    assert again(sample_build, "http://nowhere.test/").rows == []
    assert "No drop of this page" in App(sample_build).get("/again?url=http://nowhere.test/<script>").body.decode()
