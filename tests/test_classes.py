"""Classes made by `classes.dataclass` are as those of Python's own `dataclasses.dataclass`."""

import copy
import dataclasses
import pickle
from dataclasses import field
from typing import Any

import pytest

from m3w_builder.classes import dataclass


@dataclass(frozen=True, slots=True)
class Frozen:
    """Frozen."""

    name: str
    sizes: tuple[int, ...] = ()
    hidden: int = field(default=0, repr=False, compare=False)


@dataclass(slots=True)
class Open:
    """Open."""

    parts: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Empty:
    """No field."""


@dataclass(slots=True, eq=False)
class Itself:
    """Equal to itself alone."""

    name: str = "a"


@dataclass(frozen=True)
class Told:
    """With a way of its own to be shown."""

    name: str = "a"

    def __repr__(self) -> str:
        return "told"


def test_it_is_shown_as_any_dataclass():
    assert repr(Frozen("a", (1, 2), 3)) == "Frozen(name='a', sizes=(1, 2))"
    assert repr(Empty()) == "Empty()"
    assert repr(Told()) == "told"


def test_one_that_holds_itself_is_shown():
    one = Open()
    one.parts.append(one)
    assert repr(one) == "Open(parts=[...])"


def test_equal_fields_are_equal_and_hash_alike():
    assert Frozen("a", (1,), 3) == Frozen("a", (1,), 4)
    assert hash(Frozen("a", (1,), 3)) == hash(Frozen("a", (1,), 4))
    assert Frozen("a") != Frozen("b")
    assert len({Empty(), Empty(), Told("a"), Told("a"), Told("b")}) == 3
    assert Open([1]) == Open([1])
    assert Open([1]) != Open([2])


def test_other_classes_are_not_equal():
    assert Empty() != Frozen("a")
    assert Open(["a"]) != Itself("a")
    assert Frozen("a") != ("a", ())


def test_what_may_change_cannot_be_hashed():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Open())


def test_without_eq_it_is_equal_to_itself_alone():
    one = Itself()
    assert one == one
    assert one != Itself()
    assert len({one, Itself()}) == 2


def test_a_frozen_one_stays_as_it_is():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Frozen("a").name = "b"  # type: ignore[misc]


@pytest.mark.parametrize("one", [Frozen("a", (1,), 3), Open([1]), Empty(), Told("b")])
def test_it_is_copied_replaced_and_pickled(one):
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.deepcopy(one) == one
    assert dataclasses.replace(one) == one
    assert dataclasses.asdict(one) == {each.name: getattr(one, each.name) for each in dataclasses.fields(one)}
