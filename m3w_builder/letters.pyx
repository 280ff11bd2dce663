# cython: boundscheck=False, wraparound=False
"""The loops over a text's characters, in C: words counted and hashed, CLIP's tokens counted, MinHash.

What calls them does without them too, in more time and to the same figures (words.py, report/tokens.py,
dedup/minhash.py).
"""

from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset

cdef extern from "Python.h":
    int PyUnicode_KIND(object text)
    const void *PyUnicode_DATA(object text)
    Py_UCS4 PyUnicode_READ(int kind, const void *data, Py_ssize_t place) nogil
    object PyUnicode_Substring(object text, Py_ssize_t start, Py_ssize_t end)
    PyObject *PyDict_GetItemWithError(object held, object key) except? NULL
    int PyDict_SetItem(object held, object key, object value) except -1

cdef extern from *:
    """
    #include <stdint.h>

    /* The widest instructions that the processor has, where the linker can choose among forms of a function. */
    #if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
    #define M3W_WIDE __attribute__((target_clones("avx2", "default")))
    #else
    #define M3W_WIDE
    #endif

    M3W_WIDE static void m3w_least(
        uint32_t *least, const uint32_t *found, long long number, const uint32_t *factors, const uint32_t *summands,
        long long permutations
    ) {
        for (long long start = 0; start < number; start += 1024) {
            long long end = start + 1024 < number ? start + 1024 : number;
            for (long long one = 0; one < permutations; one++) {
                uint32_t low = least[one], factor = factors[one], summand = summands[one];
                for (long long at = start; at < end; at++) {
                    uint32_t value = found[at] * factor + summand;
                    low = value < low ? value : low;
                }
                least[one] = low;
            }
        }
    }

    static inline uint64_t m3w_mix(uint64_t x) {
        x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
        return x ^ (x >> 31);
    }
    """
    void m3w_least(
        uint32_t *least, const uint32_t *found, long long number, const uint32_t *factors, const uint32_t *summands,
        long long permutations
    ) nogil
    uint64_t m3w_mix(uint64_t x) nogil


FORM = 1
"""Of what these functions take and do: an older compiled form is not taken for this."""

# --- words

cdef enum:
    NONE = 0
    LETTER = 1
    WHOLE = 2
    BLANK = 4
    TABLE = 0x10000

cdef uint8_t kinds[TABLE]
"""Of each character: part of a word (LETTER), a word by itself (WHOLE), white space (BLANK, none of it lies behind the
table), or none of these."""


def learn(str whole, str marks):
    """Take in what is a word by itself, and which marks go with letters: pairs of characters, `a-z` each, or single
    ones, all below U+10000. Has to be called before any of the functions that look for words."""
    cdef Py_UCS4 code
    for code in range(TABLE):
        kinds[code] = LETTER if code.isalnum() or code == u"_" else BLANK if code.isspace() else NONE
    _enter(marks, LETTER)
    _enter(whole, WHOLE)


cdef _enter(str ranges, uint8_t kind):
    cdef Py_ssize_t place = 0
    cdef Py_UCS4 code
    while place < len(ranges):
        last = place + 2 if ranges[place + 1 : place + 2] == "-" else place
        for code in range(ord(ranges[place]), ord(ranges[last]) + 1):
            kinds[code] = kind
        place = last + 1


cdef inline uint8_t kind_of(Py_UCS4 code) noexcept:
    if code < TABLE:
        return kinds[code]
    return LETTER if code.isalnum() else NONE


def word_count(str text):
    """How many words a text has."""
    cdef int width = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t place, number = 0
    cdef uint8_t before = NONE, kind
    for place in range(len(text)):
        kind = kind_of(PyUnicode_READ(width, data, place))
        number += kind == WHOLE or (kind == LETTER and before != LETTER)
        before = kind
    return number


def word_hashes(str text, uint64_t base):
    """64 bits of each word: the value of a polynomial at `base`, whose coefficients are the word's characters; as
    the bytes of an array."""
    cdef int width = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t place = len(text), number = word_count(text)
    cdef uint64_t value = 0
    cdef bint within = False
    cdef uint8_t kind
    found = bytearray(8 * number)
    if not number:
        return found
    cdef unsigned char[::1] bytes_of = found
    cdef uint64_t *out = <uint64_t *> &bytes_of[0]
    while place:  # from the end, as polynomials are reckoned
        place -= 1
        kind = kind_of(PyUnicode_READ(width, data, place))
        if kind == LETTER:
            value = value * base + <uint64_t> PyUnicode_READ(width, data, place) if within else \
                <uint64_t> PyUnicode_READ(width, data, place)
            within = True
            continue
        if within:
            number -= 1
            out[number] = (value ^ (value >> 32)) * base
            within = False
        if kind == WHOLE:
            number -= 1
            out[number] = <uint64_t> PyUnicode_READ(width, data, place) * base
    if within:
        out[number - 1] = (value ^ (value >> 32)) * base
    return found


