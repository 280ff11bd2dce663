/* The loops over a picture's px: averaged, laid on white, looked up in palettes, counted. */
#ifndef M3W_PX
#define M3W_PX

#include "filters.h"

#if defined(__SSE2__) && defined(__GNUC__)
#include <tmmintrin.h>
/* Two px at once of rows of three or four channels, neighbours added where they stand, for processors that can; up to
   which px. Sixteen bytes are read and eight written: so not the last px. */
__attribute__((target("ssse3"))) static long long m3w_half_wide(
    unsigned char *out, const unsigned char *top, const unsigned char *low, long long half, int channels
) {
    const __m128i one = _mm_set1_epi8(1), two = _mm_set1_epi16(2), places = channels == 3
        ? _mm_setr_epi8(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, -1, -1, -1, -1)
        : _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
    long long at = 0;
    for (; at + 2 < half; at += 2) {
        __m128i a = _mm_loadu_si128((const __m128i *)(top + 2 * at * channels));
        __m128i b = _mm_loadu_si128((const __m128i *)(low + 2 * at * channels));
        a = _mm_maddubs_epi16(_mm_shuffle_epi8(a, places), one);
        b = _mm_maddubs_epi16(_mm_shuffle_epi8(b, places), one);
        __m128i sum = _mm_srli_epi16(_mm_add_epi16(_mm_add_epi16(a, b), two), 2);
        _mm_storel_epi64((__m128i *)(out + at * channels), _mm_packus_epi16(sum, sum));
    }
    return at;
}
#define M3W_WIDER __builtin_cpu_supports("ssse3")
#else
#define M3W_WIDER 0
#define m3w_half_wide(out, top, low, half, channels) 0
#endif

