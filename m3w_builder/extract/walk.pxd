# Types for the compiled form of walk.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract cimport unseen
from m3w_builder.extract.flat cimport Flat
from m3w_builder.extract.lines cimport texts
from m3w_builder.extract.pieces cimport Box, Page, new_block, new_box
from m3w_builder.extract.runs cimport inside
from m3w_builder.extract.skims cimport Skims, plan


cdef int _ON, _PAST, _LINE, _PART, _CELL, _LINK, _BREAK, _PICTURE, _NOSCRIPT, _RARE
cdef int _BLOCK, _CODE_LINE, _OF_A_KIND, _PRE, _ROW, _NO_BLOCK, _NO_SPLIT, _GONE, _HIDDEN, _SKIM
cdef int END, INPUT, LINK, META, NOSCRIPT, RAW, SCRIPT, SVG
cdef int HREF, ITEMPROP, STYLE, TYPE, WIDTH


cdef class Walker:
    cdef public Flat flat
    cdef public str base, told, split_by
    cdef public Py_ssize_t limit, links, box, block, pre, rows, fallback, split, shots, most_pictures, least_inline
    cdef public bint skimming, cells
    cdef public Skims skims
    cdef public object screen
    cdef public Page page
    cdef public list pieces, boxes, parts, kinds, link, sources
    cdef public int[::1] marks, laid_out, above, outer

    @cython.locals(
        flat=Flat, tag="int[::1]", start="int[::1]", over="int[::1]", marks="int[::1]", actions="int[::1]", parts=list,
        raw=int, close=int, gone=int, node=Py_ssize_t, last=Py_ssize_t, left=Py_ssize_t, kind=int, opened=Py_ssize_t,
        text=str, action=int,
    )
    cpdef walk(self, Py_ssize_t root)
    cdef bint enter(self, Py_ssize_t node, int action) except -1
    @cython.locals(kind=int, flat=Flat)
    cdef bint tells(self, Py_ssize_t node) except -1
    @cython.locals(mark=int)
    cdef int leave(self, Py_ssize_t node) except -1
    cdef bint line(self, Py_ssize_t node) except -1
    @cython.locals(kind=int)
    cdef int opens(self, Py_ssize_t node) except -1
    @cython.locals(tag=str, name=str, number=Py_ssize_t, box=Box)
    cpdef bint part(self, Py_ssize_t node) except -1
    cdef int code_line(self) except -1
    @cython.locals(
        flat=Flat, around=Py_ssize_t, last=Py_ssize_t, letters="int[::1]", linked="int[::1]", tag="int[::1]",
        shown="int[::1]", at=Py_ssize_t, twin_ends=Py_ssize_t, gone=int, twin=int, kind=int,
    )
    cdef int skim(self, Py_ssize_t node, Box box, Py_ssize_t number) except -1
    cdef bint cell(self, Py_ssize_t node) except -1
    @cython.locals(kind=int, box=Box)
    cdef int leave_block(self, Py_ssize_t node) except -1
    @cython.locals(raw=str, links=Py_ssize_t, text=str, tag=str, kind=str, level=int, length=Py_ssize_t)
    cpdef flush(self)
    cdef joint(self, str raw)
    cpdef divide(self)
