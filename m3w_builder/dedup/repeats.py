"""How often pictures repeat, told from one bucket of keys: group sizes, and the most repeated ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from m3w_builder.dedup.tables import of_kind

MOST = 24
"""Pictures that a bucket names as its most repeated."""


def repeats(keys: pa.Table) -> dict[str, Any]:
    """Pictures with the same bytes: `sizes`, groups by the number of documents, and `most`, the largest groups.

    `most` holds [documents, picture (first 64 bits of its sha256, as 16 hex digits), a partition that has it].
    """
    rows = of_kind(keys, "exact")
    if not len(rows["key"]):
        return {"sizes": {}, "most": []}
    order = np.lexsort([rows["partition"], rows["doc"], rows["key"]])
    key, doc = rows["key"][order], rows["doc"][order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    new = np.concatenate([[True], (key[1:] != key[:-1]) | (doc[1:] != doc[:-1])])
    counts = np.add.reduceat(new.astype(np.int64), starts)
    sizes, groups = np.unique(counts, return_counts=True)
    largest = np.lexsort([key[starts], -counts])[:MOST]
    first = order[starts[largest]]
    most = [
        [int(count), f"{int(picture):016x}", int(partition)]
        for count, picture, partition in zip(
            counts[largest], rows["picture"][first], rows["partition"][first], strict=True
        )
        if count > 1
    ]
    return {"sizes": {str(size): int(number) for size, number in zip(sizes, groups, strict=True)}, "most": most}


def distances(decisions: pa.Table) -> dict[str, int]:
    """Settled decisions against near duplicates by their distance in bits."""
    near = decisions.filter(pc.equal(decisions["kind"], "near"))
    bits, numbers = np.unique(near["value"].to_numpy(), return_counts=True)
    return {str(int(bit)): int(number) for bit, number in zip(bits, numbers, strict=True)}
