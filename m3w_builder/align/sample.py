"""`Sample`: a document with the bytes of its pictures, which is what the stages of this folder are given."""

from __future__ import annotations

from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Image
from m3w_builder.stage import Drop


@dataclass(slots=True)
class Sample:
    """A document on its way into a shard; `bodies` are its pictures' stored bytes, in reading order."""

    document: Document
    bodies: list[bytes]

    def take_out(self, gone: dict[int, Drop]) -> None:
        """Take pictures out, given by their place among the document's pictures; the reasons go into the books."""
        if not gone:
            return
        images = self.document.images
        out = {id(images[place]) for place in gone}
        self.document.removed += [(images[place], drop) for place, drop in sorted(gone.items())]
        self.document.items = [
            item for item in self.document.items if not (isinstance(item, Image) and id(item) in out)
        ]
        self.bodies = [body for place, body in enumerate(self.bodies) if place not in gone]
