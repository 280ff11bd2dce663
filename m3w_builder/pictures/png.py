"""Reads the common kinds of PNG in a fraction of Pillow's time, to the very same px, and writes drawings."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from m3w_builder.classes import dataclass
from m3w_builder.pictures import native

BAND = 1 << 19
"""Bytes of px that are unpacked at once, about: with what is made of them they fit into a core's own cache."""
FEED = 1 << 18
"""Packed bytes handed over at once: what the unpacker gives back of them is copied, and so is a band that comes in
parts."""
LEVEL = 2
"""zlib-ng's effort, 1 to 9: 2 takes a quarter of the time of zlib's 1 on drawings and writes a fifth less, 3 is no
smaller, 1 is half as large again."""
PACKED_AT_ONCE = 1 << 18
"""Bytes of rows that are told and packed while they are in the cache."""

_GREY, _RGB, _PALETTE, _RGBA = 0, 2, 3, 6  # colour types (ISO 15948, 11.2.2)
_CHANNELS = {_GREY: 1, _RGB: 3, _PALETTE: 1, _RGBA: 4}
_KINDS = {_GREY: "mono", _RGB: "rgb", _RGBA: "rgba"}  # as kornia-rs calls them
_MODES = {_GREY: "L", _RGB: "RGB", _PALETTE: "P", _RGBA: "RGBA"}
_PLAIN = {
    **dict.fromkeys((b"PLTE", b"bKGD", b"sBIT", b"tIME", b"tEXt", b"oFFs", b"vpAg"), 0),
    b"pHYs": 9,
    b"gAMA": 4,
    b"cHRM": 32,
    b"sRGB": 1,
    b"tRNS": 1,
}
"""Chunks before the px of which Pillow takes no more than that they are so long, in bytes, and that their sums fit."""
_LONGEST, _LARGEST = 1 << 20, 1 << 26
"""Bytes before the px, and px, up to which Pillow has no doubts of its own."""
_UP = 2
"""The filter by which a row is told by its differences from the one above (ISO 15948, 9.2)."""


