# Types for the compiled form of threads.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.pieces cimport Block, Box, Page
from m3w_builder.extract.weigh cimport Weighed


@cython.locals(
    boxes=list, pieces=list, found=dict, of_box=dict, index=Py_ssize_t, block=Block, box=Box, good=double,
    post=Py_ssize_t, held=dict,
)
cdef dict _kinds(Weighed weighed)


@cython.locals(good=double)
cdef double _weight(Box box, Block block) except? -1


@cython.locals(box=Box)
cdef Py_ssize_t _post(list boxes, Py_ssize_t number) except -1


@cython.locals(one=Box, around=Box)
cdef tuple _kind(list boxes, Py_ssize_t number)


@cython.locals(
    boxes=list, pieces=list, box=Box, kinds=dict, longest=dict, index=Py_ssize_t, block=Block, kind=tuple,
)
cpdef drop_lines_about_posts(Weighed weighed, Py_ssize_t root, list keep)
