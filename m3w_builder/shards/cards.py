"""What a finished build says of itself: manifest.json, a Croissant card, a dataset card for the Hugging Face hub."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.errors import BuildError
from m3w_builder.shards.write import COUNTS, INDEX, SUFFIX

SCHEMA_VERSION = 1
"""Raised when the layout of shards or index changes."""

PASSES = (
    "pages", "exchange1/gather", "exchange1/judge", "exchange1/spread", "exchange1/unite", "exchange1/groups",
    "exchange1/deliver",
    "pictures", "exchange2/gather", "exchange2/judge", "exchange2/spread", "exchange2/unite", "exchange2/groups",
    "exchange2/deliver", "joined", "shards",
)  # fmt: skip
"""The folders in which receipts lie."""

_MEMBERS = 50
"""Pictures of a document that the dataset card names; `datasets` leaves out what it does not name."""

_OTHERS = ("config.yaml", "plan.parquet", "ledger.json", "tombstones.json")
_TYPES = {"int64": "cr:Int64", "int32": "cr:Int32", "string": "sc:Text"}


@dataclass(frozen=True, slots=True)
class CardConfig:
    """What the cards of a corpus say that no build can know."""

    version: str = "1.0.0"
    """Version of the corpus, in three numbers."""
    licence: str = "other"
    """Licence of the corpus as a whole, a name of the Hugging Face hub's or a URL."""
    description: str = "Web pages as text and pictures in the order in which a reader meets them."
    """One sentence on the corpus."""
    url: str = ""
    """Where the corpus is published; empty: the build's folder."""
    citation: str = ""
    """How it is to be cited; empty: its name and version."""
    date: str = ""
    """Day of publication, as 2024-05-31; empty: the day on which the build ended."""


def totals(build: str) -> dict[str, dict[str, int]]:
    """By split: samples, shards, and sums of the index's counts, from the receipts; raises BuildError without any."""
    found: dict[str, dict[str, int]] = {}
    for receipt in receipts(build, "shards"):
        for split, counts in receipt["stats"]["splits"].items():
            mine = found.setdefault(split, dict.fromkeys(("samples", "shards", *COUNTS), 0))
            for name, number in counts.items():
                mine[name] += number
    if not found:
        raise BuildError(f"{build}: no shard lies in its folder `shards`; finish `m3w build` first")
    return found


def receipts(build: str, pass_name: str) -> Iterator[dict[str, Any]]:
    """The receipts of a pass, one at a time."""
    folder = storage.join(build, pass_name)
    names = (name for name in storage.names(folder) if name.endswith(".json") and name[:-5].isdigit())
    yield from storage.abreast(storage.read_json, [storage.join(folder, name) for name in names])


def manifest(build: str, about: Mapping[str, Any]) -> None:
    """Write BUILD/manifest.json: the schema's version, `about`, the splits, and every file with its sha256.

    `about` is plain data: name, code, config, sources and the like. Files are written receipt by receipt, so that
    their list is never held.
    """
    head = json.dumps(
        {"schema_version": SCHEMA_VERSION, **about, "splits": totals(build)}, ensure_ascii=False, indent=1
    )
    with storage.atomic(storage.join(build, "manifest.json")) as stream:
        stream.write(head.removesuffix("\n}").encode() + b',\n "files": {')
        before = b""
        for name, entry in _files(build):
            stream.write(before + f"\n  {json.dumps(name)}: {json.dumps(entry)}".encode())
            before = b","
        stream.write(b"\n }\n}\n")