class Broken(ValueError):
    """The px are not all there, or not as they should be: Pillow has the verdict."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The px of a PNG, to be unpacked band by band; every one of its methods may raise Broken."""

    body: bytes
    width: int
    height: int
    colours: int
    depth: int  # bits a channel
    table: np.ndarray | None  # of a palette: (256, 4) colours, RGBA
    known: int  # colours that it has
    data: tuple[slice, ...]  # where the packed px stand in the body

    @property
    def mode(self) -> str:
        """In Pillow's names."""
        return _MODES[self.colours]

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width[, 3 or 4])."""
        channels = 4 if self.table is not None else _CHANNELS[self.colours]
        return (self.height, self.width) if channels == 1 else (self.height, self.width, channels)

    def bands(self, multiple: int) -> Iterator[np.ndarray]:
        """The px from above, uint8 in grey, RGB or RGBA; so many rows at once that `multiple` divides their number
        but in the last. What was handed out is written over by what comes next."""
        length = self._length()
        rows = min(self.height, max(1, BAND // (length * multiple)) * multiple)
        px = np.empty((rows + 1, length), np.uint8)
        for start in self._unpacked(px, rows, moving=True):
            count = min(rows, self.height - start)
            yield self._coloured(px[1 : count + 1])
            px[0] = px[count]

    def averaged(self, factor: int) -> np.ndarray | None:
        """Every factor × factor px, a power of two, averaged into one, as grey or RGB on white; None where what does it
        is not compiled."""
        bands = native.bands()
        if bands is None:
            return None
        try:
            made = bands.drawn(
                self._packed(),
                self.width,
                self.height,
                _CHANNELS[self.colours],
                self.depth,
                self.table,
                self.known,
                factor.bit_length() - 1,
            )
        except ValueError as error:
            raise Broken(str(error)) from error
        height, width = -(-self.height // factor), -(-self.width // factor)
        return np.frombuffer(made, np.uint8).reshape((height, width) if self.mode == "L" else (height, width, 3))

    def whole(self) -> np.ndarray:
        """All px at once."""
        px = np.empty((self.height + 1, self._length()), np.uint8)
        for _ in self._unpacked(px, max(1, BAND // px.shape[1]), moving=False):
            pass
        return self._coloured(px[1:])

    def _length(self) -> int:
        return -(-self.width * _CHANNELS[self.colours] * self.depth // 8)

    def _unpacked(self, px: np.ndarray, rows: int, moving: bool) -> Iterator[int]:
        """Write band after band behind a first row, which becomes zeros, each of `moving` ones in the place of the one
        before; and tell where it starts."""
        from zlib_ng import zlib_ng

        undo = native.loops().undo
        stream = zlib_ng.decompressobj()
        whole = self._packed()
        packed = (whole[at : at + FEED] for at in range(0, len(whole), FEED))
        px[0] = 0
        try:
            for start in range(0, self.height, rows):
                count = min(rows, self.height - start)
                raw = _take(stream, packed, count * (px.shape[1] + 1))
                at = 0 if moving else start
                undo(raw, px[at : at + count + 1], _CHANNELS[self.colours])
                yield start
            _end(stream, packed)
        except Exception as error:  # zlib-ng's own kind is not known to types
            raise Broken(str(error)) from error

    def _packed(self) -> memoryview:
        """All that is packed, in one piece."""
        view = memoryview(self.body)
        parts = [view[part] for part in self.data]  # often of 8 kB each
        return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))

    def _coloured(self, rows: np.ndarray) -> np.ndarray:
        """Rows of bytes as px."""
        if self.table is None:
            return rows.reshape(len(rows), *self.shape[1:])
        numbers = rows if self.depth == 8 else _parted(rows, self.depth)[:, : self.width]
        px = np.empty((*numbers.shape, 4), np.uint8)
        try:
            native.loops().painted(np.ascontiguousarray(numbers), self.table, self.known, px)
        except ValueError as error:
            raise Broken(str(error)) from error
        return px


def rows(body: bytes) -> Rows | None:
    """The px of a PNG of 8 bits a channel, grey, RGB or RGBA, or of a palette; None for any other, and where what
    unpacks them is not compiled."""
    data, chunks = _chunks(body)
    if not data or native.loops() is None:
        return None
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", body[16:29])
    palette, clear = (body[chunks[kind]] if kind in chunks else b"" for kind in (b"PLTE", b"tRNS"))
    if interlaced or not width or not height or colours not in _CHANNELS:
        return None
    if colours != _PALETTE:
        return None if depth != 8 or clear else Rows(body, width, height, colours, depth, None, 0, data)
    known = len(palette) // 3
    if depth not in (1, 2, 4, 8) or len(palette) % 3 or not 0 < known <= 256 or len(clear) > known:
        return None
    table = np.full((256, 4), 255, np.uint8)
    table[:known, :3] = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    table[: len(clear), 3] = np.frombuffer(clear, np.uint8)
    return Rows(body, width, height, colours, depth, table, known, data)


def plain(body: bytes) -> Rows | None:
    """The like, where Pillow would open it, and nothing before the px says how they are to be shown; None elsewhere."""
    at = 33  # behind the header, whose place `rows` proves
    found = rows(body) if _summed(body, 12, 29) and body[26:28] == b"\0\0" else None
    if found is None or found.data[0].start > _LONGEST or found.width * found.height > _LARGEST:
        return None
    while at + 8 < found.data[0].start:
        kind, end = body[at + 4 : at + 8], at + 8 + int.from_bytes(body[at : at + 4], "big")
        if end - at - 8 < _PLAIN.get(kind, _LONGEST) or not _summed(body, at + 4, end):
            return None
        if kind == b"tEXt" and body.startswith(b"exif", at + 8):  # taken for what the camera says
            return None
        at = end + 4
    return found


def _summed(body: bytes, start: int, end: int) -> bool:
    """Whether the sum behind a chunk is that of its kind and content."""
    return zlib.crc32(body[start:end]) == int.from_bytes(body[end : end + 4], "big")


def load(body: bytes) -> np.ndarray | None:
    """What `Rows.whole` gives, of grey, RGB and RGBA, where nothing is compiled; None where Pillow has to go on.

    The decoder is the Rust crate `png`, memory-safe and with the processor's wide instructions.
    """
    data, chunks = _chunks(body)
    if not data or b"tRNS" in chunks:
        return None
    width, height, depth, colours = struct.unpack(">IIBB", body[16:26])
    if depth != 8 or colours not in _KINDS:
        return None
    from kornia_rs import io

    try:
        px = np.asarray(io.decode_image_png_u8(body, (height, width), _KINDS[colours]))
    except Exception:  # it has one bare Exception for all that is broken
        return None
    return px[:, :, 0] if colours == _GREY else px


def written(px: np.ndarray) -> bytes:
    """A PNG of (height, width) grey or (height, width, 3) RGB px, both uint8.

    Every row is told from the one above it, which suits drawings: trying all five filters on each row takes several
    times as long, and hardly saves a byte of them.
    """
    from zlib_ng import zlib_ng

    height, width = px.shape[:2]
    flat = np.ascontiguousarray(px).reshape(height, -1)
    at_once = max(1, PACKED_AT_ONCE // (flat.shape[1] + 1))
    told = np.empty((min(at_once, height), flat.shape[1] + 1), np.uint8)
    told[:, 0] = _UP
    above = np.zeros(flat.shape[1], np.uint8)
    pack = zlib_ng.compressobj(LEVEL)
    packed = []
    for start in range(0, height, at_once):
        rows = flat[start : start + at_once]
        np.subtract(rows[0], above, out=told[0, 1:])
        np.subtract(rows[1:], rows[:-1], out=told[1 : len(rows), 1:])
        packed.append(pack.compress(told[: len(rows)]))
        above = rows[-1]
    packed.append(pack.flush())
    header = struct.pack(">IIBBBBB", width, height, 8, _GREY if px.ndim == 2 else _RGB, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", b"".join(packed)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib_ng.crc32(data, zlib_ng.crc32(kind)))
        for kind, data in chunks
    )


def _chunks(body: bytes) -> tuple[tuple[slice, ...], dict[bytes, slice]]:
    """Where the packed px stand, and the first chunk of each other kind.

    Nothing where they are not in order, or make more of a picture than its px: further frames, and an orientation
    that is told behind the px, which Pillow finds only once it has read these.
    """
    data: list[slice] = []
    chunks: dict[bytes, slice] = {}
    at, last = 8, b""
    while at + 12 <= len(body):
        kind, end = body[at + 4 : at + 8], at + 8 + int.from_bytes(body[at : at + 4], "big")
        if kind == b"IDAT":
            if data and last != b"IDAT":
                return (), {}
            data.append(slice(at + 8, end))
        elif kind == b"acTL" or (kind == b"eXIf" and data):
            return (), {}
        else:
            chunks.setdefault(kind, slice(at + 8, end))
        if kind == b"IEND":
            first = chunks.get(b"IHDR", slice(0, 0))
            return (tuple(data), chunks) if first == slice(16, 29) and end + 4 <= len(body) else ((), {})
        at, last = end + 4, kind
    return (), {}


def _take(stream: Any, packed: Iterator[memoryview], size: int) -> bytes:
    """So many of the unpacked bytes."""
    pieces = []
    while size:
        data = stream.unconsumed_tail or next(packed, b"")
        piece = stream.decompress(data, size)
        if not piece and not data:
            raise Broken("too few px")
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _end(stream: Any, packed: Iterator[memoryview]) -> None:
    """Read up to the end, where the sum of all px stands."""
    while not stream.eof:
        data = stream.unconsumed_tail or next(packed, b"")
        if stream.decompress(data, 1) or (not data and not stream.eof):
            raise Broken("the px have no end")


def _parted(rows: np.ndarray, depth: int) -> np.ndarray:
    """Each byte as the 8 / depth numbers that it holds, the highest bits first."""
    parts = np.empty((*rows.shape, 8 // depth), np.uint8)
    for place in range(parts.shape[2]):
        parts[:, :, place] = rows >> (8 - depth * (place + 1)) & ((1 << depth) - 1)
    return parts.reshape(len(rows), -1)
