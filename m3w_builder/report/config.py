"""Settings of the statistics and the report."""

from __future__ import annotations

from m3w_builder.classes import dataclass


@dataclass(frozen=True, slots=True)
class ReportConfig:
    """What is counted while shards are written, for the report."""

    tokenizer: str = "clip"
    """By which tokens are counted: `clip` (CLIP's 49,408 byte pairs, as open_clip ships them), or the path or URL of a
    `tokenizer.json` as the package tokenizers reads it, which counts slower; empty: tokens are not counted."""
