"""What each reason of a drop means, gathered from where the stages declare them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

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
    return _declared(stage).get(reason) or OWN.get(reason) or _of_all().get(reason, "")


@lru_cache
def _declared(stage: str) -> Mapping[str, str]:
    """The reasons of a stage, in words."""
    from m3w_builder import align, pictures, text

    own = _of_passes()
    if stage in own:
        return own[stage]
    group = next((one.STAGES for one in (text, pictures, align) if stage in one.STAGES), None)
    declared: Mapping[str, str] = group[stage].reasons if group is not None else {}
    return declared


@lru_cache
def _of_passes() -> dict[str, Mapping[str, str]]:
    """By the stages that every build has, their reasons."""
    from m3w_builder import fetch, pictures, sources
    from m3w_builder.dedup import tables
    from m3w_builder.extract import config as extraction
    from m3w_builder.shards.assemble import Assemble

    return {
        "read": sources.REASONS,
        "extract": {**extraction.PICTURE_REASONS, **extraction.REASONS},
        "fetch": fetch.REASONS,
        "rights": pictures.RIGHTS_REASONS,
        **dict.fromkeys(("decode", "store"), pictures.REASONS),
        **dict.fromkeys(("page_duplicates", "common_pictures", "picture_duplicates"), tables.REASONS),
        Assemble.name: Assemble.reasons,
    }


@lru_cache
def _of_all() -> dict[str, str]:
    """By reason alone, as the first that declares it says it: for stages of a user's own."""
    from m3w_builder import align, pictures, text

    found: dict[str, str] = {}
    for stage in (*text.STAGES, *pictures.STAGES, *align.STAGES, *_of_passes()):
        for reason, words in _declared(stage).items():
            found.setdefault(reason, words)
    return found
