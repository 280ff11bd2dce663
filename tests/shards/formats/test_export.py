"""Exports have the fields and rules of the layouts that they bear the name of."""

import json

import pyarrow.parquet as pq
import pytest
import webdataset

from m3w_builder import shards, storage
from m3w_builder.document import Text
from m3w_builder.errors import BuildError, ConfigError
from m3w_builder.shards import ShardsConfig
from m3w_builder.shards.formats import FORMATS, export, rows


@pytest.fixture
def build(tmp_path, samples):
    samples[0][0].items.append(Text("One more block."))
    shards.write(samples, str(tmp_path / "build" / "shards"), "000000", ShardsConfig(validation=0.3))
    return str(tmp_path / "build")


def tables(out):
    return [row for name in storage.names(out) for row in pq.read_table(f"{out}/{name}").to_pylist()]


def by_url(samples):
    return {document.url: (document, bodies) for document, bodies in samples}


@pytest.mark.parametrize("format", ["obelics", "omnicorpus"])
def test_slots_hold_a_text_or_a_picture_in_order(build, tmp_path, samples, format):
    out = str(tmp_path / "out")
    export(build, format, out)
    known = by_url(samples)
    found = tables(out)
    assert len(found) == len(samples)
    for row in found:
        general, metadata = row["general_metadata"], row["metadata"]
        if format == "obelics":
            general, metadata = json.loads(general), json.loads(metadata)
        document, _ = known[general["url"]]
        assert len(row["images"]) == len(row["texts"]) == len(metadata)
        for image, text, entry in zip(row["images"], row["texts"], metadata, strict=True):
            assert (image is None) != (text is None)
            assert (image is None) == (entry is None)
        assert [image for image in row["images"] if image] == [image.url for image in document.images]
        assert "\n\n".join(text for text in row["texts"] if text) == document.text


def test_obelics_has_its_columns_and_keys(build, tmp_path):
    out = str(tmp_path / "out")
    name = export(build, "obelics", out)[0]
    assert pq.read_schema(f"{out}/{name}").remove_metadata() == rows.OBELICS
    row = tables(out)[0]
    assert set(next(entry for entry in json.loads(row["metadata"]) if entry)) == {
        "document_url", "unformatted_src", "src", "formatted_filename", "alt_text", "rendered_width",
        "rendered_height", "original_width", "original_height", "format",
    }  # fmt: skip
    assert set(json.loads(row["general_metadata"])) == {
        "url", "warc_filename", "warc_record_offset", "warc_record_length",
    }  # fmt: skip


def test_mmc4_matches_every_picture_with_a_text_of_its_list(build, tmp_path, samples):
    out = tmp_path / "out"
    lines = [
        json.loads(line) for name in export(build, "mmc4", str(out)) for line in (out / name).read_text().splitlines()
    ]
    assert len(lines) == len(samples)
    for line in lines:
        assert len(line["similarity_matrix"]) == len(line["image_info"]) == 2
        assert all(len(similarities) == len(line["text_list"]) for similarities in line["similarity_matrix"])
        assert [entry["matched_text_index"] for entry in line["image_info"]] == [1, 2]
        assert line["could_have_url_duplicate"] in (0, 1)


def test_mmc4_has_the_matches_and_the_matrix_of_an_aligned_build(samples):
    one, _ = samples[0]  # heading, picture, text, picture, text
    first, second = one.images
    first.matched, first.similarities, first.scores = 1, [0.1, 0.4, -0.2], {"similarity": 0.4}
    second.matched, second.similarities, second.scores = 0, [0.3, 0.2, 0.1], {"similarity": 0.3}
    line = rows.mmc4(one, {})
    assert [entry["matched_text_index"] for entry in line["image_info"]] == [1, 0]
    assert [entry["matched_sim"] for entry in line["image_info"]] == [0.4, 0.3]
    assert line["similarity_matrix"] == [[0.1, 0.4, -0.2], [0.3, 0.2, 0.1]]


def test_whole_samples_come_back_from_parquet(build, tmp_path, samples):
    out = str(tmp_path / "out")
    export(build, "parquet", out)
    known = by_url(samples)
    for row in tables(out):
        document, parts = rows.from_parquet(row)
        assert document == known[document.url][0]
        assert list(parts.values()) == known[document.url][1]


def test_energon_finds_each_picture_by_the_name_behind_the_first_dot(build, tmp_path, samples):
    out = tmp_path / "out"
    made = export(build, "energon", str(out))
    assert {".nv-meta/dataset.yaml", ".nv-meta/split.yaml"} <= set(made)
    known = {document.key: bodies for document, bodies in samples}
    count = 0
    for name in made:
        for entry in webdataset.WebDataset(str(out / name), shardshuffle=False) if name.endswith(".tar") else ():
            places = json.loads(entry["json"])
            assert all((a is None) != (b is None) for a, b in zip(places["images"], places["texts"], strict=True))
            assert [entry[part] for part in places["images"] if part] == known[entry["__key__"]]
            count += 1
    assert count == len(samples)


def test_img2dataset_has_a_picture_a_sample(build, tmp_path, samples):
    out = tmp_path / "out"
    found = [
        entry
        for name in export(build, "img2dataset", str(out))
        for entry in webdataset.WebDataset(str(out / name), shardshuffle=False)
    ]
    assert len(found) == sum(len(bodies) for _, bodies in samples)
    for entry in found:
        told = json.loads(entry["json"])
        assert told["status"] == "success"
        assert told["key"] == entry["__key__"]
        assert "txt" in entry
        assert entry.get("jpg") or entry.get("png")


def test_a_format_that_is_not_known_and_a_build_without_shards_are_told(build, tmp_path):
    with pytest.raises(ConfigError, match="energon, img2dataset, mmc4, obelics, omnicorpus, parquet"):
        export(build, "obelix", str(tmp_path / "out"))
    with pytest.raises(BuildError, match="no shard"):
        export(str(tmp_path / "none"), next(iter(FORMATS)), str(tmp_path / "out"))
