"""A text filter that ends, hangs or fills its worker over one page: what `chaos.py` does to a build from within."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from m3w_builder.document import Document
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class Poison:
    """Keeps everything, if it lives that long; with `drop`, everything but that page."""

    name: ClassVar[str] = "poison"
    reasons: ClassVar[Mapping[str, str]] = {"named": "the page of that URL, where it is to go in peace"}

    url: str = ""
    """The page that does it."""
    how: str = "exit"
    """`exit`, `hang`, `memory`, `drop` or `slow` (0.05 s a page, so that there is time to be killed)."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        for document in batch:
            if self.how == "slow":
                time.sleep(0.05)
            elif document.url == self.url and self.how != "drop":
                self.strike()
        if self.how != "drop":
            return list(batch)
        return [Drop("named") if document.url == self.url else document for document in batch]

    def strike(self) -> None:
        if self.how == "exit":
            os._exit(9)
        if self.how == "hang":
            time.sleep(3600)
        held = []
        while self.how == "memory":
            held.append(bytearray(os.urandom(1 << 20)) * 16)
            time.sleep(0.01)
