# cython: boundscheck=False, wraparound=False, cdivision=True
"""A PNG from its packed bytes to averaged px in one go, a band at a time, by zlib-ng's own functions.

They are those that its Python package offers to C; where it does not, `png` and `loops` give the same px by bands that
go through Python.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from posix.dlfcn cimport RTLD_NOW, dlopen, dlsym

cdef extern from "Python.h":
    object PyByteArray_FromStringAndSize(const char *text, Py_ssize_t length)

cdef extern from "px.h":
    int m3w_rows(unsigned char *px, const unsigned char *raw, long long rows, long long length, int bytes) noexcept nogil
    void m3w_shrink(
        unsigned char *out, const unsigned char *px, long long rows, long long width, int channels, int halvings,
        unsigned char *room
    ) noexcept nogil
    int m3w_coloured(
        unsigned char *out, const unsigned char *packed, const unsigned char *table, long long width, int depth, int known
    ) noexcept nogil

cdef struct Stream:  # zng_stream of zlib-ng 2, whose size it is asked to prove
    const uint8_t *next_in
    uint32_t avail_in
    size_t total_in
    uint8_t *next_out
    uint32_t avail_out
    size_t total_out
    const char *msg
    void *state
    void *zalloc
    void *zfree
    void *opaque
    int data_type
    uint32_t adler
    unsigned long reserved

cdef enum:
    OK = 0
    END = 1  # zlib.h
    UNPACKED = 1 << 19  # bytes that are unpacked at once, about: at each stop 32 kB are copied
    BLOCK = 1 << 15  # bytes of px that are made of them and averaged at once, about

FORM = 1
"""Counted up with every change of what these functions take and do: an older compiled form is not taken for this."""

cdef int (*_begin)(Stream *stream, const char *version, int size) noexcept nogil
cdef int (*_inflate)(Stream *stream, int flush) noexcept nogil
cdef int (*_finish)(Stream *stream) noexcept nogil


def bind(path: bytes) -> bool:
    """Find zlib-ng's functions in its library; the answer is whether all are there, and work as they do here."""
    global _begin, _inflate, _finish
    cdef void *library = dlopen(path, RTLD_NOW)
    if library == NULL:
        return False
    _begin = <int (*)(Stream *, const char *, int) noexcept nogil>dlsym(library, "zng_inflateInit_")
    _inflate = <int (*)(Stream *, int) noexcept nogil>dlsym(library, "zng_inflate")
    _finish = <int (*)(Stream *) noexcept nogil>dlsym(library, "zng_inflateEnd")
    if _begin == NULL or _inflate == NULL or _finish == NULL:
        return False
    cdef Stream stream
    memset(&stream, 0, sizeof(Stream))
    return _begin(&stream, b"2", sizeof(Stream)) == OK and _finish(&stream) == OK


cdef struct Picture:
    long long width, height, length  # px, px, bytes of a packed row
    int channels, depth, halvings, known
    const unsigned char *table  # of a palette: 256 colours, RGBA
    unsigned char *out


cdef const char *unpacked(Stream *stream, unsigned char *raw, long long size) noexcept nogil:
    """So many bytes more; what is wrong, if anything."""
    cdef int code
    stream.next_out, stream.avail_out = raw, <uint32_t>size
    while stream.avail_out:
        code = _inflate(stream, 0)
        if stream.avail_out and code != OK:
            return "too few px, or broken ones"
    return NULL


cdef const char *ended(Stream *stream) noexcept nogil:
    """Read up to the end, where the sum of all px stands; what is wrong, if anything."""
    cdef unsigned char more
    cdef int code = OK
    while code != END:
        stream.next_out, stream.avail_out = &more, 1
        code = _inflate(stream, 0)
        if not stream.avail_out or code not in (OK, END):
            return "the px have no end"
    return NULL


