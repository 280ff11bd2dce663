"""What a frozen vision tower said of each picture, kept on disk, so that a training asks it once about each.

Shape letters: B sequences, P pictures of one, F frames of one, C channels, H height, W width, N vision tokens, V their
width.
"""

from __future__ import annotations

import os
import sqlite3

import torch
import xxhash
from torch import Tensor

from m3w_builder.flamingo.model import Flamingo

AT_ONCE = 64
"""Pictures that the tower is given at once: memory is bounded by these, however long the videos are."""


class Features:
    """A file of features, in half precision as the validation keeps them, each under the hash of its picture's pixels.

    The file is bounded, and memory holds a batch alone. Where it is full, what came first stays: a training goes over
    all pictures again and again, and whoever forgets the oldest then has always just forgotten what is asked next.
    The same features come from the file and from the tower: a training that was stopped goes on exactly.
    """

    def __init__(self, path: str, model: Flamingo, most: float) -> None:
        """At most `most` GB in the file `path`. One that another tower left, or that is no such file, is begun anew."""
        self.model, self.room = model, int(most * 1e9)
        self.asked = self.looked = 0
        """Different pictures of all batches, and how many of them the tower was asked about."""
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        mark = tower_mark(model)
        try:
            self.file = opened(path, mark)
        except (sqlite3.DatabaseError, LookupError):
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(path + suffix):
                    os.remove(path + suffix)
            self.file = opened(path, mark)
        held = self.file.execute("SELECT coalesce(max(rowid), 0), coalesce(max(length(value)), 0) FROM kept").fetchone()
        self.room -= held[0] * held[1]

    def __call__(self, pictures_BPFCHW: Tensor) -> Tensor:
        """`Flamingo.look` of them, (B, P, F, N, V), half precision, on the processor. A picture is asked about once,
        however many places show it; so are the empty places."""
        flat = pictures_BPFCHW.flatten(0, 2).contiguous()
        keys = [xxhash.xxh3_128_digest(one.numpy()) for one in flat]
        places: dict[bytes, int] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, place)
        found = {key: value for key in places if (value := self.read(key)) is not None}
        missing = [key for key in places if key not in found]
        self.asked += len(places)
        self.looked += len(missing)
        device = next(self.model.vision.parameters()).device
        for at in range(0, len(missing), AT_ONCE):
            some = missing[at : at + AT_ONCE]
            shown = flat[[places[key] for key in some]].to(device)
            looked = self.model.look(shown[None, :, None])[0, :, 0].half().cpu()
            found |= zip(some, looked, strict=True)
        self.write({key: found[key] for key in missing})
        shape = found[keys[0]].shape
        features = torch.stack([found[key].view(shape) for key in keys])
        return features.view(*pictures_BPFCHW.shape[:3], *shape)

    def read(self, key: bytes) -> Tensor | None:
        row = self.file.execute("SELECT value, width FROM kept WHERE key = ?", (key,)).fetchone()
        return None if row is None else torch.frombuffer(bytearray(row[0]), dtype=torch.half).view(-1, row[1])

    def write(self, found: dict[bytes, Tensor]) -> None:
        """Keep what there is room for, all of a batch or, after a kill, nothing of it."""
        with self.file:
            for key, value in found.items():
                body = value.contiguous().numpy().tobytes()
                if self.room >= len(body):
                    self.file.execute("INSERT INTO kept VALUES (?, ?, ?)", (key, body, value.shape[-1]))
                    self.room -= len(body)

    def close(self) -> None:
        self.file.close()


def opened(path: str, mark: bytes) -> sqlite3.Connection:
    """The file, with its tables; raises LookupError where it is of another tower, DatabaseError where it is no such
    file."""
    file = sqlite3.connect(path)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")
        file.execute("CREATE TABLE IF NOT EXISTS tower (mark BLOB)")
        file.execute("CREATE TABLE IF NOT EXISTS kept (key BLOB UNIQUE, value BLOB, width INTEGER)")
        own = file.execute("SELECT mark FROM tower").fetchone()
        if own is None:
            with file:
                file.execute("INSERT INTO tower VALUES (?)", (mark,))
        elif own[0] != mark:
            raise LookupError(path)
    except BaseException:
        file.close()
        raise
    return file


def tower_mark(model: Flamingo) -> bytes:
    """A hash of the tower's weights."""
    mark = xxhash.xxh3_128()
    for name, value in sorted(model.vision.state_dict().items()):
        mark.update(name.encode())
        mark.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return mark.digest()
