"""A stage: records in, as many answers out, each the record or a `Drop` with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar

Record = TypeVar("Record")

ERROR = "error"
"""The reason of a record on which a stage raised; every stage may give it without declaring it."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Why a page or a picture went: a declared reason, and what was measured against what."""

    reason: str
    detail: str = ""
    value: float | None = None
    limit: float | None = None


class Stage(Protocol[Record]):
    """What the passes ask of a stage; frozen dataclasses fulfil it, and their fields are its YAML keys."""

    name: ClassVar[str]
    reasons: ClassVar[Mapping[str, str]]

    def __call__(self, batch: Sequence[Record], /) -> list[Record | Drop]: ...


def ask(stage: Stage[Record], batch: Sequence[Record]) -> list[Record | Drop]:
    """One answer a record. Where the stage raises, it is asked record by record and the culprit alone is dropped."""
    try:
        answers = stage(batch)
        if len(answers) != len(batch):
            raise ValueError(f"{stage.name} gave {len(answers)} answers to {len(batch)} records")
        return answers
    except Exception as error:  # a record is never allowed to end a partition
        if len(batch) == 1:
            return [Drop(ERROR, f"{stage.name}: {type(error).__name__}: {error}"[:500])]
        return [answer for record in batch for answer in ask(stage, [record])]
