# Types for the compiled form of content.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract cimport headline, threads, words
from m3w_builder.extract.pieces cimport Block, Box, Page, Piece
from m3w_builder.extract.trim cimport trim
from m3w_builder.extract.weigh cimport Weighed, claim, weigh


@cython.locals(boxes=list, found=Py_ssize_t, here=Py_ssize_t, best=Py_ssize_t, least=double, box=Box, inside=Box)
cpdef Py_ssize_t root_of(Weighed weighed) except -2


@cython.locals(found=Py_ssize_t, most=double, at=Py_ssize_t, much=double)
cdef Py_ssize_t _best_inside(list boxes, Py_ssize_t here) except -2


@cython.locals(box=Box, found=list, last=Py_ssize_t, at=Py_ssize_t)
cdef list _inside(list boxes, Py_ssize_t here)


@cython.locals(found=list, index=Py_ssize_t, box=Box)
cdef list _articles(list boxes)


@cython.locals(boxes=list, best=Py_ssize_t, titled=Py_ssize_t, most=double, most_titled=double, index=Py_ssize_t, box=Box, whole=Box)
cdef Py_ssize_t _named_article(Weighed weighed) except -2


@cython.locals(boxes=list, around=Box, one=Box, box=Box, first=str, alike=Py_ssize_t, at=Py_ssize_t)
cdef bint _one_of_many(Weighed weighed, Py_ssize_t here, Py_ssize_t best) except -1


cdef str _first_name(str names)


@cython.locals(boxes=list, around=Box, one=Box, box=Box, first=str, least=double, alike=double, at=Py_ssize_t, fits=bint)
cdef bint _rest_is_good(Weighed weighed, Py_ssize_t here, Py_ssize_t best) except -1


cdef bint _holds(Box box, Py_ssize_t piece) except -1


@cython.locals(
    boxes=list, names=set, found=double, start=Py_ssize_t, end=Py_ssize_t, index=Py_ssize_t, block=Block,
    box=Box,
)
cdef double _same_template(Weighed weighed, Box around, Box inside) except? -1


@cython.locals(one=Box, pieces=list, index=Py_ssize_t, block=Block)
cdef bint _only_code(Weighed weighed, Py_ssize_t box) except -1


@cython.locals(
    pieces=list, boxes=list, kept=Py_ssize_t, linked=Py_ssize_t, unlinked=Py_ssize_t, index=Py_ssize_t,
    length=Py_ssize_t, block=Block, box=Box, whole=Box, share=double, odds=double,
)
cpdef double confidence(Weighed weighed, Py_ssize_t root, list keep) except? -1


@cython.locals(
    page=Page, boxes=list, pieces=list, keep=list, dropped=list, box=Box, start=Py_ssize_t, end=Py_ssize_t,
    last=Py_ssize_t, whole=double, index=Py_ssize_t, piece=Piece,
)
cdef list _kept(Weighed weighed, Py_ssize_t root)


@cython.locals(pieces=list, start=Py_ssize_t, index=Py_ssize_t, between=Py_ssize_t, block=Block, one=Piece, box=Box)
cdef _lead(Weighed weighed, Py_ssize_t root, list keep)


@cython.locals(text=Py_ssize_t, links=Py_ssize_t, pieces=Py_ssize_t, density=double)
cdef bint _no_content(Weighed weighed, Box box, double share) except -1
