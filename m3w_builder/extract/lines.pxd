# Types for the compiled form of lines.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.runs cimport is_line


@cython.locals(odd=int, text=str, lines=list, found=list, here=list, line=str)
cpdef list texts(str raw, bint pre)


cdef int _UNSEEN, _COMPOSED


@cython.locals(found=int, sign=Py_UCS4)
cdef int _odd(str text) except -1
