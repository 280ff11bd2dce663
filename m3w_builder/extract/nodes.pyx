# cython: boundscheck=False, wraparound=False
"""The parser's nodes read in C, by the functions that its library offers to other languages: no struct is assumed.

It has the functions of `scans` too. Compiled alone; where it is not, or the library lacks a function, the tree is
written out and read again (`flat`), which says the same.
"""

from libc.stdlib cimport free, malloc, realloc
from libc.stdint cimport uint64_t
from libc.string cimport memchr, memcmp, memcpy, strlen
from posix.dlfcn cimport RTLD_NOW, dlopen, dlsym

from cpython.array cimport array, clone

from m3w_builder.extract.flat cimport Flat

from m3w_builder.extract import flat as _flat
from m3w_builder.extract import keys as _keys
from m3w_builder.extract import scans as _scans

ctypedef void *Pointer
ctypedef const unsigned char *Text

cdef enum:
    ELEMENT = 1  # https://dom.spec.whatwg.org/#interface-node
    TEXT_NODE = 3
    WITHOUT_EVENTS = 1  # nobody listens to what is inserted; a fifth of the parser's time
    SCRIPT_LETTERS = 6
    STYLE_LETTERS = 5
    DRAWING_LETTERS = 3
    DEEPEST = 64  # shapes in each other in a drawing that is left out
    BLOCK = 64  # bytes that are looked through at once
    SLOTS = 512  # of a power of two; more names than half of them are asked for each time
    IDS = 256  # above the parser's own numbers of the tags that it knows; those of others are addresses

cdef array _INTS = array("i")
cdef const char *RAREST_FIRST = b"QZXJYKzqxVWUjFGMHkvPB"

cdef Pointer (*_create)() noexcept nogil
cdef void (*_set)(Pointer document, unsigned int options) noexcept nogil
cdef unsigned int (*_begin)(Pointer document) noexcept nogil
cdef unsigned int (*_chunk)(Pointer document, Text html, size_t length) noexcept nogil
cdef unsigned int (*_finish)(Pointer document) noexcept nogil
cdef Pointer (*_destroy)(Pointer document) noexcept nogil
cdef Pointer (*_root)(Pointer document) noexcept nogil
cdef Pointer (*_child)(Pointer node) noexcept nogil
cdef Pointer (*_last)(Pointer node) noexcept nogil
cdef Pointer (*_next)(Pointer node) noexcept nogil
cdef Pointer (*_parent)(Pointer node) noexcept nogil
cdef unsigned int (*_type)(Pointer node) noexcept nogil
cdef size_t (*_number)(Pointer node) noexcept nogil
cdef Text (*_tag)(Pointer element, size_t *length) noexcept nogil
cdef Text (*_text)(Pointer node, size_t *length) noexcept nogil
cdef Pointer (*_attribute)(Pointer element) noexcept nogil
cdef Pointer (*_attribute_after)(Pointer attribute) noexcept nogil
cdef Text (*_name)(Pointer attribute, size_t *length) noexcept nogil
cdef Text (*_value)(Pointer attribute, size_t *length) noexcept nogil


