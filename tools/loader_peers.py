"""Other projects' loaders for bench_loader.py, each over the same samples in its own layout, where it is installed.

pip install megatron-energon litdata mosaicml-streaming    (in an environment of their own: they hold others back)
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from m3w_builder import shards
from m3w_builder.document import from_json, to_json
from m3w_builder.shards.formats import export

Reader = Callable[[str], int]


def readers(build: str, work: str) -> Iterator[tuple[str, Reader, str]]:
    """(name, reader, package) of each peer that is installed, with its own copy of the build's samples in `work`."""
    for name, package, module, prepare in (
        ("energon", "megatron-energon", "megatron.energon", energon),
        ("litdata", "litdata", "litdata", litdata),
        ("mosaicml-streaming", "mosaicml-streaming", "streaming", streaming),
    ):
        try:
            there = find_spec(module) is not None
        except ModuleNotFoundError:
            there = False
        if there:
            yield name, prepare(build, str(Path(work) / name)), package


def plain(build: str) -> Iterator[dict[str, Any]]:
    """Each sample as its JSON and its pictures' bytes, these as one field: a number that varies fits no column."""
    for path in sorted(Path(build, "shards").glob("*.tar")):
        for one, parts in shards.samples(str(path)):
            yield {"json": json.dumps(to_json(one)).encode(), "pictures": pickle.dumps(list(parts.values()))}


_ENERGON_LOADER = """
import json


def sample_loader(raw):
    places = json.loads(raw["json"])
    pairs = zip(places["images"], places["texts"])
    return {"__key__": raw["__key__"], "sequence": [raw[image] if image else text for image, text in pairs]}


def part_filter(part):
    return True
"""


def energon(build: str, out: str) -> Reader:
    """Energon in this process, nothing decoded but the JSON."""
    import megatron.energon as peer

    export(build, "energon", out)
    Path(out, ".nv-meta", "sample_loader.py").write_text(_ENERGON_LOADER)

    class Raw(peer.DefaultTaskEncoder):  # type: ignore[misc,name-defined]
        decoder = None

    def read(_: str) -> int:
        worker = peer.WorkerConfig(rank=0, world_size=1, num_workers=0)
        data = peer.get_val_dataset(out, split_part="train", worker_config=worker, batch_size=None, task_encoder=Raw())
        return sum(1 for _ in peer.get_loader(data))

    return read


def litdata(build: str, out: str) -> Reader:
    """litdata over its own chunks."""
    import litdata as peer

    peer.optimize(fn=_same, inputs=list(plain(build)), output_dir=out, chunk_bytes="64MB", num_workers=1, verbose=False)

    def read(_: str) -> int:
        return sum(1 for row in peer.StreamingDataset(out) if _read(row))

    return read


def _read(row: dict[str, Any]) -> bool:
    """The work that ours does too: the document of the JSON, and the pictures' bytes."""
    return bool(from_json(json.loads(row["json"]))) and bool(pickle.loads(row["pictures"]))


def _same(row: dict[str, Any]) -> dict[str, Any]:
    return row


def streaming(build: str, out: str) -> Reader:
    """mosaicml-streaming over its own shards, unshuffled."""
    import streaming as peer

    with peer.MDSWriter(out=out, columns={"json": "bytes", "pictures": "bytes"}) as writer:
        for row in plain(build):
            writer.write(row)

    def read(_: str) -> int:
        data = peer.StreamingDataset(local=out, shuffle=False, batch_size=1)
        return sum(1 for row in data if _read(row))

    return read