static inline void m3w_half(
    unsigned char *restrict out, const unsigned char *restrict top, const unsigned char *restrict low,
    long long width, int channels
) {
    long long at = 0, half = width / 2;
    if (channels > 1 && M3W_WIDER) at = m3w_half_wide(out, top, low, half, channels);
#if defined(__SSE2__)
    const __m128i two = _mm_set1_epi16(2), zero = _mm_setzero_si128();
    if (channels == 4) {
        for (; at + 2 <= half; at += 2) {
            __m128i a = _mm_loadu_si128((const __m128i *)(top + 8 * at));
            __m128i b = _mm_loadu_si128((const __m128i *)(low + 8 * at));
            __m128i first = _mm_add_epi16(_mm_unpacklo_epi8(a, zero), _mm_unpacklo_epi8(b, zero));
            __m128i second = _mm_add_epi16(_mm_unpackhi_epi8(a, zero), _mm_unpackhi_epi8(b, zero));
            __m128i sum = _mm_add_epi16(_mm_unpacklo_epi64(first, second), _mm_unpackhi_epi64(first, second));
            sum = _mm_srli_epi16(_mm_add_epi16(sum, two), 2);
            _mm_storel_epi64((__m128i *)(out + 4 * at), _mm_packus_epi16(sum, sum));
        }
    } else if (channels == 1) {
        const __m128i even = _mm_set1_epi16(255);
        for (; at + 8 <= half; at += 8) {
            __m128i a = _mm_loadu_si128((const __m128i *)(top + 2 * at));
            __m128i b = _mm_loadu_si128((const __m128i *)(low + 2 * at));
            __m128i sum = _mm_add_epi16(_mm_and_si128(a, even), _mm_srli_epi16(a, 8));
            sum = _mm_add_epi16(sum, _mm_add_epi16(_mm_and_si128(b, even), _mm_srli_epi16(b, 8)));
            sum = _mm_srli_epi16(_mm_add_epi16(sum, two), 2);
            _mm_storel_epi64((__m128i *)(out + at), _mm_packus_epi16(sum, sum));
        }
    } else {
        for (; at + 1 < half; at++) { /* not the last one: four bytes are read and written */
            __m128i sum = _mm_add_epi16(m3w_get(top + 6 * at, 4), m3w_get(top + 6 * at + 3, 4));
            sum = _mm_add_epi16(sum, _mm_add_epi16(m3w_get(low + 6 * at, 4), m3w_get(low + 6 * at + 3, 4)));
            m3w_put(out + 3 * at, _mm_srli_epi16(_mm_add_epi16(sum, two), 2), 4);
        }
    }
#endif
    for (; 2 * at < width; at++) {
        const unsigned char *a = top + 2 * at * channels, *b = low + 2 * at * channels;
        int next = 2 * at + 1 < width ? channels : 0;
        for (int c = 0; c < channels; c++) {
            out[at * channels + c] = (a[c] + a[c + next] + b[c] + b[c + next] + 2) >> 2;
        }
    }
}
/* Every 2 x 2 px averaged into one, halves rounded up; what is left at an odd side, by itself. */
static void m3w_halved(unsigned char *out, const unsigned char *px, long long rows, long long width, int channels) {
    long long length = width * channels, made = (width + 1) / 2 * channels;
    for (long long row = 0; row < rows; row += 2, out += made) {
        const unsigned char *top = px + row * length, *low = row + 1 < rows ? top + length : top;
        if (channels == 1) m3w_half(out, top, low, width, 1);
        else if (channels == 3) m3w_half(out, top, low, width, 3);
        else m3w_half(out, top, low, width, 4);
    }
}
static int m3w_opaque(const unsigned char *px, long long number) {
    const unsigned char marks[4] = {0, 0, 0, 255};
    unsigned int wanted, all, word;
    memcpy(&wanted, marks, 4);
    for (long long from = 0; from < number; from += 4096) {
        long long to = from + 4096 < number ? from + 4096 : number;
        all = wanted;
        for (long long at = from; at < to; at++) { memcpy(&word, px + 4 * at, 4); all &= word; }
        if (all != wanted) return 0;
    }
    return 1;
}
static int m3w_paint(
    unsigned char *restrict out, const unsigned char *restrict numbers, const unsigned char *restrict table,
    long long number, int known
) {
    int most = 0;
    for (long long at = 0; at < number; at++) {
        most = numbers[at] > most ? numbers[at] : most;
        memcpy(out + 4 * at, table + 4 * numbers[at], 4);
    }
    return most < known;
}
/* Colours weighed by their opacity, each rounded to the nearest level. */
static void m3w_weigh(unsigned char *restrict out, const unsigned char *restrict px, long long number) {
    long long at = 0;
#if defined(__SSE2__)
    const __m128i zero = _mm_setzero_si128(), half = _mm_set1_epi16(128);
    const __m128i whole = _mm_set_epi16(255, 0, 0, 0, 255, 0, 0, 0); /* opacity itself is kept */
    for (; at + 4 <= number; at += 4) {
        __m128i four = _mm_loadu_si128((const __m128i *)(px + 4 * at)), two[2];
        two[0] = _mm_unpacklo_epi8(four, zero);
        two[1] = _mm_unpackhi_epi8(four, zero);
        for (int part = 0; part < 2; part++) {
            __m128i weight = _mm_shufflehi_epi16(_mm_shufflelo_epi16(two[part], 0xFF), 0xFF);
            __m128i product = _mm_add_epi16(_mm_mullo_epi16(two[part], _mm_or_si128(weight, whole)), half);
            two[part] = _mm_srli_epi16(_mm_add_epi16(product, _mm_srli_epi16(product, 8)), 8);
        }
        _mm_storeu_si128((__m128i *)(out + 4 * at), _mm_packus_epi16(two[0], two[1]));
    }
#endif
    for (; at < number; at++) {
        for (int c = 0; c < 3; c++) {
            int product = px[4 * at + c] * px[4 * at + 3] + 128;
            out[4 * at + c] = (product + (product >> 8)) >> 8;
        }
        out[4 * at + 3] = px[4 * at + 3];
    }
}
/* RGBA as RGB; where colours are weighed, on white. */
static void m3w_on_white(
    unsigned char *restrict out, const unsigned char *restrict px, long long number, int weighed
) {
    for (long long at = 0; at < number; at++, px += 4, out += 3) {
        int white = weighed ? 255 - px[3] : 0;
        for (int c = 0; c < 3; c++) out[c] = px[c] + white > 255 ? 255 : px[c] + white;
    }
}
/* Rows of px halved so many times, as grey or RGB. 2^halvings divides their number, but at a picture's end. `room` has
   as many bytes as the px, and half as many more; what is halved lies there in turns. */