def bind(path: bytes) -> bool:
    """Find the parser's functions in its library; the answer is whether all are there."""
    global _create, _set, _begin, _chunk, _finish, _destroy, _root, _child, _last, _next, _parent, _type, _number, _tag, _text
    global _attribute, _attribute_after, _name, _value
    cdef Pointer library = dlopen(path, RTLD_NOW)
    if library == NULL:
        return False
    _create = <Pointer (*)() noexcept nogil> dlsym(library, "lxb_html_document_create")
    _set = <void (*)(Pointer, unsigned int) noexcept nogil> dlsym(library, "lxb_html_document_dom_opt_set_noi")
    _begin = <unsigned int (*)(Pointer) noexcept nogil> dlsym(library, "lxb_html_document_parse_chunk_begin")
    _chunk = <unsigned int (*)(Pointer, Text, size_t) noexcept nogil> dlsym(library, "lxb_html_document_parse_chunk")
    _finish = <unsigned int (*)(Pointer) noexcept nogil> dlsym(library, "lxb_html_document_parse_chunk_end")
    _destroy = <Pointer (*)(Pointer) noexcept nogil> dlsym(library, "lxb_html_document_destroy")
    _root = <Pointer (*)(Pointer) noexcept nogil> dlsym(library, "lxb_dom_document_element_noi")
    _child = <Pointer (*)(Pointer) noexcept nogil> dlsym(library, "lxb_dom_node_first_child_noi")
    _last = <Pointer (*)(Pointer) noexcept nogil> dlsym(library, "lxb_dom_node_last_child_noi")
    _next = <Pointer (*)(Pointer) noexcept nogil> dlsym(library, "lxb_dom_node_next_noi")
    _parent = <Pointer (*)(Pointer) noexcept nogil> dlsym(library, "lxb_dom_node_parent_noi")
    _type = <unsigned int (*)(Pointer) noexcept nogil> dlsym(library, "lxb_dom_node_type_noi")
    _number = <size_t (*)(Pointer) noexcept nogil> dlsym(library, "lxb_dom_node_tag_id_noi")
    _tag = <Text (*)(Pointer, size_t *) noexcept nogil> dlsym(library, "lxb_dom_element_qualified_name")
    _text = <Text (*)(Pointer, size_t *) noexcept nogil> dlsym(library, "lxb_dom_node_text_content")
    _attribute = <Pointer (*)(Pointer) noexcept nogil> dlsym(library, "lxb_dom_element_first_attribute_noi")
    _attribute_after = <Pointer (*)(Pointer) noexcept nogil> dlsym(library, "lxb_dom_element_next_attribute_noi")
    _name = <Text (*)(Pointer, size_t *) noexcept nogil> dlsym(library, "lxb_dom_attr_qualified_name")
    _value = <Text (*)(Pointer, size_t *) noexcept nogil> dlsym(library, "lxb_dom_attr_value_noi")
    return not (
        _create == NULL or _set == NULL or _begin == NULL or _chunk == NULL or _finish == NULL or _last == NULL or _destroy == NULL or _root == NULL or _child == NULL or _next == NULL
        or _parent == NULL or _type == NULL or _number == NULL or _tag == NULL or _text == NULL or _attribute == NULL
        or _attribute_after == NULL or _name == NULL or _value == NULL
    )


def survey(html: bytes) -> "Survey":
    """See `scans.survey`, which says the same. In one pass by blocks, of which those in ASCII are done at once."""
    cdef Text at = html
    cdef Text end = at + len(html)
    cdef Text read = at  # up to here all is UTF-8
    cdef Py_ssize_t more = 0, tags = 0
    cdef unsigned char sign, high, controls, any_controls = 0, marks
    cdef int place, length
    while at < end:
        high = controls = marks = 0
        length = BLOCK if end - at > BLOCK else end - at
        if length == BLOCK:  # a number that the compiler knows
            for place in range(BLOCK):
                sign = at[place]
                high |= sign
                controls |= (<unsigned char> (sign - 1) < 31) & ((<unsigned char> (sign - 9) > 4) | (sign == 11))
                marks += sign == 60
        else:
            for place in range(length):
                sign = at[place]
                high |= sign
                controls |= (<unsigned char> (sign - 1) < 31) & ((<unsigned char> (sign - 9) > 4) | (sign == 11))
                marks += sign == 60
        any_controls |= controls
        tags += marks
        at += length
        if high < 0x80:
            read = at
        elif more >= 0:
            more = _continued(&read, at, end, more)
    return _scans.Survey(more, any_controls != 0, tags)


cdef Py_ssize_t _continued(Text *read, Text stop, Text end, Py_ssize_t found) noexcept nogil:
    """Read signs of UTF-8 that begin before `stop`, and count to `found` the bytes that go on with them; -1: no UTF-8."""
    cdef Text at = read[0]
    cdef int more, number
    cdef unsigned char lead
    cdef uint64_t eight
    while at < stop:
        lead = at[0]
        if lead < 0x80:
            while stop - at >= 8:
                memcpy(&eight, at, 8)
                if eight & 0x8080808080808080u:
                    break
                at += 8
            while at < stop and at[0] < 0x80:
                at += 1
            continue
        if lead < 0xC2 or lead > 0xF4:
            return -1
        more = 1 if lead < 0xE0 else 2 if lead < 0xF0 else 3
        if end - at <= more:
            return -1
        if (lead == 0xE0 and at[1] < 0xA0) or (lead == 0xED and at[1] > 0x9F):
            return -1  # longer than it needs to be; a half of a pair of UTF-16
        if (lead == 0xF0 and at[1] < 0x90) or (lead == 0xF4 and at[1] > 0x8F):
            return -1
        for number in range(1, more + 1):
            if at[number] & 0xC0 != 0x80:
                return -1
        found += more
        at += more + 1
    read[0] = at
    return found


