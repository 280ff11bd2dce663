# Types for the compiled form of kinds.py: without them it runs the same, as plain Python.
cimport cython


cdef int _AN_AVATAR, _A_SHARE, _AN_AD, _AN_ICON, _A_FORMULA, _DRAWING
cdef tuple _STEMS
cdef bytes _FREE, _BITS, _HEADS
cdef int[::1] _NEXT


@cython.locals(heads="const unsigned char *", head=int, found=int, place=Py_ssize_t, sign=Py_UCS4, number=int)
cpdef int look(str text) except -1


@cython.locals(stem=str, sign=Py_UCS4)
cdef bint _stands(str text, Py_ssize_t place, int number) except -1


cdef bint _is_letter(Py_UCS4 sign)


@cython.locals(digit=bint, crossed=bint, sign=Py_UCS4)
cpdef bint sized(str text) except -1


cpdef bint is_usable(str value, int bits) except -1


@cython.locals(end=Py_ssize_t)
cpdef str judged(str url, Py_ssize_t width, Py_ssize_t height, str names)


@cython.locals(bits=int)
cpdef str named(str names, str file)


@cython.locals(sign=Py_UCS4)
cpdef int stands_for(str alt, str names, str url, int bits) except -1
