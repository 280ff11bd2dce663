"""Cards and manifest tell the files and figures that lie there."""

import hashlib
import json
from pathlib import Path

import mlcroissant
import pytest
import yaml

from m3w_builder import shards, storage
from m3w_builder.errors import BuildError
from m3w_builder.shards import ShardsConfig
from m3w_builder.shards.cards import CardConfig, croissant, dataset_card, manifest

CARD = CardConfig(licence="https://example.org/licence")


@pytest.fixture
def build(tmp_path, samples):
    made = shards.write(samples, str(tmp_path / "shards"), "000000", ShardsConfig(validation=0.3))
    outputs = {name: entry for shard in made for name, entry in shard.outputs("shards").items()}
    receipt = {"outputs": outputs, "stats": {"splits": shards.totals(made)}}
    storage.write_json(str(tmp_path / "shards" / "000000.json"), receipt)
    storage.write_bytes(str(tmp_path / "config.yaml"), b"name: m\n")
    return str(tmp_path)


def test_the_manifest_names_every_file_with_its_sum(build, samples):
    manifest(build, {"name": "m", "sources": ["a"]})
    made = json.loads(Path(build, "manifest.json").read_text())
    assert list(made) == ["schema_version", "name", "sources", "splits", "files"]
    assert {name for name in made["files"] if name.endswith(".tar")} == {
        f"shards/{path.name}" for path in Path(build, "shards").glob("*.tar")
    }
    for name, said in made["files"].items():
        assert hashlib.sha256(Path(build, name).read_bytes()).hexdigest() == said["sha256"]
    splits = made["splits"]
    assert sum(split["samples"] for split in splits.values()) == len(samples)
    assert sum(split["images"] for split in splits.values()) == sum(len(bodies) for _, bodies in samples)
    assert sum(split["bytes"] for split in splits.values()) > sum(len(b) for _, bodies in samples for b in bodies)


def test_mlcroissant_validates_the_card_and_reads_the_samples_by_it(build, samples):
    manifest(build, {"name": "m"})
    croissant(build, "corpus", CARD, "2024-01-01")
    found = mlcroissant.Dataset(jsonld=str(Path(build, "croissant.json")))
    assert not found.metadata.ctx.issues.errors
    assert not found.metadata.ctx.issues.warnings
    rows = list(found.records("samples"))
    assert {row["samples/key"].decode() for row in rows} == {document.key for document, _ in samples}
    assert {row["samples/images"] for row in rows} == {2}


def test_the_dataset_card_has_the_hub_s_head_and_the_figures(build):
    text = dataset_card(build, "A corpus", CARD, {"en": 12, "unknown": 3, "de": 5}, 2, ["jpeg", "png"])
    head = yaml.safe_load(text.split("---")[1])
    assert head["language"] == ["de", "en"]
    assert head["license"] == "other"
    for config in head["configs"]:
        assert [entry["split"] for entry in config["data_files"]] == ["train", "validation"]
    members = [entry["name"] for entry in head["dataset_info"][0]["features"]]
    assert members == ["__key__", "json", "0.jpg", "0.png", "1.jpg", "1.png"]
    assert "| train |" in text and "| validation |" in text and "| en | 12 |" in text


def test_a_build_without_shards_is_told(tmp_path):
    with pytest.raises(BuildError, match="no shard"):
        dataset_card(str(tmp_path), "x", CARD, {}, 0, [])