def add_words(str text, counts):
    """Count each word of a text in `counts`, a dictionary or one of its kind; how many they are."""
    cdef int width = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t place, start = -1, number = 0, length = len(text)
    cdef uint8_t kind
    if not isinstance(counts, dict):
        raise TypeError(f"{type(counts).__name__} is no dictionary")
    for place in range(length + 1):
        kind = kind_of(PyUnicode_READ(width, data, place)) if place < length else NONE
        if start >= 0 and kind != LETTER:
            _one_more(counts, PyUnicode_Substring(text, start, place))
            number += 1
            start = -1
        if kind == WHOLE:
            _one_more(counts, PyUnicode_Substring(text, place, place + 1))
            number += 1
        elif kind == LETTER and start < 0:
            start = place
    return number


cdef int _one_more(object counts, object word) except -1:
    cdef PyObject *known = PyDict_GetItemWithError(counts, word)
    PyDict_SetItem(counts, word, 1 if known == NULL else <object> known + 1)
    return 0


def single_spaced(str text):
    """The characters of a text, in four bytes each, with one blank for each run of white space."""
    cdef int width = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t place, made = 0
    cdef bint blank, before = False
    found = bytearray(4 * len(text))
    if not found:
        return found
    cdef unsigned char[::1] bytes_of = found
    cdef uint32_t *out = <uint32_t *> &bytes_of[0]
    for place in range(len(text)):
        blank = kind_of(PyUnicode_READ(width, data, place)) == BLANK
        if not (blank and before):
            out[made] = 32 if blank else <uint32_t> PyUnicode_READ(width, data, place)
            made += 1
        before = blank
    return memoryview(found)[: 4 * made]


# --- MinHash

def signature(const uint64_t[::1] hashes, int length, const uint32_t[::1] factors, const uint32_t[::1] summands):
    """The least value of the runs of `length` words under each permutation, as the bytes of an array of uint32."""
    cdef Py_ssize_t number = hashes.shape[0] - length + 1, place, step, permutations = factors.shape[0]
    if number < 1 or length < 1 or permutations < 1 or summands.shape[0] != permutations:
        raise ValueError(f"{hashes.shape[0]} words, runs of {length}, {permutations} permutations")
    made = bytearray(4 * permutations)
    cdef unsigned char[::1] bytes_of = made
    cdef uint32_t *least = <uint32_t *> &bytes_of[0]
    cdef uint32_t *found = <uint32_t *> malloc(number * sizeof(uint32_t))
    cdef uint64_t run
    if found == NULL:
        raise MemoryError()
    with nogil:
        for place in range(number):
            run = 0
            for step in range(length):
                run = run * <uint64_t> 0x9E3779B97F4A7C15 + hashes[place + step]
            found[place] = <uint32_t> (m3w_mix(run) >> 32)
        memset(least, 0xFF, permutations * sizeof(uint32_t))
        m3w_least(least, found, number, &factors[0], &summands[0], permutations)
        free(found)
    return made


# --- byte pairs

cdef enum:
    SPACE = 0
    LETTERS = 1
    DIGIT = 2
    REST = 3
    LONGEST = 512  # bytes of a piece: merging takes the square of them, so longer ones are left to the caller
    SLOTS = 1 << 17  # for 48,894 pairs
    KNOWN = 1 << 15  # pieces of up to 16 bytes that are remembered, 24 bytes each

cdef struct Piece:
    uint64_t first
    uint64_t second
    uint32_t tokens


cdef inline int class_of(Py_UCS4 code) noexcept:
    """What CLIP's pattern takes a character for."""
    if code < 128:
        if u"a" <= code <= u"z" or u"A" <= code <= u"Z":
            return LETTERS
        if u"0" <= code <= u"9":
            return DIGIT
        return SPACE if code == 32 or 9 <= code <= 13 or 28 <= code <= 31 else REST
    if code.isspace():
        return SPACE
    if code.isdecimal():
        return DIGIT
    return LETTERS if code.isalnum() else REST


