"""Names of input files: paths, globs and list files on any fsspec file system, and their fingerprints."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

import fsspec
from fsspec.core import url_to_fs

from m3w_builder import storage
from m3w_builder.errors import ConfigError

BLOCK = 1 << 20
"""Bytes that one read asks a remote file system for."""

_LISTS = (".txt", ".paths", ".txt.gz", ".paths.gz")
_VERSIONS = ("etag", "ETag", "mtime", "LastModified", "last_modified", "updated")


def expand(paths: list[str], base: str, options: Mapping[str, Any], place: str) -> Iterator[str]:
    """The files that paths, globs and list files name, in the order given (a glob's sorted).

    Raises ConfigError, in one line, where a named file is missing or a glob matches nothing.
    """
    for path in paths:
        if path.endswith(_LISTS):
            for line in _lines(path, options, place):
                yield line if "://" in line or line.startswith("/") or not base else base.rstrip("/") + "/" + line
        elif any(mark in path for mark in "*?["):
            fs, pattern = url_to_fs(path, **options)
            found = sorted(fs.glob(pattern))
            if not found:
                raise ConfigError(f"{place}: no file matches '{path}'")
            yield from (name if storage.is_local(path) else fs.unstrip_protocol(name) for name in found)
        else:
            yield path


def _lines(path: str, options: Mapping[str, Any], place: str) -> Iterator[str]:
    try:
        fs, name = url_to_fs(path, **options)
        data = fs.cat_file(name)
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place}: cannot read the list '{path}': {_say(error)}") from None
    lines = [line.strip() for line in text.splitlines()]
    yield from (line for line in lines if line and not line.startswith("#"))


def describe(url: str, options: Mapping[str, Any], place: str) -> tuple[int, str]:
    """A file's size in bytes and a fingerprint of its path, size and version; ConfigError where there is none."""
    try:
        fs, name = url_to_fs(url, **options)
        info = fs.info(name)
    except OSError as error:
        raise ConfigError(f"{place}: cannot read '{url}': {_say(error)}") from None
    if info.get("type") == "directory":
        raise ConfigError(f"{place}: '{url}' is a folder; name its files, as '{url.rstrip('/')}/*.warc.gz'")
    version = next((str(info[key]) for key in _VERSIONS if info.get(key)), "")
    size = int(info.get("size") or 0)
    return size, hashlib.sha256(f"{url}\n{size}\n{version}".encode()).hexdigest()[:32]


def _say(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0][:200] or type(error).__name__


def open_binary(url: str, options: Mapping[str, Any] | None = None) -> IO[bytes]:
    """A seekable file; a remote one is read in blocks."""
    if storage.is_local(url):
        return open(url.removeprefix("file://"), "rb")
    return fsspec.open(url, "rb", block_size=BLOCK, cache_type="readahead", **(options or {})).open()  # type: ignore[no-any-return]
