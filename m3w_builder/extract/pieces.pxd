# Types for the compiled form of pieces.py: without them it runs the same, as plain Python.
cimport cython


cdef class Piece:
    cdef public Py_ssize_t box


cdef class Block(Piece):
    cdef public str text, kind, joint
    cdef public Py_ssize_t level, links
    cdef public double good


cdef class Picture:
    cdef public str url, alt, title, reason
    cdef public Py_ssize_t width, height
    cdef public bytes body
    cdef public int stands

    cpdef image(self)


cdef class Shot(Piece):
    cdef public Picture picture
    cdef public str reason, link
    cdef public bint linked_text, fallback


cdef class Clip(Piece):
    cdef public object item


cdef class Box:
    cdef public Py_ssize_t parent, start, end, unread, unread_links
    cdef public str tag, name, bad, against
    cdef public bint around, hard
    cdef public double own, good, whole
    cdef public Py_ssize_t text, links, paragraphs, pictures, last


cdef class Page:
    cdef public list pieces, boxes, aside
    cdef public dict inline


@cython.locals(one=Block)
cpdef Block new_block(str text, str kind, Py_ssize_t level, Py_ssize_t links, Py_ssize_t box, str joint=*)
@cython.locals(one=Picture)
cpdef Picture new_picture(str url, str alt, str title, Py_ssize_t width, Py_ssize_t height, str reason=*, bytes body=*)
@cython.locals(one=Shot)
cpdef Shot new_shot(Picture picture, str reason, Py_ssize_t box, str link, bint linked_text, bint fallback)
@cython.locals(one=Clip)
cpdef Clip new_clip(item, Py_ssize_t box)
@cython.locals(one=Box)
cpdef Box new_box(Py_ssize_t parent, str tag, str name, Py_ssize_t start, str bad=*)