def nesting(html: bytes, flat, most: int, most_options: int) -> int:
    """See `runs.nesting`, which says the same, some ten times slower."""
    cdef Text at = html
    cdef Text end = at + len(html)
    cdef uint64_t keys[256]  # those that do not count, each from the slot of its number on
    cdef uint64_t key, option = 0x6F7074696F6E  # its letters
    cdef int slot, length
    cdef Py_ssize_t depth = 0, options = 0, deepest = most, most_of_options = most_options
    cdef unsigned char sign
    cdef bint closes, counts
    if len(flat) > 64:
        raise ValueError("more than 64 tags that do not count")
    for slot in range(256):
        keys[slot] = 0
    for one in flat:
        key = one
        slot = key * 0x9E3779B97F4A7C15u >> 56
        while keys[slot]:
            slot = (slot + 1) & 255
        keys[slot] = key
    while True:
        at = <Text> memchr(at, 60, end - at) if at < end else NULL
        if at == NULL or at + 1 >= end:
            return 0
        at += 1
        closes = at[0] == 47
        if closes:
            at += 1
        key = length = 0
        while at < end:
            sign = at[0]
            if not (97 <= sign | 32 <= 122 and sign >= 65 or (length and (sign == 45 or 48 <= sign <= 57))):
                break
            key = key << 8 | sign | 32
            length += 1
            at += 1
        if not length:
            continue
        if not closes and length == 6 and key == option:
            options += 1
            if options > most_of_options:
                return -options
        counts = True
        if length <= 7:
            slot = key * 0x9E3779B97F4A7C15u >> 56
            while keys[slot] and counts:
                counts = keys[slot] != key
                slot = (slot + 1) & 255
        if not counts:
            continue
        if not closes:
            depth += 1
            if depth > deepest:
                return depth
        elif depth > 0:
            depth -= 1


def holds(html: bytes, part: bytes) -> bool:
    """Whether a part stands in a page: looked for by the one of its signs that is the rarest in pages."""
    cdef Text at = html
    cdef Text wanted = part
    cdef Text rarest = wanted, found
    cdef const char *sign = RAREST_FIRST
    cdef Py_ssize_t length = len(part)
    cdef Text behind  # the last place of the rarest sign, and one more
    if not length:
        return True
    while sign[0]:
        found = <Text> memchr(wanted, sign[0], length)
        if found != NULL:
            rarest = found
            break
        sign += 1
    behind = at + len(html) - (length - (rarest - wanted)) + 1
    at += rarest - wanted
    while at < behind:
        at = <Text> memchr(at, rarest[0], behind - at)
        if at == NULL:
            return False
        if memcmp(at - (rarest - wanted), wanted, length) == 0:
            return True
        at += 1
    return False


def signs(Flat flat) -> array:
    """For each text of a page's nodes how many signs of it are no white space of ASCII; 0 for what is no text."""
    cdef int[::1] tag = flat.tag, start = flat.start, stop = flat.stop
    cdef array found = clone(_INTS, flat.count + 1, True)
    cdef int *counts = found.data.as_ints
    cdef Text data = flat.data
    cdef int raw = _flat.RAW
    cdef Py_ssize_t node
    for node in range(flat.count):
        if tag[node] <= raw:
            counts[node] = _signs(data + start[node], data + stop[node])
    return found


cdef int _signs(Text at, Text end) noexcept nogil:
    """Bytes above the space but for those that go on with a sign in UTF-8, eight at once."""
    cdef uint64_t eight, plain, tops = 0x8080808080808080u
    cdef int found = 0
    while end - at >= 8:
        memcpy(&eight, at, 8)
        plain = (eight & ~tops) + 0x5F5F5F5F5F5F5F5Fu  # the highest bit of each byte: its lower ones are above 32
        plain = (~eight & plain & tops) | (eight & (eight << 1) & tops)
        found += (plain >> 7) * 0x0101010101010101u >> 56
        at += 8
    while at < end:
        found += (at[0] > 32) - (at[0] >= 128) + (at[0] >= 192)
        at += 1
    return found


