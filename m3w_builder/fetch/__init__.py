"""Fetching over HTTP: guarded, polite, bounded, and with a declared reason for every failure."""

from m3w_builder.fetch.batch import Clock, fetch_all, fetch_some
from m3w_builder.fetch.config import REASONS, REFUSED, FetchConfig
from m3w_builder.fetch.lists import Places, entries, judge
from m3w_builder.fetch.picture import Fetched

__all__ = [
    "REASONS",
    "REFUSED",
    "Clock",
    "FetchConfig",
    "Fetched",
    "Places",
    "entries",
    "fetch_all",
    "fetch_some",
    "judge",
]
