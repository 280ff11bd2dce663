"""What each reason of a drop means, gathered from where the stages declare them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

OWN: Mapping[str, str] = {
    "error": "the stage failed on it; the detail has the error",
    "page_dropped": "the page on which it stood was dropped",
    "poisoned": "its worker died or hung over it, three times running; the rest of its partition was kept",
    "quarantined": "its partition failed in every attempt; the next run of the build tries it again",
    "repeated": "the same picture stands earlier in the document",
}
"""Reasons that no stage declares for itself alone."""


def meaning(stage: str, reason: str) -> str:
    """A reason in words; empty where nobody declared it."""
    by_stage, of_all = _declared()
    return by_stage.get((stage, reason)) or OWN.get(reason) or of_all.get(reason, "")


@lru_cache
def _declared() -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """By stage and reason, and by reason alone (the first that declares it)."""
    from m3w_builder import align, fetch, pictures, sources, text
    from m3w_builder.dedup import tables
    from m3w_builder.extract import config as extraction
    from m3w_builder.shards.assemble import Assemble

    by_stage: dict[tuple[str, str], str] = {}
    stages: dict[str, Any] = {**text.STAGES, **pictures.STAGES, **align.STAGES, Assemble.name: Assemble}
    for name, stage in stages.items():
        by_stage |= {(name, reason): words for reason, words in stage.reasons.items()}
    places: dict[tuple[str, ...], Mapping[str, str]] = {
        ("read",): sources.REASONS,
        ("extract",): {**extraction.PICTURE_REASONS, **extraction.REASONS},
        ("fetch",): fetch.REASONS,
        ("rights",): pictures.RIGHTS_REASONS,
        ("decode", "store"): pictures.REASONS,
        ("page_duplicates", "common_pictures", "picture_duplicates"): tables.REASONS,
    }
    of_all: dict[str, str] = {}
    for names, declared in places.items():
        by_stage |= {(name, reason): words for name in names for reason, words in declared.items()}
    for (_, reason), words in by_stage.items():
        of_all.setdefault(reason, words)
    return by_stage, of_all
