"""Cuts what comes one by one into lists, by their number and by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(
    items: Iterable[T], most: int, enough: int = 1, size: Callable[[T], int] | None = None
) -> Iterator[list[T]]:
    """Lists of `most` items, or of fewer where these have `enough` by `size` (bytes) together; none is empty."""
    batch: list[T] = []
    held = 0
    for one in items:
        batch.append(one)
        held += size(one) if size else 0
        if len(batch) == most or held >= enough:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
