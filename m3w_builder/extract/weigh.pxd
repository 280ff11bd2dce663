# Types for the compiled form of weigh.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract cimport words
from m3w_builder.extract.pieces cimport Block, Box, Page, Piece, Shot
from m3w_builder.extract.runs cimport dense


cdef frozenset _WHOLE, _BAD


cdef class Weighed:
    cdef public Page page
    cdef public bint thread, poor
    cdef public Py_ssize_t headline
    cdef public list prose

    @cython.locals(one=Box)
    cpdef bint in_bad(self, Py_ssize_t box) except -1


cpdef double claim(Box box) except? -1


@cython.locals(boxes=list, weighed=Weighed, box=Box, piece=Piece, block=Block, shot=Shot, much=double, total=double, named=bint, pieces=list, index=Py_ssize_t)
cpdef Weighed weigh(Page page, bint thread=*)


@cython.locals(box=Box, parent=Box, mine=bint)
cdef int _look_around(list boxes) except -1


@cython.locals(
    boxes=list, box=Box, parent=Box, index=Py_ssize_t, total=double, alike=list, held=double, named=bint,
)
cdef int _pardon(Weighed weighed) except -1


@cython.locals(groups=dict, box=Box)
cdef list _groups(list boxes)


@cython.locals(box=Box, index=Py_ssize_t, end=Py_ssize_t)
cdef bint _holds_article(list boxes, Py_ssize_t around, double least) except -1


@cython.locals(box=Box, parent=Box, index=Py_ssize_t)
cdef int _sum_up(list boxes) except -1


cpdef double goodness(Block block) except? -1


@cython.locals(length=double, plain=double, signs=Py_ssize_t, good=double)
cdef double _goodness(str text, str kind, Py_ssize_t links) except? -1
