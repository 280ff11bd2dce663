# Types for the compiled form of metadata.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.addresses cimport absolute
from m3w_builder.extract.flat cimport Flat
from m3w_builder.extract.spots cimport spots

cdef int A, HEAD, H1, HTML, LINK, META, SCRIPT, TIME, TITLE, _LENGTHS
cdef int CONTENT, DATETIME, HREF, HTTP_EQUIV, ITEMPROP, LANG, NAME, PROPERTY, REL, XML_LANG
cdef bytes _LOOKS
cdef tuple _NAMES


cdef class Said:
    cdef public dict named
    cdef public list scripts, licences, links_to_cc, bylines, times
    cdef public str canonical


@cython.locals(kind=int, itemprop=str, rel=list, address=str, prop=Py_ssize_t, relation=Py_ssize_t)
cdef _take(Said said, Flat flat, Py_ssize_t node)


@cython.locals(number=Py_ssize_t, length=Py_ssize_t, name=str, value=str)
cdef _meta(dict named, Flat flat, Py_ssize_t node)


@cython.locals(key=int, number=Py_ssize_t)
cdef Py_ssize_t _first_said(Flat flat, Py_ssize_t node) except -2


@cython.locals(found=str)
cdef str _first(dict named, tuple names)


@cython.locals(found=str)
cdef str _author(dict named)


@cython.locals(first=Py_ssize_t, node=Py_ssize_t, found=Py_ssize_t)
cpdef str _title(Flat flat)


@cython.locals(head=Py_ssize_t, node=Py_ssize_t)
cpdef str cover(Flat flat)


@cython.locals(
    said=Said, named=dict, node=Py_ssize_t, heading=str, author=str, found=str, root=Py_ssize_t, declared=str, address=str
)
cpdef object fill(document, Flat flat, headers)
