"""Trusted certificates, read by a TLS context when it first talks to somebody, not when it is made."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Late(ssl.SSLContext):
    """A context that has not read the system's certificates yet; it becomes an ordinary one as it does."""

    def wrap_bio(self, *given: Any, **named: Any) -> ssl.SSLObject:
        return self._ready().wrap_bio(*given, **named)

    def wrap_socket(self, *given: Any, **named: Any) -> ssl.SSLSocket:
        return self._ready().wrap_socket(*given, **named)

    def _ready(self) -> ssl.SSLContext:
        if self.verify_mode != ssl.CERT_NONE:
            super(ssl.SSLContext, self).set_default_verify_paths()
        self.__class__ = ssl.SSLContext  # type: ignore[assignment]
        return self


@contextmanager
def read_late() -> Iterator[None]:
    """Whatever TLS context is made meanwhile, in any thread, reads the system's certificates when it first needs them.

    aiohttp makes two contexts when it is imported, and each takes 50 ms of CPU time for certificates that
    nobody asks for until a page or picture comes by https.
    """

    def later(context: ssl.SSLContext) -> None:
        context.__class__ = Late

    ssl.SSLContext.set_default_verify_paths = later  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        with suppress(AttributeError):  # another thread was here too
            del ssl.SSLContext.set_default_verify_paths  # what it inherits shows again
