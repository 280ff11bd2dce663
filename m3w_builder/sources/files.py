"""Names of input files: paths, globs and list files on any fsspec file system, and their fingerprints."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, TypeVar

from m3w_builder import storage
from m3w_builder.errors import ConfigError

BLOCK = 1 << 20
"""Bytes that one read asks a remote file system for."""

TRIES, PAUSE = 5, 0.5
"""Tries of one remote read, and seconds before the second; each further pause is three times as long."""

T = TypeVar("T")

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
            fs, pattern = storage.url_to_fs(path, **options)
            found = sorted(fs.glob(pattern))
            if not found:
                raise ConfigError(f"{place}: no file matches '{path}'")
            yield from (name if storage.is_local(path) else fs.unstrip_protocol(name) for name in found)
        else:
            yield path


def _lines(path: str, options: Mapping[str, Any], place: str) -> Iterator[str]:
    try:
        fs, name = storage.url_to_fs(path, **options)
        data = patiently(lambda: fs.cat_file(name))
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place}: cannot read the list '{path}': {_say(error)}") from None
    lines = [line.strip() for line in text.splitlines()]
    yield from (line for line in lines if line and not line.startswith("#"))


def describe(url: str, options: Mapping[str, Any], place: str) -> tuple[int, str]:
    """A file's size in bytes and a fingerprint of its path, size and version; ConfigError where there is none."""
    try:
        info = _local_info(path) if (path := storage.local_path(url)) else _info(url, options)
    except OSError as error:
        raise ConfigError(f"{place}: cannot read '{url}': {_say(error)}") from None
    if info.get("type") == "directory":
        raise ConfigError(f"{place}: '{url}' is a folder; name its files, as '{url.rstrip('/')}/*.warc.gz'")
    version = next((str(info[key]) for key in _VERSIONS if info.get(key)), "")
    size = int(info.get("size") or 0)
    return size, hashlib.sha256(f"{url}\n{size}\n{version}".encode()).hexdigest()[:32]


def _info(url: str, options: Mapping[str, Any]) -> dict[str, Any]:
    fs, name = storage.url_to_fs(url, **options)
    return patiently(lambda: dict(fs.info(name)), missing=0 if storage.is_local(url) else 2)


def _local_info(path: str) -> dict[str, Any]:
    """What fsspec would say of a file on this machine."""
    found = os.stat(path)
    kind = "directory" if stat.S_ISDIR(found.st_mode) else "file"
    return {"type": kind, "size": found.st_size, "mtime": os.lstat(path).st_mtime}


def _say(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0][:200] or type(error).__name__


def open_binary(url: str, options: Mapping[str, Any] | None = None, block: int = BLOCK) -> IO[bytes]:
    """A seekable file; a remote one is read in blocks, and read on where a connection breaks."""
    if storage.is_local(url):
        return open(url.removeprefix("file://"), "rb")
    return io.BufferedReader(Patient(url, options or {}), block)  # type: ignore[return-value]


def patiently(work: Callable[[], T], missing: int = 0) -> T:
    """What `work` gives, asked again after a pause where it raises as networks do; at last an OSError.

    `missing`: so often FileNotFoundError is not believed; fsspec's HTTP says it of a 503 too.
    """
    import aiohttp  # what fsspec's HTTP raises is its

    for number in range(TRIES):
        try:
            return work()
        except (PermissionError, IsADirectoryError, NotADirectoryError):
            raise
        except FileNotFoundError:
            if number >= missing:
                raise
            time.sleep(PAUSE)
        except (OSError, aiohttp.ClientError) as error:
            if number == TRIES - 1:
                raise OSError(f"{type(error).__name__}: {error}"[:300]) from error
            time.sleep(PAUSE * 3**number * (0.5 + random.random()))
    raise AssertionError("unreachable")


class Patient(io.RawIOBase):
    """A remote file by byte ranges; each range is asked for until it comes."""

    def __init__(self, url: str, options: Mapping[str, Any]):
        self.fs, self.path = storage.url_to_fs(url, **options)
        self.size = int(patiently(lambda: self.fs.info(self.path), missing=2)["size"])
        self.at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from the file's place, as far as there are bytes."""
        start, stop = self.at, min(self.at + len(buffer), self.size)
        if start >= stop:
            return 0
        data = patiently(lambda: self.fs.cat_file(self.path, start=start, end=stop))
        if len(data) > stop - start:  # a server that heeds no Range header sends all
            data = data[start:stop]
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)
