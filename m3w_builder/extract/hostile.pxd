# Types for the compiled form of hostile.py: without them it runs the same, as plain Python.
cimport cython


@cython.locals(
    step=Py_ssize_t, end=Py_ssize_t, most=Py_ssize_t, start=Py_ssize_t, begin=Py_ssize_t,
)
cdef Py_ssize_t _most_attributes(bytes html) except -1


cdef Py_ssize_t _tag(bytes html, Py_ssize_t begin, Py_ssize_t end) except -2
