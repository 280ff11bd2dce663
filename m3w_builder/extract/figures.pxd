# Types for the compiled form of figures.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.addresses cimport absolute
from m3w_builder.extract.flat cimport Flat
from m3w_builder.extract.media cimport Sources, picture as seen
from m3w_builder.extract.pieces cimport Picture, new_clip, new_picture, new_shot
from m3w_builder.extract.walk cimport Walker


cdef int FIGURE, IMG, INPUT, SIGN, SOURCE


@cython.locals(flat=Flat, tag=str, drawn=Picture)
cpdef bint read(Walker walker, Py_ssize_t node) except -1


@cython.locals(flat=Flat, within=Sources, against=str)
cpdef picture(Walker walker, Py_ssize_t node)


@cython.locals(parts=list, reason=str, source=str, link=str, linked=bint)
cdef void _shoot(Walker walker, Picture found) except *


@cython.locals(flat=Flat, one=Py_ssize_t, found=Picture)
cpdef pass_over(Walker walker, Py_ssize_t node, str why)


cdef bint _clip(Walker walker, Py_ssize_t node) except -1


cdef bint _plugin(Walker walker, Py_ssize_t node) except -1


@cython.locals(flat=Flat, above=Py_ssize_t)
cdef void _button(Walker walker, Py_ssize_t node) except *
