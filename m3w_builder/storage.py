"""Files of a build on any fsspec file system: paths, whole-or-nothing writes, Parquet tables."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import IO, Any, TypeVar, cast

import pyarrow as pa
import pyarrow.parquet as pq

from m3w_builder.classes import dataclass
from m3w_builder.errors import ConfigError

ABREAST = 64
"""Remote files that are asked for at once."""

T = TypeVar("T")


def join(base: str, *parts: str) -> str:
    """`base` may be a local path or a URL; parts are joined with '/'."""
    return "/".join([base.rstrip("/") or base, *(part.strip("/") for part in parts)])


_LOGIN = re.compile(r"(?<=://)[^/\s@?#]*:[^/\s@?#]*@")
_NAMES = "secret|token|password|passwd|credentials?|signature|key|sig|sas"
_SECRET = re.compile(rf"(?i)(?<![\w-])((?:[\w-]*[-_])?(?:{_NAMES}|apikey)=)[^&\s'\"#]+")
_SECRET_NAME = re.compile(rf"(?i)(?:^|_)(?:{_NAMES})(?:_|$)")
HIDDEN = "***"


def hidden(text: str) -> str:
    """A text that people may read: logins in URLs, and secrets in their queries, replaced by three stars."""
    if "://" not in text:
        return text
    return _SECRET.sub(rf"\1{HIDDEN}", _LOGIN.sub(f"{HIDDEN}@", text))


def without_secrets(value: Any) -> Any:
    """Plain data that people may read: as `hidden`, and the values under names such as `secret` and `token` gone."""
    if isinstance(value, Mapping):
        return {
            name: HIDDEN
            if entry and isinstance(entry, str) and _SECRET_NAME.search(str(name))
            else without_secrets(entry)
            for name, entry in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [without_secrets(entry) for entry in value]
    return hidden(value) if isinstance(value, str) else value


def is_local(url: str) -> bool:
    return ("://" not in url and not url.startswith("memory:")) or url.startswith("file://")


def local_path(url: str) -> str:
    """The path on this machine that `url` says plainly; empty for all that fsspec is asked for.

    Plain paths go past fsspec: to import it takes a tenth of a second, and most of its answers several times as long as
    the system's own.
    """
    path = url.removeprefix("file://")
    return "" if "::" in path or "://" in path or path.startswith(("~", "memory:", "file:", "local:")) else path


def url_to_fs(url: str, **options: Any) -> tuple[Any, str]:
    """fsspec's file system and path of a URL."""
    from fsspec.core import url_to_fs

    if re.search("\\bs3a?:", url):
        _ask_no_leave()
    return url_to_fs(url, **options)  # type: ignore[no-any-return]


@lru_cache(1)
def _ask_no_leave() -> None:
    """Let S3 be sent a body at once, and not ask for leave first (`Expect: 100-continue`), as botocore does.

    Where the network is silent, aiohttp waits for that leave without an end, and a worker with it; what was sent is
    answered within s3fs's 15 s, or sent again.
    """
    try:
        from botocore import handlers
    except ImportError:  # then there is no S3 either, and fsspec says so
        return
    asking = getattr(handlers, "add_expect_header", None)
    handlers.BUILTIN_HANDLERS[:] = [one for one in handlers.BUILTIN_HANDLERS if asking is None or asking not in one]


def open_read(url: str) -> IO[bytes]:
    if path := local_path(url):
        return open(path, "rb")
    fs, path = url_to_fs(url)
    return fs.open(path, "rb")  # type: ignore[no-any-return]


def read_bytes(url: str, start: int = 0, end: int | None = None) -> bytes:
    """The bytes from `start` to before `end`."""
    if local := local_path(url):
        with open(local, "rb") as stream:
            stream.seek(start)
            return stream.read() if end is None else stream.read(max(0, end - start))
    fs, path = url_to_fs(url)
    return fs.cat_file(path, start=start, end=end)  # type: ignore[no-any-return]


def exists(url: str) -> bool:
    if local := local_path(url):
        return os.path.exists(local)
    fs, path = url_to_fs(url)
    return bool(fs.exists(path))


