/* Filters of PNG undone (ISO 15948, 9). */
#ifndef M3W_FILTERS
#define M3W_FILTERS

#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>

static inline __m128i m3w_get(const unsigned char *at, int bytes) {
    int held = 0;
    memcpy(&held, at, bytes);
    return _mm_unpacklo_epi8(_mm_cvtsi32_si128(held), _mm_setzero_si128());
}
static inline void m3w_put(unsigned char *at, __m128i px, int bytes) {
    int held = _mm_cvtsi128_si32(_mm_packus_epi16(px, px));
    memcpy(at, &held, bytes);
}
/* A px from what is told of it and the px left, over, and in the corner: all channels at once, each in 16 bits. The
   nearest of the three without distances, by the fewest steps from `left`, which each px has to wait for: 3 corner -
   left - over lies beyond the larger of the two where the smaller is nearest, and so the other way round. */
static inline __m128i m3w_near(__m128i told, __m128i left, __m128i over, __m128i corner) {
    __m128i thrice = _mm_add_epi16(_mm_add_epi16(corner, corner), _mm_sub_epi16(corner, over));
    __m128i mark = _mm_sub_epi16(thrice, left);
    __m128i less = _mm_min_epi16(left, over), more = _mm_max_epi16(left, over);
    __m128i below = _mm_cmpgt_epi16(more, mark), above = _mm_cmpgt_epi16(mark, less);
    __m128i nearest = _mm_or_si128(
        _mm_or_si128(_mm_andnot_si128(above, more), _mm_andnot_si128(below, less)),
        _mm_and_si128(_mm_and_si128(below, above), corner)
    );
    return _mm_add_epi8(told, nearest);
}
static inline void m3w_paeth_px(
    unsigned char *out, const unsigned char *raw, const unsigned char *above, long long length, int bytes
) {
    __m128i left = _mm_setzero_si128(), corner = _mm_setzero_si128();
    long long at = 0;
    /* Four bytes also of px of three: the fourth is the next px's, which writes it over. Not so the last one's. */
    for (; at + bytes < length; at += bytes) {
        __m128i over = m3w_get(above + at, 4);
        left = m3w_near(m3w_get(raw + at, 4), left, over, corner);
        corner = over;
        m3w_put(out + at, left, 4);
    }
    m3w_put(out + at, m3w_near(m3w_get(raw + at, bytes), left, m3w_get(above + at, bytes), corner), bytes);
}
/* Two rows of the kind at once, the lower one px behind the upper, each in half of a register: what the lower waits
   for is what the upper waits for. `size` bytes are read and written of the upper one. */
static inline void m3w_paeth_step(
    unsigned char *out, const unsigned char *raw, const unsigned char *above, long long length, int bytes, int size,
    __m128i *left, __m128i *corner
) {
    int upper = 0, lower;
    memcpy(&upper, raw, size);
    memcpy(&lower, raw + length + 1 - bytes, 4);
    __m128i told = _mm_unpacklo_epi32(_mm_cvtsi32_si128(upper), _mm_cvtsi32_si128(lower));
    __m128i over = _mm_unpacklo_epi64(m3w_get(above, size), *left);
    *left = m3w_near(_mm_unpacklo_epi8(told, _mm_setzero_si128()), *left, over, *corner);
    *corner = over;
    __m128i made = _mm_packus_epi16(*left, *left);
    upper = _mm_cvtsi128_si32(made);
    lower = _mm_cvtsi128_si32(_mm_srli_si128(made, 4));
    memcpy(out, &upper, size);
    memcpy(out + length - bytes, &lower, 4);
}
static inline void m3w_paeth_two(
    unsigned char *out, const unsigned char *raw, const unsigned char *above, long long length, int bytes
) {
    const __m128i zero = _mm_setzero_si128();
    __m128i corner = m3w_get(above, bytes), left = m3w_near(m3w_get(raw, bytes), zero, corner, zero);
    long long at = bytes, end = length - bytes;
    m3w_put(out, left, bytes);
    for (; at < end; at += bytes) m3w_paeth_step(out + at, raw + at, above + at, length, bytes, 4, &left, &corner);
    if (at == end) m3w_paeth_step(out + at, raw + at, above + at, length, bytes, bytes, &left, &corner);
    left = m3w_near(
        m3w_get(raw + 2 * length + 1 - bytes, bytes), _mm_srli_si128(left, 8), left, _mm_srli_si128(corner, 8)
    );
    m3w_put(out + 2 * length - bytes, left, bytes);
}
static inline void m3w_sub_px(unsigned char *out, const unsigned char *raw, long long length, int bytes) {
    __m128i left = _mm_setzero_si128();
    long long at = 0;
    if (bytes == 4) { /* four px at once: each is the sum of what is told of it and of those before it */
        __m128i last = left;
        for (; at + 16 <= length; at += 16) {
            __m128i sum = _mm_loadu_si128((const __m128i *)(raw + at));
            sum = _mm_add_epi8(sum, _mm_slli_si128(sum, 4));
            sum = _mm_add_epi8(_mm_add_epi8(sum, _mm_slli_si128(sum, 8)), last);
            last = _mm_shuffle_epi32(sum, 0xFF);
            _mm_storeu_si128((__m128i *)(out + at), sum);
        }
        left = _mm_unpacklo_epi8(last, left);
    }
    for (; at + bytes < length; at += bytes) {
        left = _mm_add_epi8(m3w_get(raw + at, 4), left);
        m3w_put(out + at, left, 4);
    }
    if (at < length) m3w_put(out + at, _mm_add_epi8(m3w_get(raw + at, bytes), left), bytes);
}
static inline void m3w_average_px(
    unsigned char *out, const unsigned char *raw, const unsigned char *above, long long length, int bytes
) {
    __m128i left = _mm_setzero_si128();
    long long at = 0;
    for (; at + bytes < length; at += bytes) {
        __m128i mean = _mm_srli_epi16(_mm_add_epi16(left, m3w_get(above + at, 4)), 1);
        left = _mm_add_epi8(m3w_get(raw + at, 4), mean);
        m3w_put(out + at, left, 4);
    }
    left = _mm_srli_epi16(_mm_add_epi16(left, m3w_get(above + at, bytes)), 1);
    m3w_put(out + at, _mm_add_epi8(m3w_get(raw + at, bytes), left), bytes);
}
#define M3W_WIDE 1
#else
#define M3W_WIDE 0
#define m3w_paeth_px(out, raw, above, length, bytes)
#define m3w_paeth_two(out, raw, above, length, bytes)
#define m3w_sub_px(out, raw, length, bytes)
#define m3w_average_px(out, raw, above, length, bytes)
#endif

