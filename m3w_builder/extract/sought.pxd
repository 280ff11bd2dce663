# Types for the compiled form of sought.py: without them it runs the same, as plain Python.
cimport cython

from m3w_builder.extract.addresses cimport absolute
from m3w_builder.extract.kinds cimport is_usable, look


cpdef bint usable(str value) except -1


@cython.locals(name=str, value=str, found=str, left=int)
cpdef str lazy(attributes)


@cython.locals(spaced=bint, found=str)
cdef str _lazy(str name, str value, bint known)


cdef bint _is_spare(str name) except -1


@cython.locals(source=str, src=str, data=bint, url=str, candidate=str)
cpdef tuple address(attributes, str base, sources=*, screen=*)


cdef str _resolved(str candidate, str base)
