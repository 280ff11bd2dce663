"""Rows of published corpora become documents in their order; rows and files that are broken are refused, not raised."""

import gzip
import io
import json
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from m3w_builder import sources
from m3w_builder.document import Image, Text
from m3w_builder.errors import ConfigError
from m3w_builder.sources import Archived, CorpusSource, ReadLimits, Ready, Refused, SourceConfig

JPEG = b"\xff\xd8\xff\xe0 not much of a picture"

OBELICS = {
    "images": ["http://p.example/a.jpg", None, "http://p.example/b.jpg"],
    "texts": [None, "One block.\n\nAnother block.", None],
    "metadata": json.dumps(
        [{"alt_text": "a boat", "rendered_width": 300, "rendered_height": 200}, None, {"alt_text": None}]
    ),
    "general_metadata": json.dumps(
        {"url": "http://a.example/1", "warc_filename": "c.warc.gz", "warc_record_offset": 7}
    ),
}  # fmt: skip

MMC4 = {
    "url": "http://a.example/1",
    "text_list": ["First.", "Second.", "Third."],
    "image_info": [
        {"image_name": "x.jpg", "raw_url": "http://p.example/a.jpg", "matched_text_index": 1, "matched_sim": 0.25},
        {"image_name": "y.jpg", "raw_url": "http://p.example/b.jpg", "matched_text_index": 0, "matched_sim": 0.5},
    ],
    "similarity_matrix": [[0, 0.25, 0], [0.5, 0, 0]],
    "could_have_url_duplicate": 0,
}


def read(format, *paths, parts=1):
    config = SourceConfig(corpus=CorpusSource(format, [str(path) for path in paths], parts))
    sources.check(config)
    return [one for part in sources.plan(config, "") for one in sources.read(part.input, ReadLimits())]


def obelics(path, rows, row_group=100):
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=row_group)
    return path


def tar(path, members):
    with tarfile.open(path, "w") as out:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            out.addfile(info, io.BytesIO(body))
    return path


def test_obelics_slots_become_items_in_their_order(tmp_path):
    (one,) = read("obelics", obelics(tmp_path / "a.parquet", [OBELICS]))
    assert one.document.items == [
        Image("http://p.example/a.jpg", alt="a boat", declared_width=300, declared_height=200),
        Text("One block."),
        Text("Another block."),
        Image("http://p.example/b.jpg"),
    ]
    assert (one.document.url, one.document.host) == ("http://a.example/1", "a.example")
    assert (one.document.source.file, one.document.source.offset) == ("c.warc.gz", 7)


def test_a_file_is_read_in_parts_without_gap_or_overlap(tmp_path):
    rows = [{**OBELICS, "general_metadata": json.dumps({"url": f"http://a.example/{n}"})} for n in range(10)]
    found = read("obelics", obelics(tmp_path / "a.parquet", rows, 3), parts=3)
    assert [one.document.url for one in found] == [f"http://a.example/{n}" for n in range(10)]
    lines = tmp_path / "b.jsonl"
    lines.write_text("".join(json.dumps({**MMC4, "url": f"http://a.example/{n}"}) + "\n" for n in range(10)))
    assert sorted(one.document.url for one in read("mmc4", lines, parts=3)) == sorted(one.url for one in found)


@pytest.mark.parametrize("packed", ["jsonl", "jsonl.gz", "zip"])
def test_mmc4_pictures_stand_before_their_sentence(tmp_path, packed):
    line, path = json.dumps(MMC4).encode() + b"\n", tmp_path / f"docs.{packed}"
    if packed == "zip":
        with zipfile.ZipFile(path, "w") as out:
            out.writestr("docs.jsonl", line)
    else:
        path.write_bytes(gzip.compress(line) if packed == "jsonl.gz" else line)
    (one,) = read("mmc4", path)
    assert one.document.items == [
        Image("http://p.example/b.jpg", scores={"similarity": 0.5}),
        Text("First."),
        Image("http://p.example/a.jpg", scores={"similarity": 0.25}),
        Text("Second. Third."),
    ]


