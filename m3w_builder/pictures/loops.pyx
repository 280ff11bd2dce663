# cython: boundscheck=False, wraparound=False
"""The loops over a picture's px, in C: filters of PNG undone (ISO 15948, 9), px averaged, palettes looked up.

What calls them does without them too, in more time and to the same px.
"""

from libc.math cimport rint
from libc.stdlib cimport free, malloc

cdef extern from "Python.h":
    object PyByteArray_FromStringAndSize(const char *text, Py_ssize_t length)

cdef extern from "px.h":
    int m3w_rows(unsigned char *px, const unsigned char *raw, long long rows, long long length, int bytes) noexcept nogil
    void m3w_halved(
        unsigned char *out, const unsigned char *px, long long rows, long long width, int channels
    ) noexcept nogil
    int m3w_opaque(const unsigned char *px, long long number) noexcept nogil
    int m3w_paint(
        unsigned char *out, const unsigned char *numbers, const unsigned char *table, long long number, int known
    ) noexcept nogil
    void m3w_shrink(
        unsigned char *out, const unsigned char *px, long long rows, long long width, int channels, int halvings,
        unsigned char *room
    ) noexcept nogil
    void m3w_sums(long long *sums, const unsigned char *px, long long number) noexcept nogil
    int m3w_marked(
        const unsigned char *text, long long length, const unsigned char *one, long long ones,
        const unsigned char *other, long long others
    ) noexcept nogil
    ctypedef struct m3w_part:
        pass
    int m3w_parts(m3w_part *parts, int length, int made) noexcept nogil
    void m3w_area(
        unsigned char *out, const unsigned char *px, long long width, int channels, const m3w_part *down, int downs,
        const m3w_part *across, int acrosses, long long made, float *sums
    ) noexcept nogil
    long long m3w_within(const unsigned char *px, long long number, const int *least, const int *most) noexcept nogil

cdef enum:
    BLOCK = 1 << 16  # bytes of px that are made smaller at once, about: with what is made of them they stay in a cache

FORM = 5
"""Counted up with every change of what these functions take and do: an older compiled form is not taken for this."""


def undo(const unsigned char[::1] raw, unsigned char[:, ::1] px, int channels):
    """Undo the filters of `raw`: rows of px of 1, 3 or 4 channels of 8 bits, each after the number of its filter.

    `px`, (rows + 1, width × channels): its first row is the one above, which is told from by the first of `raw`; the
    others are written. Raises ValueError where sizes do not fit or a filter is unknown.
    """
    cdef long long rows = px.shape[0] - 1, length = px.shape[1]
    if channels not in (1, 3, 4) or rows < 1 or length < 1 or length % channels or raw.shape[0] != rows * (length + 1):
        raise ValueError(f"{raw.shape[0]} bytes are not {rows} rows of {length}")
    cdef int known
    with nogil:
        known = m3w_rows(&px[0, 0], &raw[0], rows, length, channels)
    if not known:
        raise ValueError("a filter that is none")