cdef class _Numbers:
    """Numbers of names by where the parser has these: those of a page stay in their places."""

    cdef Text keys[SLOTS]
    cdef int numbers[SLOTS]
    cdef dict known
    cdef list more
    cdef int count, other

    def __cinit__(self, dict known, int other, list more=None):
        """known: the numbers by name. other: the number of any other name, if `more` is not given: where these go."""
        cdef int slot
        for slot in range(SLOTS):
            self.keys[slot] = NULL
        self.known, self.other, self.more = known, other, more
        self.count = 0

    cdef int of(self, Text key, size_t length) except -1:
        cdef size_t slot = ((<size_t> key) >> 3) * 0x9E3779B97F4A7C15u >> 55
        cdef int number
        while self.keys[slot] != NULL:
            if self.keys[slot] == key:
                return self.numbers[slot]
            slot = (slot + 1) & (SLOTS - 1)
        number = self.asked((<const char *> key)[:length].decode("utf-8", "replace"))
        if self.count < SLOTS // 2:
            self.keys[slot] = key
            self.numbers[slot] = number
            self.count += 1
        return number

    cdef int asked(self, str name) except -1:
        if name in self.known:
            return self.known[name]
        if self.more is None:
            return self.other
        self.known[name] = len(self.more)
        self.more.append(name)
        return len(self.more) - 1


cdef class _Buffer:
    """Room for things one behind the other, which grows."""

    cdef char *data
    cdef size_t used, room

    def __cinit__(self, size_t room):
        self.data = <char *> malloc(room)
        self.used, self.room = 0, room
        if self.data == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.data)

    cdef inline void *more(self, size_t length) except NULL:
        """Room for so many bytes more; what was given before may have moved."""
        if self.used + length > self.room:
            self.grow(length)
        self.used += length
        return self.data + self.used - length

    cdef int grow(self, size_t length) except -1:
        cdef char *grown = <char *> realloc(self.data, 2 * (self.used + length))
        if grown == NULL:
            raise MemoryError
        self.data, self.room = grown, 2 * (self.used + length)
        return 0

    cdef inline int add(self, Text text, size_t length) except -1:
        if length:
            memcpy(self.more(length), text, length)
        return 0


cdef struct Node:  # as `flat.Flat` has it
    int tag, start, stop, over, parent, first


cdef struct Attribute:
    int key, start, stop


cdef int _kinds[IDS]  # of the parser's own numbers of tags the number in `flat.NUMBERS`; 0 for what is not known yet


def read(html: bytes) -> Flat:
    """The nodes of a page in UTF-8. Raises MemoryError where the parser finds no room."""
    cdef Flat flat = _flat.Flat(b"", False)
    cdef Pointer document = _create()
    cdef unsigned int status
    cdef Text text = html
    cdef size_t length = len(html)
    if document == NULL:
        raise MemoryError
    try:
        with nogil:
            _set(document, WITHOUT_EVENTS)
            status = _feed(document, text, text + length)
        if status != 0:
            raise MemoryError(f"the parser gave up with status {status}")
        if _root(document) != NULL:
            _fill(flat, _root(document), length)
    finally:
        with nogil:
            _destroy(document)
    return flat


cdef unsigned int _feed(Pointer document, Text html, Text end) noexcept nogil:
    """Parse a page, but the contents of styles, of scripts that nobody reads, and of drawings: half of most pages' bytes.

    Whether a tag that can begin one does so is asked of the parser: an element that was not there before is the last
    one in the tree. So what looks like one in a comment, a value or a text is none. In drawings, where scripts and
    styles are elements as others are, nothing is left out; nor is what is in drawings that hold more than shapes, which
    may end sooner than they say. The answer is the parser's status.
    """
    cdef Text at = html
    cdef Text fed = html, behind, stop
    cdef Pointer known = NULL, one
    cdef int name
    cdef unsigned int status = _begin(document)
    while status == 0 and at < end:
        at = <Text> memchr(at, 60, end - at)
        if at == NULL:
            break
        at += 1
        name = _unread(at, end)
        if not name:
            continue
        behind = _tag_end(at + name, end)
        status = _chunk(document, fed, behind - fed)
        fed = behind
        one = _innermost(_root(document))
        if one == NULL or one == known or _type(one) != ELEMENT or _is_named(one, at, name) == 0:
            continue
        known = one
        if name == DRAWING_LETTERS:
            stop = _drawing_end(behind, end) if behind[-2] != 47 else NULL
        else:
            stop = _content_end(behind, end, at, name)
        if stop != NULL:
            if name != SCRIPT_LETTERS or not _can_be_read(at + name, behind):
                fed = stop
            at = stop
    if status == 0 and fed < end:
        status = _chunk(document, fed, end - fed)
    return _finish(document) if status == 0 else status


