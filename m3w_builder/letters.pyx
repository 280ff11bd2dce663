# cython: boundscheck=False, wraparound=False
"""The loops over a text's characters, in C: words counted and hashed, CLIP's tokens counted, MinHash.

What calls them does without them too, in more time and to the same figures (words.py, report/tokens.py,
dedup/minhash.py).
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memset

cdef extern from "Python.h":
    int PyUnicode_KIND(object text)
    const void *PyUnicode_DATA(object text)
    Py_UCS4 PyUnicode_READ(int kind, const void *data, Py_ssize_t place) nogil
    Py_UCS4 Py_UNICODE_TOLOWER(Py_UCS4 code)
    void PyUnicode_WRITE(int kind, void *data, Py_ssize_t place, Py_UCS4 code)
    object PyUnicode_New(Py_ssize_t length, Py_UCS4 most)
    object PyUnicode_FromKindAndData(int kind, const void *data, Py_ssize_t length)
    object PyBytes_FromStringAndSize(const char *data, Py_ssize_t size)

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


FORM = 2
"""Of what these functions take and do: an older compiled form is not taken for this."""

ctypedef fused Letters:
    uint8_t
    uint16_t
    uint32_t

# --- characters

cdef enum:
    NONE = 0
    LETTER = 1
    WHOLE = 2
    BLANK = 4
    OTHER = 8  # of a character whose small or folded form is more than one, or tells on its neighbours
    TABLE = 0x10000

cdef uint8_t kinds[TABLE]
"""Of each character: part of a word (LETTER), a word by itself (WHOLE), white space (BLANK, none of it lies behind the
table), or none of these."""
cdef uint8_t classes[TABLE]
"""What CLIP's pattern takes each character for."""
cdef uint16_t smalls[TABLE]
cdef uint16_t folded[TABLE]
cdef uint8_t others[TABLE]
"""Whether `smalls` (LETTER) and `folded` (WHOLE) do not hold what a character becomes."""


def learn(str whole, str marks):
    """Take in what is a word by itself, and which marks go with letters: pairs of characters, `a-z` each, or single
    ones, all below U+10000. Has to be called before any of the other functions."""
    cdef Py_UCS4 code
    for code in range(TABLE):
        classes[code] = class_of(code)
        kinds[code] = LETTER if code.isalnum() or code == u"_" else BLANK if code.isspace() else NONE
        smalls[code] = folded[code] = code
        if code.islower() or code.isupper() or code.istitle():
            _turn(smalls, LETTER, code, chr(code).lower())
            _turn(folded, WHOLE, code, chr(code).casefold())
    others[0x3A3] |= LETTER  # the capital sigma, whose small form is another at the end of a word
    _enter(marks, LETTER)
    _enter(whole, WHOLE)


cdef _turn(uint16_t *table, uint8_t mark, Py_UCS4 code, str becomes):
    if len(becomes) == 1 and ord(becomes) < TABLE:
        table[code] = ord(becomes)
    else:
        others[code] |= mark


cdef _enter(str ranges, uint8_t kind):
    cdef Py_ssize_t place = 0
    cdef Py_UCS4 code
    while place < len(ranges):
        last = place + 2 if ranges[place + 1 : place + 2] == "-" else place
        for code in range(ord(ranges[place]), ord(ranges[last]) + 1):
            kinds[code] = kind
        place = last + 1


cdef inline uint8_t kind_of(Py_UCS4 code) noexcept:
    return kinds[code] if code < TABLE else far_kind(code)


cdef inline uint32_t small_of(uint32_t code) noexcept:
    return smalls[code] if code < TABLE else far_small(code)


cdef uint8_t far_kind(Py_UCS4 code) noexcept:
    return LETTER if code.isalnum() else NONE


cdef uint32_t far_small(Py_UCS4 code) noexcept:
    return Py_UNICODE_TOLOWER(code)


cdef bint has_others(str text, uint8_t mark):
    """Whether a text has characters whose small (LETTER) or folded (WHOLE) form no table has."""
    cdef int width = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    if width == 1:
        return not text.isascii() and _others(<const uint8_t *> data, len(text), mark)
    if width == 2:
        return _others(<const uint16_t *> data, len(text), mark)
    return _others(<const uint32_t *> data, len(text), mark)


