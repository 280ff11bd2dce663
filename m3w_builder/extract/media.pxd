# Types for the compiled form of media.py: without them it runs the same, as plain Python.
cimport cython


@cython.locals(low=str)
cpdef bint usable(str value) except -1


@cython.locals(stem=str)
cdef bint _has_any(str text, tuple stems) except -1


@cython.locals(source=str, src=str, data=bint, url=str, candidate=str)
cpdef tuple address(attributes, str base, sources=*, screen=*)


cdef str _resolved(str candidate, str base)


@cython.locals(body=bytes, url=str, reason=str, src=str)
cpdef tuple image(attributes, str base, sources, screen, Py_ssize_t least_inline)


cdef str _line(str value)


@cython.locals(path=str, name=str)
cpdef str judged(image, attributes)


cpdef int side(str value) except -1


@cython.locals(style=str)
cpdef tuple sides(attributes)


@cython.locals(name=str, low=str)
cpdef str named(str class_text, str path)
