"""A stage: records in, as many answers out, each the record or a `Drop` with its reason."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar, Protocol, TypeVar

from m3w_builder.classes import dataclass

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


@dataclass(frozen=True)
class Function:
    """A user's own function as a stage: `place` is module:function, `settings` are its further arguments.

    The function is called with one record and the settings. It gives True or None to keep the record, False to drop
    it, a text to drop it with that detail, or a number to keep it and write that as a score under the function's name.
    """

    place: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    reasons: ClassVar[Mapping[str, str]] = {"refused": "the function said no"}

    @property
    def name(self) -> str:
        return self.place.rpartition(":")[2]

    def __call__(self, batch: Sequence[Any], /) -> list[Any]:
        module, _, name = self.place.partition(":")
        function = getattr(importlib.import_module(module), name)
        return [self._judge(function, record) for record in batch]

    def _judge(self, function: Callable[..., Any], record: Any) -> Any:
        answer = function(record, **self.settings)
        if answer is None or answer is True:
            return record
        if answer is False:
            return Drop("refused")
        if isinstance(answer, str):
            return Drop("refused", answer)
        if isinstance(answer, int | float):
            getattr(record, "document", record).scores[self.name] = float(answer)
            return record
        raise TypeError(f"{self.place} gave {answer!r}: a filter gives true, false, a text or a number")


class Stage(Protocol[Record]):
    """What the passes ask of a stage; frozen dataclasses fulfil it, and their fields are its YAML keys."""

    @property
    def name(self) -> str: ...

    @property
    def reasons(self) -> Mapping[str, str]: ...

    def __call__(self, batch: Sequence[Record], /) -> list[Record | Drop]: ...


class Catalogue(Mapping[str, type[Any]]):
    """Stages by the names that a config gives them, in the package's order; each is imported when it is asked for."""

    def __init__(self, package: str, places: Mapping[str, str]):
        self.package = package
        self.places = places  # by name, "module:Class"

    def __getitem__(self, name: str) -> type[Any]:
        module, _, cls = self.places[name].partition(":")
        found: type[Any] = getattr(importlib.import_module(f"{self.package}.{module}"), cls)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


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
