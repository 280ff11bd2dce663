# Types for the compiled form of choose.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.known cimport Known
from m3w_builder.extract.pieces cimport Picture, Shot
from m3w_builder.extract.weigh cimport Weighed
from m3w_builder.extract.words cimport is_noise


@cython.locals(
    values="double[::1]", found=dict, able=list, page=Known, said="int[::1]", constant=double, index=Py_ssize_t,
    at=Py_ssize_t, odds=double,
)
cpdef dict choose(Weighed weighed, Py_ssize_t root, keep, str url, str cover, Py_ssize_t least, weights=*)


@cython.locals(found=dict, page=Known, index=Py_ssize_t, at=Py_ssize_t)
cpdef dict words_of(Weighed weighed, Py_ssize_t root, keep, str url, str cover, Py_ssize_t least)


@cython.locals(found=list, index=Py_ssize_t)
cpdef list kept(list pieces, keep, dict odds)


@cython.locals(found=list, index=Py_ssize_t, shot=Shot, picture=Picture, small=bint)
cdef list _able(list pieces, Py_ssize_t least)


@cython.locals(alt=str)
cdef bint _is_button(Shot shot) except -1
