"""The report is one offline file with nothing hostile in it, and its figures are the build's."""

import csv
import json
import re
from itertools import pairwise

import pytest

from m3w_builder import report, storage
from m3w_builder.errors import BuildError
from m3w_builder.ledger import Ledger
from m3w_builder.report import figures, page, reasons, thumbnails
from tests.report.conftest import jpeg


@pytest.fixture(scope="module")
def html(build):
    return storage.read_bytes(report.write(build)).decode()


def test_nothing_is_loaded_and_nothing_runs(html):
    assert "<script" not in html
    assert not re.search(r'(src|href)="(?!data:image/jpeg;base64,|#)', html)
    assert "onerror=" not in re.sub(r"&[a-z#0-9]+;[^<]*", "", html)


def test_the_page_is_light_without_its_thumbnails(html):
    assert len(re.sub(r"data:image/jpeg;base64,[^\"]*", "", html)) < 3_000_000


def test_random_documents_have_thumbnails_encoded_anew(html):
    assert html.count('<article class="card">') == 13
    assert html.count('src="data:image/jpeg') == 12, "the SVG is not shown"


def test_figures_are_those_of_the_build(html, build):
    found = json.loads(storage.read_bytes(f"{build}/report/report.json"))
    assert found["sums"]["documents"] == 13
    assert found["distinct"] == {"hosts": 4, "pictures": 13}
    assert found["quantiles"]["pictures_a_document"]["0.5"] == 1
    assert found["passes"][0]["pass"] == "shards"
    assert found["dropped"][0]["meaning"] == "fewer than min_words words"
    rows = list(csv.DictReader(storage.read_bytes(f"{build}/report/funnel.csv").decode().splitlines()))
    told = {"unit": "pages", "stage": "length", "in": "15", "kept": "13", "reason": "too_short", "dropped": "2"}
    assert {**told, "kept_bytes": "0", "dropped_bytes": "0"} in rows


def test_a_picture_that_cannot_be_read_has_no_thumbnail():
    assert thumbnails.thumbnail(b"no picture", 99) == ""
    assert thumbnails.thumbnail(jpeg(3)[:200], 99) == ""


def test_a_folder_that_is_no_build_is_refused(tmp_path):
    with pytest.raises(BuildError, match="no finished build"):
        report.write(str(tmp_path))


@pytest.mark.parametrize(
    ("stage", "reason"),
    [("length", "too_short"), ("aspect", "too_long"), ("fetch", "robots"), ("extract", "icon"), ("any", "error"),
     ("picture_duplicates", "near_duplicate"), ("assemble", "no_pictures"), ("read", "http_status")],
)  # fmt: skip
def test_reasons_have_a_meaning(stage, reason):
    assert reasons.meaning(stage, reason)


def test_a_reason_of_nobody_has_none():
    assert reasons.meaning("nowhere", "nothing") == ""


def test_the_datasheet_is_filled_from_the_build_and_takes_no_markup_from_pages(build):
    report.write(build)
    sheet = storage.read_bytes(f"{build}/report/datasheet.md").decode()
    assert "| documents | 13 |" in sheet and "**to be answered**" in sheet
    assert "| length | 2 | 0 | too\\_short |" in sheet
    assert "<script>" not in sheet.replace("\\<script\\>", "")


def test_each_stage_tells_its_milliseconds_a_page_and_a_picture(build):
    found = figures.gather(build)
    entry = next(entry for entry in found["ledger"] if entry["stage"] == "length")
    entry["cpu_seconds"] = 1.5
    url = report.write(build, found)
    again = storage.read_bytes(url).decode()
    report.write(build)
    assert "CPU ms a page" in again and "CPU ms a picture" in again
    assert f"{1500 / entry['pages']['in']:,.3f}" in again


def test_a_real_build_is_told_with_tokens_repeats_and_all_reasons_on_a_small_page(sample_build):
    html = storage.read_bytes(report.write(sample_build)).decode()
    told = storage.read_json(f"{sample_build}/report/report.json")
    assert told["tokens"][0]["tokens"] > told["sums"]["words"] / 2
    assert told["duplicates"]["sizes"]
    for row in told["dropped"]:
        assert f"</b> {row['reason'].replace('_', ' ')}" in html, row
    assert len(re.sub(r"data:image/jpeg;base64,[^\"]*", "", html)) < 3_000_000
    rows = list(csv.DictReader(storage.read_bytes(f"{sample_build}/report/figures.csv").decode().splitlines()))
    assert {"figure": "sums", "of": "tokens", "measure": "count", "value": str(told["sums"]["tokens"])} in rows


def test_bytes_are_told_from_the_fetch_on_and_go_from_stage_to_stage(sample_build):
    ledger = Ledger.from_json(storage.read_json(f"{sample_build}/ledger.json"))
    met = list(ledger.entries.values())
    fetched = next(place for place, entry in enumerate(met) if entry.stage == "fetch")
    assert ledger["read"].pages.bytes == ledger["extract"].pages.taken_bytes > 1000
    assert all(not entry.pictures.taken_bytes for entry in met[:fetched])
    for before, after in pairwise(met[fetched:]):
        if after.stage != "store":  # which may write other bytes
            assert after.pictures.taken_bytes == before.pictures.bytes, after.stage
    gone = [(entry.stage, reason) for entry in met for reason in entry.pictures.dropped_bytes]
    assert gone and all(ledger[stage].pictures.dropped[reason] for stage, reason in gone)
    told = storage.read_json(f"{sample_build}/report/report.json")["sums"]["picture_bytes"]
    assert ledger["write"].pictures.bytes == told


def test_each_stage_tells_what_it_took_and_how_it_raised_the_peak():
    ledger = Ledger()
    ledger["decode"].pictures.kept, ledger["decode"].pictures.bytes = 8, 6_000_000
    ledger["decode"].pictures.drop("undecodable", 2, 2_000_000)
    ledger["decode"].cpu_seconds, ledger["decode"].peak_mb = 2.0, 31.5
    (row,) = page.stages(ledger.to_json())
    assert (row["bytes"], row["bytes_a_second"], row["pictures_a_second"]) == (8_000_000, 4_000_000, 5)
    assert (row["ms_a_picture"], row["peak_mb"]) == (200, 31.5)
