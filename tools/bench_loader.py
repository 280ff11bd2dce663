"""Benchmark of reading shards: ours beside webdataset, tarfile and a bare read of the same bytes, in one run.

python tools/bench_loader.py [--quick] [--json FILE] [--samples N]

Energon, litdata and mosaicml-streaming stand beside them where they are installed, over their own layouts.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

import bench
import loader_peers
from m3w_builder import shards
from m3w_builder.document import Document, Image, Source, Text, from_json, make_key
from m3w_builder.shards import ShardsConfig
from m3w_builder.shards.transform import CLIP_MEAN, CLIP_STD, Resized

GOALS = (
    ("reading, to a raw tar read", "ours", "tarfile", 0.5),
    ("reading, to webdataset with the same work", "ours", "webdataset", 3.0),
    ("decoding at 224, to webdataset + Pillow", "ours at 224", "webdataset + Pillow at 224", 2.0),
)
"""What is compared, ours, the other, and the least ratio that is wanted."""

WORDS = ("the", "of", "and", "a", "to", "in", "harbour", "lantern", "quiet", "river", "morning", "market", "bridge")


def pictures(count: int, seed: int = 0) -> list[bytes]:
    """JPEGs of about 800 × 600 with structure at every scale, as photographs have it; some 50 kB each.

    A build of fifteen real sites had 47 kB a picture and 3.3 pictures a document.
    """
    made = []
    generator = np.random.default_rng(seed)
    for _ in range(count):
        height, width = int(generator.integers(480, 768)), int(generator.integers(640, 1024))
        array = np.zeros((height, width, 3), np.float32)
        for cells, weight in ((4, 70), (16, 40), (64, 18), (256, 7)):
            coarse = generator.normal(0, weight, (cells, cells, 3)).astype(np.float32)
            array += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        array = np.clip(array + 128, 0, 255).astype(np.uint8)
        made.append(cv2.imencode(".jpg", array, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes())
    return made


def documents(count: int, bodies: list[bytes]) -> Iterator[tuple[Document, list[bytes]]]:
    """Documents of 2 to 4 pictures with a paragraph before and behind each."""
    generator = np.random.default_rng(1)
    hashes = [hashlib.sha256(body).hexdigest() for body in bodies]
    sizes = [cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR).shape for body in bodies]
    for number in range(count):
        url, source = (
            f"http://host{number % 50}.example/{number}",
            Source("a.warc.gz", number, f"sha1:{number}", "2024"),
        )
        one = Document(url, [], make_key(url, source), f"host{number % 50}.example", "en", source=source)
        chosen = generator.choice(len(bodies), int(generator.integers(2, 5)), replace=False)
        for index in chosen:
            height, width, _ = sizes[index]
            one.items += [
                Text(" ".join(generator.choice(WORDS, 60))),
                Image(
                    f"{url}/{index}.jpg", sha256=hashes[index], width=width, height=height, format="jpeg",
                    bytes=len(bodies[index]), phash="0123456789abcdef", alt="what it shows",
                ),
                Text(" ".join(generator.choice(WORDS, 60))),
            ]  # fmt: skip
        yield one, [bodies[index] for index in chosen]


def bare(url: str) -> int:
    """The bytes alone: what no reader can be faster than."""
    with open(url, "rb") as stream:
        while stream.read(1 << 20):
            pass
    return 0


def raw_tar(url: str) -> int:
    """Python's own tar reader, bytes only: a raw tar read."""
    count = 0
    with tarfile.open(url, "r|") as tar:
        for info in tar:
            tar.extractfile(info).read()  # type: ignore[union-attr]
            count += info.name.endswith(".json")
    return count


def ours(url: str) -> int:
    return sum(1 for _ in shards.samples(url))


def theirs(url: str) -> int:
    """webdataset's own reading, and the document of the JSON, as ours gives it."""
    import webdataset

    return sum(1 for entry in webdataset.WebDataset(url, shardshuffle=False) if from_json(json.loads(entry["json"])))


def their_bytes(url: str) -> int:
    """webdataset's own reading, JSON left as bytes."""
    import webdataset

    return sum(1 for _ in webdataset.WebDataset(url, shardshuffle=False))


def ours_decoded(url: str) -> int:
    transform = Resized(224, crop=True)
    count = 0
    for one, parts in shards.samples(url):
        for image in one.images:
            transform(parts[image.part], image)
        count += 1
    return count


