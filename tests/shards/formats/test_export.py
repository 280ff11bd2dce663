"""Exports have the fields and rules of the layouts that they bear the name of."""

import base64
import importlib.util
import io
import json
import re
import tarfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
import webdataset
from PIL import Image

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


def test_energon_s_index_gives_each_sample_by_its_place(build, tmp_path, samples):
    out = tmp_path / "out"
    made = export(build, "energon", str(out))
    counts = json.loads((out / ".nv-meta" / ".info.json").read_text())["shard_counts"]
    assert sum(counts.values()) == len(samples)
    for name in made:
        if not name.endswith(".tar"):
            continue
        offsets = np.fromfile(out / f"{name}.idx", "<u8")
        assert len(offsets) == counts[name] + 1
        body = (out / name).read_bytes()
        for start, end in pairwise(offsets):
            with tarfile.open(fileobj=io.BytesIO(body[start:end] + bytes(1024))) as tar:
                first, *rest = tar.getnames()
            assert first.endswith(".json") and len(rest) == 2


def test_energon_itself_reads_them_where_it_is_installed(build, tmp_path, samples):
    energon = pytest.importorskip("megatron.energon")
    export(build, "energon", str(tmp_path / "out"))
    worker = energon.WorkerConfig(rank=0, world_size=1, num_workers=0)
    known = {document.key: document for document, _ in samples}
    found = 0
    for part in ("train", "val"):
        data = energon.get_val_dataset(str(tmp_path / "out"), split_part=part, worker_config=worker, batch_size=None)
        for sample in energon.get_loader(data):
            slots = rows.slots(known[sample.__key__])
            assert [slot if isinstance(slot, str) else (3, slot.height, slot.width) for slot in slots] == [
                entry if isinstance(entry, str) else tuple(entry.shape) for entry in sample.sequence
            ]
            found += 1
    assert found == len(samples)


def test_open_flamingo_s_json_has_its_pictures_as_jpeg_in_base64(build, tmp_path, samples):
    found = 0
    for name in export(build, "open_flamingo", str(tmp_path / "out")):
        for entry in webdataset.WebDataset(str(tmp_path / "out" / name), shardshuffle=False):
            row = json.loads(entry["json"])
            assert len(row["image_info"]) == len(row["similarity_matrix"]) == 2
            for about in row["image_info"]:
                body = base64.b64decode(about["image_base64"], validate=True)
                with Image.open(io.BytesIO(body)) as picture:
                    assert (picture.format, picture.size) == ("JPEG", (64, 48))
            found += 1
    assert found == len(samples)


def test_open_flamingo_s_own_code_reads_them_where_it_is_installed(build, tmp_path, samples, monkeypatch):
    place = importlib.util.find_spec("open_flamingo")
    if place is None:
        pytest.skip("open_flamingo is not installed")
    monkeypatch.syspath_prepend(str(Path(place.origin).parent / "train"))  # alone: the package wants its old models
    data = pytest.importorskip("data", exc_type=ImportError)
    monkeypatch.setattr(data, "MIN_KB", -1)
    texts = []

    class Tokenizer:
        """Tells what it is given, as two tokens: a picture's mark and anything else."""

        eos_token, pad_token_id, padding_side = "<eos>", 0, "right"
        additional_special_tokens, additional_special_tokens_ids = ["<image>"], [7]

        def __call__(self, text, **_):
            texts.append(text)
            numbers = torch.tensor([[7 if part == "<image>" else 1 for part in re.split("(<image>)", text)]])
            return {"input_ids": numbers, "attention_mask": torch.ones_like(numbers)}

        def encode(self, _):
            return [7]

    for name in export(build, "open_flamingo", str(tmp_path / "out")):
        for entry in webdataset.WebDataset(str(tmp_path / "out" / name), shardshuffle=False):
            pictures, _ = data.preprocess_interleaved(
                [entry["json"]], Tokenizer(), lambda one: torch.zeros(3, *one.size[::-1]), 0.0, 1, 5
            )
            assert pictures.shape[-2:] == (48, 64)
    assert len(texts) == len(samples)
    assert all(text.count("<image>") == 2 for text in texts)


def test_img2dataset_has_a_picture_a_sample_and_tables_beside(build, tmp_path, samples):
    out = tmp_path / "out"
    names = export(build, "img2dataset", str(out))
    assert names[:3] == ["00000.tar", "00000.parquet", "00000_stats.json"]
    found = [
        entry
        for name in names
        if name.endswith(".tar")
        for entry in webdataset.WebDataset(str(out / name), shardshuffle=False)
    ]
    assert len(found) == sum(len(bodies) for _, bodies in samples)
    told = [row for name in names if name.endswith(".parquet") for row in pq.read_table(out / name).to_pylist()]
    for entry, row in zip(found, told, strict=True):
        assert json.loads(entry["json"]) == row
        assert (row["status"], row["key"]) == ("success", entry["__key__"])
        assert "txt" in entry
        assert entry.get("jpg") or entry.get("png")
    counts = [json.loads((out / name).read_text()) for name in names if name.endswith("_stats.json")]
    assert sum(one["successes"] for one in counts) == len(found)


def test_a_format_that_is_not_known_and_a_build_without_shards_are_told(build, tmp_path):
    with pytest.raises(ConfigError, match="energon, img2dataset, mmc4, obelics, omnicorpus, open_flamingo, parquet"):
        export(build, "obelix", str(tmp_path / "out"))
    with pytest.raises(BuildError, match="no shard"):
        export(str(tmp_path / "none"), next(iter(FORMATS)), str(tmp_path / "out"))