def shrunk(const unsigned char[:, :, ::1] px, int halvings):
    """(height, width, channels) px of 1, 3 or 4 channels with both sides halved so many times, halves rounded up, as a
    new bytearray of grey or RGB; what is clear, on white."""
    cdef long long rows = px.shape[0], width = px.shape[1], at = 0, count
    cdef int channels = <int>px.shape[2], made = 1 if channels == 1 else 3
    if channels not in (1, 3, 4) or rows < 1 or width < 1 or not 0 <= halvings <= 30:
        raise ValueError(f"{rows} rows of {width} px in {channels} channels, to be halved {halvings} times")
    cdef long long factor = 1 << halvings
    cdef long long block = min(rows, max(1, BLOCK // (width * channels * factor)) * factor)
    cdef long long length = (width + factor - 1) // factor * made
    result = PyByteArray_FromStringAndSize(NULL, (rows + factor - 1) // factor * length)
    cdef unsigned char[::1] out = result
    cdef unsigned char *room = <unsigned char *>malloc(2 * block * width * channels)
    if room == NULL:
        raise MemoryError
    with nogil:
        while at < rows:
            count = min(block, rows - at)
            m3w_shrink(&out[at // factor * length], &px[at, 0, 0], count, width, channels, halvings, room)
            at += count
        free(room)
    return result


def fitted(const unsigned char[:, :, ::1] px, int width, int height):
    """(height, width, channels) of 1, 3 or 4 channels made of larger ones by the areas that they share, as a new bytearray:
    OpenCV's INTER_AREA, of which sides that are both divided by whole numbers are another case."""
    cdef int tall = <int>px.shape[0], wide = <int>px.shape[1], channels = <int>px.shape[2]
    if channels not in (1, 3, 4) or not 1 <= width <= wide or not 1 <= height <= tall:
        raise ValueError(f"{tall} rows of {wide} px in {channels} channels, to be {height} of {width}")
    if wide % width == 0 and tall % height == 0:
        raise ValueError(f"{wide} × {tall} px are divided by whole numbers")
    result = PyByteArray_FromStringAndSize(NULL, <Py_ssize_t>width * height * channels)
    cdef unsigned char[::1] out = result
    cdef size_t parts = 2 * (<size_t>tall + wide) * sizeof(m3w_part)
    cdef m3w_part *down = <m3w_part *>malloc(parts + 2 * <size_t>width * channels * sizeof(float))
    if down == NULL:
        raise MemoryError
    cdef m3w_part *across = down + 2 * <size_t>tall
    cdef int downs, acrosses
    with nogil:
        downs, acrosses = m3w_parts(down, tall, height), m3w_parts(across, wide, width)
        m3w_area(
            &out[0], &px[0, 0, 0], wide, channels, down, downs, across, acrosses, width, <float *>(across + 2 * <size_t>wide)
        )
        free(down)
    return result


def opaque(const unsigned char[:, :, ::1] px) -> bool:
    """Whether nothing of (height, width, 4) px is clear."""
    if px.shape[2] != 4:
        raise ValueError(f"{px.shape[2]} channels, wants 4")
    if not px.shape[0] or not px.shape[1]:
        return True
    return bool(m3w_opaque(&px[0, 0, 0], px.shape[0] * px.shape[1]))


def near_mean(const unsigned char[:, :, ::1] px, double tolerance):
    """How many px of (height, width, 3) have all channels within `tolerance` levels of the mean; OpenCV's arithmetic."""
    cdef long long number = px.shape[0] * px.shape[1], sums[3]
    cdef int least[3], most[3], channel
    cdef double mean
    if px.shape[2] != 3 or number < 1:
        raise ValueError(f"{number} px of {px.shape[2]} channels, wants 3")
    m3w_sums(sums, &px[0, 0, 0], number)
    for channel in range(3):
        mean = sums[channel] * (1.0 / number)
        least[channel] = <int>max(0.0, rint(mean - tolerance))  # to the nearest, of two the even one
        most[channel] = <int>min(255.0, rint(mean + tolerance))
    return m3w_within(&px[0, 0, 0], number, least, most)


def marked(const unsigned char[::1] text, const unsigned char[::1] one, const unsigned char[::1] other) -> bool:
    """Whether one of two marks of two bytes or more stands in the text."""
    if one.shape[0] < 2 or other.shape[0] < 2:
        raise ValueError("a mark of less than two bytes")
    if not text.shape[0]:
        return False
    return bool(m3w_marked(&text[0], text.shape[0], &one[0], one.shape[0], &other[0], other.shape[0]))


def painted(
    const unsigned char[:, ::1] numbers, const unsigned char[:, ::1] table, int known, unsigned char[:, :, ::1] px
):
    """Write the colours, (256, 4), that bear these numbers to `px`; ValueError where one is not below `known`."""
    cdef long long number = numbers.shape[0] * numbers.shape[1]
    if table.shape[0] != 256 or table.shape[1] != 4 or px.shape[2] != 4 or px.shape[0] * px.shape[1] != number:
        raise ValueError("sizes that do not fit")
    if number and not m3w_paint(&px[0, 0, 0], &numbers[0, 0], &table[0, 0], number, known):
        raise ValueError("a colour that the palette does not have")
