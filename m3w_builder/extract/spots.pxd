# Types for the compiled form of spots.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.flat cimport Flat


cdef int CLASS, DATETIME, HREF, ITEMPROP, REL, TYPE


@cython.locals(
    tag="int[::1]", first="int[::1]", keys="int[::1]", other=int, meta=int, script=int, time=int, link=int, anchor=int,
    found=list, node=Py_ssize_t, number=Py_ssize_t, kind=int, key=int, value=str, said=bint, words=list,
)
cpdef list spots(Flat flat)
