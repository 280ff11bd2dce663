# cython: boundscheck=False, wraparound=False, cdivision=True
"""A picture's miniature in C: Lanczos to a few px and grey, to the very levels that Pillow 13 gives (Resample.c)."""

from libc.math cimport M_PI, ceil, sin
from libc.stdint cimport int16_t, int32_t, uint8_t
from libc.stdlib cimport free, malloc

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    #define M3W_BITS 22 /* of a weight behind its point */
    #define M3W_LOW 12 /* of these are in the lower half: both halves are numbers of 16 bits, for one instruction */
    #define M3W_LANES 24 /* eight rows of three colours are weighed at once */

    #if defined(__SSE2__)
    #include <emmintrin.h>
    /* One made px of eight rows: `pairs` has two neighbours of each lane side by side, `weights` their weights' halves. */
    static inline void m3w_weighed(uint8_t *out, const int32_t *pairs, const int32_t *weights, long long number) {
        __m128i low[6], high[6];
        for (int at = 0; at < 6; at++) low[at] = high[at] = _mm_setzero_si128();
        for (long long pair = 0; pair < number; pair++, pairs += M3W_LANES, weights += 2) {
            __m128i lower = _mm_set1_epi32(weights[0]), upper = _mm_set1_epi32(weights[1]);
            for (int at = 0; at < 6; at++) {
                __m128i px = _mm_loadu_si128((const __m128i *)(pairs + 4 * at));
                low[at] = _mm_add_epi32(low[at], _mm_madd_epi16(px, lower));
                high[at] = _mm_add_epi32(high[at], _mm_madd_epi16(px, upper));
            }
        }
        const __m128i half = _mm_set1_epi32(1 << (M3W_BITS - 1));
        for (int at = 0; at < 6; at++) {
            __m128i sum = _mm_add_epi32(_mm_add_epi32(low[at], half), _mm_slli_epi32(high[at], M3W_LOW));
            low[at] = _mm_srai_epi32(sum, M3W_BITS);
        }
        for (int at = 0; at < 6; at += 2) {
            __m128i eight = _mm_packs_epi32(low[at], low[at + 1]);
            _mm_storel_epi64((__m128i *)(out + 4 * at), _mm_packus_epi16(eight, eight));
        }
    }
    /* Two px side by side, as `m3w_weighed` wants them; reads a byte behind each, and writes 16 bytes unless `last`. */
    static inline void m3w_paired(int32_t *to, const uint8_t *first, const uint8_t *second, int last) {
        int32_t held[2];
        memcpy(held, first, 4);
        memcpy(held + 1, second, 4);
        __m128i px = _mm_unpacklo_epi8(_mm_cvtsi32_si128(held[0]), _mm_cvtsi32_si128(held[1]));
        px = _mm_unpacklo_epi8(px, _mm_setzero_si128());
        if (last) {
            _mm_storel_epi64((__m128i *)to, px);
            to[2] = _mm_cvtsi128_si32(_mm_srli_si128(px, 8));
        } else _mm_storeu_si128((__m128i *)to, px);
    }
    #else
    static inline void m3w_paired(int32_t *to, const uint8_t *first, const uint8_t *second, int last) {
        for (int c = 0; c < 3; c++) to[c] = first[c] | second[c] << 16;
    }
    static inline void m3w_weighed(uint8_t *out, const int32_t *pairs, const int32_t *weights, long long number) {
        int32_t sums[M3W_LANES];
        for (int at = 0; at < M3W_LANES; at++) sums[at] = 1 << (M3W_BITS - 1);
        for (long long pair = 0; pair < number; pair++, pairs += M3W_LANES, weights += 2) {
            int32_t first = (int16_t)(weights[0] & 0xFFFF) + (int16_t)(weights[1] & 0xFFFF) * (1 << M3W_LOW);
            int32_t second = (weights[0] >> 16) + (weights[1] >> 16) * (1 << M3W_LOW);
            for (int at = 0; at < M3W_LANES; at++) {
                sums[at] += (pairs[at] & 0xFFFF) * first + (pairs[at] >> 16) * second;
            }
        }
        for (int at = 0; at < M3W_LANES; at++) {
            int32_t level = sums[at] >> M3W_BITS;
            out[at] = level < 0 ? 0 : level > 255 ? 255 : level;
        }
    }
    #endif
    #if defined(__SSE2__) && defined(__GNUC__)
    #include <immintrin.h>
    /* The same in registers twice as wide, for processors that have them. */
    __attribute__((target("avx2"))) static void m3w_weighed_wide(
        uint8_t *out, const int32_t *pairs, const int32_t *weights, long long number
    ) {
        __m256i low[3], high[3];
        for (int at = 0; at < 3; at++) low[at] = high[at] = _mm256_setzero_si256();
        for (long long pair = 0; pair < number; pair++, pairs += M3W_LANES, weights += 2) {
            __m256i lower = _mm256_set1_epi32(weights[0]), upper = _mm256_set1_epi32(weights[1]);
            for (int at = 0; at < 3; at++) {
                __m256i px = _mm256_loadu_si256((const __m256i *)(pairs + 8 * at));
                low[at] = _mm256_add_epi32(low[at], _mm256_madd_epi16(px, lower));
                high[at] = _mm256_add_epi32(high[at], _mm256_madd_epi16(px, upper));
            }
        }
        const __m256i half = _mm256_set1_epi32(1 << (M3W_BITS - 1));
        for (int at = 0; at < 3; at++) {
            __m256i sum = _mm256_add_epi32(_mm256_add_epi32(low[at], half), _mm256_slli_epi32(high[at], M3W_LOW));
            sum = _mm256_srai_epi32(sum, M3W_BITS);
            __m128i eight = _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
            _mm_storel_epi64((__m128i *)(out + 8 * at), _mm_packus_epi16(eight, eight));
        }
    }
    #define M3W_WIDE __builtin_cpu_supports("avx2")
    #else
    #define m3w_weighed_wide m3w_weighed
    #define M3W_WIDE 0
    #endif

    /* One of the two passes: of `rows` rows of `length` px each `made` px are made. `along` and `across` are the bytes
       from a px to the next of its row, and from a row to the next; `held` has room for the pairs of eight rows. */
    static void m3w_pass(
        const uint8_t *px, long long along, long long across, long long rows, long long length,
        uint8_t *out, long long out_along, long long out_across,
        const int32_t *table, long long made, long long most, int32_t *held
    ) {
        uint8_t lanes[M3W_LANES];
        const int wide = M3W_WIDE;
        for (long long row = 0; row < rows; row += 8) {
            int count = rows - row < 8 ? (int)(rows - row) : 8;
            if (count < 8) memset(held, 0, (length + 1) / 2 * M3W_LANES * sizeof(int32_t));
            for (int at = 0; at < count; at++) {
                const uint8_t *from = px + (row + at) * across;
                int32_t *to = held + 3 * at;
                long long x = 0;
                for (; x + 3 < length; x += 2, from += 2 * along, to += M3W_LANES) {
                    m3w_paired(to, from, from + along, at == 7); /* a later row writes over what is too much */
                }
                for (; x + 1 < length; x += 2, from += 2 * along, to += M3W_LANES) {
                    for (int c = 0; c < 3; c++) to[c] = from[c] | from[along + c] << 16;
                }
                if (length & 1) for (int c = 0; c < 3; c++) to[c] = from[c];
            }
            for (long long x = 0; x < made; x++) {
                const int32_t *mine = table + x * (2 + 2 * most);
                const int32_t *from = held + mine[0] * M3W_LANES;
                if (wide) m3w_weighed_wide(lanes, from, mine + 2, mine[1]);
                else m3w_weighed(lanes, from, mine + 2, mine[1]);
                for (int at = 0; at < count; at++) {
                    uint8_t *to = out + (row + at) * out_across + x * out_along;
                    for (int c = 0; c < 3; c++) to[c] = lanes[3 * at + c];
                }
            }
        }
    }
    static void m3w_grey(uint8_t *out, const uint8_t *px, long long number) {
        for (long long at = 0; at < number; at++, px += 3) {
            out[at] = (px[0] * 19595 + px[1] * 38470 + px[2] * 7471 + 0x8000) >> 16;
        }
    }
    """
    void m3w_pass(
        const uint8_t *px, long long along, long long across, long long rows, long long length,
        uint8_t *out, long long out_along, long long out_across,
        const int32_t *table, long long made, long long most, int32_t *held
    ) noexcept nogil
    void m3w_grey(uint8_t *out, const uint8_t *px, long long number) noexcept nogil
    int M3W_BITS, M3W_LOW, M3W_LANES

FORM = 2
"""Counted up with every change of what these functions take and do: an older compiled form is not taken for this."""


cdef inline double sinc(double x) noexcept nogil:
    if x == 0.0:
        return 1.0
    x = x * M_PI
    return sin(x) / x


cdef inline double lanczos(double x) noexcept nogil:
    return sinc(x) * sinc(x / 3) if -3.0 <= x < 3.0 else 0.0


def weights(int length, float start, float end, int made):
    """How each of `made` px is weighed of the px from `start` to `end` of a row of `length`, as `miniature` takes it.

    For each: the first pair of px, the number of pairs, then the halves of the weights of each pair.
    """
    if length < 1 or made < 1 or not 0 <= start < end <= length:
        raise ValueError(f"{made} px of {start} to {end} of {length}")
    cdef double scale = <double>(end - start) / made
    cdef double wide = max(scale, 1.0), support = 3.0 * wide, center, total, inverse = 1.0 / wide
    cdef int most = (<int>ceil(support) * 2 + 1) // 2 + 2
    table = bytearray(made * (2 + 2 * most) * sizeof(int32_t))
    cdef unsigned char[::1] view = table
    cdef int32_t *row = <int32_t *>&view[0]
    cdef double *found = <double *>malloc(2 * most * sizeof(double))
    cdef int x, at, first, number, whole, place
    cdef int16_t *halves
    if found == NULL:
        raise MemoryError
    for x in range(made):
        center = start + (x + 0.5) * scale
        first = max(<int>(center - support + 0.5), 0)
        number = min(<int>(center + support + 0.5), length) - first
        total = 0.0
        for at in range(number):
            found[at] = lanczos((at + first - center + 0.5) * inverse)
            total += found[at]
        row[0] = first // 2
        row[1] = (first + number + 1) // 2 - first // 2
        halves = <int16_t *>(row + 2)
        for at in range(number):
            if total != 0.0:
                found[at] /= total
            whole = <int>((-0.5 if found[at] < 0 else 0.5) + found[at] * (1 << M3W_BITS))
            place = at + first % 2
            halves[place // 2 * 4 + place % 2] = whole & ((1 << M3W_LOW) - 1)
            halves[place // 2 * 4 + 2 + place % 2] = whole >> M3W_LOW
        row += 2 + 2 * most
    free(found)
    return bytes(table)


cdef fits(const unsigned char[::1] table, int made, long long across, long long pairs):
    """ValueError where weights ask for px behind the end."""
    cdef const int32_t *row = <const int32_t *>&table[0]
    for _ in range(made):
        if row[0] < 0 or row[1] < 0 or row[0] + row[1] > pairs or row[1] > (across - 2) // 2:
            raise ValueError("weights of another length")
        row += across


def miniature(const unsigned char[:, :, ::1] px, int width, const unsigned char[::1] columns, int height,
              const unsigned char[::1] rows):
    """(height, width, 3) RGB `px` at `width` × `height` px in grey, as bytes; `columns` and `rows` are `weights`."""
    cdef long long tall = px.shape[0], wide = px.shape[1]
    cdef long long across = columns.shape[0] // sizeof(int32_t) // width
    cdef long long down = rows.shape[0] // sizeof(int32_t) // height
    if px.shape[2] != 3 or tall < 1 or wide < 1 or across < 4 or down < 4:
        raise ValueError(f"{px.shape[2]} channels, wants 3; or no weights")
    fits(columns, width, across, (wide + 1) // 2)
    fits(rows, height, down, (tall + 1) // 2)
    made = bytearray(width * height)
    cdef unsigned char[::1] grey = made
    cdef size_t pairs = (max(tall, wide) + 1) // 2 * M3W_LANES * sizeof(int32_t)
    cdef uint8_t *room = <uint8_t *>malloc(pairs + tall * width * 3 + width * height * 3)
    if room == NULL:
        raise MemoryError
    cdef int32_t *held = <int32_t *>room
    cdef uint8_t *narrow = room + pairs
    cdef uint8_t *small = narrow + tall * width * 3
    with nogil:
        m3w_pass(
            &px[0, 0, 0], 3, 3 * wide, tall, wide, narrow, 3, 3 * width,
            <const int32_t *>&columns[0], width, (across - 2) // 2, held,
        )
        m3w_pass(
            narrow, 3 * width, 3, width, tall, small, 3 * width, 3,
            <const int32_t *>&rows[0], height, (down - 2) // 2, held,
        )
        m3w_grey(&grey[0], small, width * height)
        free(room)
    return made


def lowest(const double[:, :] waves):
    """64 bits of the first 8 × 8 of cosines: whether each is at least the 32nd of the 63 behind the first."""
    cdef double found[64], sorted_[63], one
    cdef int at, place
    cdef unsigned long long bits = 0
    if waves.shape[0] < 8 or waves.shape[1] < 8:
        raise ValueError("fewer than 8 × 8")
    for at in range(64):
        found[at] = one = waves[at // 8, at % 8]
        if at == 0:
            continue
        place = at - 1
        while place > 0 and sorted_[place - 1] > one:
            sorted_[place] = sorted_[place - 1]
            place -= 1
        sorted_[place] = one
    for at in range(64):
        bits = bits << 1 | (found[at] >= sorted_[31])
    return bits


def rising(const unsigned char[::1] levels, int width):
    """A bit for each level but the first of every `width`: whether it is above the one before; 64 bits at most."""
    cdef unsigned long long bits = 0
    cdef Py_ssize_t at
    if width < 2 or levels.shape[0] % width or levels.shape[0] // width * (width - 1) > 64:
        raise ValueError(f"{levels.shape[0]} levels by {width}")
    for at in range(levels.shape[0]):
        if at % width:
            bits = bits << 1 | (levels[at] > levels[at - 1])
    return bits
