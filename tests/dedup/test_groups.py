"""Groups: one for a chain, however its links lie in buckets and however these are joined."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import page, pictures

from m3w_builder import dedup
from m3w_builder.dedup import DedupConfig, groups
from m3w_builder.dedup.near import Hashes, near_keys, search
from m3w_builder.dedup.sinks import Groups


def named(numbers: np.ndarray) -> np.ndarray:
    """Nodes in the order of their numbers."""
    zeros = np.zeros(len(numbers), np.uint64)
    return groups.nodes("near", {"rank": numbers, "doc": zeros, "picture": zeros, "partition": zeros})


def hooks(pairs: list[tuple[int, int]]) -> pa.Table:
    one, other = (np.array([pair[side] for pair in pairs], np.uint64) for side in (0, 1))
    distance = np.ones(len(pairs))
    both = np.unique(np.concatenate([one, other]))
    return pa.concat_tables(
        [
            groups.rows(groups.HOOK, named(np.maximum(one, other)), named(np.minimum(one, other)), distance),
            groups.rows(groups.HOOK, named(both), named(both), np.ones(len(both))),
        ]
    )


def united(parts: list[pa.Table], buckets: int) -> tuple[pa.Table, int]:
    """All buckets' pointers after the last round, and how many rounds there were."""
    states = [groups.LINKS.empty_table()] * buckets
    mail, turns, moving = parts, 0, True
    while moving:
        turns, moving, sent = turns + 1, False, []
        for bucket in range(buckets):
            mine = pa.concat_tables(
                [groups.LINKS.empty_table()]
                + [table.filter(pa.array(groups.addressed(table, buckets) == bucket)) for table in mail]
            )
            states[bucket], out, moved = groups.merged(states[bucket], mine, bucket, buckets)
            moving |= moved
            sent.append(out)
        mail = sent
    return pa.concat_tables(states), turns


def leasts(pointers: pa.Table) -> dict[int, int]:
    sides = [groups.column(pointers, name).view(groups.NODE)["rank"].tolist() for name in ("node", "least")]
    return dict(zip(*sides, strict=True))


def components(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """The least of each one's group, by going over all pairs until nothing changes."""
    least = {one: one for pair in pairs for one in pair}
    changed = True
    while changed:
        changed = False
        for one, other in pairs:
            low = min(least[one], least[other])
            changed |= (least[one], least[other]) != (low, low)
            least[one] = least[other] = low
    return least


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=80),
    st.integers(1, 4),
    st.integers(1, 7),
)
def test_every_node_is_led_to_the_least_of_its_group(pairs: list, judges: int, buckets: int) -> None:
    parts = [hooks(pairs[judge::judges]) for judge in range(judges) if pairs[judge::judges]]
    assert leasts(united(parts, buckets)[0]) == components(pairs)


@pytest.mark.parametrize("buckets", [1, 8])
def test_a_long_chain_takes_few_rounds(buckets: int) -> None:
    numbers = np.random.default_rng(0).permutation(2000)
    pairs = list(zip(numbers[:-1].tolist(), numbers[1:].tolist(), strict=True))
    # Each link comes from a judge of its own kind: none sees two that touch.
    pointers, turns = united([hooks(pairs[::2]), hooks(pairs[1::2])], buckets)
    assert set(leasts(pointers).values()) == {0} and len(pointers) == 2000
    assert turns <= 30


def test_no_bucket_is_sent_the_members_of_a_large_group() -> None:
    numbers = range(1, 3001)
    states = [groups.LINKS.empty_table()] * 8
    table = hooks([(0, number) for number in numbers])
    for bucket in range(8):
        mine = table.filter(pa.array(groups.addressed(table, 8) == bucket))
        _, out, _ = groups.merged(states[bucket], mine, bucket, 8)
        assert len(out) <= 1  # what was asked about the least of them all


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 63), st.integers(1, 3), st.integers(1, 6)), max_size=30),
    st.integers(1, 5),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_and_the_buckets_change_nothing(rows: list, judges: int, buckets: int, random) -> None:
    config = DedupConfig(max_distance=2)
    looks = [sum(3 << 8 * bit for bit in range(6) if look >> bit & 1) for _, look, _, _ in rows]
    table = pictures(
        *((f"{one % 2:02x}{look:02x}{side:02x}", looks[n], side, doc) for n, (one, look, side, doc) in enumerate(rows))
    )
    keys = dedup.picture_keys(table, 0, config)
    expected = dedup.settle(dedup.judge_pictures(keys, config))
    order = list(range(len(keys)))
    random.shuffle(order)
    shuffled = keys.take(pa.array(order, pa.int64()))
    bucket = shuffled["key"].to_numpy() % np.uint64(judges)
    parts = [shuffled.filter(pa.array(bucket == number)) for number in range(judges)]
    pointers = united([dedup.links(part, config) for part in parts], buckets)[0]
    decisions = [dedup.judge_pictures(part, config, alone=False) for part in parts]
    assert dedup.settle(pa.concat_tables([*decisions, dedup.decided(pointers, config)])).equals(expected)


