"""A config's mistakes are named with their place and the nearest right key."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from m3w_builder.errors import ConfigError
from m3w_builder.fill import describe, fill


@dataclass(frozen=True)
class Inner:
    min_words: int = 50
    """Fewest words, both included."""
    ratio: float = 0.5

    def __post_init__(self):
        if self.min_words < 0:
            raise ValueError("min_words wants 0 or more")


@dataclass(frozen=True)
class Outer:
    name: str
    """What it is called."""
    kind: Literal["near", "far"] = "near"
    inner: Inner = field(default_factory=Inner)
    many: tuple[Inner, ...] = ()
    table: dict[str, int] = field(default_factory=dict)
    maybe: Inner | None = None
    flag: bool = False


def test_values_of_every_kind_are_filled_in():
    outer = fill(
        Outer,
        {
            "name": "x",
            "kind": "far",
            "inner": {"ratio": 1},
            "many": [{"min_words": 1}],
            "table": {"a": 2},
            "maybe": None,
        },
        "",
    )
    assert outer == Outer("x", "far", Inner(ratio=1.0), (Inner(1),), {"a": 2})
    assert isinstance(outer.inner.ratio, float)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"nam": "x"}, "unknown key 'nam'; did you mean 'name'?"),
        ({}, "'name' is missing"),
        ({"name": 5}, "name: wants a text, got 5 (int)"),
        ({"name": "x", "inner": {"min_word": 5}}, "inner: unknown key 'min_word'; did you mean 'min_words'?"),
        ({"name": "x", "inner": {"min_words": 5.5}}, "inner.min_words: wants a whole number, got 5.5 (float)"),
        ({"name": "x", "inner": {"min_words": True}}, "inner.min_words: wants a whole number, got True (bool)"),
        ({"name": "x", "inner": {"min_words": -1}}, "inner: min_words wants 0 or more"),
        ({"name": "x", "inner": [1]}, "inner: wants keys and values, got [1] (list)"),
        ({"name": "x", "many": [{}, {"ratio": "a"}]}, "many[1].ratio: wants a number, got 'a' (str)"),
        ({"name": "x", "inner": {"ratio": float("nan")}}, "inner.ratio: wants a finite number"),
        ({"name": "x", "kind": "fa"}, "kind: 'fa' is none of near, far; did you mean 'far'?"),
        ({"name": "x", "table": {"a": "b"}}, "table.a: wants a whole number"),
        ({"name": "x", "flag": 1}, "flag: wants true or false"),
        ({"name": "x", "many": "abc"}, "many: wants a list"),
    ],
)
def test_a_mistake_is_named_with_its_place(data, message):
    with pytest.raises(ConfigError) as caught:
        fill(Outer, data, "")
    assert message in str(caught.value)


def test_the_docstrings_under_the_fields_are_their_documentation():
    assert describe(Inner) == {"min_words": "Fewest words, both included."}
    assert describe(Outer) == {"name": "What it is called."}