cdef bint _others(const Letters *data, Py_ssize_t length, uint8_t mark) noexcept:
    cdef Py_ssize_t place
    cdef uint8_t found = 0
    for place in range(length):
        if Letters is uint32_t:
            if data[place] >= TABLE:
                continue
        found |= others[data[place]]
    return found & mark


# --- words

def word_count(str text):
    """How many words a text has."""
    cdef int width = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    if width == 1:
        return _word_count(<const uint8_t *> data, len(text))
    if width == 2:
        return _word_count(<const uint16_t *> data, len(text))
    return _word_count(<const uint32_t *> data, len(text))


cdef Py_ssize_t _word_count(const Letters *data, Py_ssize_t length) noexcept:
    cdef Py_ssize_t place, number = 0
    cdef uint8_t before = NONE, kind
    for place in range(length):
        kind = kind_of(data[place])
        number += (kind == WHOLE) | ((kind == LETTER) & (before != LETTER))
        before = kind
    return number


def word_hashes(str text, uint64_t base):
    """64 bits of each word in small letters: the value of a polynomial at `base`, whose coefficients are the word's
    characters; as the bytes of an array."""
    if has_others(text, LETTER):
        text = text.lower()
    cdef int width = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t length = len(text), number
    cdef uint64_t *end
    cdef uint64_t *out = <uint64_t *> malloc((length + 1) * sizeof(uint64_t))
    if out == NULL:
        raise MemoryError()
    end = out + length + 1
    if width == 1:
        number = _word_hashes(<const uint8_t *> data, length, base, end)
    elif width == 2:
        number = _word_hashes(<const uint16_t *> data, length, base, end)
    else:
        number = _word_hashes(<const uint32_t *> data, length, base, end)
    try:
        return PyBytes_FromStringAndSize(<char *> (end - number), number * sizeof(uint64_t))
    finally:
        free(out)


cdef Py_ssize_t _word_hashes(const Letters *data, Py_ssize_t length, uint64_t base, uint64_t *end) noexcept:
    """Write them before `end`, from the last one, as polynomials are reckoned; how many they are."""
    cdef uint64_t value = 0
    cdef uint64_t *out = end
    cdef uint32_t code
    cdef bint within = False
    cdef uint8_t kind
    while length:
        length -= 1
        code = small_of(data[length])
        kind = kind_of(code)
        if kind == LETTER:
            value = value * base + code if within else code
            within = True
            continue
        if within:
            out -= 1
            out[0] = (value ^ (value >> 32)) * base
            within = False
        if kind == WHOLE:
            out -= 1
            out[0] = <uint64_t> code * base
    if within:
        out -= 1
        out[0] = (value ^ (value >> 32)) * base
    return end - out


cdef struct Word:
    uint64_t hash
    uint64_t start  # of its letters
    uint64_t length
    uint64_t number