def names(url: str) -> list[str]:
    """Names of what lies in a folder, sorted; empty where there is no such folder."""
    if local := local_path(url):
        try:
            return sorted(os.listdir(local))
        except (FileNotFoundError, NotADirectoryError):
            return []
    fs, path = url_to_fs(url)
    fs.invalidate_cache()
    try:
        return sorted(entry.rstrip("/").rsplit("/", 1)[-1] for entry in fs.ls(path, detail=False))
    except (FileNotFoundError, NotADirectoryError):
        return []


def sizes(url: str) -> dict[str, int]:
    """The bytes of each file in a folder by its name, from one listing; empty where there is no such folder."""
    fs, path = url_to_fs(url)
    fs.invalidate_cache()
    try:
        entries = fs.ls(path, detail=True)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {
        one["name"].rstrip("/").rsplit("/", 1)[-1]: int(one["size"] or 0) for one in entries if one["type"] == "file"
    }


def abreast(look: Callable[[str], T], urls: Sequence[str]) -> Iterator[T]:
    """What `look` gives for each file, in order; of remote files, `ABREAST` are asked for at once.

    The folder of a large build has 90,000 receipts a pass, and each remote answer takes a round trip.
    """
    if all(is_local(url) for url in urls):
        yield from map(look, urls)  # a thread costs more than the answer
        return
    with ThreadPoolExecutor(ABREAST) as threads:
        for start in range(0, len(urls), ABREAST):
            yield from threads.map(look, urls[start : start + ABREAST])


def size(url: str) -> int:
    if local := local_path(url):
        return os.path.getsize(local)
    fs, path = url_to_fs(url)
    return int(fs.size(path))


def remove(url: str) -> None:
    """Remove a file or folder; nothing happens where there is none."""
    if local := local_path(url):
        if os.path.isdir(local) and not os.path.islink(local):
            shutil.rmtree(local)
            return
        with suppress(FileNotFoundError):
            os.remove(local)
        return
    fs, path = url_to_fs(url)
    if fs.exists(path):
        fs.rm(path, recursive=True)


def make_folder(url: str) -> None:
    """Make a folder that can be written to; raises ConfigError, in one line, where that can't be."""
    probe = f".probe-{uuid.uuid4().hex}"
    try:
        if local := local_path(url):
            os.makedirs(local, exist_ok=True)
            with open(join(local, probe), "wb"):
                pass
            os.remove(join(local, probe))
        else:
            fs, path = url_to_fs(url)
            fs.makedirs(path, exist_ok=True)
            fs.pipe_file(join(path, probe), b"")
            fs.rm_file(join(path, probe))
    except OSError as error:
        raise ConfigError(
            f"out: cannot write to {url}: {error.strerror or error}; name a folder that can be written"
        ) from None


@dataclass(slots=True)
class Written:
    """What went into a file, told once it is whole: nobody has to read it again, which from far stores takes long."""

    bytes: int = 0
    sha256: str = ""
    lasting: bool = True
    """Whether the file is to outlive a power cut that follows at once, for which the system is made to write it down
    now. What lies between two passes need not: it is held against its checksum before it is used, and made anew."""


class _Hashing(io.RawIOBase):
    """Passes bytes on to a stream and hashes them on the way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        self.digest.update(view)
        self._stream.write(view)
        self.size += view.nbytes
        return view.nbytes


@contextmanager
def atomic(url: str, written: Written | None = None) -> Iterator[IO[bytes]]:
    """Write a file under a temporary name and give it its own when whole; nothing is left where writing fails.

    `written` is filled in at the end.
    """
    with _whole(url, written is None or written.lasting) as stream:
        hashing = _Hashing(stream)
        yield stream if written is None else cast(IO[bytes], hashing)
    if written is not None:
        written.bytes, written.sha256 = hashing.size, hashing.digest.hexdigest()


@contextmanager
def _whole(url: str, lasting: bool) -> Iterator[IO[bytes]]:
    path = local_path(url)
    if not is_local(url):
        # Object stores show an object only once it was closed whole: the upload is the rename.
        fs, path = url_to_fs(url)
        stream = fs.open(path, "wb")
        try:
            yield stream
        except BaseException:
            _forget(stream)
            raise
        stream.close()
        return
    path = path or url_to_fs(url)[1]
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with open(temporary, "wb") as stream:
            yield stream
            if lasting:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise


def _forget(stream: Any) -> None:
    """Give up an upload: closed as it is, fsspec would show what was written so far under the file's own name."""
    stream.autocommit = False
    for end in (stream.close, getattr(stream, "discard", None)):
        with suppress(Exception):  # the reason why the writing failed matters, not this
            end and end()


