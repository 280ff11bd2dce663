"""Document filters: each drops documents with a reason, what was measured, and the limit."""

from collections.abc import Mapping
from typing import Any

from m3w_builder.text.boilerplate import Boilerplate
from m3w_builder.text.contamination import Contamination
from m3w_builder.text.language import Language, ParagraphLanguage
from m3w_builder.text.length import Length
from m3w_builder.text.paragraphs import C4, Obelics
from m3w_builder.text.pii import Pii
from m3w_builder.text.quality import FineWeb, Quality
from m3w_builder.text.repetition import Repetition
from m3w_builder.text.toxicity import Toxicity
from m3w_builder.text.words import BadWords

_ALL = (
    *(Language, ParagraphLanguage, Boilerplate, Length, Repetition, Quality, FineWeb, C4, Obelics),
    *(Pii, BadWords, Toxicity, Contamination),
)

STAGES: Mapping[str, type[Any]] = {stage.name: stage for stage in _ALL}
"""The stages that a config's `text` may name."""

__all__ = [
    "C4",
    "STAGES",
    "BadWords",
    "Boilerplate",
    "Contamination",
    "FineWeb",
    "Language",
    "Length",
    "Obelics",
    "ParagraphLanguage",
    "Pii",
    "Quality",
    "Repetition",
    "Toxicity",
]
