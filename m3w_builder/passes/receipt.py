"""One task leaves one receipt, written last: it is checkpoint, manifest row and ledger page in one."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import field
from functools import lru_cache
from typing import Any

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.errors import BuildError
from m3w_builder.ledger import Ledger
from m3w_builder.passes.books import peak_mb
from m3w_builder.storage import Written


@dataclass(slots=True)
class Receipt:
    """What one task read, made, kept and dropped.

    `outputs` gives for each file that the task made, named from the build's folder, its bytes and sha256.
    `peak_mb` is the worker process's largest resident size until then, in MB.
    """

    pass_name: str
    partition: int
    label: str = ""
    fingerprint: str = ""
    ledger: Ledger = field(default_factory=Ledger)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    stats: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    worker: str = ""
    """The process that did it, as host:pid."""
    reused: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "pass": self.pass_name,
            "partition": self.partition,
            "label": self.label,
            "fingerprint": self.fingerprint,
            "ledger": self.ledger.to_json(),
            "outputs": self.outputs,
            "stats": self.stats,
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "peak_mb": round(self.peak_mb, 1),
            "worker": self.worker,
        }

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> Receipt:
        return cls(
            pass_name=entry["pass"],
            ledger=Ledger.from_json(entry["ledger"]),
            worker=entry.get("worker", ""),
            **{
                name: entry[name]
                for name in (
                    "partition",
                    "label",
                    "fingerprint",
                    "outputs",
                    "stats",
                    "seconds",
                    "cpu_seconds",
                    "peak_mb",
                )
            },
        )

    def enter(self, name: str, written: Written) -> None:
        """Take a finished file of the build, named from its folder, into the outputs."""
        self.outputs[name] = {"bytes": written.bytes, "sha256": written.sha256}


def path(build: str, pass_name: str, partition: int) -> str:
    """Where a task's receipt lies."""
    return storage.join(build, pass_name, f"{partition:06d}.json")


def read(build: str, pass_name: str, partition: int) -> Receipt | None:
    """A task's receipt; None where there is none, or none that can be read."""
    try:
        return Receipt.from_json(storage.read_json(path(build, pass_name, partition)))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def numbers(build: str, pass_name: str) -> list[int]:
    """The partitions of which a pass has receipts, rising."""
    names = storage.names(storage.join(build, pass_name))
    return sorted(int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdigit())


def once(
    build: str,
    pass_name: str,
    partition: int,
    label: str,
    fingerprint: str,
    work: Callable[[Receipt], None],
    lasting: bool = False,
) -> Receipt:
    """The receipt of this very work if it was done before and its files are whole; else do it and write the receipt.

    `lasting` as in `storage.Written`: a receipt that was lost costs its task.
    """
    old = read(build, pass_name, partition)
    if old is not None and old.fingerprint == fingerprint and _whole(build, old):
        old.reused = True
        return old
    receipt = Receipt(pass_name, partition, label, fingerprint)
    wall, cpu = time.monotonic(), time.process_time()
    storage.remove(path(build, pass_name, partition))
    work(receipt)
    receipt.seconds, receipt.cpu_seconds = time.monotonic() - wall, time.process_time() - cpu
    receipt.peak_mb = peak_mb()
    receipt.worker = f"{socket.gethostname()}:{os.getpid()}"
    storage.write_json(path(build, pass_name, partition), receipt.to_json(), lasting)
    return receipt


class SpoiltError(BuildError):
    """A file of the build is not what its task wrote; its receipt is gone, so that the next run writes it again."""


def spoilt(build: str, pass_name: str, number: int, name: str) -> SpoiltError:
    """What to raise where a file, named from the build's folder, is not what its task wrote; its receipt goes."""
    storage.remove(path(build, pass_name, number))
    return SpoiltError(f"{name}: not what its task wrote; run again, and it is made anew")


def check(build: str, pass_name: str, number: int, endings: tuple[str, ...]) -> None:
    """Hold files of a task against its receipt before they are used; raises SpoiltError.

    endings: what follows the first dot of a name, as ".keys.arrow", or the last hyphen, as "-00003.parquet".
    """
    mine = read(build, pass_name, number)
    if mine is None:
        raise SpoiltError(f"{pass_name} {number}: its receipt is gone; run again")
    for name, output in mine.outputs.items():
        base = name.rsplit("/", 1)[-1]
        if base[base.find(".") :] not in endings and not base.endswith(tuple(e for e in endings if e[0] == "-")):
            continue
        try:
            whole = storage.sha256(storage.join(build, name)) == output["sha256"]
        except FileNotFoundError:
            whole = False
        if not whole:
            raise spoilt(build, pass_name, number, name)


def _whole(build: str, receipt: Receipt) -> bool:
    try:
        return all(storage.size(storage.join(build, name)) == o["bytes"] for name, o in receipt.outputs.items())
    except OSError:
        return False


def fingerprint(*parts: Any) -> str:
    """16 hex digits that change when any part does: plain data, dataclasses, and lists of them."""
    text = json.dumps(parts, default=_plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {"class": f"{type(value).__module__}.{type(value).__qualname__}", **fields}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


@lru_cache
def code(*places: str) -> str:
    """The digest of the package's files at these places, folders or files: a stage's version is its code.

    What was compiled of it says the same as its source, and does not count.
    """
    digest = hashlib.sha256()
    for place in places:
        for name, content in _contents(place):
            digest.update(name + b"\0" + content)
    return digest.hexdigest()[:16]


@lru_cache
def _contents(place: str) -> list[tuple[bytes, bytes]]:
    """The files of a place by their names, sorted, with their contents: several passes ask for the same ones."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = []
    for name in sorted(_files(root, place), key=lambda name: name.split("/")):
        with open(f"{root}/{name}", "rb", buffering=0) as file:
            found.append((name.encode(), file.read()))
    return found


def _files(root: str, place: str) -> Iterator[str]:
    """The files at a place, by their names from `root` on; three times as fast as by `Path.rglob`."""
    if place.endswith("__pycache__"):
        return
    if os.path.isfile(f"{root}/{place}"):
        yield place
        return
    with os.scandir(f"{root}/{place}") as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(root, f"{place}/{entry.name}")
            elif not entry.name.endswith((".so", ".pyd")) and entry.name != "compiled.json":
                yield f"{place}/{entry.name}"
