"""Benchmarks near-duplicate search of pictures and texts beside imagededup, datasketch and datatrove, in one run.

    python tools/bench_dedup.py [--quick] [--json FILE] [--hashes 1000000,10000000] [--folder DIR]

Ours goes the way of a build: keys are made partition by partition and spilled to disk by bucket, then each bucket is
judged. The hashes are random with near copies planted (a fifth of them, 0 to 4 bits turned); every planted copy must
be found. Goals: 1e6 hashes at r <= 4 in under 10 CPU seconds and 1 GB; 1e7 in under 3 minutes and 4 GB, and an item's
cost grows by less than 1.5 times from 1e6 to 1e7. MinHash (112 permutations of 5-word shingles, from the text to the
bands): 3 times the documents a CPU second of datasketch's batched call and of datatrove's step, where these packages
are installed (they are no dependencies), and as many pairs found.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import bench
from m3w_builder import dedup, storage
from m3w_builder.dedup import DedupConfig
from m3w_builder.passes.exchange import bucket_count
from m3w_builder.passes.groups import LINKS_A_BUCKET

PARTITION = 250_000
ROWS_A_BUCKET = 1_000_000
RADIUS = 4
PEER_SIZES = (1_000, 5_000)
GOALS = {1_000_000: (10.0, 1000), 10_000_000: (180.0, 4000)}
"""Number of hashes: CPU seconds, MB."""

GROWTH = 1.5
MINHASH_RATIO = 3.0
ROUNDS = 4


def planted(number: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Hashes, the last fifth others with up to RADIUS bits turned, and which ones these are copies of."""
    random = np.random.default_rng(seed)
    values = random.integers(0, 1 << 64, number, dtype=np.uint64)
    of = random.integers(0, number - number // 5, number // 5)
    turned = values[of]
    for turn in range(RADIUS):
        bit = np.uint64(1) << random.integers(0, 64, len(of)).astype(np.uint64)
        turned ^= np.where(random.integers(0, RADIUS + 1, len(of)) > turn, bit, np.uint64(0))
    values[number - number // 5 :] = turned
    return values, of


def ours(number: int, folder: str) -> dict[str, Any]:
    """Keys to disk by bucket, each bucket's links cut down to stars, these joined over the buckets round by round: what
    passes/exchange.py and passes/groups.py do, without their receipts."""
    config = DedupConfig(pictures=False, pixels=False, near_hash="phash", max_distance=RADIUS)
    values, of = planted(number)
    bits = max(0, (number * (RADIUS + 1) // ROWS_A_BUCKET).bit_length())
    buckets = [os.path.join(folder, f"{bucket:05d}.parquet") for bucket in range(1 << bits)]
    worded = storage.worded(dedup.KEYS)
    writers = [pq.ParquetWriter(name, dedup.KEYS, **storage.PARQUET, use_dictionary=worded) for name in buckets]
    made = 0.0
    for low in range(0, number, PARTITION):
        table = _pictures(values[low : low + PARTITION], low)
        start = time.process_time()
        _spill(table, low // PARTITION, config, bits, writers)
        made += time.process_time() - start
    start = time.process_time()
    for writer in writers:
        writer.close()
    gone = np.zeros(number, bool)
    links = []
    for name in buckets:
        table = dedup.links(pq.read_table(name), config)
        links.append(os.path.join(folder, f"links-{len(links):05d}.parquet"))
        pq.write_table(table, links[-1], **storage.PARQUET)
    for decisions in _united(links, folder, config):
        gone[decisions["doc"].to_numpy().astype(np.int64)] = True
    seconds = made + time.process_time() - start
    return {
        "who": "ours",
        "hashes": number,
        "cpu_s": round(seconds, 2),
        "keys_cpu_s": round(made, 2),
        "us_an_item": round(seconds / number * 1e6, 2),
        "peak_mb": peak_mb(),
        "spilled_mb": round(sum(map(os.path.getsize, buckets)) / 1e6),
        "found": int(gone.sum()),
        # Of a copy and its original the one of larger rank goes.
        "missed": int((~gone[number - number // 5 :] & ~gone[of]).sum()),
    }


def _united(links: list[str], folder: str, config: DedupConfig) -> Iterator[pa.Table]:
    """The decisions of each bucket of groups, when no pointer moves any more."""
    rows = sum(pq.read_metadata(name).num_rows for name in links)
    buckets = bucket_count(rows, LINKS_A_BUCKET)
    mail = [_posted(pq.read_table(name), f"{name}-to", buckets) for name in links]
    states = [dedup.LINKS.empty_table()] * buckets
    moving, turn = True, 0
    while moving:
        moving, sent = False, []
        for bucket in range(buckets):
            told = pa.concat_tables([pq.read_table(names[bucket]) for names in mail])
            states[bucket], out, moved = dedup.merged(states[bucket], told, bucket, buckets)
            moving |= moved
            sent.append(_posted(out, os.path.join(folder, f"round-{turn}-{bucket}"), buckets))
        mail, turn = sent, turn + 1
    for state in states:
        yield dedup.decided(state, config)


def _posted(mail: pa.Table, name: str, buckets: int) -> list[str]:
    to = dedup.addressed(mail, buckets)
    names = [f"{name}-{bucket:03d}.parquet" for bucket in range(buckets)]
    for bucket, path in enumerate(names):
        pq.write_table(mail.filter(pa.array(to == bucket)), path, **storage.PARQUET)
    return names


def _pictures(values: np.ndarray, low: int) -> pa.Table:
    """What the second pass has of the pictures: made here, and so not timed."""
    number = len(values)
    doc = np.arange(low, low + number, dtype=np.uint64)
    return pa.table(
        {
            "sha256": [f"{one:016x}" for one in (doc * np.uint64(0x9E3779B97F4A7C15)).tolist()],
            "phash": values,
            "width": np.full(number, 400, np.int32),
            "height": np.full(number, 300, np.int32),
            "doc": doc,
            **{name: np.zeros(number, np.uint64) for name in ("dhash", "pixels", "host", "time")},
            "embedding": pa.nulls(number, pa.uint64()),
        }
    )


def _spill(table: pa.Table, partition: int, config: DedupConfig, bits: int, writers: list[pq.ParquetWriter]) -> None:
    keys = dedup.picture_keys(table, partition, config)
    bucket = keys["key"].to_numpy() >> np.uint64(64 - bits) if bits else np.zeros(len(keys), np.uint64)
    order = np.argsort(bucket, kind="stable")
    ends = np.searchsorted(bucket[order], np.arange(len(writers) + 1, dtype=np.uint64))
    for number, writer in enumerate(writers):
        writer.write_table(keys.take(pa.array(order[ends[number] : ends[number + 1]])))


def imagededup(number: int, folder: str) -> dict[str, Any]:
    """The tool as its users run it, one process, on the same hashes."""
    from imagededup.methods import PHash

    hashes = {str(index): f"{value:016x}" for index, value in enumerate(planted(number)[0].tolist())}
    logging.disable()
    warnings.simplefilter("ignore")
    start = bench.cpu_seconds()
    found = PHash(verbose=False).find_duplicates(
        encoding_map=hashes, max_distance_threshold=RADIUS, num_dist_workers=1, num_enc_workers=1
    )
    seconds = bench.cpu_seconds() - start
    pairs = sum(map(len, found.values())) // 2
    return {
        "who": "imagededup",
        "hashes": number,
        "cpu_s": round(seconds, 2),
        "us_an_item": round(seconds / number * 1e6, 2),
        "peak_mb": peak_mb(),
        "found": pairs,
    }


def texts(number: int) -> list[str]:
    """Documents of 600 words; every second one is the one before with 1 to 120 words changed."""
    random = np.random.default_rng(1)
    # Words of letters: datatrove takes all numbers for one.
    vocabulary = ["".join(random.choice(list("abcdefghijklmnopqrstuvwxyz"), 8)) for _ in range(20_000)]
    made: list[list[str]] = []
    for index in range(number):
        words = made[-1].copy() if index % 2 else [vocabulary[word] for word in random.zipf(1.3, 600) % 20_000]
        for spot in random.integers(0, 600, index % 120 if index % 2 else 0):
            words[spot] = f"new{vocabulary[random.integers(0, 20_000)]}"
        made.append(words)
    return [" ".join(words) for words in made]


def jaccard(one: str, other: str) -> float:
    """The share of 5-word shingles that two texts have in common."""
    sets = [set(zip(*(text.split()[start:] for start in range(5)), strict=False)) for text in (one, other)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def minhash(number: int, folder: str) -> list[dict[str, Any]]:
    """From texts to the pairs of neighbours that share a band of 8, of 14: ours, datasketch's and datatrove's.

    Each does its own hashing and permuting; all are spared their tokenizers, and split at spaces.
    """
    from m3w_builder.dedup.minhash import band_keys, signature, sketch
    from m3w_builder.words import word_hashes

    def keys(text: str) -> list[int]:
        values = signature(word_hashes(text), 112)
        sketch(values)  # what a build compares those by that share a band
        return band_keys(values, 14)

    documents = texts(number)
    alike = [jaccard(one, two) for one, two in zip(documents[::2], documents[1::2], strict=False)]
    entrants: dict[str, Callable[[str], list[Any]]] = {
        "ours, minhash": keys,
    }
    for name, peer in (("datasketch", _datasketch), ("datatrove", _datatrove)):
        try:
            entrants[name] = peer()
        except ImportError as error:
            print(f"{name} cannot be imported ({error}): no peer for MinHash", file=sys.stderr)
    best = dict.fromkeys(entrants, float("inf"))
    answers: dict[str, list[list[Any]]] = {}
    for _ in range(ROUNDS):  # in turn, the best round of each: the machine is not ours alone
        for who, entrant in entrants.items():
            start = time.process_time()
            answers[who] = [entrant(text) for text in documents]
            best[who] = min(best[who], time.process_time() - start)
    rows = []
    for who, found in answers.items():
        pairs = [bool(set(one) & set(two)) for one, two in zip(found[::2], found[1::2], strict=False)]
        near = [hit for hit, share in zip(pairs, alike, strict=True) if share >= 0.8]
        far = [hit for hit, share in zip(pairs, alike, strict=True) if share < 0.5]
        rows.append(
            {
                "who": who,
                "documents": number,
                "docs_a_cpu_s": round(number / best[who]),
                "pairs": sum(pairs),
                "found_of_jaccard_0.8": f"{sum(near)}/{len(near)}",
                "found_below_0.5": f"{sum(far)}/{len(far)}",
            }
        )

    return rows


def _datasketch() -> Callable[[str], list[Any]]:
    from datasketch import MinHash

    def keys(text: str) -> list[Any]:
        words = text.lower().split()
        one = MinHash(112)
        one.update_batch([" ".join(words[at : at + 5]).encode() for at in range(len(words) - 4)])
        return [(index, band.tobytes()) for index, band in enumerate(one.hashvalues.reshape(14, 8))]

    return keys


def _datatrove() -> Callable[[str], list[Any]]:
    """Its signature step as it stands, but for the tokenizer, which would take most of the time."""
    from datatrove.pipeline.dedup import minhash as theirs

    step = theirs.MinhashDedupSignature.__new__(theirs.MinhashDedupSignature)
    step.config = theirs.MinhashConfig()
    step.num_hashes = step.config.num_buckets * step.config.hashes_per_bucket
    step._parameters = None
    step._hash_func = theirs.create_hash_func(step.config.hash_config)
    step.word_tokenizer = SimpleNamespace(word_tokenize=str.split)

    def keys(text: str) -> list[Any]:
        return [(index, *band) for index, band in enumerate(step.get_signature(step.get_shingles(text)))]

    return keys


def peak_mb() -> int:
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024


def alone(job: str, number: int, folder: str) -> Any:
    """A job in a fresh process, so that its peak memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit({"ours": ours, "imagededup": imagededup, "minhash": minhash}[job], number, folder).result()


def failures(rows: list[dict[str, Any]]) -> list[str]:
    missed = []
    cost = {}
    rate = {row["who"]: row["docs_a_cpu_s"] for row in rows if "docs_a_cpu_s" in row}
    for peer in ("datasketch", "datatrove"):
        if peer in rate and rate["ours, minhash"] < MINHASH_RATIO * rate[peer]:
            missed.append(f"MinHash {rate['ours, minhash'] / rate[peer]:.1f} times {peer}, goal {MINHASH_RATIO}")
    for row in rows:
        if row["who"] != "ours":
            continue
        cost[row["hashes"]] = row["us_an_item"]
        if row["missed"]:
            missed.append(f"{row['missed']} planted copies of {row['hashes']} were missed")
        seconds, megabytes = GOALS.get(row["hashes"], (float("inf"), float("inf")))
        if row["cpu_s"] > seconds or row["peak_mb"] > megabytes:
            missed.append(f"{row['hashes']}: {row['cpu_s']} CPU-s, {row['peak_mb']} MB; goal {seconds} and {megabytes}")
    if 1_000_000 in cost and 10_000_000 in cost and cost[10_000_000] > GROWTH * cost[1_000_000]:
        missed.append(f"an item's cost grew {cost[10_000_000] / cost[1_000_000]:.2f} times, goal {GROWTH}")
    return missed


def main() -> int:
    parser = bench.options(__doc__, quick="100,000 hashes, the peer at 1,000: under a minute")
    parser.add_argument("--hashes", default="", help="sizes, parted by commas")
    parser.add_argument("--folder", help="where to spill")
    arguments = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    sizes = [int(size) for size in arguments.hashes.split(",") if size] or [100_000 if arguments.quick else 1_000_000]
    rows = [alone("imagededup", size, "") for size in (PEER_SIZES[:1] if arguments.quick else PEER_SIZES)]
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            rows.append(alone("ours", size, folder))
    rows += alone("minhash", 300 if arguments.quick else 800, "")
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    missed = failures(rows)
    packages = ("numpy", "pyarrow", "imagededup", "datasketch", "datatrove")
    bench.write(arguments.json, {"rows": rows, "missed_goals": missed}, *packages)
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
