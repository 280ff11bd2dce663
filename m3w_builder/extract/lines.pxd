# Types for the compiled form of lines.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.runs cimport is_line


@cython.locals(text=str, lines=list, found=list, here=list, line=str)
cpdef list texts(str raw, bint pre)


@cython.locals(sign=Py_UCS4)
cdef bint _has_invisible(str text) except -1