def write_bytes(url: str, data: bytes, lasting: bool = True) -> Written:
    written = Written(lasting=lasting)
    with atomic(url, written) as stream:
        stream.write(data)
    return written


def write_json(url: str, value: Any, lasting: bool = True) -> None:
    write_bytes(url, json.dumps(value, ensure_ascii=False, sort_keys=False, indent=1).encode() + b"\n", lasting)


def read_json(url: str) -> Any:
    return json.loads(read_bytes(url))


def read_yaml(url: str) -> Any:
    """A YAML file of plain data. By the C library where that is: a tenth of the time."""
    import yaml

    return yaml.load(read_bytes(url), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def write_yaml(url: str, value: Any) -> None:
    """Plain data as YAML, keys in their order; by the C library where that is."""
    import yaml

    told = yaml.dump(value, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False)
    write_bytes(url, told.encode())


PARQUET: dict[str, Any] = {"compression": "zstd", "compression_level": 1}
"""How tables are written, but for texts between two passes."""


def worded(schema: pa.Schema) -> bool | list[str]:
    """The columns for which Parquet should look for repeated values: of a flat table those that are no numbers.

    A table of hashes is written three times as fast so: looking for repeats among them takes most of the time.
    """
    if any(pa.types.is_nested(field.type) for field in schema):
        return True
    return [field.name for field in schema if not pa.types.is_primitive(field.type)]


ROW_GROUP = 4096
"""Rows that stand together in a table of documents."""


def write_table(url: str, table: pa.Table, row_group: int = ROW_GROUP, *, lasting: bool = True) -> Written:
    """A Parquet file, whole or not at all; `lasting` as in `Written`."""
    written = Written(lasting=lasting)
    with atomic(url, written) as stream:
        put_table(stream, table, row_group)
    return written


def put_table(stream: IO[bytes], table: pa.Table, row_group: int = ROW_GROUP, *, texts: bool = False) -> None:
    """As `write_table`, into a stream that is there already."""
    pq.write_table(table, stream, **_options(table.schema, texts), row_group_size=row_group)


def _options(schema: pa.Schema, texts: bool) -> dict[str, Any]:
    if texts:
        return {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
    return {**PARQUET, "use_dictionary": worded(schema)}


@contextmanager
def table_writer(
    url: str, schema: pa.Schema, written: Written | None = None, *, texts: bool = False
) -> Iterator[pq.ParquetWriter]:
    """A Parquet file written table by table, whole or not at all; `written` is filled in at the end.

    Of `texts`, which are read whole between two passes, neither repeated values nor the least and most are looked for:
    what compresses them finds repeats. LZ4 is written in six tenths of zstd's time and read in half of it, to files
    half as large again, beside which lie pictures of ten times their size.
    """
    with atomic(url, written) as stream, pq.ParquetWriter(stream, schema, **_options(schema, texts)) as writer:
        yield writer


def read_table(url: str, columns: Sequence[str] | None = None, filters: Any = None) -> pa.Table:
    if filters is not None:
        fs, path = url_to_fs(url)
        return pq.read_table(path, filesystem=fs, columns=columns, filters=filters)
    # One file is no data set, and to make one of it takes longer than to read a small one.
    with open_read(url) as stream:
        return pq.ParquetFile(stream, pre_buffer=not is_local(url)).read(columns)


def rows(url: str) -> int:
    """How many rows a Parquet file has."""
    with open_read(url) as stream:
        return int(pq.ParquetFile(stream).metadata.num_rows)


def iter_tables(url: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The row groups of a Parquet file, one at a time."""
    with open_read(url) as stream:
        file = pq.ParquetFile(stream)
        for index in range(file.num_row_groups):
            yield file.read_row_group(index, columns=columns)


def sha256(url: str) -> str:
    digest = hashlib.sha256()
    with open_read(url) as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