static void m3w_shrink(
    unsigned char *out, const unsigned char *px, long long rows, long long width, int channels, int halvings,
    unsigned char *room
) {
    unsigned char *other = room + rows * width * channels;
    int weighed = channels == 4 && !m3w_opaque(px, rows * width);
    if (weighed) {
        m3w_weigh(room, px, rows * width);
        px = room;
    }
    for (int level = 1; level <= halvings; level++) {
        unsigned char *made = level == halvings && channels != 4 ? out : px == room ? other : room;
        m3w_halved(made, px, rows, width, channels);
        rows = (rows + 1) / 2;
        width = (width + 1) / 2;
        px = made;
    }
    if (channels == 4) m3w_on_white(out, px, rows * width, weighed);
    else if (!halvings) memcpy(out, px, rows * width * channels);
}
/* Whether one of two marks, of two bytes or more, stands in a text: sixteen places are looked at at once for their first
   two bytes. */
static inline int m3w_stands(const unsigned char *at, const unsigned char *end, const unsigned char *mark, long long size) {
    return end - at >= size && !memcmp(at, mark, size);
}
static inline int m3w_marked(
    const unsigned char *text, long long length, const unsigned char *one, long long ones, const unsigned char *other,
    long long others
) {
    const unsigned char *at = text, *end = text + length;
#if defined(__SSE2__) && defined(__GNUC__)
    const __m128i a = _mm_set1_epi8((char)one[0]), b = _mm_set1_epi8((char)one[1]);
    const __m128i c = _mm_set1_epi8((char)other[0]), d = _mm_set1_epi8((char)other[1]);
    for (; end - at >= 17; at += 16) {
        __m128i first = _mm_loadu_si128((const __m128i *)at), second = _mm_loadu_si128((const __m128i *)(at + 1));
        __m128i found = _mm_or_si128(
            _mm_and_si128(_mm_cmpeq_epi8(first, a), _mm_cmpeq_epi8(second, b)),
            _mm_and_si128(_mm_cmpeq_epi8(first, c), _mm_cmpeq_epi8(second, d))
        );
        for (int places = _mm_movemask_epi8(found); places; places &= places - 1) {
            const unsigned char *here = at + __builtin_ctz(places);
            if (m3w_stands(here, end, one, ones) || m3w_stands(here, end, other, others)) return 1;
        }
    }
#endif
    for (; at < end; at++) if (m3w_stands(at, end, one, ones) || m3w_stands(at, end, other, others)) return 1;
    return 0;
}
/* A share of one px of a side in one of those that are made of it. */
typedef struct { int from, to; float weight; } m3w_part;

/* The shares of a side of `length` px in `made` fewer ones, in their order, and how many; at most twice `length`. A share
   below a thousandth is none, as OpenCV has it (resize.cpp, computeResizeAreaTab), and the arithmetic is its own. */
static inline int m3w_parts(m3w_part *parts, int length, int made) {
    double scale = 1.0 / ((double)made / length);
    int number = 0;
    for (int to = 0; to < made; to++) {
        double start = to * scale, end = start + scale, wide = scale < length - start ? scale : length - start;
        int last = (int)end < length - 1 ? (int)end : length - 1; /* none is negative: whole parts are floors */
        int first = (int)start + ((int)start < start);
        if (first > last) first = last;
        if (first - start > 1e-3) parts[number++] = (m3w_part){first - 1, to, (float)((first - start) / wide)};
        for (int at = first; at < last; at++) parts[number++] = (m3w_part){at, to, (float)(1.0 / wide)};
        if (end - last > 1e-3) {
            double rest = end - last < 1.0 ? end - last : 1.0;
            parts[number++] = (m3w_part){last, to, (float)((rest < wide ? rest : wide) / wide)};
        }
    }
    return number;
}
static inline void m3w_along(
    float *restrict sums, const unsigned char *restrict px, const m3w_part *restrict parts, int number, int channels
) {
    for (int part = 0; part < number;) {
        int to = parts[part].to, end = part + 1;
        while (end < number && parts[end].to == to) end++;
        for (int c = 0; c < channels; c++) {
            float sum = px[parts[part].from * channels + c] * parts[part].weight;
            for (int at = part + 1; at < end; at++) sum += px[parts[at].from * channels + c] * parts[at].weight;
            sums[to * channels + c] = sum;
        }
        part = end;
    }
}
/* Px made fewer by the shares that they have: OpenCV's INTER_AREA where a factor is not whole. `sums` has room for two
   made rows, `down` and `across` are the shares of columns and rows. */
