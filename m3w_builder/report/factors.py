"""Factorises a table of documents by words into non-negative parts, for the topics of a report.

By itself, since scikit-learn's import takes seconds: the same start (NNDSVD, Boutsidis and Gallopoulos 2008) and the
same descent (Cichocki and Phan 2009), to the same topics.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count

import numpy as np

from m3w_builder import extension
from m3w_builder.classes import dataclass

ROUNDS = 60
"""Most rounds of descent. Texts with topics take some twenty; words without any take all, to no end: scikit-learn would
let them go on to two hundred."""
ENOUGH = 1e-3
"""Share of the first round's gradient at which the descent ends."""
SPARE = 10
"""Directions beyond those wanted that are tried for singular vectors (Halko, Martinsson and Tropp 2011)."""


@dataclass(frozen=True, slots=True)
class Table:
    """A sparse table: of each row its values and their columns, one row after the other, and where rows end."""

    values: np.ndarray
    columns: np.ndarray
    ends: np.ndarray
    """From 0, one more than there are rows."""
    shape: tuple[int, int]

    def __matmul__(self, other: np.ndarray) -> np.ndarray:
        return _product()(self, np.ascontiguousarray(other))

    def turned(self) -> Table:
        """The table with rows and columns in each other's place."""
        order = np.argsort(self.columns, kind="stable")
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.ends))
        ends = np.cumsum([0, *np.bincount(self.columns, minlength=self.shape[1])])
        return Table(self.values[order], rows[order], ends, self.shape[::-1])


@lru_cache(maxsize=1)
def _product() -> Callable[[Table, np.ndarray], np.ndarray]:
    """What multiplies a sparse table with a plain one: scipy's, of which importing `scipy.sparse` takes 0.3 s."""
    try:
        inner = extension.load("scipy.sparse._sparsetools").csr_matvecs
        one = np.ones(1)
        inner(1, 1, 1, np.array([0, 1]), np.array([0]), one, one, np.zeros(1))  # scipy does not promise it
    except (ImportError, AttributeError, TypeError, ValueError):
        return _plain_product

    def product(table: Table, other: np.ndarray) -> np.ndarray:
        made = np.zeros((table.shape[0], other.shape[1]))
        inner(*table.shape, other.shape[1], table.ends, table.columns, table.values, other.ravel(), made.ravel())
        return made

    return product


def _plain_product(table: Table, other: np.ndarray) -> np.ndarray:
    from scipy.sparse import csr_array

    made: np.ndarray = csr_array((table.values, table.columns, table.ends), table.shape) @ other
    return made


def weighed(counts: Iterable[Counter[str]], least: int, share: float, most: int) -> tuple[Table, list[str]]:
    """A row of unit length a document, and the words of the columns, in their order.

    Words count that stand in `least` documents and in no more than this share of them, the `most` frequent ones, by
    (1 + log of how often) x (1 + log of (documents + 1) / (documents with it + 1)).
    """
    known: defaultdict[str, int] = defaultdict(count().__next__)
    rows = [  # a fifth of what the counts of all would take at once
        (np.fromiter(map(known.__getitem__, one), np.int32, len(one)), np.fromiter(one.values(), np.int32, len(one)))
        for one in counts
    ]
    none = np.zeros(0, np.int32)
    met, often = (np.concatenate([none, *(one[place] for one in rows)]) for place in (0, 1))
    row_of = np.repeat(np.arange(len(rows)), [len(one) for one, _ in rows])
    with_it = np.bincount(met, minlength=len(known))
    in_all = np.bincount(met, often, len(known))
    every = list(known)
    good = np.flatnonzero((with_it >= least) & (with_it <= share * len(rows))).tolist()
    good = sorted(sorted(good, key=lambda number: (-in_all[number], every[number]))[:most], key=every.__getitem__)
    column = np.full(len(known), -1)
    column[good] = np.arange(len(good))
    taken = column[met] >= 0
    columns, row_of = column[met[taken]], row_of[taken]
    ends = np.cumsum([0, *np.bincount(row_of, minlength=len(rows))])
    rarity = 1 + np.log((1 + len(rows)) / (1 + with_it[good]))
    values = (1 + np.log(often[taken])) * rarity[columns]
    values /= np.sqrt(np.bincount(row_of, values**2, len(rows)))[row_of]
    return Table(values, columns, ends, (len(rows), len(good))), [every[number] for number in good]


def factors(table: Table, number: int) -> tuple[np.ndarray, np.ndarray]:
    """(documents x number, words x number), none negative, whose product is about the table; the same every time."""
    turned = table.turned()
    left, right = _start(table, turned, number)
    first = 0.0
    for _ in range(ROUNDS):
        moved = _descend(left, table @ right, right.T @ right) + _descend(right, turned @ left, left.T @ left)
        first = first or moved
        if moved <= ENOUGH * first:
            break
    return left, right


def _start(table: Table, turned: Table, number: int) -> tuple[np.ndarray, np.ndarray]:
    """The positive or the negative parts of the first singular vectors, whichever weigh more."""
    basis = np.random.default_rng(0).standard_normal((table.shape[1], min(number + SPARE, *table.shape)))
    for _ in range(7):
        basis = np.linalg.qr(turned @ (table @ basis))[0]
    left, values, across = np.linalg.svd(table @ basis, full_matrices=False)
    right = (across @ basis.T).T
    starts: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for u, v, value in zip(left.T[:number], right.T[:number], values[:number], strict=True):
        pairs = [(np.maximum(sign * u, 0), np.maximum(sign * v, 0)) for sign in (1, -1)]
        sizes = [(float(np.linalg.norm(a)), float(np.linalg.norm(b))) for a, b in pairs]
        (a, b), (long, wide) = max(zip(pairs, sizes, strict=True), key=lambda one: one[1][0] * one[1][1])
        scale = np.sqrt(value / (long * wide)) if long * wide else 0.0
        starts[0].append(scale * wide * a)
        starts[1].append(scale * long * b)
    return np.stack(starts[0], axis=1), np.stack(starts[1], axis=1)


def _descend(mine: np.ndarray, product: np.ndarray, gram: np.ndarray) -> float:
    """Move each column of a factor to its best while the others stand; the sum of what the gradient still asked."""
    asked = 0.0
    for place in range(mine.shape[1]):
        gradient = mine @ gram[:, place] - product[:, place]
        asked += float(np.abs(np.where(mine[:, place] == 0, np.minimum(gradient, 0), gradient)).sum())
        if gram[place, place]:
            mine[:, place] = np.maximum(mine[:, place] - gradient / gram[place, place], 0)
    return asked
