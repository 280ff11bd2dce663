"""What the passes rely on when they ask a stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from m3w_builder.stage import ERROR, Drop, ask


@dataclass(frozen=True)
class Odd:
    name: ClassVar[str] = "odd"
    reasons: ClassVar[dict[str, str]] = {"even": "an even number"}

    def __call__(self, batch: Sequence[int], /) -> list[int | Drop]:
        if any(number < 0 for number in batch):
            raise ValueError("a negative number")
        return [number if number % 2 else Drop("even") for number in batch]


@dataclass(frozen=True)
class Forgetful(Odd):
    def __call__(self, batch: Sequence[int], /) -> list[int | Drop]:
        return list(batch[:-1])


def test_answers_stand_in_the_order_of_the_records():
    assert ask(Odd(), [1, 2, 3]) == [1, Drop("even"), 3]


def test_a_record_on_which_the_stage_raises_is_dropped_alone():
    answers = ask(Odd(), [1, -5, 3, 4])
    assert answers[0] == 1
    assert answers[2] == 3
    assert answers[3] == Drop("even")
    assert isinstance(answers[1], Drop)
    assert answers[1].reason == ERROR
    assert "a negative number" in answers[1].detail


def test_a_stage_that_forgets_a_record_drops_it_as_an_error():
    assert [answer.reason for answer in ask(Forgetful(), [1, 3])] == [ERROR, ERROR]


def test_an_empty_batch_has_no_answers():
    assert ask(Odd(), []) == []