static inline void m3w_area(
    unsigned char *out, const unsigned char *px, long long width, int channels, const m3w_part *down, int downs,
    const m3w_part *across, int acrosses, long long made, float *sums
) {
    long long length = made * channels;
    float *row = sums + length;
    int told = -1;
    for (int part = 0; part < downs; part++) {
        const unsigned char *from = px + down[part].from * width * channels;
        if (down[part].from != told) { /* a row that two made ones share is asked for twice */
            if (channels == 1) m3w_along(row, from, across, acrosses, 1);
            else if (channels == 3) m3w_along(row, from, across, acrosses, 3);
            else m3w_along(row, from, across, acrosses, 4);
        }
        told = down[part].from;
        float weight = down[part].weight;
        if (!part || down[part].to != down[part - 1].to) for (long long at = 0; at < length; at++) sums[at] = weight * row[at];
        else for (long long at = 0; at < length; at++) sums[at] += weight * row[at];
        if (part + 1 == downs || down[part + 1].to != down[part].to) {
            unsigned char *to = out + down[part].to * length;
            for (long long at = 0; at < length; at++) { /* to the nearest, of two the even one: as adding 1.5 * 2^23 does */
                float level = sums[at] + 12582912.0f;
                int held;
                memcpy(&held, &level, 4);
                held -= 0x4B400000;
                to[at] = held > 255 ? 255 : held;
            }
        }
    }
}
/* What the px of RGB add up to, by channels: 48 bytes at once, in numbers of 16 bits while these can hold it. */
static inline void m3w_sums(long long *sums, const unsigned char *px, long long number) {
    long long at = 0, length = 3 * number;
    sums[0] = sums[1] = sums[2] = 0;
    while (at + 48 <= length) {
        unsigned short some[48] = {0};
        for (int block = 0; block < 256 && at + 48 <= length; block++, at += 48) {
            for (int place = 0; place < 48; place++) some[place] += px[at + place];
        }
        for (int place = 0; place < 48; place++) sums[place % 3] += some[place];
    }
    for (; at < length; at++) sums[at % 3] += px[at];
}
/* How many px of RGB have all their channels within these levels, both included. */
static inline long long m3w_within(const unsigned char *px, long long number, const int *least, const int *most) {
    long long found = 0;
    unsigned char low[3], span[3];
    for (int c = 0; c < 3; c++) {
        if (least[c] > most[c]) return 0;
        low[c] = (unsigned char)least[c];
        span[c] = (unsigned char)(most[c] - least[c]);
    }
    for (long long at = 0; at < number; at++, px += 3) {
        found += ((unsigned char)(px[0] - low[0]) <= span[0]) & ((unsigned char)(px[1] - low[1]) <= span[1])
            & ((unsigned char)(px[2] - low[2]) <= span[2]);
    }
    return found;
}
/* The colours that a row's numbers of 1, 2, 4 or 8 bits bear in a table of RGBA; 0 where one is not below `known`. */
static inline int m3w_coloured(
    unsigned char *restrict out, const unsigned char *restrict packed, const unsigned char *restrict table,
    long long width, int depth, int known
) {
    if (depth == 8) return m3w_paint(out, packed, table, width, known);
    int most = 0, mask = (1 << depth) - 1, each = 8 / depth;
    for (long long at = 0; at < width; at++) {
        int number = packed[at / each] >> (8 - depth - at % each * depth) & mask;
        most = number > most ? number : most;
        memcpy(out + 4 * at, table + 4 * number, 4);
    }
    return most < known;
}

#endif
