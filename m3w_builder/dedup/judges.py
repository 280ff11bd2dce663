"""The judges of both exchanges: from one bucket's keys to the pages and pictures that go.

Each answer rests on the rows of one key alone, never on the order in which they came.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from m3w_builder.dedup.alike import alike, best_first
from m3w_builder.dedup.config import DedupConfig
from m3w_builder.dedup.groups import KINDS, LINKS, REASONS_OF, measured, stars
from m3w_builder.dedup.sinks import Groups, Nearest
from m3w_builder.dedup.tables import DECISIONS, Rows, decisions_table, hexadecimal, of_kind


def judge_pages(keys: pa.Table, config: DedupConfig, alone: bool = True) -> pa.Table:
    """Exchange 1, `DECISIONS` of one bucket: duplicate pages, lines that repeat on a host, pictures on too many
    documents or hosts, archived pictures.

    Kind "archived" is no drop: it tells each partition that wants a picture where an archive holds it.
    alone: whether this bucket is all there is, or decides for itself; else what is alike is left to `links`.
    """
    pictures = of_kind(keys, "picture")
    limits = {"common_picture": config.max_documents_per_picture, "common_on_hosts": config.max_hosts_per_picture}
    common, common_rows = _common(pictures, "picture", *limits.items())
    repeated = _common(of_kind(keys, "line"), "line", ("repeated_line", max(0, config.lines_per_host - 1)))[1]
    return pa.concat_tables(
        [
            DECISIONS.empty_table(),
            _all_but_the_least(of_kind(keys, "url"), "url", "duplicate_url"),
            _all_but_the_least(of_kind(keys, "text"), "text", "duplicate_text"),
            *(_alike("minhash", of_kind(keys, *KINDS["minhash"]), config) for _ in range(alone)),
            _paragraphs(of_kind(keys, "paragraph")),
            repeated,
            common_rows,
            _archived(keys, {name: column[~common] for name, column in pictures.items()}),
        ]
    )


def judge_pictures(keys: pa.Table, config: DedupConfig, alone: bool = True) -> pa.Table:
    """Exchange 2, `DECISIONS` of one bucket: exact duplicates, near ones with their distance in bits, looks that stand
    on too many documents or hosts, and pages with the same set of pictures.

    One picture may be dropped in several buckets, each with a neighbour of its own; `settle` takes the nearest.
    alone: as for `judge_pages`.
    """
    return pa.concat_tables(
        [
            DECISIONS.empty_table(),
            _all_but_the_least(of_kind(keys, "exact"), "exact", "exact_duplicate"),
            _all_but_the_least(of_kind(keys, "pixels"), "pixels", "pixel_duplicate"),
            *(_alike(kind, of_kind(keys, *KINDS[kind]), config) for kind in ("near", "embedding") if alone),
            _looks(of_kind(keys, "look"), config),
            _sets(of_kind(keys, "set"), config.same_pictures),
        ]
    )


def settle(decisions: pa.Table) -> pa.Table:
    """One decision for each page and picture and kind: by reason, then the least distance (texts: the most alike), then
    by detail."""
    columns = ["partition", "kind", "doc", "key", "reason", "far", "detail"]
    texts = pc.equal(decisions["kind"], "minhash")
    far = pc.if_else(texts, pc.negate(decisions["value"]), decisions["value"])
    ordered = decisions.append_column("far", far).sort_by([(name, "ascending") for name in columns])
    ordered = ordered.select(DECISIONS.names)
    same = np.ones(max(len(ordered) - 1, 0), bool)
    for name in ("partition", "kind", "doc", "key"):
        column = ordered[name]
        same &= pc.equal(column[1:], column[:-1]).to_numpy() if len(ordered) > 1 else same
    return ordered.filter(pa.array(np.concatenate([[True], ~same])[: len(ordered)]))


def _paragraphs(rows: Rows) -> pa.Table:
    """Rows of kind "paragraph", no drops yet: words of a page (`value`) that a better one has too, of all its words
    (`limit`)."""
    gone, kept = _lesser(rows)
    columns = {name: rows[name][gone] for name in ("partition", "doc", "key", "value")} | {"limit": rows["more"][gone]}
    return decisions_table("paragraph", "contained", columns, hexadecimal(rows["doc"][kept]))


def contained(decisions: pa.Table, share: float) -> pa.Table:
    """The decisions with those on paragraphs as decisions on pages: against those of whose words `share` is covered."""
    mine = pc.equal(decisions["kind"], "paragraph")
    if not pc.any(mine).as_py():
        return decisions  # which are not held twice
    rows = decisions.filter(mine)
    rest = decisions.filter(pc.invert(mine))
    pages = rows.group_by(["partition", "doc"]).aggregate([("value", "sum"), ("limit", "max"), ("detail", "min")])
    covered = pages["value_sum"].to_numpy() / pages["limit_max"].to_numpy()
    gone = covered >= share
    columns = {name: pages[name].to_numpy()[gone] for name in ("partition", "doc")}
    columns |= {"key": np.zeros(int(gone.sum())), "value": covered[gone], "limit": np.full(int(gone.sum()), share)}
    details = pages["detail_min"].to_numpy(zero_copy_only=False)[gone].astype("U16")
    return pa.concat_tables([rest, decisions_table("paragraph", "contained", columns, details)])


def _all_but_the_least(rows: Rows, kind: str, reason: str) -> pa.Table:
    """Decisions against every row of a key but the best; the one that stays is named in the detail."""
    gone, kept = _lesser(rows)
    columns = {"partition": rows["partition"][gone], "doc": rows["doc"][gone], "key": rows["picture"][gone]}
    return decisions_table(kind, reason, columns, hexadecimal(rows["doc"][kept]))


def _lesser(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Every row of a key but the best, and the best of each."""
    order = best_first(rows, "key")
    key = rows["key"][order]
    starts = np.ones(len(order), bool)
    starts[1:] = key[1:] != key[:-1]
    kept = order[np.flatnonzero(starts)[np.cumsum(starts) - 1]] if len(order) else order
    # The same record read twice is one document: it must not drop itself.
    itself = np.ones(len(order), bool)
    for name in ("partition", "doc", "picture"):
        itself &= rows[name][order] == rows[name][kept]
    return order[~itself], kept[~itself]


