"""Groups of what is alike: connected components of links, and how buckets of links agree on them round by round.

A node is one page or picture as bytes: its kind, then what ranks it (rank, doc, picture, partition), so that the least
of two nodes is the one that stays. A bucket's links are cut down to stars first: each node with the least of its part.
Where there are several buckets, each holds the pointers (node, lesser node) of the nodes that fall to it, and in rounds
(the large and small stars of Kiveris and others, SoCC 2014, with questions in place of the large ones)
hooks      two lesser nodes of one node are of one group: the larger is told of the less, in its own bucket
questions  whoever points to a node asks its bucket where that one points by now, and then points there: paths halve
No bucket is ever sent the members of a group, however large this is: a node is asked about once by each bucket.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from m3w_builder.dedup.alike import RANKED, best_first
from m3w_builder.dedup.config import DedupConfig
from m3w_builder.dedup.minhash import likeness
from m3w_builder.dedup.near import mix
from m3w_builder.dedup.sinks import FAR, Groups
from m3w_builder.dedup.tables import DECISIONS, decisions_table, hexadecimal

NODE = np.dtype(
    [("kind", "u1"), ("rank", ">u8"), ("doc", ">u8"), ("picture", ">u8"), ("partition", ">u4"), ("end", "u1")]
)
"""The last byte is 1, for numpy takes zeros at the end of bytes for nothing."""
_BYTES = f"S{NODE.itemsize}"
REASONS_OF = {"minhash": "near_duplicate_text", "near": "near_duplicate", "embedding": "near_embedding"}
KINDS = {"minhash": ("minhash",), "near": ("near", "gradient"), "embedding": ("embedding",)}
"""Whose duplicates need not be alike among each other, and the kinds of keys that tell of them."""
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}

LINKS = pa.schema(
    [
        ("what", pa.uint8()),
        ("node", pa.binary(NODE.itemsize)),
        ("least", pa.binary(NODE.itemsize)),  # the least node of its group as far as known; a question's is empty
        ("distance", pa.uint8()),  # of the node to its nearest link, in bits
        ("bucket", pa.uint32()),  # that asks
    ]
)
POINTER, HOOK, QUESTION, ANSWER = range(4)
"""What a row of LINKS is. Pointers stay in their bucket; the others are read in the round after."""


def nodes(kind: str, rows: dict[str, np.ndarray]) -> np.ndarray:
    """Rows of `KEYS` as nodes of one kind."""
    made = np.zeros(len(rows["doc"]), NODE)
    made["kind"], made["end"] = _NUMBERS[kind], 1
    for name in RANKED:
        made[name] = rows[name]
    found: np.ndarray = made.view(_BYTES)
    return found


def stars(kind: str, rows_of: dict[str, np.ndarray], found: np.ndarray, groups: Groups) -> pa.Table:
    """`LINKS` of every node that has a link: its hook onto the least of its group in this bucket.

    found: for each node that `groups` numbers, a row of it in `rows_of`, columns of `KEYS`.
    """
    least = groups.settled().least
    linked = np.flatnonzero(groups.nearest != FAR)
    node, best = (
        nodes(kind, {name: rows_of[name][found[some]] for name in RANKED}) for some in (linked, least[linked])
    )
    return rows(HOOK, node, best, groups.nearest[linked])


def rows(
    what: int, node: np.ndarray, least: np.ndarray, distance: np.ndarray, bucket: int | np.ndarray = 0
) -> pa.Table:
    """Rows of `LINKS` of one sort."""
    number = len(node)
    columns = [
        pa.array(np.full(number, what, np.uint8)),
        *(_binary(column) for column in (node, least)),
        pa.array(distance.astype(np.uint8)),
        pa.array(np.broadcast_to(np.asarray(bucket, np.uint32), number)),
    ]
    return pa.Table.from_arrays(columns, schema=LINKS)


def _binary(column: np.ndarray) -> pa.Array:
    data = np.ascontiguousarray(column.astype(_BYTES))
    return pa.Array.from_buffers(pa.binary(NODE.itemsize), len(data), [None, pa.py_buffer(data.tobytes())])


def column(table: pa.Table, name: str) -> np.ndarray:
    """A column of nodes as bytes."""
    size = NODE.itemsize
    chunks = [
        np.frombuffer(chunk.buffers()[1], np.uint8, len(chunk) * size, chunk.offset * size).view(_BYTES)
        for chunk in table[name].chunks
        if len(chunk)
    ]
    return np.concatenate(chunks) if chunks else np.zeros(0, _BYTES)


def bucket_of(node: np.ndarray, buckets: int) -> np.ndarray:
    """In which bucket a node's pointer lies."""
    if buckets == 1:
        return np.zeros(len(node), np.int64)
    spot: np.ndarray = (_hashed(node) % np.uint64(buckets)).astype(np.int64)
    return spot