cdef int _unread(Text at, Text end) noexcept nogil:
    """The length of the name of a <script>, <style> or <svg> whose name begins here; 0 where none does."""
    cdef int length
    cdef Text name
    if end - at < 7 or at[0] | 32 != 115:
        return 0
    if at[1] | 32 == 99:
        length, name = SCRIPT_LETTERS, <Text> <const char *> b"script"
    elif at[1] | 32 == 118:
        length, name = DRAWING_LETTERS, <Text> <const char *> b"svg"
    else:
        length, name = STYLE_LETTERS, <Text> <const char *> b"style"
    return length if _same(at, name, length) and _ends_name(at[length]) else 0


cdef bint _same(Text at, Text letters, int length) noexcept nogil:
    """Whether these letters stand here, small or large; letters: in small ones."""
    cdef int place
    for place in range(length):
        if at[place] | 32 != letters[place] | 32:
            return False
    return True


cdef bint _ends_name(unsigned char sign) noexcept nogil:
    return sign == 62 or sign == 47 or sign == 32 or sign == 9 or sign == 10 or sign == 12 or sign == 13


cdef Text _tag_end(Text at, Text end) noexcept nogil:
    """Where a tag ends, from behind its name on; a ">" in quotes does not end it."""
    cdef Text quote
    while at < end and at[0] != 62:
        if at[0] == 61:
            at += 1
            while at < end and (at[0] == 32 or 9 <= at[0] <= 13):
                at += 1
            if at < end and (at[0] == 34 or at[0] == 39):
                quote = <Text> memchr(at + 1, at[0], end - at - 1)
                if quote == NULL:
                    return end
                at = quote + 1
        else:
            at += 1
    return at + 1 if at < end else end


cdef Text _content_end(Text at, Text end, Text name, int length) noexcept nogil:
    """Where the end tag of a <script> or <style> begins; NULL for a script that holds what can hide its end."""
    while True:
        at = <Text> memchr(at, 60, end - at) if at < end else NULL
        if at == NULL:
            return end
        if length == SCRIPT_LETTERS and end - at > 3 and at[1] == 33 and at[2] == 45:  # "<!-", see `flat._script_end`
            return NULL
        if end - at > length + 2 and at[1] == 47 and _same(at + 2, name, length) and _ends_name(at[length + 2]):
            return at
        at += 1


cdef enum:
    SHAPES = 34
cdef const char *_shapes[SHAPES]
_shapes[:] = [
    b"path", b"g", b"circle", b"rect", b"polygon", b"use", b"line", b"polyline", b"ellipse", b"symbol", b"defs", b"stop",
    b"title", b"desc", b"text", b"tspan", b"style", b"mask", b"clippath", b"lineargradient", b"radialgradient",
    b"pattern", b"image", b"filter", b"fecolormatrix", b"feoffset", b"fegaussianblur", b"feflood", b"feblend",
    b"fecomposite", b"femerge", b"femergenode", b"animate", b"animatetransform",
]


cdef Text _drawing_end(Text at, Text end) noexcept nogil:
    """Where the end tag of an <svg> begins; NULL where that holds more than shapes, each of which ends in its place.

    Other elements can end the drawing itself, as <p> does, and ends of nothing can end elements around it.
    https://html.spec.whatwg.org/#parsing-main-inforeign
    """
    cdef int open[DEEPEST]
    cdef int depth = 0, shape, length
    cdef Text name
    while True:
        at = <Text> memchr(at, 60, end - at) if at < end else NULL
        if at == NULL or end - at < 6:
            return NULL
        name = at + 2 if at[1] == 47 else at + 1
        if not 97 <= name[0] | 32 <= 122:
            if at[1] == 33:
                at = _comment_end(at, end)
                if at == NULL:
                    return NULL
                continue
            if at[1] == 47 or at[1] == 63:
                return NULL
            at += 1
            continue
        length = 1
        while name + length < end and not _ends_name(name[length]):
            length += 1
        if at[1] == 47 and depth == 0:
            return at if length == DRAWING_LETTERS and _same(name, <Text> <const char *> b"svg", length) else NULL
        shape = _shape(name, length)
        if shape < 0:
            return NULL
        at = _tag_end(name + length, end)
        if name[-1] == 47:
            depth -= 1
            if open[depth] != shape:
                return NULL
        elif at[-2] != 47:
            if depth == DEEPEST:
                return NULL
            open[depth] = shape
            depth += 1