def _files(build: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each file that the build is made of, with its bytes and sha256."""
    for name in _OTHERS:
        url = storage.join(build, name)
        if storage.exists(url):
            yield name, {"bytes": storage.size(url), "sha256": storage.sha256(url)}
    for pass_name in PASSES:
        for receipt in receipts(build, pass_name):
            yield from sorted(receipt["outputs"].items())


def croissant(build: str, name: str, card: CardConfig, date: str) -> dict[str, Any]:
    """The corpus in Croissant 1.0 (JSON-LD), written as BUILD/croissant.json; `date` is of publication (YYYY-MM-DD).

    The record set `samples` has a row a sample, read from the index; the tars are a file set of their own. Checksums
    of their files stand in the manifest, whose own is here, so that the card does not grow with the corpus.
    """
    url = storage.join(build, "manifest.json")
    made = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": name,
        "description": f"{name}: {card.description}",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "url": card.url or build,
        "version": card.version,
        "datePublished": date,
        "license": card.licence,
        "citeAs": card.citation or f"{name}, version {card.version}, {date}",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "manifest.json",
                "name": "manifest.json",
                "description": "Size and sha256 of every file.",
                "contentUrl": "manifest.json",
                "contentSize": f"{storage.size(url)} B",
                "encodingFormat": "application/json",
                "sha256": storage.sha256(url),
            },
            _file_set("index", "application/x-parquet", "shards/*-*.parquet", "A row a sample."),
            _file_set("tars", "application/x-tar", "shards/*-*.tar", "The samples: KEY.json, KEY.0.jpg, KEY.1.png, …"),
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "samples",
                "name": "samples",
                "description": "A row a sample: in which tar it lies and where, and what is in it.",
                "key": {"@id": "samples/key"},
                "field": [_field(column) for column in INDEX if _type(column.type)],
            }
        ],
    }
    storage.write_json(storage.join(build, "croissant.json"), made)
    return made


def _file_set(name: str, kind: str, includes: str, description: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "description": description,
        "encodingFormat": kind,
        "includes": includes,
    }


def _field(column: pa.Field) -> dict[str, Any]:
    made = {
        "@type": "cr:Field",
        "@id": f"samples/{column.name}",
        "name": f"samples/{column.name}",
        "dataType": _type(column.type),
        "source": {"fileSet": {"@id": "index"}, "extract": {"column": column.name}},
    }
    return made | ({"repeated": True} if pa.types.is_list(column.type) else {})


def _type(kind: pa.DataType) -> str:
    """Croissant's name of a column's type; empty for one that it has none for (maps, structs)."""
    return _TYPES.get(str(kind.value_type if pa.types.is_list(kind) else kind), "")


def dataset_card(
    build: str, name: str, card: CardConfig, languages: Mapping[str, int], pictures: int, formats: Iterable[str]
) -> str:
    """A README for the Hugging Face hub with the figures of this build, written as BUILD/README.md.

    `languages` are documents by language code; `pictures` the most of a document, `formats` those that there are:
    `datasets` must be told the members, since it takes those of the first documents for those of all.
    """
    splits = totals(build)
    known = sorted(language for language in languages if len(language) in (2, 3))
    head = ["---", f"pretty_name: {json.dumps(name)}", f"license: {'other' if ':' in card.licence else card.licence}"]
    head += ["language:", *(f"- {language}" for language in known)] if known else []
    head += ["task_categories:", "- image-to-text", "- text-generation"]
    head += ["configs:", "- config_name: default", "  data_files:"]
    for split in sorted(splits):
        head += [f"  - split: {split}", f'    path: "shards/{split}-*.tar"']
    head += ["dataset_info:", "- config_name: default", "  features:"]
    suffixes = sorted(SUFFIX.get(one, one) for one in formats)
    parts = [f"{number}.{suffix}" for number in range(min(pictures, _MEMBERS)) for suffix in suffixes]
    for member, kind in (("__key__", "string"), ("json", "json"), *((part, "image") for part in parts)):
        head += [f'  - name: "{member}"', f"    dtype: {kind}"]
    lines = [*head, "---", f"# {name}", "", card.description, ""]
    lines += [
        "A sample is `KEY.json` (the document) with its pictures `KEY.0.jpg`, `KEY.1.png`, … beside it in a tar;",
        "a Parquet index stands beside each tar. No host stands in two splits.", "",
        "| split | samples | shards | pictures | words | GB |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for split, told in sorted(splits.items()):
        cells = (told["samples"], told["shards"], told["images"], told["words"])
        lines.append(f"| {split} | " + " | ".join(f"{cell:,}" for cell in cells) + f" | {told['bytes'] / 1e9:.3f} |")
    if languages:
        most = sorted(languages.items(), key=lambda item: (-item[1], item[0]))[:20]
        lines += ["", "| language | samples |", "|---|---|", *(f"| {code} | {count:,} |" for code, count in most)]
    lines += [
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        f'load_dataset(".", split="{min(splits)}", streaming=True)  # this folder',
        f'load_dataset("parquet", data_files="shards/{min(splits)}-*.parquet", split="train")  # the index',
        "```",
        "",
        "`manifest.json` has the config and the sha256 of every file, `croissant.json` the same corpus for Croissant.",
        "Rights in the pages and pictures stay with their owners; each document carries its URL and the licence and",
        "opt-out signals that were found.",
    ]
    text = "\n".join(lines) + "\n"
    storage.write_bytes(storage.join(build, "README.md"), text.encode())
    return text


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
