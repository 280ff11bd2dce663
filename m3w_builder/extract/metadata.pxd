# Types for the compiled form of metadata.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.flat cimport Flat

cdef int A, LINK, META, SCRIPT, TIME


@cython.locals(kind=int, itemprop=str, rel=list, address=str)
cdef _take(said, Flat flat, Py_ssize_t node)


@cython.locals(name=str, value=str)
cdef _meta(dict named, Flat flat, Py_ssize_t node)


@cython.locals(first=Py_ssize_t, node=Py_ssize_t, found=Py_ssize_t)
cpdef str _title(Flat flat)


@cython.locals(head=Py_ssize_t, node=Py_ssize_t)
cpdef str cover(Flat flat)