def _alike(kind: str, rows: Rows, config: DedupConfig) -> pa.Table:
    """Decisions against what is alike, by the rule that `groups` names, of a kind all of whose keys are here."""
    nodes, sink = alike(kind, rows, config, Groups if config.groups == "components" else Nearest)
    gone, kept, distance = sink.gone()
    mine = nodes[gone]
    columns = {"partition": rows["partition"][mine], "doc": rows["doc"][mine], "key": rows["picture"][mine]}
    columns |= measured(kind, distance, config)
    return decisions_table(kind, REASONS_OF[kind], columns, hexadecimal(rows["doc"][nodes[kept]]))


def links(keys: pa.Table, config: DedupConfig) -> pa.Table:
    """`LINKS` of what is alike in this bucket, each node with the least of its group: joined with those of others."""
    tables = [LINKS.empty_table()]
    for kind, sources in KINDS.items():
        rows = of_kind(keys, *sources)
        found, sink = alike(kind, rows, config, Groups)
        tables.append(stars(kind, rows, found, cast(Groups, sink)))
    return pa.concat_tables(tables)


def _common(
    rows: Rows, kind: str, documents: tuple[str, int], hosts: tuple[str, int] = ("", 0)
) -> tuple[np.ndarray, pa.Table]:
    """Which rows are of keys on more documents or hosts than a limit (reason, number; 0: none), and their decisions.

    Documents are counted as the lesser of distinct texts and distinct page URLs: a page copied to many URLs
    counts once, and so does a page fetched many times.
    """
    gone = np.zeros(len(rows["key"]), bool)
    tables = [DECISIONS.empty_table()]
    name, inverse = np.unique(rows["key"], return_inverse=True)
    for (reason, limit), columns in ((documents, ("value", "rank")), (hosts, ("host",))):
        if not limit or not len(name):
            continue
        distinct = [_distinct(inverse, rows[column], len(name)) for column in columns]
        counts = np.minimum.reduce(distinct)[inverse]
        hit = (counts > limit) & ~gone
        tables.append(_counted(kind, reason, rows, hit, counts, limit))
        gone |= hit
    return gone, pa.concat_tables(tables)


def _counted(kind: str, reason: str, rows: Rows, hit: np.ndarray, counts: np.ndarray, limit: int) -> pa.Table:
    name = "picture" if kind == "look" else "key"
    columns = {"partition": rows["partition"][hit], "doc": rows["doc"][hit], "key": rows[name][hit]}
    return decisions_table(kind, reason, columns | {"value": counts[hit], "limit": np.full(int(hit.sum()), limit)})


def _looks(rows: Rows, config: DedupConfig) -> pa.Table:
    """Decisions against pictures whose look stands on too many documents or hosts: all of them go."""
    limits = (("common_look", config.max_documents_per_look), ("common_look_on_hosts", config.max_hosts_per_look))
    return _common({**rows, "value": rows["doc"], "rank": rows["doc"]}, "look", *limits)[1]


def _sets(rows: Rows, least: int) -> pa.Table:
    """Decisions against pages whose set of `least` pictures or more is another one's too."""
    if not least:
        return DECISIONS.empty_table()
    large = rows["value"] >= least
    return _all_but_the_least({name: column[large] for name, column in rows.items()}, "set", "same_pictures")


def _distinct(group: np.ndarray, values: np.ndarray, groups: int) -> np.ndarray:
    """How many different values each group has."""
    order = np.lexsort([values, group])
    changes = np.ones(len(order), bool)
    changes[1:] = (group[order][1:] != group[order][:-1]) | (values[order][1:] != values[order][:-1])
    return np.bincount(group[order][changes], minlength=groups)


def _archived(keys: pa.Table, pictures: Rows) -> pa.Table:
    """One row for each picture URL that a partition wants and an archive holds: the first by (file, offset)."""
    held = keys.filter(pc.equal(keys["kind"].cast(pa.string()), "archived"))
    files = held["file"].combine_chunks().cast(pa.string()) if len(held) else pa.array([], pa.string())
    held = pa.table({"key": held["key"], "file": files, "offset": held["value"]})
    held = held.sort_by([("key", "ascending"), ("file", "ascending"), ("offset", "ascending")])
    name, first = np.unique(held["key"].to_numpy(), return_index=True)
    wanted = np.unique(np.stack([pictures["key"], pictures["partition"].astype(np.uint64)]), axis=1)
    spot = np.minimum(np.searchsorted(name, wanted[0]), max(len(name) - 1, 0))
    hit = name[spot] == wanted[0] if len(name) else np.zeros(wanted.shape[1], bool)
    rows = pa.array(first[spot[hit]]) if hit.any() else pa.array([], pa.int64())
    columns = {
        "partition": wanted[1][hit],
        "doc": np.zeros(int(hit.sum()), np.uint64),
        "key": wanted[0][hit],
        "offset": held["offset"].take(rows).to_numpy(),
    }
    file = held["file"].take(rows).cast(pa.string())
    file = file.combine_chunks() if isinstance(file, pa.ChunkedArray) else file
    return decisions_table("archived", None, columns, file=file)
