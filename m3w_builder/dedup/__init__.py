"""Keys of pages and pictures, and the judges that find duplicates among them: pure functions on Arrow tables."""

from m3w_builder.dedup.config import DedupConfig
from m3w_builder.dedup.groups import LINKS, addressed, decided, merged
from m3w_builder.dedup.judges import contained, judge_pages, judge_pictures, links, settle
from m3w_builder.dedup.keys import (
    archived_keys,
    hash64,
    line_key,
    lines,
    page_keys,
    picture_key,
    picture_keys,
    picture_url_key,
    time_rank,
)
from m3w_builder.dedup.repeats import distances, repeats
from m3w_builder.dedup.tables import DECISIONS, KEYS, REASONS

__all__ = [
    "DECISIONS",
    "KEYS",
    "LINKS",
    "REASONS",
    "DedupConfig",
    "addressed",
    "archived_keys",
    "contained",
    "decided",
    "distances",
    "hash64",
    "judge_pages",
    "judge_pictures",
    "line_key",
    "lines",
    "links",
    "merged",
    "page_keys",
    "picture_key",
    "picture_keys",
    "picture_url_key",
    "repeats",
    "settle",
    "time_rank",
]
