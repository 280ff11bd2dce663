# Types for the compiled form of flat.py: without them it runs the same, as plain Python.
cimport cython


cdef class Flat:
    cdef public bytes data
    cdef public bint escaped
    cdef public Py_ssize_t count, attribute_count, open
    cdef public int[::1] tag, start, stop, over, parent, first, key, value_start, value_stop, foremost
    cdef public list names

    cpdef make_room(self, Py_ssize_t nodes, Py_ssize_t attributes)
    cpdef grow(self)
    cpdef grow_attributes(self)
    @cython.locals(kind=int)
    cpdef str tag_name(self, Py_ssize_t node)
    cpdef str text(self, Py_ssize_t node)
    @cython.locals(data="const unsigned char *", stop=Py_ssize_t, at=Py_ssize_t, byte=int)
    cpdef bint is_blank(self, Py_ssize_t node) except -1
    cpdef str value(self, Py_ssize_t attribute)
    @cython.locals(number=Py_ssize_t)
    cpdef str get(self, Py_ssize_t node, int key)
    @cython.locals(number=Py_ssize_t)
    cpdef Py_ssize_t find(self, Py_ssize_t node, int key)
    @cython.locals(number=Py_ssize_t)
    cpdef bint says(self, Py_ssize_t node, int key, bytes value) except -1
    @cython.locals(number=Py_ssize_t, found=dict)
    cpdef dict attributes(self, Py_ssize_t node)
    @cython.locals(node=Py_ssize_t)
    cpdef Py_ssize_t next(self, int number, Py_ssize_t at=*)
    @cython.locals(at=Py_ssize_t, found=list, left=Py_ssize_t)
    cpdef list texts(self, Py_ssize_t node, Py_ssize_t most=*)
    @cython.locals(at=Py_ssize_t, found=list)
    cpdef str line(self, Py_ssize_t node, Py_ssize_t most=*)


cpdef str unescaped(str text)
cpdef bint is_read(bytes kind)


cpdef Flat flatten(str html)


cdef int[::1] _zeros(Py_ssize_t number)


@cython.locals(new="int[::1]")
cdef int[::1] _grown(int[::1] old)


@cython.locals(
    text=int, raw=int, close=int, other=int, last_void=int, last_unparsed=int, template=int, drawing=int, length=Py_ssize_t,
    here=Py_ssize_t, count=Py_ssize_t, attributes=Py_ssize_t, place=Py_ssize_t, names=list, numbers=dict, named=dict, called=str,
    tag="int[::1]", start="int[::1]", stop="int[::1]", over="int[::1]", parent="int[::1]", first="int[::1]",
    key="int[::1]", value_start="int[::1]", value_stop="int[::1]", room=Py_ssize_t, attribute_room=Py_ssize_t, at=Py_ssize_t,
    sign=int, space=int, quote=int, dash=int, slash=int, equals=int, greater=int, exclaims=int, asks=int, comment=bint, end=Py_ssize_t, name=str, number=int, begin=Py_ssize_t, name_end=Py_ssize_t,
    value=Py_ssize_t, value_end=Py_ssize_t,
)
cdef int _scan(Flat flat, bytes html) except -1


@cython.locals(end=Py_ssize_t)
cdef Py_ssize_t _unparsed_end(bytes html, Py_ssize_t place, str name, int number) except -2


@cython.locals(here=Py_ssize_t, count=Py_ssize_t)
cdef int _close(Flat flat) except -1