cdef int _shape(Text name, int length) noexcept nogil:
    """The number of a shape by its name; -1 for anything else."""
    cdef int shape
    for shape in range(SHAPES):
        if name[0] | 32 == _shapes[shape][0] and strlen(_shapes[shape]) == <size_t> length:
            if _same(name, <Text> _shapes[shape], length):
                return shape
    return -1


cdef Text _comment_end(Text at, Text end) noexcept nogil:
    """Behind a comment that begins here; NULL for what is none, or ends in another way than comments should."""
    if end - at < 7 or at[2] != 45 or at[3] != 45 or at[4] == 62 or at[4] == 45:
        return NULL
    at += 4
    while True:
        at = <Text> memchr(at, 45, end - at)
        if at == NULL or end - at < 3:
            return NULL
        if at[1] == 45 and (at[2] == 62 or at[2] == 33):
            return at + 3 if at[2] == 62 else NULL
        at += 1


cdef bint _can_be_read(Text at, Text end) noexcept nogil:
    """Whether a script can hold data or a formula, by its tag (`flat.is_read` says which do)."""
    while at + 1 < end:
        if (at[0] | 32 == 108 and at[1] | 32 == 100) or (at[0] | 32 == 109 and at[1] | 32 == 97):  # "ld", "ma"
            return True
        at += 1
    return False


cdef Pointer _innermost(Pointer node) noexcept nogil:
    """The last node below a node that has none in it; NULL where that is in a drawing or a formula."""
    cdef Pointer found = node, below
    while node != NULL:
        found = node
        below = _last(node)
        if below != NULL and _type(node) == ELEMENT and (
            _is_named(node, <Text> <const char *> b"svg", 3) or _is_named(node, <Text> <const char *> b"math", 4)
        ):
            return NULL
        node = below
    return found


cdef bint _is_named(Pointer element, Text name, int length) noexcept nogil:
    cdef size_t found
    cdef Text text = _tag(element, &found)
    return found == <size_t> length and _same(name, text, length)


