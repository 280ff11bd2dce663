"""Document filters: each drops documents with a reason, what was measured, and the limit."""

from collections.abc import Mapping
from typing import Any

from m3w_builder.text.contamination import Contamination
from m3w_builder.text.language import Language
from m3w_builder.text.length import Length
from m3w_builder.text.paragraphs import C4, Obelics
from m3w_builder.text.pii import Pii
from m3w_builder.text.quality import FineWeb, Quality
from m3w_builder.text.repetition import Repetition
from m3w_builder.text.words import BadWords

_ALL = (Language, Length, Repetition, Quality, FineWeb, C4, Obelics, Pii, BadWords, Contamination)

STAGES: Mapping[str, type[Any]] = {stage.name: stage for stage in _ALL}
"""The stages that a config's `text` may name."""

__all__ = [
    "C4",
    "STAGES",
    "BadWords",
    "Contamination",
    "FineWeb",
    "Language",
    "Length",
    "Obelics",
    "Pii",
    "Quality",
    "Repetition",
]
