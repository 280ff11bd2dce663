# Types for the compiled form of choose.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.pieces cimport Block, Box, Shot
from m3w_builder.extract.weigh cimport Weighed


@cython.locals(found=dict, index=Py_ssize_t, words=list, word=str, odds=double, constant=double)
cpdef dict choose(Weighed weighed, Py_ssize_t root, keep, str url, str cover, Py_ssize_t least, weights=*)


@cython.locals(pieces=list, able=list, index=Py_ssize_t, shot=Shot, found=dict, page=_Page)
cpdef dict words_of(Weighed weighed, Py_ssize_t root, keep, str url, str cover, Py_ssize_t least)


cdef bint _small(Shot shot, Py_ssize_t least) except -1


@cython.locals(alt=str)
cdef bint _is_button(Shot shot) except -1


@cython.locals(end=Py_ssize_t)
cpdef str site_of(str url)


@cython.locals(found=Py_ssize_t, edge=double)
cdef str _step(double value, tuple edges)


cdef class _Page:
    cdef list pieces, boxes, keep, blocks, tops, before, after
    cdef Weighed weighed
    cdef str url, site, cover
    cdef Py_ssize_t start, end, first, last
    cdef dict shots, times, alike, known

    @cython.locals(pieces=list, index=Py_ssize_t, block=Block, shot=Shot, address=str, likeness=tuple)
    cdef int _look(self) except -1
    @cython.locals(box=Box)
    cdef tuple _likeness(self, Shot shot)
    @cython.locals(
        inside=str, before=str, after=str, place=str, between=Py_ssize_t, above=Py_ssize_t, top=str, found=list,
    )
    cdef list of_place(self, Py_ssize_t index)
    cdef str place(self, Py_ssize_t index)
    @cython.locals(block=Block)
    cdef bint _is_caption(self, Py_ssize_t index) except -1
    @cython.locals(box=Box, one=Box, tags=list, at=Py_ssize_t, found=list, tag=str)
    cdef list of_boxes(self, Py_ssize_t number)
    @cython.locals(shot=Shot, address=str, same=bint, found=list)
    cdef list of_picture(self, Py_ssize_t index)
    @cython.locals(shot=Shot, width=Py_ssize_t, height=Py_ssize_t, most=Py_ssize_t, told=str, place=str, address=str)
    cdef list _sides(self, Py_ssize_t index)


@cython.locals(density=str)
cdef list _held(str name, Box box)


cdef str _leads(Shot shot, str url, str here)


@cython.locals(found=list, passed=Py_ssize_t)
cdef list _distances(list pieces, list keep, Py_ssize_t at, Py_ssize_t step)