cdef int _fill(Flat flat, Pointer root, size_t size) except -1:
    """Write the nodes from `root` on into the arrays, in reading order; size: bytes of the page."""
    cdef int raw = _flat.RAW, plain = _flat.TEXT, close = _flat.END, other = _flat.OTHER, template = _flat.TEMPLATE
    cdef int last_void = _flat.LAST_VOID, last_unparsed = _flat.LAST_UNPARSED
    cdef int script = _flat.SCRIPT, style = _flat.STYLE, drawing = _flat.SVG, type_key = _keys.TYPE
    cdef _Numbers tags = _Numbers(_flat.NUMBERS, other), names = _Numbers(dict(_keys.NUMBERS), 0, flat.names)
    cdef _Buffer buffer = _Buffer(size + 64), around = _Buffer(1024)
    cdef _Buffer nodes = _Buffer(sizeof(Node) * (size // 40 + 64))
    cdef _Buffer attributes = _Buffer(sizeof(Attribute) * (size // 80 + 64))
    cdef Node *row
    cdef Attribute *one
    cdef Pointer node = root, below, attribute
    cdef int count = 0, here = -1, valued = 0, opened, kind
    cdef int here_kind = plain  # the tag around
    cdef bint joins = False, is_read
    cdef size_t length, number
    cdef unsigned int what
    cdef Text text
    while True:
        what = _type(node)
        below = NULL
        if what == ELEMENT:
            joins = False
            number = _number(node)
            kind = _kinds[number] if number < IDS else 0
            if kind == 0:
                text = _tag(node, &length)
                kind = tags.of(text, length)
                if number < IDS:
                    _kinds[number] = kind
            row = <Node *> nodes.more(sizeof(Node))
            row.tag, row.start, row.stop, row.over, row.parent, row.first = kind, 0, 0, count + 1, here, valued
            if kind == other:
                text = _tag(node, &length)
                row.start = buffer.used
                buffer.add(text, length)
                row.stop = buffer.used
            opened = count
            count += 1
            is_read = kind != style and kind != script and kind != template and kind != drawing
            attribute = _attribute(node)
            while attribute != NULL:
                one = <Attribute *> attributes.more(sizeof(Attribute))
                text = _name(attribute, &length)
                one.key, one.start = names.of(text, length), buffer.used
                text = _value(attribute, &length)
                if text != NULL:
                    buffer.add(text, length)
                    if kind == script and one.key == type_key:
                        is_read = _flat.is_read((<const char *> text)[:min(length, 40)])
                one.stop = buffer.used
                valued += 1
                attribute = _attribute_after(attribute)
            below = _child(node) if is_read else NULL
            if below != NULL:
                (<int *> around.more(sizeof(int)))[0] = opened
                if kind > last_void or kind == other:
                    here, here_kind = opened, kind
                node = below
                continue
            if kind > last_void or kind == other:
                _end(nodes, opened, count, here, valued, close)
                count += 1
        elif what == TEXT_NODE:
            text = _text(node, &length)
            if text != NULL and length:
                if not joins:
                    row = <Node *> nodes.more(sizeof(Node))
                    row.tag = raw if other < here_kind <= last_unparsed else plain
                    row.start, row.over, row.parent, row.first = buffer.used, count + 1, here, valued
                    count += 1
                    joins = True
                buffer.add(text, length)
                row.stop = buffer.used
        else:
            joins = False
        below = _next(node) if around.used else NULL
        while below == NULL and around.used:  # it was the last one in an element, which ends
            node = _parent(node)
            around.used -= sizeof(int)
            opened = (<int *> (around.data + around.used))[0]
            row = (<Node *> nodes.data) + opened
            if row.tag > last_void or row.tag == other:
                here = row.parent
                here_kind = (<Node *> nodes.data)[here].tag if here >= 0 else plain
                _end(nodes, opened, count, here, valued, close)
                count += 1
            joins = False
            below = _next(node) if around.used else NULL
        if below == NULL:
            break
        node = below
    flat.data = buffer.data[:buffer.used]
    _unrolled(flat, <Node *> nodes.data, count, <Attribute *> attributes.data, valued)
    return 0


cdef inline int _end(_Buffer nodes, int opened, int count, int here, int valued, int close) except -1:
    """The end of an element, as node number `count`."""
    cdef Node *row = <Node *> nodes.more(sizeof(Node))
    row.tag, row.start, row.stop, row.over, row.parent, row.first = close, opened, 0, count + 1, here, valued
    (<Node *> nodes.data)[opened].over = count + 1
    return 0


cdef int _unrolled(Flat flat, Node *nodes, int count, Attribute *attributes, int valued) except -1:
    """Write rows into the arrays, which are parts of one."""
    cdef int length = count + 1, values = valued + 1, node
    cdef int[::1] all = clone(_INTS, 6 * length + 3 * values, False)
    cdef int[::1] tag = all[:length], start = all[length : 2 * length], stop = all[2 * length : 3 * length]
    cdef int[::1] over = all[3 * length : 4 * length], parent = all[4 * length : 5 * length]
    cdef int[::1] first = all[5 * length : 6 * length]
    cdef int[::1] key = all[6 * length : 6 * length + values]
    cdef int[::1] value_start = all[6 * length + values : 6 * length + 2 * values]
    cdef int[::1] value_stop = all[6 * length + 2 * values :]
    cdef int[::1] foremost = flat.foremost
    for node in range(count):
        tag[node], start[node], stop[node] = nodes[node].tag, nodes[node].start, nodes[node].stop
        over[node], parent[node], first[node] = nodes[node].over, nodes[node].parent, nodes[node].first
    for node in range(count - 1, -1, -1):
        foremost[tag[node]] = node
    tag[count] = start[count] = stop[count] = over[count] = parent[count] = 0
    first[count] = valued
    for node in range(valued):
        key[node], value_start[node], value_stop[node] = attributes[node].key, attributes[node].start, attributes[node].stop
    key[valued] = value_start[valued] = value_stop[valued] = 0
    flat.tag, flat.start, flat.stop, flat.over, flat.parent, flat.first = tag, start, stop, over, parent, first
    flat.key, flat.value_start, flat.value_stop = key, value_start, value_stop
    flat.count, flat.attribute_count = count, valued
    return 0
