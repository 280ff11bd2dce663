# Types for the compiled form of runs.py: without them it runs the same, as plain Python.
cimport cython


cdef int HEAD, SLOTS


@cython.locals(
    depth=Py_ssize_t, options=Py_ssize_t, length=Py_ssize_t, at=Py_ssize_t, begin=Py_ssize_t, end=Py_ssize_t, closes=bint, sign=int,
    key=longlong, option=longlong,
)
cpdef Py_ssize_t nesting(bytes html, flat, Py_ssize_t most, Py_ssize_t most_options) except? -1


@cython.locals(
    found=list, at=Py_ssize_t, begin=Py_ssize_t, number=int, small=bint, capital=bint, lower=bint, upper=bint, sign=Py_UCS4,
)
cpdef list words(str name, bytes heads)


@cython.locals(parts=list, begin=Py_ssize_t, at=Py_ssize_t, small=bint, sign=Py_UCS4)
cpdef str humps(str name)


@cython.locals(found=Py_ssize_t, sign=Py_UCS4)
cpdef Py_ssize_t dense(str text) except -1


@cython.locals(found=Py_ssize_t, sign=Py_UCS4)
cpdef Py_ssize_t signs(str text) except -1


@cython.locals(begin=Py_ssize_t, end=Py_ssize_t)
cpdef Py_ssize_t inside(str text) except -1


@cython.locals(space=bint, sign=Py_UCS4)
cpdef bint is_line(str text) except -1