def _hashed(node: np.ndarray) -> np.ndarray:
    fields = np.ascontiguousarray(node).view(NODE)
    name = fields["rank"].astype(np.uint64)
    for other in ("doc", "picture", "partition", "kind"):
        name = mix(name ^ fields[other].astype(np.uint64))
    return name


def joined(hooks: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pointers and hooks as components: every node in them, sorted, the least of its part, its distance."""
    node, least = column(hooks, "node"), column(hooks, "least")
    names, inverse = _numbered(np.concatenate([node, least]))
    groups = Groups(len(names))
    groups.add(inverse[: len(node)], inverse[len(node) :], np.full(len(node), FAR))
    np.minimum.at(groups.nearest, inverse[: len(node)], hooks["distance"].to_numpy())
    return names, names[groups.settled().least], groups.nearest


def _numbered(all_nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct nodes, sorted, and the number of each: told apart by a hash, which is faster than by their bytes."""
    hashed = _hashed(all_nodes)
    order = np.argsort(hashed)
    hashed, ordered = hashed[order], all_nodes[order]
    starts = np.ones(len(order), bool)
    starts[1:] = hashed[1:] != hashed[:-1]
    again = np.flatnonzero(~starts)
    if (ordered[again] != ordered[again - 1]).any():  # two nodes of one hash
        return np.unique(all_nodes, return_inverse=True)
    names = ordered[starts]
    sorts = _sorted(names)
    place = np.empty(len(sorts), np.int64)
    place[sorts] = np.arange(len(sorts))
    inverse = np.empty(len(order), np.int64)
    inverse[order] = place[np.cumsum(starts) - 1]
    return names[sorts], inverse


def _sorted(names: np.ndarray) -> np.ndarray:
    """The order of nodes, as their bytes sort, and several times faster."""
    fields = np.ascontiguousarray(names).view(NODE)
    order = [np.zeros(0, np.int64)]
    for kind in range(len(KINDS)):
        some = np.flatnonzero(fields["kind"] == kind)
        order.append(some[best_first({name: fields[name][some].astype(np.uint64) for name in RANKED})])
    return np.concatenate(order)


def merged(state: pa.Table, mail: pa.Table, bucket: int, buckets: int) -> tuple[pa.Table, pa.Table, bool]:
    """One round of a bucket: its pointers and its mail to (pointers, mail to others, whether anything moved).

    A round in which no bucket moved anything is the last: every pointer leads to the least node of its group.
    """
    what = mail["what"].to_numpy()
    told = mail.filter(pa.array(what == HOOK))
    hooks = LINKS.empty_table()
    if len(told):
        names, least, nearest = joined(pa.concat_tables([state, told]))
        mine = bucket_of(names, buckets) == bucket
        # What another bucket holds is told to it, but for what is the least that is known here.
        other = ~mine & (names != least)
        hooks = rows(HOOK, names[other], least[other], nearest[other])
        node, least, nearest = names[mine], least[mine], nearest[mine]
    else:  # the pointers stand as they are, and sorted
        node, least, nearest = column(state, "node"), column(state, "least"), state["distance"].to_numpy()
    least = _followed(least, mail.filter(pa.array(what == ANSWER)))
    answers = _answers(mail.filter(pa.array(what == QUESTION)), node, least)
    pointers = rows(POINTER, node, least, nearest)
    asked = _asked(least, node[node == least], bucket, buckets)
    questions = rows(QUESTION, asked, np.zeros(len(asked), _BYTES), np.full(len(asked), FAR), bucket)
    # One bucket knows all at once.
    moved = buckets > 1 and (bool(len(hooks) or len(answers)) or not pointers.equals(state))
    return pointers, pa.concat_tables([hooks, answers, questions]), moved


def addressed(mail: pa.Table, buckets: int) -> np.ndarray:
    """To which bucket each row of mail goes: an answer to who asked, all else to where its node lies."""
    to = bucket_of(column(mail, "node"), buckets)
    return np.where(mail["what"].to_numpy() == ANSWER, mail["bucket"].to_numpy(), to)


def _place(held: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each wanted node stands among the held ones, each there once, and whether it does."""
    if not len(held):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    names, asked = _hashed(held), _hashed(wanted)
    order = np.argsort(names)
    names = names[order]
    if (names[1:] == names[:-1]).any():  # two nodes of one hash
        order = np.argsort(held)
        names, asked = held[order], wanted
    spot: np.ndarray = order[np.minimum(np.searchsorted(names, asked), len(order) - 1)]
    return spot, held[spot] == wanted


def _followed(least: np.ndarray, answers: pa.Table) -> np.ndarray:
    """The pointers led on to where the nodes that they point to point."""
    asked, found = column(answers, "node"), column(answers, "least")
    if not len(asked):
        return least
    spot, there = _place(asked, least)
    return np.where(there, found[spot], least)


def _asked(least: np.ndarray, held: np.ndarray, bucket: int, buckets: int) -> np.ndarray:
    """Of the nodes that are pointed to, each once, those which are not `held` here as the least of their group."""
    away = bucket_of(least, buckets) != bucket
    near = np.flatnonzero(~away)
    away[near] = ~_place(held, least[near])[1]
    some = least[away]
    some = some[np.argsort(_hashed(some))]
    new = np.ones(len(some), bool)
    new[1:] = some[1:] != some[:-1]
    once: np.ndarray = some[new]
    return once


def _answers(asked: pa.Table, node: np.ndarray, least: np.ndarray) -> pa.Table:
    """To each bucket that asked for a node which points on: where to."""
    names, who = column(asked, "node"), asked["bucket"].to_numpy()
    if not len(names) or not len(node):
        return LINKS.empty_table()
    spot, there = _place(node, names)
    on = there & (least[spot] != names)
    return rows(ANSWER, names[on], least[spot[on]], np.full(int(on.sum()), FAR), who[on])


def decided(pointers: pa.Table, config: DedupConfig) -> pa.Table:
    """`DECISIONS` against all of each group but its least node, which the detail names."""
    node, least = (np.ascontiguousarray(column(pointers, name)).view(NODE) for name in ("node", "least"))
    distance = pointers["distance"].to_numpy()
    tables = [DECISIONS.empty_table()]
    for kind, number in _NUMBERS.items():
        gone = (node["kind"] == number) & (node != least)
        columns = {"partition": node["partition"][gone], "doc": node["doc"][gone], "key": node["picture"][gone]}
        values = measured(kind, distance[gone], config)
        kept = hexadecimal(least["doc"][gone].astype(np.uint64))
        tables.append(decisions_table(kind, REASONS_OF[kind], columns | values, kept))
    return pa.concat_tables(tables)


def measured(kind: str, distance: np.ndarray, config: DedupConfig) -> dict[str, np.ndarray]:
    """A distance in bits as what the kind is judged by, and the limit: columns value and limit of `DECISIONS`."""
    if kind == "minhash":
        return {"value": likeness(distance, config), "limit": np.full(len(distance), config.min_jaccard)}
    limit = config.max_distance if kind == "near" else config.max_embedding_distance
    return {"value": distance, "limit": np.full(len(distance), limit)}