cdef class Tally:
    """How often each word was met, in small letters; the words stand in the order in which they were met first."""

    cdef Word *words
    cdef uint32_t *slots  # one more than the place of a word, 0 for an empty slot
    cdef uint32_t *letters
    cdef Py_ssize_t number, room
    cdef uint64_t used, held

    def __cinit__(self):
        self.number, self.room, self.held, self.used = 0, 512, 1 << 12, 0
        self.words = <Word *> malloc(self.room * sizeof(Word))
        self.slots = <uint32_t *> calloc(2 * self.room, sizeof(uint32_t))
        self.letters = <uint32_t *> malloc(self.held * sizeof(uint32_t))
        if self.words == NULL or self.slots == NULL or self.letters == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.words)
        free(self.slots)
        free(self.letters)

    def __len__(self):
        return self.number

    def add(self, str text):
        """Count each word of a text; how many they are."""
        if has_others(text, LETTER):
            text = text.lower()
        cdef int width = PyUnicode_KIND(text)
        cdef const void *data = PyUnicode_DATA(text)
        if width == 1:
            return _tallied(self, <const uint8_t *> data, len(text))
        if width == 2:
            return _tallied(self, <const uint16_t *> data, len(text))
        return _tallied(self, <const uint32_t *> data, len(text))

    def taken(self):
        """A dictionary of them, to be told once: none is held any more."""
        cdef Py_ssize_t place
        cdef Word *word
        found = {}
        for place in range(self.number):
            word = &self.words[place]
            found[PyUnicode_FromKindAndData(4, self.letters + word.start, word.length)] = word.number
        memset(self.slots, 0, 2 * self.room * sizeof(uint32_t))
        self.number, self.used = 0, 0
        return found

    cdef int fit(self, uint64_t letters) except -1:
        """Make room for so many letters more."""
        cdef void *more
        if self.used + letters > self.held:
            more = realloc(self.letters, 2 * (self.used + letters) * sizeof(uint32_t))
            if more == NULL:
                raise MemoryError()
            self.letters, self.held = <uint32_t *> more, 2 * (self.used + letters)
        return 0

    cdef int grow(self) except -1:
        """Make room for twice as many words."""
        cdef Py_ssize_t place
        cdef void *words = realloc(self.words, 2 * self.room * sizeof(Word))
        if words == NULL:
            raise MemoryError()
        self.words = <Word *> words
        cdef void *slots = calloc(4 * self.room, sizeof(uint32_t))
        if slots == NULL:
            raise MemoryError()
        free(self.slots)
        self.slots, self.room = <uint32_t *> slots, 2 * self.room
        for place in range(self.number):
            self.slots[self.place(&self.words[place])] = place + 1
        return 0

    cdef uint64_t place(self, const Word *word) noexcept:
        """The slot in which a word stands, or would."""
        cdef uint64_t slot = word.hash & (2 * self.room - 1)
        cdef const Word *other
        while self.slots[slot]:
            other = &self.words[self.slots[slot] - 1]
            if other.hash == word.hash and other.length == word.length and not memcmp(
                self.letters + other.start, self.letters + word.start, word.length * sizeof(uint32_t)
            ):
                break
            slot = (slot + 1) & (2 * self.room - 1)
        return slot

    cdef int enter(self, uint64_t length) except -1:
        """Count the word whose letters stand behind those of all words before it."""
        cdef Word word
        cdef uint64_t slot, letter
        if self.number == self.room:
            self.grow()
        word.hash, word.start, word.length, word.number = 0, self.used, length, 1
        for letter in range(length):
            word.hash = word.hash * <uint64_t> 0x9E3779B97F4A7C15 + self.letters[self.used + letter]
        word.hash = m3w_mix(word.hash)
        slot = self.place(&word)
        if self.slots[slot]:
            self.words[self.slots[slot] - 1].number += 1
            return 0
        self.words[self.number] = word
        self.number += 1
        self.slots[slot] = self.number
        self.used += length
        return 0


cdef Py_ssize_t _tallied(Tally tally, const Letters *data, Py_ssize_t length) except -1:
    cdef Py_ssize_t place, number = 0
    cdef uint64_t letters = 0  # of the word that has begun
    cdef uint32_t code
    cdef uint8_t kind
    tally.fit(length)
    for place in range(length):
        code = small_of(data[place])
        kind = kind_of(code)
        if kind == LETTER:
            tally.letters[tally.used + letters] = code
            letters += 1
            continue
        if letters:
            tally.enter(letters)
            number += 1
            letters = 0
        if kind == WHOLE:
            tally.letters[tally.used] = code
            tally.enter(1)
            number += 1
    if letters:
        tally.enter(letters)
        number += 1
    return number


def single_spaced(str text):
    """The characters of a text, case folded, in four bytes each, with one blank for each run of white space."""
    if has_others(text, WHOLE):
        text = text.casefold()
    cdef int width = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t length = len(text)
    cdef uint32_t *out = <uint32_t *> malloc((length + 1) * sizeof(uint32_t))
    if out == NULL:
        raise MemoryError()
    if width == 1:
        length = _single_spaced(<const uint8_t *> data, length, out)
    elif width == 2:
        length = _single_spaced(<const uint16_t *> data, length, out)
    else:
        length = _single_spaced(<const uint32_t *> data, length, out)
    try:
        return PyBytes_FromStringAndSize(<char *> out, length * sizeof(uint32_t))
    finally:
        free(out)


cdef Py_ssize_t _single_spaced(const Letters *data, Py_ssize_t length, uint32_t *out) noexcept:
    cdef Py_ssize_t place, made = 0
    cdef uint32_t code
    cdef bint blank, before = False
    for place in range(length):
        code = data[place]
        blank = kind_of(code) == BLANK
        if not (blank and before):
            # Behind the table all that have a case fold to their small form.
            out[made] = 32 if blank else folded[code] if code < TABLE else far_small(code)
            made += 1
        before = blank
    return made