static inline void m3w_sub(unsigned char *out, const unsigned char *raw, long long length, int bytes) {
    memcpy(out, raw, bytes);
    for (long long at = bytes; at < length; at++) out[at] = raw[at] + out[at - bytes];
}
static inline void m3w_average(
    unsigned char *out, const unsigned char *raw, const unsigned char *above, long long length, int bytes
) {
    for (long long at = 0; at < bytes; at++) out[at] = raw[at] + (above[at] >> 1);
    for (long long at = bytes; at < length; at++) out[at] = raw[at] + ((out[at - bytes] + above[at]) >> 1);
}
static inline void m3w_paeth(
    unsigned char *out, const unsigned char *raw, const unsigned char *above, long long length, int bytes
) {
    for (long long at = 0; at < bytes; at++) out[at] = raw[at] + above[at];
    for (long long at = bytes; at < length; at++) {
        int left = out[at - bytes], over = above[at], corner = above[at - bytes];
        int from_left = over - corner, from_over = left - corner, from_corner = abs(from_left + from_over);
        from_left = abs(from_left);
        from_over = abs(from_over);
        int nearest = from_left <= from_over && from_left <= from_corner ? left
            : from_over <= from_corner ? over : corner;
        out[at] = raw[at] + nearest;
    }
}
/* 0 where the filter is none of the five. Called with constants for the bytes of a px, each makes its own loop. */
static inline int m3w_row(
    int filter, unsigned char *restrict out, const unsigned char *restrict raw, const unsigned char *restrict above,
    long long length, int bytes
) {
    switch (filter) {
        case 0: memcpy(out, raw, length); return 1;
        case 1:
            if (M3W_WIDE && bytes >= 3) { m3w_sub_px(out, raw, length, bytes); }
            else { m3w_sub(out, raw, length, bytes); }
            return 1;
        case 2: for (long long at = 0; at < length; at++) out[at] = raw[at] + above[at]; return 1;
        case 3:
            if (M3W_WIDE && bytes >= 3) { m3w_average_px(out, raw, above, length, bytes); }
            else { m3w_average(out, raw, above, length, bytes); }
            return 1;
        case 4:
            if (M3W_WIDE && bytes >= 3) { m3w_paeth_px(out, raw, above, length, bytes); }
            else { m3w_paeth(out, raw, above, length, bytes); }
            return 1;
    }
    return 0;
}
static int m3w_rows(
    unsigned char *px, const unsigned char *raw, long long rows, long long length, int bytes
) {
    for (long long row = 0; row < rows; row++, raw += length + 1, px += length) {
        if (M3W_WIDE && bytes >= 3 && row + 1 < rows && raw[0] == 4 && raw[length + 1] == 4) {
            if (bytes == 3) { m3w_paeth_two(px + length, raw + 1, px, length, 3); }
            else { m3w_paeth_two(px + length, raw + 1, px, length, 4); }
            row++;
            raw += length + 1;
            px += length;
            continue;
        }
        int known = bytes == 1 ? m3w_row(raw[0], px + length, raw + 1, px, length, 1)
            : bytes == 3 ? m3w_row(raw[0], px + length, raw + 1, px, length, 3)
            : m3w_row(raw[0], px + length, raw + 1, px, length, 4);
        if (!known) return 0;
    }
    return 1;
}

#endif
