"""Fetching over HTTP: guarded, polite, bounded, and with a declared reason for every failure."""

from m3w_builder.fetch.batch import Clock, fetch_all, fetch_some
from m3w_builder.fetch.config import REASONS, REFUSED, FetchConfig
from m3w_builder.fetch.lists import Places, entries, judge
from m3w_builder.fetch.picture import Answer, Fetched, size_of

__all__ = [
    "REASONS",
    "REFUSED",
    "Answer",
    "Clock",
    "FetchConfig",
    "Fetched",
    "Places",
    "entries",
    "fetch_all",
    "fetch_some",
    "judge",
    "size_of",
]