def apart(str text):
    """A text in which each character that is a word by itself has a space before and behind it."""
    cdef int width = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t place, number = 0, made = 0, length = len(text)
    cdef Py_UCS4 code
    if width == 1:
        return text  # no such character is among the first 256
    for place in range(length):
        number += kind_of(PyUnicode_READ(width, data, place)) == WHOLE
    if not number:
        return text
    cdef object found = PyUnicode_New(length + 2 * number, 0xFFFF if width == 2 else 0x10FFFF)
    cdef void *out = <void *> PyUnicode_DATA(found)
    for place in range(length):
        code = PyUnicode_READ(width, data, place)
        if kind_of(code) == WHOLE:
            PyUnicode_WRITE(width, out, made, 32)
            PyUnicode_WRITE(width, out, made + 1, code)
            PyUnicode_WRITE(width, out, made + 2, 32)
            made += 3
        else:
            PyUnicode_WRITE(width, out, made, code)
            made += 1
    return found


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


cdef inline int known_class(Py_UCS4 code) noexcept:
    return classes[code] if code < TABLE else class_of(code)


cdef int class_of(Py_UCS4 code) noexcept:
    """What CLIP's pattern takes a character for."""
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
        """The tokens of a text, read in small letters and with straight quotes: of its runs of letters, single digits,
        runs of marks, and of the endings that follow an apostrophe."""
        if has_others(text, LETTER):
            text = text.lower()
        cdef int width = PyUnicode_KIND(text)
        cdef const void *data = PyUnicode_DATA(text)
        cdef Py_ssize_t length = len(text)
        cdef uint32_t *plain = <uint32_t *> malloc((length + 1) * sizeof(uint32_t))
        if plain == NULL:
            raise MemoryError()
        if width == 1:
            _repair(<const uint8_t *> data, length, plain)
        elif width == 2:
            _repair(<const uint16_t *> data, length, plain)
        else:
            _repair(<const uint32_t *> data, length, plain)
        try:
            return self.counted(plain, length)
        finally:
            free(plain)

    cdef uint64_t counted(self, const uint32_t *data, Py_ssize_t length) except? 0xFFFFFFFF:
        cdef Py_ssize_t place = 0, start
        cdef uint8_t piece[LONGEST]
        cdef uint64_t number = 0
        cdef int kind, size
        while place < length:
            start = place
            kind = known_class(data[place])
            place += 1
            if kind == SPACE:
                continue
            if kind == REST and data[start] == u"'" and place < length:
                place += ending(data, place, length)
            if kind == LETTERS or (kind == REST and place == start + 1):
                while place < length and known_class(data[place]) == kind:
                    place += 1
            size = encoded(data, start, place, piece)
            if size < 0:
                number += <uint64_t> self.long_piece(PyUnicode_FromKindAndData(4, data + start, place - start))
            else:
                number += self.tokens(piece, size)
        return number


cdef void _repair(const Letters *data, Py_ssize_t length, uint32_t *out) noexcept:
    cdef Py_ssize_t place
    cdef uint32_t code
    for place in range(length):
        code = small_of(data[place])
        if 0x2018 <= code <= 0x201D:
            code = 39 if code <= 0x2019 else 34 if code >= 0x201C else code
        out[place] = code


cdef int ending(const uint32_t *data, Py_ssize_t place, Py_ssize_t length) noexcept:
    """How many letters of an ending that CLIP knows stand behind an apostrophe: s, t, m, d, re, ve, ll; 0: none."""
    cdef uint32_t one = data[place], other = 0
    if one == u"s" or one == u"t" or one == u"m" or one == u"d":
        return 1
    if place + 1 < length:
        other = data[place + 1]
    if other == u"e" and (one == u"r" or one == u"v") or other == u"l" and one == u"l":
        return 2
    return 0


cdef int encoded(const uint32_t *data, Py_ssize_t start, Py_ssize_t end, uint8_t *out) noexcept:
    """Write characters as UTF-8, what has none as a question mark; how many bytes, -1 for more than LONGEST."""
    cdef uint32_t code
    cdef Py_ssize_t place
    cdef int size = 0
    for place in range(start, end):
        if size + 4 > LONGEST:
            return -1
        code = data[place]
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