@pytest.mark.parametrize("judges", [1, 7])
def test_pages_alike_in_a_chain_are_one_group(judges: int) -> None:
    words = [f"w{number}" for number in range(600)]
    texts = [" ".join([*(f"x{n}" for n in range(30 * step)), *words[30 * step :]]) for step in range(8)]
    pages = [page(f"http://{number}.example/", text) for number, text in enumerate(texts)]
    config = DedupConfig()
    keys = pa.concat_tables([dedup.page_keys([one], number, config) for number, one in enumerate(pages)])
    bucket = keys["key"].to_numpy() % np.uint64(judges)
    parts = [keys.filter(pa.array(bucket == number)) for number in range(judges)]
    decisions = dedup.decided(united([dedup.links(part, config) for part in parts], 2)[0], config).to_pylist()
    assert len(decisions) == len(pages) - 1 and len({row["detail"] for row in decisions}) == 1
    assert {row["reason"] for row in decisions} == {"near_duplicate_text"}
    assert all(row["limit"] == 0.8 <= row["value"] <= 1 for row in decisions)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 4))
def test_groups_of_hashes_are_those_of_all_pairs(seed: int, radius: int) -> None:
    random = np.random.default_rng(seed)
    # Tight clusters: long runs of hashes that agree on most bits, and some that stand apart.
    centres = random.integers(0, 1 << 64, 3, dtype=np.uint64)
    values = centres[random.integers(0, 3, 900)]
    for _ in range(5):
        values = values ^ (np.uint64(1) << random.integers(0, 24, len(values)).astype(np.uint64))
    values = np.concatenate([values, random.integers(0, 1 << 64, 100, dtype=np.uint64)])
    sink = Groups(len(values))
    keys = list(near_keys(values, radius))
    search(Hashes(values, radius), np.concatenate(keys), np.tile(np.arange(len(values)), len(keys)), sink)
    expected = Groups(len(values))
    one, other = np.nonzero(np.tril(np.bitwise_count(values[:, None] ^ values[None, :]) <= radius, -1))
    expected.add(one, other, np.bitwise_count(values[one] ^ values[other]))
    assert (sink.settled().least == expected.settled().least).all()
    assert ((sink.nearest < 255) == (expected.nearest < 255)).all()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15), st.integers(1, 2), st.integers(1, 5)), max_size=25),
    st.integers(0, 2),
)
def test_who_goes_and_how_far_is_what_comparing_all_with_all_tells(rows: list, radius: int) -> None:
    config = DedupConfig(max_distance=radius, pictures=False, pixels=False)
    # Each hash is four parts of 1 bit or none, 16 bits apart; a row may stand twice, as a picture in two places does.
    looks, gradients = ([sum(1 << 16 * bit for bit in range(4) if row[n] >> bit & 1) for row in rows] for n in (0, 1))
    table = pictures(
        *((f"{a:x}{b:x}{side}", looks[n], side, doc) for n, (a, b, side, doc) in enumerate(rows)), dhash=gradients
    )
    keys = dedup.picture_keys(table, 0, config)
    plain = dict.fromkeys(
        sorted(zip(*(keys[name].to_pylist() for name in ("rank", "doc", "picture")), strict=True))
    )  # one a document and picture
    hashes = {
        (doc, picture): (look, gradient)
        for doc, picture, look, gradient in zip(
            table["doc"].to_pylist(), map(dedup.picture_key, table["sha256"].to_pylist()), looks, gradients, strict=True
        )
    }
    nodes = [(rank, doc, picture, *hashes[doc, picture]) for rank, doc, picture in plain]
    links: dict[int, dict[int, int]] = {n: {} for n in range(len(nodes))}
    for n, (*_, look, gradient) in enumerate(nodes):
        for m, (*_, other, turned) in enumerate(nodes[:n]):
            by_look, by_gradient = (look ^ other).bit_count(), (gradient ^ turned).bit_count()
            near = [by_look] if by_look <= radius else []
            near += [by_gradient] if by_gradient <= radius and by_look <= 3 * radius else []
            if near:
                links[n][m] = links[m][n] = min(near)
    least = components([(n, m) for n, found in links.items() for m in found])
    expected = {nodes[n][1:3]: min(links[n].values()) for n, kept in least.items() if kept != n}
    decisions = dedup.settle(dedup.judge_pictures(keys, config)).to_pylist()
    assert {(row["doc"], row["key"]): row["value"] for row in decisions} == expected
