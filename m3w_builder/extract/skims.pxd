# Types for the compiled form of skims.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.flat cimport Flat
from m3w_builder.extract.words cimport furniture, furniture_name


cdef int CLASS, ID, ITEMPROP, ROLE


cdef class Skims:
    cdef public Flat flat
    cdef public bint thread
    cdef public int[::1] letters, linked, place
    cdef public list names, bad
    cdef public dict said

    @cython.locals(name=str, said=tuple)
    cpdef str name(self, Py_ssize_t node)
    cpdef str against(self, Py_ssize_t node)


@cython.locals(
    flat=Flat, parts=list, passed=Py_ssize_t, letters="int[::1]", linked="int[::1]", over="int[::1]", read=Py_ssize_t,
    held=list, node=Py_ssize_t, much=Py_ssize_t, name=str, bad=str,
)
cpdef plan(Skims skims, Py_ssize_t root, int[::1] marks)


@cython.locals(
    tag="int[::1]", over="int[::1]", letters="int[::1]", linked="int[::1]", kinds="int[::1]", other=int, part=int,
    line_of_code=int, past=int, pre=int, gone=int, hidden=int, found=list, passed=Py_ssize_t, code_ends=Py_ssize_t,
    node=Py_ssize_t, last=Py_ssize_t, number=int, kind=int, mark=int, bad=str,
)
cdef tuple _parts(Flat flat, Py_ssize_t root, int[::1] marks, Skims skims)


@cython.locals(
    tag="int[::1]", over="int[::1]", kinds="int[::1]", counts="int[::1]", raw=int,
    unread=int, link=int, escaped=bint, total=int, links=int, unread_ends=Py_ssize_t, link_ends=Py_ssize_t,
    node=Py_ssize_t, number=int, count=int, sign=Py_UCS4,
)
cdef int _count(Flat flat, Py_ssize_t root, int[::1] letters, int[::1] linked) except -1


@cython.locals(found=str, spot=str, role=str, prop=str, key=int, number=Py_ssize_t)
cpdef str called(Flat flat, Py_ssize_t node)
