"""Document filters: each drops documents with a reason, what was measured, and the limit."""

from collections.abc import Mapping
from typing import Any

from m3w_builder.text.language import Language
from m3w_builder.text.length import Length
from m3w_builder.text.repetition import Repetition

STAGES: Mapping[str, type[Any]] = {stage.name: stage for stage in (Language, Length, Repetition)}
"""The stages that a config's `text` may name."""

__all__ = ["STAGES", "Language", "Length", "Repetition"]
