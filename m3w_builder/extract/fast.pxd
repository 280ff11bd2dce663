# Types for the compiled form of fast.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.pieces cimport Block, Box, Clip, Page, Picture, Shot


@cython.locals(
    items=list, removed=list, before=Block, captions=dict, pieces=list, reasons=list, index=Py_ssize_t, reason=str,
    block=Block, shot=Shot, drops=dict,
)
cpdef tuple items_of(Page page, keep, config)


cdef tuple _removed(Picture picture, str reason, dict drops)


@cython.locals(
    seen=dict, most=Py_ssize_t, least=Py_ssize_t, times=Py_ssize_t, fresh=set, clips=set, found=list, pieces=list, twins=set, index=Py_ssize_t, kept=bint, reason=str, shot=Shot,
    url=str, clip=Clip,
)
cpdef list verdicts(Page page, keep, config)


@cython.locals(
    found=set, pieces=list, paired=Py_ssize_t, index=Py_ssize_t, one=Shot, two=Shot, shown=Py_ssize_t,
    fallback=Py_ssize_t, visible=Shot, hidden=Shot, stands_in=bint,
)
cdef set _twins(Page page, keep)


@cython.locals(picture=Picture)
cdef str _judge(Shot shot, bint kept, Py_ssize_t least)


@cython.locals(
    found=set, shown=dict, pieces=list, behind=bint, index=Py_ssize_t, shot=Shot, name=str,
)
cdef set _previews(Page page, set twins)


@cython.locals(pieces=list, found=list, known=dict, under=bint, index=Py_ssize_t, block=Block)
cpdef list with_captions(Page page, keep)


@cython.locals(box=Box)
cdef bint _is_caption(Page page, Block block, dict known) except -1


@cython.locals(low=str)
cdef bint _names_caption(str name) except -1


cdef int _text(list items, Block block, bint follows, bint caption) except -1


@cython.locals(found=list, count=Py_ssize_t, index=Py_ssize_t)
cdef list _captions(list items)
