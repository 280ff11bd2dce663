# Types for the compiled form of spots.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.flat cimport Flat

cdef int CLASS, DATETIME, HREF, ITEMPROP, REL, TYPE
cdef int _AUT, _BYL, _USE, _LIC, _CAN, _CRE


@cython.locals(
    tag="int[::1]", first="int[::1]", keys="int[::1]", other=int, meta=int, script=int, time=int, link=int, anchor=int,
    found=list, node=Py_ssize_t, number=Py_ssize_t, kind=int, key=int, said=bint, words=list, licensed=bint,
)
cpdef list spots(Flat flat)


@cython.locals(data="const unsigned char *", letters=int, at=Py_ssize_t)
cpdef bint begins(Flat flat, Py_ssize_t attribute, int one, int two, int three) except -1


cdef bint _names_person(str name) except -1


@cython.locals(words=list)
cdef bint _tells(str rel, bint is_link, bint is_anchor) except -1