cdef enum:
    FNV_FACTOR = 0x100000001B3

cdef uint64_t FNV = 0xCBF29CE484222325


cdef uint64_t name_of(bytes symbol):
    """64 bits of a symbol (FNV-1a, by which those of the one list of CLIP all differ)."""
    cdef uint64_t found = FNV
    for byte in symbol:
        found = (found ^ <uint64_t> byte) * FNV_FACTOR
    return found


cdef class Names:
    """The numbers of symbols, by 64 bits of their names."""

    cdef uint64_t *names
    cdef uint32_t *numbers

    def __cinit__(self):
        self.names = <uint64_t *> calloc(SLOTS, sizeof(uint64_t))
        self.numbers = <uint32_t *> calloc(SLOTS, sizeof(uint32_t))
        if self.names == NULL or self.numbers == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.names)
        free(self.numbers)

    cdef uint64_t place(self, uint64_t name) noexcept:
        cdef uint64_t slot = m3w_mix(name) & (SLOTS - 1)
        while self.names[slot] and self.names[slot] != name:
            slot = (slot + 1) & (SLOTS - 1)
        return slot

    cdef int enter(self, uint64_t name, uint32_t number) except -1:
        cdef uint64_t slot = self.place(name)
        if self.names[slot]:
            raise ValueError(f"symbol {number} is one that is there already")
        self.names[slot], self.numbers[slot] = name, number
        return 0

    cdef long number(self, uint64_t name) except -1:
        cdef uint64_t slot = self.place(name)
        if not self.names[slot]:
            raise ValueError("a symbol that none before it made")
        return self.numbers[slot]


cdef class Pairs:
    """Byte pairs as CLIP merges them: a piece's bytes, its last one marked as the end, joined two by two, always those
    first that stand first in the list of merges."""

    cdef uint64_t *pairs  # both symbols in the upper 40 bits, above what they become, 0 for an empty slot
    cdef Piece *known
    cdef object long_piece

    def __cinit__(self):
        self.pairs = <uint64_t *> calloc(SLOTS, sizeof(uint64_t))
        self.known = <Piece *> calloc(KNOWN, sizeof(Piece))
        if self.pairs == NULL or self.known == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.pairs)
        free(self.known)

    def __init__(self, bytes merges, str letters, object long_piece):
        """merges: lines of two symbols, in their order, in UTF-8; letters: the characters that stand for the 256 bytes
        in them; `long_piece` counts the tokens of a piece that is longer than LONGEST. Raises ValueError for merges
        that are too many, or are of symbols that none before them made."""
        cdef const uint8_t *data = merges
        cdef Py_ssize_t place, start = 0, size = len(merges)
        cdef Names names = Names()
        cdef uint64_t made = 512, one = 0, both = FNV, part = FNV
        if len(letters) != 256 or merges.count(b"\n") > SLOTS // 2 or not merges.endswith(b"\n"):
            raise ValueError(f"{len(letters)} letters, {len(merges)} bytes of merges")
        self.long_piece = long_piece
        for place in range(256):
            names.enter(name_of(letters[place].encode()), place)
            names.enter(name_of((letters[place] + "</w>").encode()), 256 + place)
        for place in range(size):
            if data[place] == 32 and not one:
                one, part = part, FNV
            elif data[place] == 10:
                self.enter(<uint64_t> names.number(one) << 20 | <uint64_t> names.number(part), made)
                names.enter(both, made)
                made += 1
                one, both, part = 0, FNV, FNV
            else:
                both = (both ^ data[place]) * FNV_FACTOR
                part = (part ^ data[place]) * FNV_FACTOR

    cdef void enter(self, uint64_t both, uint64_t made) noexcept:
        cdef uint64_t slot = m3w_mix(both) & (SLOTS - 1)
        while self.pairs[slot]:
            slot = (slot + 1) & (SLOTS - 1)
        self.pairs[slot] = both << 24 | made

    cdef inline uint32_t joined(self, uint32_t one, uint32_t other) noexcept nogil:
        """What two symbols become; all bits where they stay two."""
        cdef uint64_t both = (<uint64_t> one) << 20 | other
        cdef uint64_t slot = m3w_mix(both) & (SLOTS - 1)
        while self.pairs[slot]:
            if self.pairs[slot] >> 24 == both:
                return self.pairs[slot] & 0xFFFFFF
            slot = (slot + 1) & (SLOTS - 1)
        return 0xFFFFFFFF

    cdef uint32_t merged(self, const uint8_t *piece, int size) noexcept nogil:
        """The tokens of the bytes of a piece: at most LONGEST."""
        cdef uint32_t symbols[LONGEST]
        cdef uint32_t after[LONGEST]  # what each becomes with the next one
        cdef uint32_t least
        cdef int place, at, left = size
        for place in range(size):
            symbols[place] = piece[place]
        symbols[size - 1] += 256
        for place in range(size - 1):
            after[place] = self.joined(symbols[place], symbols[place + 1])
        while left > 1:
            least, at = 0xFFFFFFFF, -1
            for place in range(left - 1):
                if after[place] < least:
                    least, at = after[place], place
            if at < 0:
                break
            symbols[at] = least
            left -= 1
            for place in range(at + 1, left):
                symbols[place], after[place] = symbols[place + 1], after[place + 1]
            if at:
                after[at - 1] = self.joined(symbols[at - 1], least)
            if at < left - 1:
                after[at] = self.joined(least, symbols[at + 1])
        return left

    cdef uint32_t tokens(self, const uint8_t *piece, int size) noexcept nogil:
        """The same, remembered for short ones."""
        cdef uint64_t first = 0, second = 0
        cdef Piece *slot
        cdef int place
        if size > 16:
            return self.merged(piece, size)
        for place in range(size):
            if place < 8:
                first = first << 8 | piece[place]
            else:
                second = second << 8 | piece[place]
        slot = &self.known[m3w_mix(first ^ m3w_mix(second + size)) & (KNOWN - 1)]
        if slot.first == first and slot.second == second and slot.tokens >> 8 == <uint32_t> size:
            return slot.tokens & 0xFF
        cdef uint32_t number = self.merged(piece, size)
        slot.first, slot.second, slot.tokens = first, second, <uint32_t> size << 8 | number
        return number

    def count(self, str text):
        """The tokens of a text in small letters: of its runs of letters, single digits, runs of marks, and of the
        endings that follow an apostrophe."""
        cdef int width = PyUnicode_KIND(text)
        cdef const void *data = PyUnicode_DATA(text)
        cdef Py_ssize_t place = 0, start, length = len(text)
        cdef uint8_t piece[LONGEST]
        cdef uint64_t number = 0
        cdef int kind, size
        while place < length:
            start = place
            kind = class_of(PyUnicode_READ(width, data, place))
            place += 1
            if kind == SPACE:
                continue
            if kind == REST and PyUnicode_READ(width, data, start) == u"'" and place < length:
                place += ending(width, data, place, length)
            if kind == LETTERS or (kind == REST and place == start + 1):
                while place < length and class_of(PyUnicode_READ(width, data, place)) == kind:
                    place += 1
            size = encoded(width, data, start, place, piece)
            if size < 0:
                number += <uint64_t> self.long_piece(text[start:place])
            else:
                number += self.tokens(piece, size)
        return number