def test_an_img2dataset_tar_gives_documents_and_the_bytes_of_their_pictures(tmp_path):
    about = {"url": "http://p.example/a.jpg", "caption": "a boat", "key": "000", "status": "success"}
    failed = {**about, "url": "http://p.example/b.jpg", "status": "failed_to_download", "error_message": "HTTP 404"}
    path = tar(
        tmp_path / "00000.tar",
        {
            "000.jpg": JPEG, "000.json": json.dumps(about).encode(), "000.txt": b"a boat",
            "001.json": json.dumps(failed).encode(), "001.txt": b"gone",
        },
    )  # fmt: skip
    picture, one, refused = read("img2dataset", path)
    assert isinstance(picture, Archived) and isinstance(one, Ready)
    assert one.document.items == [Image("http://p.example/a.jpg", alt="a boat"), Text("a boat")]
    assert sources.read_payload(picture.file, picture.offset, 1000).body == JPEG
    assert sources.read_payload(picture.file, picture.offset, 10).reason == "too_large"
    assert refused.drop.reason == "not_fetched" and refused.drop.detail == "HTTP 404"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({"metadata": "{"}, "broken_row"),
        ({"texts": [None]}, "broken_row"),
        ({"metadata": json.dumps([{"alt_text": 5}])}, "broken_row"),
        ({"general_metadata": json.dumps({})}, "broken_row"),
        ({"general_metadata": json.dumps({"url": "ftp://a.example/"})}, "not_http"),
        ({"images": [None], "texts": [None], "metadata": "[null]"}, "empty"),
    ],
)
def test_a_row_of_another_layout_is_refused_and_the_others_are_read(tmp_path, spoil, reason):
    found = read("obelics", obelics(tmp_path / "a.parquet", [OBELICS | spoil, OBELICS]))
    assert [type(one) for one in found] == [Refused, Ready]
    assert found[0].drop.reason == reason


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b'{"url": 3}',
        b"[" * 100_000,
        json.dumps(MMC4 | {"text_list": ["one"]}).encode(),
        json.dumps(MMC4 | {"image_info": [MMC4["image_info"][0] | {"raw_url": ["http://a.example/x.jpg"]}]}).encode(),
        json.dumps(MMC4 | {"image_info": [MMC4["image_info"][0] | {"matched_text_index": 1e999}]}).encode(),
    ],
    ids=["cut", "list", "number", "deep", "short", "list for a URL", "endless place"],
)
def test_a_line_that_is_none_is_refused(tmp_path, line):
    (tmp_path / "a.jsonl").write_bytes(line)
    (one,) = read("mmc4", tmp_path / "a.jsonl")
    assert one.drop.reason == "broken_row"


@pytest.mark.parametrize(("format", "name"), [("obelics", "a.parquet"), ("mmc4", "a.zip"), ("img2dataset", "a.tar")])
def test_a_file_that_is_cut_off_is_refused(tmp_path, format, name):
    (tmp_path / name).write_bytes(b"PAR1 and no more")
    (one,) = read(format, tmp_path / name)
    assert one.drop.reason == "truncated"


def test_the_same_row_has_the_same_key_again_and_another_row_another(tmp_path):
    one, two, three = read("mmc4", *(_lines(tmp_path / f"{n}.jsonl", n) for n in (1, 1, 2)))
    assert one.document.key == two.document.key != three.document.key


def _lines(path, number):
    path.write_text(json.dumps(MMC4 | {"text_list": [f"Text {number}.", "", ""]}) + "\n")
    return path


def test_a_file_that_is_not_there_is_told_before_any_work(tmp_path):
    with pytest.raises(ConfigError, match=r"source\.corpus\.paths"):
        read("mmc4", tmp_path / "none.jsonl")
