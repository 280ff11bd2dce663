"""What a finished build says of itself: manifest.json, a Croissant card, a dataset card for the Hugging Face hub."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from m3w_builder import storage
from m3w_builder.errors import BuildError
from m3w_builder.shards.write import INDEX

SCHEMA_VERSION = 1
"""Raised when the layout of shards or index changes."""

_COUNTS = ("texts", "images", "videos", "audios", "words", "characters", "picture_bytes", "bytes")
_CROISSANT_TYPES = {"int64": "sc:Integer", "int32": "sc:Integer", "string": "sc:Text"}


def totals(build: str) -> dict[str, dict[str, Any]]:
    """By split: samples, shards, sums of the index's counts, hosts, languages, licences."""
    found: dict[str, dict[str, Any]] = {}
    for name in _indexes(build):
        table = storage.read_table(storage.join(build, "shards", name), [*_COUNTS, "host", "language", "licence"])
        split = found.setdefault(
            name.split("-", 1)[0],
            {
                "samples": 0, "shards": 0, **dict.fromkeys(_COUNTS, 0),
                "hosts": set(), "languages": Counter(), "licences": Counter(),
            },
        )  # fmt: skip
        split["samples"] += table.num_rows
        split["shards"] += 1
        for count in _COUNTS:
            split[count] += sum(table[count].to_pylist())
        split["hosts"].update(table["host"].to_pylist())
        split["languages"].update(table["language"].to_pylist())
        split["licences"].update(table["licence"].to_pylist())
    for split in found.values():
        split["hosts"] = len(split["hosts"])
        for name in ("languages", "licences"):
            split[name] = dict(sorted(split[name].items(), key=lambda entry: (-entry[1], entry[0])))
    return found


def manifest(build: str, config: Mapping[str, Any], code: str, sources: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What a build is made of, with the sha256 of every file that a receipt names; written as BUILD/manifest.json.

    `config` is plain data, `code` the code's version, `sources` what was read. Raises BuildError without shards.
    """
    files: dict[str, Any] = {}
    for name in ("pages", "pictures", "shards"):
        for entry in storage.names(storage.join(build, name)):
            if entry.endswith(".json") and entry[:-5].isdigit():
                files.update(storage.read_json(storage.join(build, name, entry))["outputs"])
    made = {
        "schema_version": SCHEMA_VERSION,
        "code": code,
        "config": dict(config),
        "sources": [dict(source) for source in sources],
        "splits": totals(build),
        "files": dict(sorted(files.items())),
    }
    storage.write_json(storage.join(build, "manifest.json"), made)
    return made


def croissant(build: str, name: str, version: str, licence: str, date: str, url: str = "") -> dict[str, Any]:
    """The corpus in Croissant 1.0 (JSON-LD), written as BUILD/croissant.json; `date` is of publication (YYYY-MM-DD).

    The record set `samples` has a row a sample of the index; the tars are a file set of their own.
    """
    indexes = _indexes(build)
    made = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": name,
        "description": f"{name}: web pages as text and pictures in the order in which a reader meets them.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "url": url or build,
        "version": version,
        "datePublished": date,
        "license": licence,
        "citeAs": f"{name}, version {version}, {date}",
        "distribution": [
            _file(build, f"{index.removesuffix('.parquet')}{suffix}", kind)
            for index in indexes
            for suffix, kind in ((".parquet", "application/x-parquet"), (".tar", "application/x-tar"))
        ],
        "recordSet": [_record_set(index) for index in indexes],
    }
    storage.write_json(storage.join(build, "croissant.json"), made)
    return made


def _file(build: str, name: str, kind: str) -> dict[str, Any]:
    url = storage.join(build, "shards", name)
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": f"shards/{name}",
        "contentSize": f"{storage.size(url)} B",
        "encodingFormat": kind,
        "sha256": storage.sha256(url),
    }


def _record_set(index: str) -> dict[str, Any]:
    name = index.removesuffix(".parquet")
    fields = [column for column in INDEX if str(column.type) in _CROISSANT_TYPES]
    return {
        "@type": "cr:RecordSet",
        "@id": f"{name}/samples",
        "name": f"{name}/samples",
        "description": f"A row a sample of {name}.tar.",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/samples/{column.name}",
                "name": f"{name}/samples/{column.name}",
                "dataType": _CROISSANT_TYPES[str(column.type)],
                "source": {"fileObject": {"@id": index}, "extract": {"column": column.name}},
            }
            for column in fields
        ],
    }


def dataset_card(build: str, name: str, licence: str = "other") -> str:
    """A README for the Hugging Face hub with the figures of this build, written as BUILD/README.md."""
    splits = totals(build)
    languages = sorted({language for split in splits.values() for language in split["languages"] if language})
    head = ["---", f"pretty_name: {json.dumps(name)}", f"license: {licence}"]
    head += ["language:", *(f"- {language}" for language in languages)] if languages else []
    head += ["task_categories:", "- image-to-text", "- text-generation", "configs:", "- config_name: default"]
    head += ["  data_files:"]
    for split in sorted(splits):
        head += [f"  - split: {split}", f'    path: "shards/{split}-*.tar"']
    lines = [
        *head, "---", f"# {name}", "",
        "Web pages as documents in which text and pictures stand in the order in which a reader meets them.",
        "A sample is `KEY.json` (the document) with its pictures `KEY.0.jpg`, `KEY.1.png`, … beside it in a tar;",
        "a Parquet index stands beside each tar. No host stands in two splits.", "",
        "| split | samples | shards | pictures | words | hosts | GB |", "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for split, told in sorted(splits.items()):
        cells = (told["samples"], told["shards"], told["images"], told["words"], told["hosts"])
        lines.append(f"| {split} | " + " | ".join(f"{cell:,}" for cell in cells) + f" | {told['bytes'] / 1e9:.3f} |")
    lines += [
        "",
        "```python",
        "from datasets import load_dataset",
        f'load_dataset("webdataset", data_files="shards/{min(splits)}-*.tar", split="train", streaming=True)',
        "```",
        "",
        "Rights in the pages and pictures stay with their owners; each document carries its URL and the licence and",
        "opt-out signals that were found.",
    ]
    text = "\n".join(lines) + "\n"
    storage.write_bytes(storage.join(build, "README.md"), text.encode())
    return text


def _indexes(build: str) -> list[str]:
    """Names of the index files; raises BuildError where there is none."""
    names = storage.names(storage.join(build, "shards"))
    found = [name for name in names if name.endswith(".parquet") and f"{name.removesuffix('.parquet')}.tar" in names]
    if not found:
        raise BuildError(f"{build}: no shard lies in its folder `shards`; finish `m3w build` first")
    return found


_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context of the Croissant 1.0 specification."""
