# Types for the compiled form of walk.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.flat cimport Flat


cdef int _ON, _PAST, _LINE, _PART, _CELL, _LINK, _BREAK, _PICTURE, _NOSCRIPT, _RARE
cdef int _BLOCK, _CODE_LINE, _NO_BLOCK, _NO_SPLIT, _GONE, _HIDDEN, _SHOWN, _UNREAD
cdef int END, INPUT, LINK, META, NOSCRIPT, RAW, SCRIPT, SVG
cdef int CLASS, HREF, ID, ITEMPROP, ROLE, STYLE, TYPE, WIDTH


cdef class Walker:
    cdef public Flat flat
    cdef public str base, told, split_by
    cdef public Py_ssize_t limit, links, box, pre, rows, fallback, split, shots, most_pictures, least_inline
    cdef public bint thread, skims, cells
    cdef public dict known, said
    cdef public object screen, page
    cdef public list pieces, boxes, parts, blocks, around, kinds, link, sources
    cdef public int[::1] marks, laid_out

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
    @cython.locals(tag=str)
    cdef bint line(self, Py_ssize_t node) except -1
    @cython.locals(tag=str, name=str, said=tuple, before=Py_ssize_t, number=Py_ssize_t, boxes=list)
    cpdef bint part(self, Py_ssize_t node) except -1
    @cython.locals(flat=Flat, found=str, spot=str, role=str, prop=str, key=int, number=Py_ssize_t)
    cdef str name(self, Py_ssize_t node)
    cdef int code_line(self) except -1
    @cython.locals(
        flat=Flat, around=Py_ssize_t, whole=Py_ssize_t, unread=Py_ssize_t, links=Py_ssize_t, at=Py_ssize_t,
        last=Py_ssize_t, link_ends=Py_ssize_t, twin_ends=Py_ssize_t, kind=int, length=Py_ssize_t, inside=list,
        skimmed="int[::1]", raw=int, close=int, gone=int,
    )
    cdef int skim(self, Py_ssize_t node, box, Py_ssize_t number) except -1
    cdef bint cell(self, Py_ssize_t node) except -1
    @cython.locals(before=Py_ssize_t, tag=str)
    cdef int leave_block(self, Py_ssize_t node) except -1
    @cython.locals(raw=str, links=Py_ssize_t, text=str, tag=str, kind=str, level=int, length=Py_ssize_t)
    cpdef flush(self)
    cdef joint(self, str raw)
    cdef Py_ssize_t block(self)
    cpdef divide(self)