def theirs_decoded(url: str) -> int:
    """webdataset and CLIP's own transform by Pillow: shorter side to 224, bicubic, the middle, normalised."""
    import webdataset
    from PIL import Image as Pillow

    mean, std = (np.array(values, np.float32) for values in (CLIP_MEAN, CLIP_STD))
    count = 0
    for entry in webdataset.WebDataset(url, shardshuffle=False):
        for image in from_json(json.loads(entry["json"])).images:
            picture = Pillow.open(io.BytesIO(entry[image.part])).convert("RGB")
            scale = 224 / min(picture.size)
            picture = picture.resize([round(side * scale) for side in picture.size], Pillow.Resampling.BICUBIC)
            left, top = (picture.width - 224) // 2, (picture.height - 224) // 2
            array = np.asarray(picture.crop((left, top, left + 224, top + 224)), np.float32)
            np.ascontiguousarray(((array / 255 - mean) / std).transpose(2, 0, 1))
        count += 1
    return count


def batches(url: str) -> int:
    """The whole loader in one process: windows of 256 tokens, 5 pictures at 224, batches of 8."""
    from m3w_builder.shards.loader import Interleaved, Loader
    from m3w_builder.shards.window import Marked

    tokenizer = Marked(lambda text: [4 + len(word) for word in text.split()], 0, 1, 2, 3)
    loader = Loader(Interleaved([url], tokenizer, Resized(224, crop=True), epochs=1, buffer=100))
    return sum(len(batch.keys) for batch in loader)


READERS: dict[str, Callable[[str], int]] = {
    "bytes of the file": bare,
    "tarfile": raw_tar,
    "ours": ours,
    "webdataset, bytes": their_bytes,
    "webdataset": theirs,
    "ours at 224": ours_decoded,
    "webdataset + Pillow at 224": theirs_decoded,
    "our loader at 224": batches,
}


def measure(readers: dict[str, Callable[[str], int]], url: str, count: int, rounds: int) -> dict[str, float]:
    """Samples per CPU second of each reader: the best of `rounds`, all readers in turn each round.

    CPU time, since the file lies in the page cache and other work on the machine must not tell.
    """
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, reader in readers.items():
            started = time.process_time()
            read = reader(url)
            seconds = time.process_time() - started
            if read not in (0, count):
                raise SystemExit(f"{name} read {read} samples of {count}")
            best[name] = max(best.get(name, 0.0), count / seconds)
    return best


def main() -> int:
    parser = bench.options(__doc__, quick="a small shard, under a minute")
    parser.add_argument("--samples", type=int, default=0, help="samples of the shard (default: 600, quick: 200)")
    parser.add_argument("--rounds", type=int, default=5, help="each reader's best of so many rounds counts")
    arguments = parser.parse_args()
    count = arguments.samples or (200 if arguments.quick else 600)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        made = shards.write(
            documents(count, pictures(60)),
            f"{folder}/shards",
            "000000",
            ShardsConfig(target_mb=1 << 20, validation=0.0),
        )
        url = f"{folder}/shards/{made[0].name}.tar"
        megabytes = Path(url).stat().st_size / 1e6
        peers = list(loader_peers.readers(folder, f"{folder}/peers"))
        readers = READERS | {name: reader for name, reader, _ in peers}
        rates = measure(readers, url, count, arguments.rounds)
    print(f"{count} samples, {megabytes:.0f} MB, one process, the best of {arguments.rounds}\n")
    cells = [[name, f"{rate:.0f}", f"{rate * megabytes / count:.0f}"] for name, rate in rates.items()]
    print(bench.table(["", "samples/CPU s", "MB/CPU s"], cells))
    ratios = {what: rates[mine] / rates[other] for what, mine, other, _ in GOALS}
    wanted = {what: least for what, _, _, least in GOALS}
    print()
    print(bench.table(["", "ratio", "wants"], [[what, f"{ratios[what]:.2f}", str(wanted[what])] for what in ratios]))
    missed = [f"{what}: {ratio:.2f}, wants {wanted[what]}" for what, ratio in ratios.items() if ratio < wanted[what]]
    facts = {"samples": count, "megabytes": megabytes, "rates": rates, "ratios": ratios, "missed_goals": missed}
    packages = ("webdataset", "pillow", "opencv-python-headless", "numpy", "torch")
    bench.write(arguments.json, facts, *packages, *(package for _, _, package in peers))
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
