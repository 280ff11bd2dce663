"""Cards and manifest tell the files and figures that lie there."""

import hashlib
import json
from pathlib import Path

import pytest
import yaml

from m3w_builder import shards, storage
from m3w_builder.errors import BuildError
from m3w_builder.shards import ShardsConfig
from m3w_builder.shards.cards import croissant, dataset_card, manifest


@pytest.fixture
def build(tmp_path, samples):
    made = shards.write(samples, str(tmp_path / "shards"), "000000", ShardsConfig(validation=0.3))
    outputs = {name: entry for shard in made for name, entry in shard.outputs("shards").items()}
    storage.write_json(str(tmp_path / "shards" / "000000.json"), {"outputs": outputs})
    return str(tmp_path)


def test_the_manifest_names_every_file_with_its_sum(build, samples):
    made = manifest(build, {"name": "m"}, "0.1.0", [{"warc": "a"}])
    assert json.loads(Path(build, "manifest.json").read_text()) == made
    for name, said in made["files"].items():
        assert hashlib.sha256(Path(build, name).read_bytes()).hexdigest() == said["sha256"]
    splits = made["splits"]
    assert sum(split["samples"] for split in splits.values()) == len(samples)
    assert sum(split["images"] for split in splits.values()) == sum(len(bodies) for _, bodies in samples)
    assert sum(split["hosts"] for split in splits.values()) == 7


def test_the_croissant_card_names_every_file_and_column(build):
    made = croissant(build, "corpus", "1.0.0", "https://example.org/licence", "2024-01-01")
    assert made["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    ids = {entry["@id"] for entry in made["distribution"]}
    for entry in made["distribution"]:
        body = Path(build, entry["contentUrl"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(body).hexdigest()
    for records in made["recordSet"]:
        for field in records["field"]:
            index = field["source"]["fileObject"]["@id"]
            assert index in ids
            table = storage.read_table(f"{build}/shards/{index}")
            assert field["source"]["extract"]["column"] in table.column_names


def test_the_dataset_card_has_the_hub_s_head_and_the_figures(build):
    text = dataset_card(build, "A corpus")
    head = yaml.safe_load(text.split("---")[1])
    assert head["language"] == ["en"]
    assert [entry["split"] for entry in head["configs"][0]["data_files"]] == ["train", "validation"]
    assert "| train |" in text and "| validation |" in text


def test_a_build_without_shards_is_told(tmp_path):
    with pytest.raises(BuildError, match="no shard"):
        dataset_card(str(tmp_path), "x")
