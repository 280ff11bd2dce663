# Types for the compiled form of unseen.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.flat cimport Flat


from m3w_builder.extract.spots cimport begins

cdef int BR, CLASS, END, HIDDEN_KEY, OTHER, PRE, RAW, SCRIPT, STYLE, TD, TH, TYPE, _HJA, _KAT, _NON


@cython.locals(
    tag="int[::1]", first="int[::1]", over="int[::1]", held="int[::1]", keys="int[::1]", other=int, gone=int, code=bint, drawn=bint,
    node=Py_ssize_t, last=Py_ssize_t, kind=int, hidden=bint, left_out=bint, number=Py_ssize_t,
    key=int, value=str, here=str,
)
cpdef bint look(Flat flat, Py_ssize_t root, int[::1] marks) except -1


cdef bint _hides(str style) except -1


cdef bint _is_gutter(str tag, str name) except -1


cdef bint _is_drawn(Flat flat, Py_ssize_t node, str name) except -1


@cython.locals(at=Py_ssize_t)
cpdef bint has_source(Flat flat, Py_ssize_t node, bint katex) except -1


@cython.locals(
    tag="int[::1]", over="int[::1]", parent="int[::1]", found="int[::1]", before="int[::1]", around=list,
    node=Py_ssize_t, last=Py_ssize_t, kind=int, above=Py_ssize_t, close=int, raw=int, td=int, th=int, br=int,
    gone=int,
)
cpdef int[::1] layout(Flat flat, Py_ssize_t root, int[::1] marks)


@cython.locals(
    tag="int[::1]", kept="int[::1]", script=int, found="int[::1]", count=int, node=Py_ssize_t, last=Py_ssize_t,
    kind=int,
)
cdef int[::1] _held(Flat flat, Py_ssize_t root)
