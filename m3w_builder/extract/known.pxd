# Types for the compiled form of known.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.addresses cimport file_of
from m3w_builder.extract.kinds cimport sized
from m3w_builder.extract.pieces cimport Block, Box, Picture, Shot
from m3w_builder.extract.weigh cimport Weighed


cdef int _LEAD, _MID, _TAIL, _KEPT, _INSIDE, _BESIDE, _PLACE, _TOP, _OF_LEAD, _OF_TAIL, _UNDER_TOP, _THREAD, _IN_THREAD
cdef int _CAPTION, _BAD, _IN, _BOX, _OUTER, _OFTEN, _LIKE, _NOWHERE, _TO_PICTURE, _TO_ITSELF, _TO_PAGE, _ELSEWHERE
cdef int _LINK, _SAME_SITE, _COVER, _TITLE, _NOSCRIPT, _LINKED_TEXT, _NO_SIDE, _DECLARED, _ADDRESS, _SIDE
cdef tuple _NEAR, _BEFORE, _SIDES, _DENSITY, _LENGTH, _TIMES, _ALIKE, _ANY_SIDE
cdef dict _AROUND_BITS


@cython.locals(end=Py_ssize_t)
cpdef str site_of(str url)


@cython.locals(found=int, edge=double)
cdef int _step(double value, tuple edges) except -1


cdef class Known:
    cdef list pieces, boxes, keep, ranks, tops, before, after
    cdef Weighed weighed
    cdef str url, site, origin, cover
    cdef Py_ssize_t start, end, first, last
    cdef public Py_ssize_t count
    cdef dict times, alike
    cdef public int[::1] said

    @cython.locals(
        pieces=list, ranks=list, times=dict, alike=dict, rank=Py_ssize_t, index=Py_ssize_t, block=Block, shot=Shot,
        address=str, likeness=tuple,
    )
    cdef int _look(self) except -1
    @cython.locals(box=Box)
    cdef tuple _likeness(self, Shot shot)
    @cython.locals(shot=Shot, place=int)
    cpdef bint tell(self, Py_ssize_t index) except -1
    cdef int say(self, int word) except -1
    @cython.locals(inside=int, before=int, after=int, top=Py_ssize_t, one=Py_ssize_t)
    cdef int _of_place(self, Py_ssize_t index, int place) except -1
    @cython.locals(block=Block)
    cdef bint _is_caption(self, Py_ssize_t index) except -1
    @cython.locals(around=int, at=Py_ssize_t, left=int, one=Box, box=Box)
    cdef int _of_boxes(self, Py_ssize_t number) except -1
    @cython.locals(links=double, text=double)
    cdef int _held(self, int name, Box box) except -1
    @cython.locals(picture=Picture, address=str, width=Py_ssize_t, height=Py_ssize_t, told=int, most=Py_ssize_t)
    cdef int _of_picture(self, Shot shot, int place) except -1
    cdef bint _is_of_site(self, str url) except -1
    @cython.locals(name=str)
    cdef int _leads(self, str link) except -1


cpdef Py_ssize_t width_in(str address) except -1


@cython.locals(at=Py_ssize_t, sign=Py_UCS4)
cdef bint _can_tell_width(str address) except -1


@cython.locals(found=list, passed=Py_ssize_t)
cdef list _distances(list pieces, list keep, Py_ssize_t at, Py_ssize_t step)
