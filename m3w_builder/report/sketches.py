"""Small summaries of many values that merge: quantiles, distinct names, frequent names; their errors are stated."""

from __future__ import annotations

import base64
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
import xxhash

STEPS = 32
"""Bins of a logarithmic histogram for each doubling: a quantile read from it is off by at most 2^(1/64), 1.1 %."""

PRECISION = 12
"""Bits of a hash that choose a register: 4,096 registers, a standard error of 1.04 / 64, 1.6 %."""


class Histogram:
    """Counts of positive numbers in logarithmic bins, zeros apart: DDSketch (Masson et al. 2019) without collapsing.

    Merging is exact, in any order. Whole numbers up to 45 have a bin each.
    """

    ZERO = -(10**6)

    def __init__(self, bins: Mapping[str, int] | None = None) -> None:
        self.bins: Counter[int] = Counter({int(name): number for name, number in (bins or {}).items()})

    def add(self, value: float) -> None:
        self.bins[math.floor(math.log2(value) * STEPS) if value > 0 else self.ZERO] += 1

    @property
    def count(self) -> int:
        return sum(self.bins.values())

    @property
    def most(self) -> int:
        """A whole number that none of the values is above."""
        top = max(self.bins, default=self.ZERO)
        return 0 if top == self.ZERO else math.ceil(2 ** ((top + 1) / STEPS))

    def quantile(self, share: float) -> float:
        """The value below which this share lies, within 1.1 %; NaN where nothing was counted."""
        wanted, seen = share * self.count, 0
        for name in sorted(self.bins):
            seen += self.bins[name]
            if seen >= wanted:
                return 0.0 if name == self.ZERO else float(2 ** ((name + 0.5) / STEPS))
        return math.nan

    def merge(self, other: Histogram) -> None:
        self.bins.update(other.bins)

    def to_json(self) -> dict[str, int]:
        return {str(name): number for name, number in sorted(self.bins.items())}


class Distinct:
    """HyperLogLog (Flajolet et al. 2007): how many distinct names were added, within 1.6 % (one standard error)."""

    def __init__(self, packed: str = "") -> None:
        self.registers = bytearray(zlib.decompress(base64.b64decode(packed)) if packed else 1 << PRECISION)

    def add(self, name: str) -> None:
        value = xxhash.xxh3_64_intdigest(name.encode("utf-8", "surrogatepass"))
        register = value >> (64 - PRECISION)
        rest = value & ((1 << (64 - PRECISION)) - 1)
        # The place of the first 1 bit, counted from 1, among the bits that are left.
        rank = 64 - PRECISION - rest.bit_length() + 1
        if rank > self.registers[register]:
            self.registers[register] = rank

    def merge(self, other: Distinct) -> None:
        mine, others = (np.frombuffer(one.registers, np.uint8) for one in (self, other))
        self.registers = bytearray(np.maximum(mine, others).tobytes())

    def count(self) -> int:
        """The estimate; few names are counted by the registers that are still empty."""
        size = len(self.registers)
        empty = self.registers.count(0)
        raw = 0.7213 / (1 + 1.079 / size) * size * size / sum(2.0**-rank for rank in self.registers)
        return round(size * math.log(size / empty) if empty and raw <= 2.5 * size else raw)

    def to_json(self) -> str:
        return base64.b64encode(zlib.compress(bytes(self.registers), 6)).decode()


class Frequent:
    """The most frequent of many names (Misra and Gries 1982, in batches).

    Where more than twice `keep` names were met, a count is too low by at most `error`, which is itself at most the
    number of names added divided by `keep`; else counts are exact.
    """

    def __init__(self, keep: int, counts: Mapping[str, int] | None = None, error: int = 0) -> None:
        self.keep = keep
        self.counts: Counter[str] = Counter(counts or {})
        self.error = error

    def update(self, names: Iterable[str] | Mapping[str, int]) -> None:
        """Count names, each once or as often as is told."""
        self.counts.update(names)
        self._bound()

    def merge(self, other: Frequent) -> None:
        self.counts.update(other.counts)
        self.error += other.error
        self._bound()

    def _bound(self) -> None:
        """Where more than twice `keep` names are held, take the (keep + 1)-th count from all; what comes to nothing
        goes."""
        if len(self.counts) <= 2 * self.keep:
            return
        ranked = self.counts.most_common(self.keep + 1)
        least = ranked[-1][1]
        self.error += least
        self.counts = Counter({name: number - least for name, number in ranked if number > least})

    def held(self) -> dict[str, object]:
        """All of them, in the order in which they were met, for one who goes on counting."""
        return {"error": self.error, "counts": dict(self.counts)}

    def to_json(self, number: int) -> dict[str, object]:
        """The first `number` of them; what is left out counts as error."""
        left = sorted(self.counts.values(), reverse=True)[number] if len(self.counts) > number else 0
        few = [item for item in self.counts.items() if item[1] >= left]  # sorting all by name takes five times as long
        ranked = sorted(few, key=lambda item: (-item[1], item[0]))
        return {"error": self.error + left, "counts": dict(ranked[:number])}


class Sample:
    """Hashes of names below a limit, at most `keep` of them: which share of two sets of names is common.

    Which names are held depends on the names alone, so that what two samples hold below both limits can be compared
    name by name (Broder 1997; Beyer et al. 2007). Exact where no more than `keep` distinct names were added.
    """

    ALL = 1 << 64

    def __init__(self, keep: int, packed: Mapping[str, str] | None = None) -> None:
        self.keep = keep
        self.limit = int(packed["limit"]) if packed else self.ALL
        """Every hash below it is held."""
        self.hashes: set[int] = set()
        if packed:
            self.hashes.update(np.frombuffer(base64.b64decode(packed["hashes"]), "<u8").tolist())

    def add(self, name: str) -> None:
        value = xxhash.xxh3_64_intdigest(name.encode("utf-8", "surrogatepass"))
        if value < self.limit:
            self.hashes.add(value)
            if len(self.hashes) > 2 * self.keep:
                self._shrink(self.keep)

    def merge(self, other: Sample) -> None:
        if other.limit < self.limit:
            self.limit = other.limit
            self.hashes = {value for value in self.hashes if value < self.limit}
        limit = self.limit
        self.hashes.update(value for value in other.hashes if value < limit)
        self._shrink(self.keep)

    def _shrink(self, keep: int) -> None:
        if len(self.hashes) > keep:
            ranked = sorted(self.hashes)
            self.limit = ranked[keep]
            self.hashes = set(ranked[:keep])

    @property
    def exact(self) -> bool:
        return self.limit == self.ALL

    def count(self) -> int:
        """How many distinct names there are; within 100 / sqrt(keep) percent (one standard error) where not exact."""
        return round(len(self.hashes) * self.ALL / self.limit)

    def common(self, other: Sample) -> tuple[int, int, int]:
        """Names in both, in this one alone, in the other alone, all estimated alike."""
        limit = min(self.limit, other.limit)
        mine, others = ({value for value in one.hashes if value < limit} for one in (self, other))
        scale = self.ALL / limit
        parts = (mine & others, mine - others, others - mine)
        both, first, second = (round(len(part) * scale) for part in parts)
        return both, first, second

    def to_json(self, keep: int) -> dict[str, str]:
        """The smallest `keep` of them."""
        small = Sample(keep)
        small.limit, small.hashes = self.limit, set(self.hashes)
        small._shrink(keep)
        packed = np.array(sorted(small.hashes), "<u8").tobytes()
        return {"limit": str(small.limit), "hashes": base64.b64encode(packed).decode()}
