"""Writes configs/REFERENCE.md: every key of a config with its type, default and meaning, read from the code.

python tools/config_reference.py            write it
python tools/config_reference.py --check    exit 1 where it is not what the code says
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from m3w_builder import align, pictures, text
from m3w_builder.config import Config
from m3w_builder.fill import describe

TARGET = Path(__file__).parents[1] / "configs" / "REFERENCE.md"

HEAD = """# Every key of a config

Written by `python tools/config_reference.py` from the code. A wrong key, type or value is an error that names its
place. Any key can be set from the command line: `m3w build CONFIG --set shards.target_mb=64`.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD, *_section(Config, "")]
    for title, stages in (("text", text.STAGES), ("pictures.filters", pictures.STAGES), ("align", align.STAGES)):
        parts.append(f"\n## Stages for `{title}`\n")
        for name, cls in stages.items():
            parts += _stage(name, cls)
    return "\n".join(parts) + "\n"


def _section(cls: type, place: str) -> Iterator[str]:
    """A table of the section's own keys, then the sections below it."""
    texts, hints = describe(cls), typing.get_type_hints(cls)
    below = []
    if place:
        yield f"\n## `{place}`\n\n{(cls.__doc__ or '').strip().splitlines()[0]}\n"
    yield "| key | type | default | meaning |\n|---|---|---|---|"
    for field in dataclasses.fields(cls):
        inner = _dataclass(hints[field.name])
        meaning = " ".join(texts.get(field.name, "").split()).replace("|", "\\|")
        if inner:
            below.append((inner, f"{place}.{field.name}".lstrip(".")))
            yield f"| `{field.name}` | section | | {meaning} |"
        else:
            yield f"| `{field.name}` | {_type(hints[field.name])} | {_default(field)} | {meaning} |"
    for inner, inner_place in below:
        yield from _section(inner, inner_place)


def _stage(name: str, cls: Any) -> Iterator[str]:
    yield f"\n### `{name}`\n\n{' '.join((cls.__doc__ or '').split())}\n"
    texts, hints = describe(cls), typing.get_type_hints(cls)
    fields = [field for field in dataclasses.fields(cls) if field.init]
    if fields:
        yield "| key | type | default | meaning |\n|---|---|---|---|"
    for field in fields:
        meaning = " ".join(texts.get(field.name, "").split()).replace("|", "\\|")
        yield f"| `{field.name}` | {_type(hints[field.name])} | {_default(field)} | {meaning} |"
    yield "\nReasons: " + "; ".join(f"`{reason}` ({meaning})" for reason, meaning in cls.reasons.items()) + "."


def _dataclass(hint: Any) -> type | None:
    """The section that a type hint asks for, also where it may be left out."""
    options = [hint, *typing.get_args(hint)] if type(None) in typing.get_args(hint) else [hint]
    return next((option for option in options if dataclasses.is_dataclass(option)), None)


def _type(hint: Any) -> str:
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(hint))
    text_of = getattr(hint, "__name__", str(hint)) if not typing.get_args(hint) else str(hint)
    return text_of.replace("typing.", "").replace("|", "\\|")


def _default(field: dataclasses.Field[Any]) -> str:
    value = field.default
    if field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    if value is dataclasses.MISSING:
        return "must be given"
    if isinstance(value, (tuple, list)):
        names = [getattr(entry, "name", entry) for entry in value]
        return f"`[{', '.join(map(str, names))}]`"
    return f"`{value}`" if value != "" else "empty"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    page = reference()
    if parser.parse_args().check:
        if TARGET.read_text() != page:
            print(f"{TARGET.name} is not what the code says; run: python tools/config_reference.py")
            return 1
        return 0
    TARGET.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
