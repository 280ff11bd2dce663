# Types for the compiled form of headline.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.pieces cimport Block, Page


@cython.locals(wanted=str, found=Py_ssize_t, most=double, pieces=list, index=Py_ssize_t, block=Block, told=str)
cpdef Py_ssize_t place(Page page, str title) except -2


cdef str _plain(str text)
