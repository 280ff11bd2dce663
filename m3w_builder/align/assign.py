"""Which text each picture belongs to, from a matrix of similarities: pure functions on arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from m3w_builder.document import Document, Image, Text

_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？؟۔।॥])\s*")


def bipartite(matrix: NDArray[np.float32]) -> list[int]:
    """For each picture (row) its text (column), such that the sum of similarities is the largest there is.

    MMC4's linear assignment (arXiv 2304.06939, section 3), by rounds where there are more pictures than texts: no text
    is given a second picture before each has one. No texts: all -1.
    """
    from scipy.optimize import linear_sum_assignment

    pictures, texts = matrix.shape
    if not texts:
        return [-1] * pictures
    rounds = np.arange(max(1, -(-pictures // texts)))
    dearer = 2.0 * pictures + 1.0  # a later round costs more than all cosines together can give
    choices = (matrix[:, None, :] - dearer * rounds[:, None]).reshape(pictures, texts * len(rounds))
    rows, columns = linear_sum_assignment(choices, maximize=True)
    matched = [-1] * pictures
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        matched[row] = column % texts
    return matched


def best(matrix: NDArray[np.float32]) -> list[int]:
    """For each picture the text that is most similar, however many take the same. No texts: all -1."""
    return matrix.argmax(axis=1).tolist() if matrix.shape[1] else [-1] * len(matrix)  # type: ignore[no-any-return]


def following(document: Document) -> list[int]:
    """For each picture the text that follows it on the page, or as the last precedes it. No texts: all -1."""
    texts = sum(isinstance(item, Text) for item in document.items)
    matched, before = [], 0
    for item in document.items:
        if isinstance(item, Text):
            before += 1
        elif isinstance(item, Image):
            matched.append(min(before, texts - 1))
    return matched


def sentences(text: str, most: int = 64) -> list[str]:
    """The sentences of a text, `most` at most, the text itself where none ends; marks of many scripts end one."""
    parts = [part.strip() for part in _SENTENCE.split(text) if part and part.strip()]
    return parts[:most] or [text]


def by_text(scores: NDArray[np.float32], owners: Sequence[int], texts: int) -> NDArray[np.float32]:
    """Similarities of pictures to sentences as similarities to the texts that own these: of each its best sentence.

    scores: (pictures, sentences); owners: the text of each sentence, rising. Gives (pictures, texts).
    """
    matrix = np.full((len(scores), texts), -1.0, np.float32)
    for column, owner in enumerate(owners):
        np.maximum(matrix[:, owner], scores[:, column], out=matrix[:, owner])
    return matrix
