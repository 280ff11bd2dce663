# Types for the compiled form of words.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract cimport runs


@cython.locals(low=str)
cpdef bint is_thread(str address) except -1
@cython.locals(last=Py_UCS4, before=Py_UCS4, sign=Py_UCS4)
cdef bint _has_short(str low) except -1
cdef bint _ends_short(Py_UCS4 last, Py_UCS4 before) except -1
cdef Py_ssize_t READ, LONGEST_CONSENT
cdef long long _ALL, _COO, _CON, _GDP, _DAT, _PRI, _PRY, _PER
@cython.locals(at=Py_ssize_t, three=longlong, code=longlong, sign=Py_UCS4, near=str)
cpdef bint about_consent(str text) except -1
@cython.locals(head=str)
cpdef bint is_noise(str line) except -1


cpdef bint is_about(str line) except -1


@cython.locals(low=str, letters=Py_ssize_t, at=Py_ssize_t, begin=Py_ssize_t, sign=Py_UCS4, word=str)
cdef bint _has_other_words(str line) except -1
@cython.locals(digit=bint, counted=bint, foreign=bint, sign=Py_UCS4, low=str)
cdef bint _can_date(str line) except -1


cpdef str furniture(str tag, str name, tuple said, bint thread)


@cython.locals(
    bad=str, comments=bint, start=Py_ssize_t, run=str, said=tuple, end=Py_ssize_t, after=Py_UCS4,
)
cpdef tuple furniture_name(str name)


@cython.locals(stem=str)
cpdef bint has_any(str text, tuple stems) except -1


@cython.locals(lower=str)
cpdef str apart(str name)


cdef dict _SAID


@cython.locals(found=tuple)
cdef tuple _said(str run)
