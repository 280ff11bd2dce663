"""What becomes of a document when texts were taken out of it."""

from __future__ import annotations

from m3w_builder.document import Document, Item
from m3w_builder.stage import Drop


def left(document: Document, items: list[Item], out: int, what: str) -> Document | Drop:
    """The document with the items that are left, or a drop `no_text_left` where none of them says anything.

    `out` is the number of `what` (lines, paragraphs) that went; it is added to the document's score `<what>_out`.
    """
    if not out:
        return document
    document.items = items
    document.scores[f"{what}_out"] = document.scores.get(f"{what}_out", 0.0) + out
    return document if document.text.strip() else Drop("no_text_left", f"{out} {what}", out)
