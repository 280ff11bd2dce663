# Types for the compiled form of addresses.py: without them it runs the same, as plain Python.
cimport cython


cdef int _SPACE, _SLASH, _DOT, _COLON, _QUESTION, _TWO, _DASH, _PLUS, _HASH, _SEMI, _H, _T, _P, _S
cdef int _PLAIN, _ODD, _NEVER, _PERCENT, _SLASHES, _DOTS, _SEMICOLON
cdef bytes _KINDS, _LABELS, _HEX


cdef class Base:
    cdef public str url, start, scheme, folder


@cython.locals(data=bytes, found=str)
cpdef str absolute(str url, str base)


@cython.locals(end=Py_ssize_t, signs="const unsigned char *")
cpdef str join(bytes data, Py_ssize_t at, Py_ssize_t stop, Base base)


@cython.locals(folder=str, data=bytes)
cdef str _folder(str url, str start)


cdef bint _is_web(bytes data, Py_ssize_t at, Py_ssize_t end) except -1


@cython.locals(begin=Py_ssize_t, sign=int, signs="const unsigned char *")
cdef Py_ssize_t _scheme(bytes data, Py_ssize_t at, Py_ssize_t stop) except -2


@cython.locals(end=Py_ssize_t, looks=int, whole=str)
cdef str _of_host(bytes data, Py_ssize_t at, Py_ssize_t host, Py_ssize_t stop, str scheme, Base base)


@cython.locals(labels="const unsigned char *", signs="const unsigned char *", begin=Py_ssize_t, port=bytes)
cdef Py_ssize_t _host_end(bytes data, Py_ssize_t at, Py_ssize_t stop) except -2


@cython.locals(folder=str, above=Py_ssize_t, before=int, place=Py_ssize_t, sign=int, signs="const unsigned char *")
cdef str _of_folder(bytes data, Py_ssize_t at, Py_ssize_t stop, Base base)


@cython.locals(looks=int, rest=str)
cdef str _joined(str head, bytes data, Py_ssize_t at, Py_ssize_t stop)


@cython.locals(kinds="const unsigned char *", signs="const unsigned char *", before=int, sign=int, kind=int, odd=bint, semicolon=bint)
cdef int _looks(bytes data, Py_ssize_t at, Py_ssize_t stop) except -1


@cython.locals(end=Py_ssize_t)
cpdef str file_of(str url)
