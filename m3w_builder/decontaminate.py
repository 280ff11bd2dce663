"""Makes the hash list of an evaluation set, which the filters `contamination` of texts and pictures read."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from m3w_builder import storage
from m3w_builder.errors import ConfigError
from m3w_builder.pictures import Picture, PicturesConfig, decode
from m3w_builder.pictures.hashes import phash
from m3w_builder.pictures.sniff import sniff
from m3w_builder.text.contamination import run_hashes

_TEXTS = (".txt", ".json", ".jsonl", ".caption", ".cls")


def index(source: str, out: str) -> tuple[int, int]:
    """Write the hash list of a folder or webdataset tar to `out`; the numbers of its pictures and runs of words.

    Pictures are told by their bytes; texts are .txt, .json and .jsonl (every string in them) and their like. Raises
    ConfigError where there is no such folder or tar, or nothing in it can be hashed.
    """
    config = PicturesConfig()
    lines: set[str] = set()
    for name, body in _files(source):
        if sniff(body):
            picture = decode(name, body, config)
            if isinstance(picture, Picture) and picture.array is not None:
                lines.add(f"p {phash(picture.array, picture.box):016x}")
        elif name.lower().endswith(_TEXTS):
            for text in _strings(name, body.decode("utf-8", "replace")):
                lines.update(f"t {one:016x}" for one in run_hashes(text))
    if not lines:
        raise ConfigError(f"{source}: holds no picture and no text of five words; name a folder or tar of a set")
    storage.write_bytes(out, "\n".join(["# hash list of an evaluation set", *sorted(lines)]).encode() + b"\n")
    pictures = sum(line.startswith("p") for line in lines)
    return pictures, len(lines) - pictures


def _files(source: str) -> Iterator[tuple[str, bytes]]:
    """The name and bytes of each file in a folder, at any depth, or in a tar."""
    path = Path(source)
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield file.name, file.read_bytes()
    elif path.is_file() and tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isfile() else None
                if stream:
                    yield member.name, stream.read()
    else:
        raise ConfigError(f"{source}: is neither a folder nor a tar")


def _strings(name: str, text: str) -> Iterator[str]:
    """The texts in a file: all of it, or every string of its JSON."""
    if not name.lower().endswith((".json", ".jsonl")):
        yield text
        return
    for part in text.splitlines() if name.lower().endswith(".jsonl") else [text]:
        try:
            yield from _leaves(json.loads(part))
        except ValueError:
            yield part


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