cdef const char *drawn_bands(
    Stream *stream, Picture *picture, unsigned char *raw, long long band, unsigned char *px, unsigned char *painted,
    unsigned char *room, long long block
) noexcept nogil:
    """Write all px, band after band of so many rows, each in blocks; what is wrong, if anything."""
    cdef long long length = picture.length, factor = 1 << picture.halvings, row = 0, count, at, some, one
    cdef int channels = 4 if picture.table != NULL else picture.channels
    cdef long long made = (picture.width + factor - 1) // factor * (1 if channels == 1 else 3)
    cdef const unsigned char *seen
    cdef const char *wrong
    memset(px, 0, length)
    while row < picture.height:
        count = min(band, picture.height - row)
        wrong = unpacked(stream, raw, count * (length + 1))
        if wrong != NULL:
            return wrong
        at = 0
        while at < count:
            some = min(block, count - at)
            if not m3w_rows(px, raw + at * (length + 1), some, length, picture.channels):
                return "a filter that is none"
            seen = px + length
            if picture.table != NULL:
                seen = painted
                for one in range(some):
                    if not m3w_coloured(
                        painted + one * picture.width * 4, px + (one + 1) * length, picture.table, picture.width,
                        picture.depth, picture.known,
                    ):
                        return "a colour that the palette does not have"
            m3w_shrink(
                picture.out + (row + at) // factor * made, seen, some, picture.width, channels, picture.halvings, room
            )
            memcpy(px, px + some * length, length)
            at += some
        row += count
    return ended(stream)


def drawn(
    const unsigned char[::1] packed, int width, int height, int channels, int depth,
    const unsigned char[:, ::1] table, int known, int halvings,
):
    """The px of a PNG that is not interlaced, with both sides halved so many times, as a new bytearray of grey or RGB.

    `channels`: 1, 3 or 4 of `depth` 8; or 1 of 1, 2, 4 or 8 bits, with a `table` of (256, 4) RGBA, of which `known` are
    a picture's. What is clear is laid on white. Raises ValueError where anything is wrong with what was packed.
    """
    if width < 1 or height < 1 or channels not in (1, 3, 4) or not 0 <= halvings <= 30 or not packed.shape[0]:
        raise ValueError(f"{height} rows of {width} px in {channels} channels, to be halved {halvings} times")
    if depth != 8 and (table is None or depth not in (1, 2, 4)):
        raise ValueError(f"{depth} bits")
    if table is not None and (table.shape[0] != 256 or table.shape[1] != 4 or channels != 1):
        raise ValueError("a palette that does not fit")
    cdef Picture picture
    picture.width, picture.height, picture.channels, picture.depth = width, height, channels, depth
    picture.halvings, picture.known = halvings, known
    picture.table = NULL if table is None else &table[0, 0]
    picture.length = (picture.width * channels * depth + 7) // 8
    cdef long long factor = 1 << halvings, colours = picture.width * (channels if table is None else 4)
    cdef long long block = min(picture.height, max(1, BLOCK // (colours * factor)) * factor)
    cdef long long band = min(picture.height, max(1, UNPACKED // ((picture.length + 1) * block)) * block)
    cdef long long across = (width + factor - 1) // factor, down = (height + factor - 1) // factor
    result = PyByteArray_FromStringAndSize(NULL, across * down * (1 if channels == 1 and table is None else 3))
    cdef unsigned char[::1] out = result
    picture.out = &out[0]
    cdef long long rows = (block + 1) * picture.length
    cdef long long paint = 0 if table is None else block * colours
    cdef unsigned char *held = <unsigned char *>malloc(band * (picture.length + 1) + rows + paint + 2 * block * colours)
    if held == NULL:
        raise MemoryError
    cdef unsigned char *px = held + band * (picture.length + 1)
    cdef Stream stream
    cdef const char *wrong = "no room to unpack"
    memset(&stream, 0, sizeof(Stream))
    stream.next_in, stream.avail_in = &packed[0], <uint32_t>packed.shape[0]
    with nogil:
        if _begin(&stream, "2", sizeof(Stream)) == OK:
            wrong = drawn_bands(&stream, &picture, held, band, px, px + rows, px + rows + paint, block)
            _finish(&stream)
        free(held)
    if wrong != NULL:
        raise ValueError((<bytes>wrong).decode())
    return result
