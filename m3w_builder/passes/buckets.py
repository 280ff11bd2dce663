"""Splits the keys of many partitions by bucket, holding a bounded number of rows."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from m3w_builder import interim, storage

LEAST_HELD, HELD_A_BUCKET = 62_500, 1000
"""Rows that gather and deliver hold at once, some 250 bytes each with the copy that sorting makes: so many, and more
where there are many buckets, since what lies on disk is read bucket by bucket."""


def held(buckets: int) -> int:
    """Rows that a task of an exchange with so many buckets holds at once: 16 MB, 250 MB at 1,024 buckets."""
    return max(LEAST_HELD, HELD_A_BUCKET * buckets)


def place(keys: np.ndarray, buckets: int) -> np.ndarray:
    """The bucket of each key, by its top bits; `buckets` is a power of two."""
    bits = buckets.bit_length() - 1
    # A shift by 64 is undefined, so one bucket is a case of its own.
    return keys >> np.uint64(64 - bits) if bits else np.zeros(len(keys), np.uint64)


@contextmanager
def split(build: str, files: list[str], buckets: int, held: int) -> Iterator[Callable[[int], pa.Table]]:
    """Gives the rows of a bucket over all key files, in their order; no more than `held` rows and a file's are held.

    What is more lies on this machine's disk until the block ends.
    """
    _sweep()
    prefix = f"{_mine()}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as scratch, ExitStack() as files_open:
        parts: list[_Part] = []
        tables: list[pa.Table] = []
        for file in files:
            if sum(map(len, tables)) >= held:
                path = os.path.join(scratch, f"{len(parts)}.arrow")
                parts.append(_spilt(_sorted(tables, buckets), path, files_open))
                tables = []
            tables.append(interim.read(storage.join(build, file)))
        if tables:
            parts.append(_in_memory(*_sorted(tables, buckets)))
        yield lambda bucket: pa.concat_tables([part(bucket) for part in parts])


def _mine() -> str:
    return f"m3w-keys-{socket.gethostname()}-"


def _sweep() -> None:
    """Remove what processes of this machine left that were killed over it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_mine()}*"):
        owner = folder.name.removeprefix(_mine()).split("-", 1)[0]
        try:
            os.kill(int(owner), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, OSError):  # of another user, or none of ours
            continue


_Part = Callable[[int], pa.Table]


def _sorted(tables: list[pa.Table], buckets: int) -> tuple[pa.Table, np.ndarray]:
    """The rows by bucket, otherwise in their order, and where each bucket begins and the last one ends."""
    table = pa.concat_tables(tables)
    mine = place(table["key"].to_numpy(), buckets)
    order = np.argsort(mine, kind="stable")
    return table.take(pa.array(order)), np.searchsorted(mine[order], np.arange(buckets + 1))


def _in_memory(table: pa.Table, bounds: np.ndarray) -> _Part:
    return lambda bucket: table.slice(bounds[bucket], bounds[bucket + 1] - bounds[bucket])


def _spilt(made: tuple[pa.Table, np.ndarray], path: str, files_open: ExitStack) -> _Part:
    """The table in a local file, a batch for each bucket that has rows; it stays open.

    Arrow's own format, whose directory has 24 bytes a batch: Parquet's, of which there is one in memory for each part,
    has some 3 kB for each bucket.
    """
    table, bounds = made
    table = table.unify_dictionaries().combine_chunks()  # the file can have one dictionary a column
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema, options=options) as out:
        for low, high in itertools.pairwise(bounds):
            if high > low:
                out.write_table(table.slice(low, high - low))
    batches = np.concatenate([[0], np.cumsum(np.diff(bounds) > 0)])
    schema = table.schema
    # Not mapped: what is read of a mapped file counts as this process's memory.
    file = pa.ipc.open_file(files_open.enter_context(pa.OSFile(path)))

    def read(bucket: int) -> pa.Table:
        if bounds[bucket] == bounds[bucket + 1]:
            return schema.empty_table()
        return pa.Table.from_batches([file.get_batch(int(batches[bucket]))])

    return read


def shares(partitions: tuple[int, ...], rows: int, held: int) -> Iterator[tuple[int, ...]]:
    """Neighbouring partitions whose decisions are some `held` rows together, where `rows` are all of them."""
    step = max(1, len(partitions) * held // max(rows, held))
    for start in range(0, len(partitions), step):
        yield partitions[start : start + step]
