"""Who is alike among the rows of a bucket: pages by their sketches, pictures by their hashes, told to a sink."""

from __future__ import annotations

import numpy as np

from m3w_builder.dedup.config import DedupConfig
from m3w_builder.dedup.minhash import likeness
from m3w_builder.dedup.near import Hashes, search
from m3w_builder.dedup.sinks import FAR, Groups, Nearest, Sink
from m3w_builder.dedup.tables import Rows

_WINDOW = 256
"""Pages of one band that a page is compared with, those before it by rank; and as many more by either half of its
sketch, where the band has more pages."""
RANKED = ("rank", "doc", "picture", "partition")
"""The columns of `KEYS` that name a page or picture; of two the one with the less stays."""
LOOSER = 3
"""How many times `max_distance` perceptual hashes may be apart where gradient hashes are within it: plots of few lines
have frequencies that hang on single px, and chance leaves 12 of 64 bits for three pairs in ten million."""


def alike(kind: str, rows: Rows, config: DedupConfig, make: type[Groups] | type[Nearest]) -> tuple[np.ndarray, Sink]:
    """(a row of each node, best first; the sink with all that is alike among them) of one kind of `groups.KINDS`.

    Of pictures in groups, only nodes that are alike with another.
    """
    if kind != "minhash" and make is Groups:
        return _pictures_in_groups(kind, rows, config)
    nodes, place = _numbered(rows)
    sink = make(len(nodes))
    if kind == "minhash":
        _pages(rows, place, config, sink)
    elif len(nodes):
        _pictures(kind, rows, place, config, sink)
    return nodes, sink


def _pictures_in_groups(kind: str, rows: Rows, config: DedupConfig) -> tuple[np.ndarray, Sink]:
    """Rows are compared as they come, which needs no order; those that are alike with another are sorted then."""
    by_row = Groups(len(rows["key"]))
    _pictures(kind, rows, np.arange(by_row.size), config, by_row)
    least = by_row.settled().least
    some = np.flatnonzero(by_row.nearest != FAR)
    first, place = _numbered({name: rows[name][some] for name in RANKED})
    sink = Groups(len(first))
    sink.add(place, place[np.searchsorted(some, least[some])], np.full(len(some), FAR))
    np.minimum.at(sink.nearest, place, by_row.nearest[some])
    return some[first], sink


def _numbered(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """(a row of each node, best first; the number of each row's node)."""
    order = best_first(rows)
    changes = np.zeros(len(order), bool)
    for name in RANKED:
        column = rows[name][order]
        changes[1:] |= column[1:] != column[:-1]
    place = np.empty(len(order), np.int64)
    place[order] = np.cumsum(changes)
    changes[:1] = True
    return order[changes], place


def best_first(rows: Rows, *first: str) -> np.ndarray:
    """The rows' order by `first`, then best first: by rank, doc, picture, partition."""
    names = (*first, *RANKED)
    order = np.argsort(rows[names[0]])
    head = rows[names[0]][order]
    tied = np.zeros(len(order), bool)
    tied[1:] = head[1:] == head[:-1]
    tied[:-1] |= tied[1:].copy()
    # Most rows differ in the first column already: only ties are sorted by the rest.
    spots = np.flatnonzero(tied)
    some = order[spots]
    order[spots] = some[np.lexsort([rows[name][some] for name in reversed(names)])]
    return order


def _pictures(kind: str, rows: Rows, place: np.ndarray, config: DedupConfig, sink: Sink) -> None:
    """Pictures of near hashes; those by gradients (a second hash of theirs in `more`) among the rest."""
    radius = config.max_embedding_distance if kind == "embedding" else config.max_distance
    by_gradient = rows["kind"] == 1
    for mine, limit in ((~by_gradient, None), (by_gradient, LOOSER * radius)):
        some = np.flatnonzero(mine)
        if not len(some):
            continue
        present = np.zeros(int(place.max()) + 1, bool)
        present[place[some]] = True
        numbers = np.flatnonzero(present)
        owner = (np.cumsum(present) - 1)[place[some]]
        found = np.empty(len(numbers), np.int64)
        found[owner] = some  # any row of a picture tells its hashes
        within = rows["host"][found] if rows["host"].any() else None
        also = None if limit is None else rows["more"][found]

        def itself(one: np.ndarray, other: np.ndarray, found: np.ndarray = found) -> np.ndarray:
            same = [rows[name][found[one]] == rows[name][found[other]] for name in RANKED]
            return np.asarray(np.logical_and.reduce(same))

        hashes = Hashes(rows["value"][found], radius, within, also, limit or 0, numbers, itself)
        search(hashes, rows["key"][some], owner, sink)


def _pages(rows: Rows, place: np.ndarray, config: DedupConfig, sink: Sink) -> None:
    """Pages that share a band and, by their sketches, `min_jaccard` of their shingles."""
    order = np.lexsort([place, rows["key"]])
    key = rows["key"][order]
    starts = np.ones(len(order), bool)
    starts[1:] = key[1:] != key[:-1]
    heads = np.flatnonzero(starts)
    run = np.cumsum(starts) - 1
    depth = np.arange(len(order)) - heads[run]
    if not config.min_jaccard:
        mine = np.flatnonzero(depth)
        _compare(rows, order[mine], order[heads[run[mine]]], place, config, sink)
        return
    _window(rows, order, depth, place, config, sink)
    long = np.bincount(run, minlength=len(heads))[run] > _WINDOW if len(run) else np.zeros(0, bool)
    if long.any():
        some = order[long]
        for half in ("value", "more"):
            again = some[np.lexsort([place[some], rows[half][some], rows["key"][some]])]
            _window(rows, again, depth[long], place, config, sink)


def _window(
    rows: Rows, order: np.ndarray, depth: np.ndarray, place: np.ndarray, config: DedupConfig, sink: Sink
) -> None:
    """Compare each row with those before it in its run; depth: how many these are."""
    active = np.flatnonzero(depth)
    step = 1
    while len(active) and step <= _WINDOW:
        _compare(rows, order[active], order[active - step], place, config, sink)
        step += 1
        active = active[depth[active] >= step]


def _compare(
    rows: Rows, one: np.ndarray, other: np.ndarray, place: np.ndarray, config: DedupConfig, sink: Sink
) -> None:
    distance = sum(np.bitwise_count(rows[half][one] ^ rows[half][other]) for half in ("value", "more"))
    hit = (likeness(np.asarray(distance), config) >= config.min_jaccard) & (place[one] != place[other])
    pair = place[one[hit]], place[other[hit]]
    sink.add(np.maximum(*pair), np.minimum(*pair), np.asarray(distance)[hit])
