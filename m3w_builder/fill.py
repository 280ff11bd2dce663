"""Fills typed dataclasses from YAML: a wrong key or type is an error that names the place and the nearest right key."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import math
import textwrap
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from m3w_builder.errors import ConfigError

T = TypeVar("T")


def nearest(key: str, known: typing.Iterable[str]) -> str:
    """'; did you mean …?' or the list of what is known."""
    import difflib

    known = sorted(known)
    close = difflib.get_close_matches(key, known, 1, 0.6)
    return f"; did you mean '{close[0]}'?" if close else f"; known here: {', '.join(known) or 'nothing'}"


def fill(cls: type[T], data: Any, place: str) -> T:
    """An instance of the dataclass `cls` from plain YAML data. `place` names the spot, as 'text[0].length'.

    A field's type may be a scalar, `list[X]`, `dict[str, X]`, `tuple[X, ...]`, `X | None`, a `Literal`, or a
    dataclass. A dataclass may refuse values by raising ValueError in `__post_init__`. Raises ConfigError.
    """
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise ConfigError(f"{place}: wants keys and values, got {_show(data)}")
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    values = {}
    for key, value in data.items():
        if key not in fields:
            raise ConfigError(f"{place}: unknown key '{key}'{nearest(str(key), fields)}")
        values[key] = convert(hints[key], value, f"{place}.{key}" if place else str(key))
    missing = [
        name
        for name, f in fields.items()
        if name not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ConfigError(f"{place}: '{missing[0]}' is missing")
    try:
        return cls(**values)
    except ValueError as error:
        raise ConfigError(f"{place}: {error}") from None


def convert(hint: Any, value: Any, place: str) -> Any:
    """`value` as the type `hint` asks, or a ConfigError."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        (inner,) = [arg for arg in args if arg is not type(None)]
        return convert(inner, value, place)
    if origin is typing.Literal:
        if value not in args:
            wanted = [str(arg) for arg in args]
            raise ConfigError(f"{place}: '{value}' is none of {', '.join(wanted)}{_mean(str(value), wanted)}")
        return value
    if origin in (list, tuple):
        if not isinstance(value, (list, tuple)):
            raise ConfigError(f"{place}: wants a list, got {_show(value)}")
        return origin(convert(args[0], entry, f"{place}[{index}]") for index, entry in enumerate(value))
    if origin in (dict, Mapping):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{place}: wants keys and values, got {_show(value)}")
        return {str(key): convert(args[1], entry, f"{place}.{key}") for key, entry in value.items()}
    if dataclasses.is_dataclass(hint):
        return value if isinstance(value, hint) else fill(hint, value, place)  # type: ignore[arg-type]
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{place}: wants {_NAMES.get(hint, hint.__name__)}, got {_show(value)}")
    if hint is float and not math.isfinite(value):
        raise ConfigError(f"{place}: wants a finite number, got {value}")
    return value


_NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def _show(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) < 60 else text[:57] + '…'} ({type(value).__name__})"


def _mean(value: str, known: list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(value, known, 1, 0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def describe(cls: type) -> dict[str, str]:
    """What the docstring under each field of a dataclass says, by field name; inherited ones included."""
    texts: dict[str, str] = {}
    for base in reversed(cls.__mro__[:-1]):
        tree = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(tree, ast.ClassDef)
        for before, after in zip(tree.body, tree.body[1:], strict=False):
            if (
                isinstance(before, ast.AnnAssign)
                and isinstance(before.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
                and isinstance(after.value.value, str)
            ):
                texts[before.target.id] = inspect.cleandoc(after.value.value)
    return texts
