# Types for the compiled form of media.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.addresses cimport Base, absolute, join
from m3w_builder.extract.flat cimport Flat
from m3w_builder.extract.kinds cimport is_usable, judged, look, stands_for
from m3w_builder.extract.pieces cimport Picture, new_picture
from m3w_builder.extract.sought cimport address


cdef int SOURCE, STAND_IN, ALT, CLASS, DATA_SRC, HEIGHT, ID, SRC, STYLE, TITLE, WIDTH
cdef int _SPACE, _ZERO, _TWO, _NINE, _PERCENT


cdef class Sources:
    cdef Flat flat
    cdef Py_ssize_t node
    cdef list found

    @cython.locals(flat=Flat)
    cdef list attributes(self)


@cython.locals(
    source=Py_ssize_t, later=Py_ssize_t, alt=Py_ssize_t, title=Py_ssize_t, name=Py_ssize_t, spot=Py_ssize_t, style=Py_ssize_t,
    width=Py_ssize_t, height=Py_ssize_t, number=Py_ssize_t, key=int, url=str, reason=str, body=bytes, bits=int,
    found=Picture,
)
cpdef Picture picture(
    Flat flat, Py_ssize_t node, str base, Sources within, screen, Py_ssize_t least_inline, str against=*
)


@cython.locals(url=str, reason=str, body=bytes, found=Picture)
cpdef Picture told(attributes, str base, screen, Py_ssize_t least_inline)


@cython.locals(names=str)
cdef int _judge(Picture found, int bits, str name, str spot) except -1


@cython.locals(url=str, bits=int)
cdef tuple _direct(Flat flat, Py_ssize_t source, Py_ssize_t later, str base)


cdef bint _stands_in(Flat flat, Py_ssize_t number, int bits) except -1


@cython.locals(value=bytes)
cdef bint _is_data(Flat flat, Py_ssize_t number) except -1


@cython.locals(value=str)
cdef bint _is_more(Flat flat, Py_ssize_t number) except -1


@cython.locals(data=bytes, at=Py_ssize_t, stop=Py_ssize_t, url=str)
cdef str _plain(Flat flat, Py_ssize_t number, str base)


@cython.locals(signs="const unsigned char *", place=Py_ssize_t, sign=int, spaced=bint)
cdef bint _is_listed(bytes data, Py_ssize_t at, Py_ssize_t stop) except -1


@cython.locals(url=str, reason=str, src=str)
cdef tuple _sought(attributes, str base, sources, screen, Py_ssize_t least_inline)


cdef str _said(Flat flat, Py_ssize_t number)


cdef str _line(str value)


@cython.locals(width=Py_ssize_t, height=Py_ssize_t)
cpdef Picture drawing(Flat flat, Py_ssize_t node)


@cython.locals(data=bytes, at=Py_ssize_t, stop=Py_ssize_t, found=Py_ssize_t, place=Py_ssize_t)
cdef Py_ssize_t _side(Flat flat, Py_ssize_t number) except -1


cpdef int side(str value) except -1


cpdef tuple sides(attributes)


cpdef tuple styled(str style, Py_ssize_t width, Py_ssize_t height)
