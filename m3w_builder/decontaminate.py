"""Hash lists of evaluation sets, which the filters `contamination` of texts and `picture_contamination` read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from m3w_builder import storage
from m3w_builder.config import Config
from m3w_builder.errors import ConfigError
from m3w_builder.pictures import Picture, PicturesConfig, decode
from m3w_builder.pictures.hashes import dhash, phash
from m3w_builder.pictures.sniff import sniff
from m3w_builder.stage import Drop

if TYPE_CHECKING:
    from m3w_builder.pictures.scores import Embedding

_FORM = 2
"""Of the lists that are made: 2 has gradient hashes."""
_TEXTS = (".txt", ".json", ".jsonl", ".caption", ".cls")
SETS = "sets"
"""The folder of a build in which the lists lie that it reads."""


def index(source: str, out: str, embedding: Embedding | None = None) -> tuple[int, int]:
    """Write the hash list of a folder or webdataset tar to `out`; the numbers of its pictures and runs of words.

    Any fsspec URL. Pictures are told by their bytes; texts are .txt, .json and .jsonl (every string in them) and their
    like. With `embedding` the signs of each picture's vector stand there too. Raises ConfigError where there is no such
    folder or tar, or nothing in it can be hashed.
    """
    lines = hashes(source, embedding)
    storage.write_bytes(out, _written(lines))
    pictures = sum(line.startswith("p") for line in lines)
    return pictures, sum(line.startswith("t") for line in lines)


def hashes(source: str, embedding: Embedding | None = None) -> set[str]:
    """The lines of a set's list; raises ConfigError as `index` does."""
    from m3w_builder.text.contamination import run_hashes

    config = PicturesConfig(filters=(embedding,) if embedding else ())
    lines: set[str] = set()
    for name, body in _files(source):
        if sniff(body):
            picture = decode(name, body, config)
            if isinstance(picture, Drop) or picture.array is None:
                continue
            look = f"{phash(picture.array, picture.box):016x}"
            lines |= {f"p {look}", f"d {dhash(picture.array, picture.box):016x} {look}"}
            (answer,) = embedding([picture]) if embedding else [picture]
            if isinstance(answer, Picture) and answer.embedding is not None:
                lines.add(f"e {answer.embedding:016x}")
        elif name.lower().endswith(_TEXTS):
            for text in _strings(name, body.decode("utf-8", "replace")):
                lines.update(f"t {one:016x}" for one in run_hashes(text))
    if not lines:
        raise ConfigError(f"{source}: holds no picture and no text of five words; name a folder or tar of a set")
    return lines


def resolve(config: Config, out: str) -> Config:
    """The config with every stage's `lists` in the build's own folder, named by what is in them.

    Folders and tars become hash lists, once; lists are copied. So a changed set reruns what depends on it, and the
    build can be repeated when the sets are gone. Raises ConfigError where one is not there.
    """
    if not any(map(stage_lists, (*config.text, *config.pictures.filters))):
        return config
    from m3w_builder.pictures.scores import Embedding

    embedding = next((stage for stage in config.pictures.filters if isinstance(stage, Embedding)), None)
    text = tuple(_resolved(stage, out, None) for stage in config.text)
    filters = tuple(_resolved(stage, out, embedding) for stage in config.pictures.filters)
    return replace(config, text=text, pictures=replace(config.pictures, filters=filters))


def _resolved(stage: Any, out: str, embedding: Embedding | None) -> Any:
    if not stage_lists(stage):
        return stage
    from m3w_builder.text.words import BadWords, is_own

    of_words = isinstance(stage, BadWords)
    lists = (name if of_words and is_own(name) else _kept(name, out, embedding) for name in stage.lists)
    return replace(stage, lists=tuple(lists))


def stage_lists(stage: Any) -> tuple[str, ...]:
    """The lists that a stage of this package reads, any fsspec URL; none for any other."""
    own = type(stage).__module__.startswith("m3w_builder.")
    return stage.lists if own and any(field.name == "lists" for field in fields(stage)) else ()


def _kept(name: str, out: str, embedding: Embedding | None) -> str:
    """Where in the build the list of this set lies."""
    stem = name.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0] or "set"
    fs, path = storage.url_to_fs(name)
    if not fs.exists(path):
        raise ConfigError(f"lists: there is no file or folder '{name}'")
    if not fs.isdir(path) and not name.endswith(".tar"):
        return _put(storage.read_bytes(name), out, stem)
    # Reading a set takes long: it is read again only where a file's name, size or time changed.
    facts = fs.find(path, detail=True) if fs.isdir(path) else {path: fs.info(path)}
    listing = sorted((where, fact["size"], str(fact.get("mtime", ""))) for where, fact in facts.items())
    mark = hashlib.sha256(json.dumps([_FORM, listing, str(embedding)]).encode()).hexdigest()[:16]
    note = storage.join(out, SETS, f"{stem}-{mark}.json")
    if storage.exists(note):
        return storage.join(out, SETS, storage.read_json(note)["list"])
    url = _put(_written(hashes(name, embedding)), out, stem)
    storage.write_json(note, {"set": name, "list": url.split(f"/{SETS}/", 1)[-1]})
    return url


def _put(body: bytes, out: str, stem: str) -> str:
    url = storage.join(out, SETS, hashlib.sha256(body).hexdigest()[:16], f"{stem}.hashes")
    if not storage.exists(url):
        storage.write_bytes(url, body)
    return url


def _written(lines: set[str]) -> bytes:
    return "\n".join(["# hash list of an evaluation set", *sorted(lines)]).encode() + b"\n"


def _files(source: str) -> Iterator[tuple[str, bytes]]:
    """The name and bytes of each file in a folder, at any depth, or in a tar."""
    import tarfile

    fs, path = storage.url_to_fs(source)
    if fs.isdir(path):
        for name in sorted(fs.find(path)):
            yield name.rsplit("/", 1)[-1], fs.cat_file(name)
    elif fs.isfile(path):
        try:
            with fs.open(path) as stream, tarfile.open(fileobj=stream, mode="r|*") as tar:
                for member in tar:
                    inner = tar.extractfile(member) if member.isfile() else None
                    if inner:
                        yield member.name, inner.read()
        except tarfile.TarError as error:
            raise ConfigError(f"{source}: is neither a folder nor a tar that can be read ({error})") from None
    else:
        raise ConfigError(f"{source}: is neither a folder nor a tar: it is not there")


def _strings(name: str, text: str) -> Iterator[str]:
    """The texts in a file: all of it, or every string of its JSON."""
    if not name.lower().endswith((".json", ".jsonl")):
        yield text
        return
    for part in text.splitlines() if name.lower().endswith(".jsonl") else [text]:
        try:
            yield from _leaves(json.loads(part))
        except (ValueError, RecursionError):
            yield part


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
