# Types for the compiled form of trim.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract cimport words
from m3w_builder.extract.pieces cimport Block, Piece
from m3w_builder.extract.weigh cimport Weighed


@cython.locals(pieces=list, kept=list, blocks=list, index=Py_ssize_t, piece=Piece)
cpdef trim(Weighed weighed, list keep)


@cython.locals(text=str)
cdef bint _is_furniture(Block block) except -1


@cython.locals(prose=set, index=Py_ssize_t, block=Block, length=Py_ssize_t)
cdef int _leading_elsewhere(list blocks, list keep) except -1


cdef bint _is_prose(Block block) except -1


@cython.locals(index=Py_ssize_t, block=Block, row=bint, owner=bint)
cdef _links_at_the_end(list blocks, list keep)


@cython.locals(headed=bint, index=Py_ssize_t, piece=Piece, block=Block)
cdef int _headings_at_the_end(list kept, list keep) except -1