cdef int ending(int width, const void *data, Py_ssize_t place, Py_ssize_t length) noexcept:
    """How many letters of an ending that CLIP knows stand behind an apostrophe: s, t, m, d, re, ve, ll; 0: none."""
    cdef Py_UCS4 one = PyUnicode_READ(width, data, place), other = 0
    if one == u"s" or one == u"t" or one == u"m" or one == u"d":
        return 1
    if place + 1 < length:
        other = PyUnicode_READ(width, data, place + 1)
    if other == u"e" and (one == u"r" or one == u"v") or other == u"l" and one == u"l":
        return 2
    return 0


cdef int encoded(int width, const void *data, Py_ssize_t start, Py_ssize_t end, uint8_t *out) noexcept:
    """Write characters as UTF-8, what has none as a question mark; how many bytes, -1 for more than LONGEST."""
    cdef uint32_t code
    cdef Py_ssize_t place
    cdef int size = 0
    for place in range(start, end):
        if size + 4 > LONGEST:
            return -1
        code = <uint32_t> PyUnicode_READ(width, data, place)
        if 0xD800 <= code <= 0xDFFF:
            code = 63
        if code < 0x80:
            out[size] = code
            size += 1
        elif code < 0x800:
            out[size], out[size + 1] = 0xC0 | code >> 6, 0x80 | code & 0x3F
            size += 2
        elif code < 0x10000:
            out[size], out[size + 1], out[size + 2] = 0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F
            size += 3
        else:
            out[size], out[size + 1] = 0xF0 | code >> 18, 0x80 | code >> 12 & 0x3F
            out[size + 2], out[size + 3] = 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F
            size += 4
    return size
