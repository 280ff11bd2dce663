"""Holds the filters and the search for duplicates against planted truth: what was planted, and what came of it.

    python tools/bench_planted.py [--web FOLDER] [--pages 400] [--quick] [--json FILE]

Three parts. Variants: pictures of the web, encoded anew, resized (0.25 to 2 times), cropped, brightened, marked;
each must be found as a copy of its original, and nothing else. Planted: the pairs of FOLDER/planted.json, where a
folder of hosts has one: groups of one picture, pairs with their kind, copies of pages, boilerplate, tracking pixels,
bad files. Build: that web archived and built with the presets' filters, and the fate of each planted page and picture.
Without --web it is the sample web, whose own truth judges the build. Goals: recall and precision of 0.98 for pictures
encoded anew and resized.
"""

from __future__ import annotations

import hashlib
import io
import json
import mimetypes
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow.parquet as pq
from PIL import Image, ImageDraw, ImageEnhance

import bench
from m3w_builder import build, config, sampleweb
from m3w_builder.dedup.alike import LOOSER
from m3w_builder.pictures import Picture, PicturesConfig, decode
from m3w_builder.pictures.hashes import dhash, phash
from m3w_builder.pictures.scaling import to_rgb
from m3w_builder.pictures.sniff import sniff

GOAL = 0.98
RADIUS = 4
SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".bmp")
PAGES = (".html", ".htm", ".xhtml")
WANTED = ("re-encoded", "resized")
"""The classes that the goal is asked of."""


def resized(factor: float) -> Callable[[Image.Image], bytes]:
    def make(picture: Image.Image) -> bytes:
        size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
        return encoded(picture.resize(size, Image.Resampling.LANCZOS), "JPEG", quality=88)

    return make


def cropped(share: float) -> Callable[[Image.Image], bytes]:
    def make(picture: Image.Image) -> bytes:
        x, y = round(picture.width * share / 2), round(picture.height * share / 2)
        return encoded(picture.crop((x, y, picture.width - x, picture.height - y)), "JPEG", quality=88)

    return make


def marked(picture: Image.Image) -> bytes:
    """A half-transparent line of text over a fifth of the width."""
    layer = Image.new("RGBA", picture.size)
    size = max(10, picture.width // 14)
    draw = ImageDraw.Draw(layer)
    draw.text((picture.width * 0.7, picture.height - 2 * size), "example", fill=(255, 255, 255, 128), font_size=size)
    return encoded(Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB"), "JPEG", quality=88)


def encoded(picture: Image.Image, name: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, name, **options)
    return stream.getvalue()


VARIANTS: dict[tuple[str, str], Callable[[Image.Image], bytes]] = {
    ("re-encoded", "png"): lambda picture: encoded(picture, "PNG"),
    ("re-encoded", "jpeg 90"): lambda picture: encoded(picture, "JPEG", quality=90),
    ("re-encoded", "jpeg 70"): lambda picture: encoded(picture, "JPEG", quality=70),
    ("re-encoded", "jpeg 40"): lambda picture: encoded(picture, "JPEG", quality=40),
    ("re-encoded", "webp 60"): lambda picture: encoded(picture, "WEBP", quality=60),
    **{("resized", f"× {factor:g}"): resized(factor) for factor in (0.25, 0.5, 0.75, 1.5, 2.0)},
    **{("cropped", f"{share:.0%}"): cropped(share) for share in (0.01, 0.03, 0.05)},
    ("watermarked", "text"): marked,
    ("brighter", "15 %"): lambda picture: encoded(ImageEnhance.Brightness(picture).enhance(1.15), "JPEG", quality=88),
}


@dataclass(slots=True)
class Seen:
    """A picture as the build's second pass sees it."""

    name: str
    sha256: str
    pixels: int
    phash: int
    dhash: int


def seen(name: str, body: bytes) -> Seen | None:
    """None where it cannot be decoded, or the filters that every preset has drop it: icons, lines, plain colours."""
    config = PicturesConfig()
    one = decode(name, body, config)
    for stage in config.filters:
        if isinstance(one, Picture):
            (one,) = stage([one])
    if not isinstance(one, Picture) or one.array is None:
        return None
    hashes = phash(one.array, one.box), dhash(one.array, one.box)
    return Seen(name, hashlib.sha256(body).hexdigest(), one.pixels, *hashes)


def is_copy(frequencies: Any, gradients: Any, radius: int = RADIUS) -> Any:
    """Whether pictures at these distances, in bits, are one to a build: `near_hash: both`."""
    return (frequencies <= radius) | ((gradients <= radius) & (frequencies <= LOOSER * radius))


def near_pairs(pictures: list[Seen], radius: int) -> Iterator[tuple[int, int, int]]:
    """(one, other, bits) of all pairs that are copies, by comparing all with all: the truth of the search."""
    frequencies, gradients = (
        np.array([getattr(picture, name) for picture in pictures], np.uint64) for name in ("phash", "dhash")
    )
    for one in range(len(pictures)):
        bits = np.bitwise_count(frequencies[one + 1 :] ^ frequencies[one])
        found = is_copy(bits, np.bitwise_count(gradients[one + 1 :] ^ gradients[one]), radius)
        for other in np.flatnonzero(found).tolist():
            yield one, one + 1 + other, int(bits[other])


def variants(originals: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Recall of each variant, and precision over all pairs with a variant in them, by both hashes as a build has it."""
    pictures: list[Seen] = []
    made_of: list[int] = []
    kinds: list[tuple[str, str]] = []
    for number, (name, body) in enumerate(originals):
        picture = to_rgb(Image.open(io.BytesIO(body)))  # transparency on white, as the build sees it
        for kind, make in ((("original", ""), None), *VARIANTS.items()):
            one = seen(name, body if make is None else make(picture))
            if one is not None:
                pictures.append(one)
                made_of.append(number)
                kinds.append(kind)
    first = {number: place for place, number in reversed(list(enumerate(made_of))) if kinds[place][0] == "original"}
    rows: dict[str, Any] = {}
    for kind in VARIANTS:
        mine = [place for place, other in enumerate(kinds) if other == kind and made_of[place] in first]
        if not mine:  # at a quarter, small pictures are icons, which go
            continue
        row = rows.setdefault(" ".join(kind), {"class": kind[0], "pictures": len(mine)})
        bits = {}
        for attribute in ("phash", "dhash"):
            bits[attribute] = np.array(
                [
                    (getattr(pictures[p], attribute) ^ getattr(pictures[first[made_of[p]]], attribute)).bit_count()
                    for p in mine
                ]
            )
            row[f"recall_{attribute}"] = round(float((bits[attribute] <= RADIUS).mean()), 4)
        row["recall"] = round(float(is_copy(bits["phash"], bits["dhash"]).mean()), 4)
    # Originals that look alike are no matter of the variants: a pair counts as wrong where their originals differ.
    alike = {
        (made_of[one], made_of[other])
        for one, other, _ in near_pairs(pictures, 2 * RADIUS)
        if kinds[one][0] == kinds[other][0] == "original"
    }
    right, wrong, looks = Counter[str](), Counter[str](), Counter[str]()
    for one, other, _ in near_pairs(pictures, RADIUS):
        group = {kinds[one][0], kinds[other][0]} - {"original"}
        for name in group:
            if made_of[one] == made_of[other]:
                right[name] += 1
            elif (made_of[one], made_of[other]) in alike:
                looks[name] += 1
            else:
                wrong[name] += 1
    classes = {}
    for name in dict(VARIANTS.keys()):
        mine = [row for row in rows.values() if row["class"] == name]
        total = sum(row["pictures"] for row in mine)
        classes[name] = {
            "recall": round(sum(row["recall"] * row["pictures"] for row in mine) / max(1, total), 4),
            "precision": round(right[name] / max(1, right[name] + wrong[name]), 4),
            "pairs_of_originals_alike": looks[name],
        }
    return {"originals": len(originals), "variants": rows, "classes": classes}


@dataclass(slots=True)
class Web:
    """A folder of hosts with its planted truth; files are named host/path, as the truth names them."""

    root: Path
    truth: dict[str, Any]
    files: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> Web:
        web = cls(root, json.loads((root / "planted.json").read_text()))
        for host in sorted(root.iterdir()):
            if host.is_dir() and host.name[0] not in "._":
                for path in sorted(host.rglob("*")):
                    if path.is_file() and path.suffix.lower() in (*SUFFIXES, *PAGES):
                        web.files[path.relative_to(root).as_posix()] = path
        return web

    def pictures(self) -> list[tuple[str, bytes]]:
        return [(name, path.read_bytes()) for name, path in self.files.items() if path.suffix.lower() in SUFFIXES]


def planted(web: Web) -> dict[str, Any]:
    """Which planted pairs lie within RADIUS, by kind, and what other pairs with a planted picture do."""
    pictures = [one for name, body in web.pictures() if (one := seen(name, body))]
    at = {one.name: one for one in pictures}
    kinds: dict[str, dict[str, Any]] = {}
    for pair in web.truth["pairs"]:
        a, b = (at.get(pair[side]) for side in "ab")
        row = kinds.setdefault(pair["kind"], {"hard": pair["hard"], "pairs": 0, "found": 0, "bits": []})
        if a is None or b is None:
            row["without_original"] = row.get("without_original", 0) + 1
            continue
        bits = (a.phash ^ b.phash).bit_count()
        row["pairs"] += 1
        row["found"] += bool(is_copy(bits, (a.dhash ^ b.dhash).bit_count()))
        row["bits"].append(bits)
    group_of = defaultdict(set)
    for number, group in enumerate((*web.truth["groups"], *web.truth["natural_exact"])):
        for name in group:
            group_of[name].add(number)
    alike = {frozenset((pair["a"], pair["b"])) for pair in web.truth["lookalikes"]}
    counts: Counter[str] = Counter()
    false = []
    for one, other, bits in near_pairs(pictures, RADIUS):
        a, b = pictures[one], pictures[other]
        where = "planted" if web.truth["host"] in a.name + b.name else "other"
        if group_of[a.name] & group_of[b.name] or a.sha256 == b.sha256:
            counts[f"{where} same picture"] += 1
        elif frozenset((a.name, b.name)) in alike:
            counts[f"{where} lookalike"] += 1
        else:
            counts[f"{where} neither"] += 1
            false.append((where, a.name, b.name, bits))
    return {"pictures": len(pictures), "kinds": kinds, "near_pairs": dict(counts), "neither": sorted(false)[:200]}


class Quiet:
    """A listener that tells nothing."""

    def start(self, pass_name: str, total: int | None) -> None: ...

    def done(self, receipt: dict[str, Any]) -> None: ...

    def note(self, text: str) -> None: ...


def archive(web: Web, path: Path) -> None:
    """The web as one WARC file: a response for each page and picture, and for an index page also one for its folder."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for name, file in web.files.items():
            kind = "application/xhtml+xml" if file.suffix == ".xhtml" else mimetypes.guess_type(name)[0]
            body = file.read_bytes()
            urls = [f"http://{quote(name)}"]
            if file.name in ("index.html", "index.htm"):
                urls.append(urls[0].rsplit("/", 1)[0] + "/")
            for url in urls:
                headers = StatusAndHeaders("200 OK", [("Content-Type", kind or "application/octet-stream")], "HTTP/1.1")
                record = writer.create_warc_record(
                    url,
                    "response",
                    payload=io.BytesIO(body),
                    http_headers=headers,
                    warc_headers_dict={"WARC-Date": "2024-05-01T00:00:00Z"},
                )
                writer.write_record(record)


def built(source: str, out: str) -> build.build:
    """A build of an archive with every kind of duplicate sought; whatever the archive lacks cannot be fetched."""
    made = config.parse(
        {
            "source": {"warc": {"paths": [source]}},
            "text": ["language", {"length": {"min_words": 20}}, "repetition"],
            "pictures": {"filters": ["size", "aspect", "single_colour"]},
            "dedup": {"max_documents_per_look": 10, "contained": 0.8},
            "fetch": {"retries": 0, "connect_timeout": 1.0, "resolve": {"*": "127.0.0.1:9"}, "deadline": 60},
            "cluster": {"kind": "serial"},
        }
    )
    return build.build(made, out, Quiet())


def fates(out: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """What became of each page and each picture, by URL without scheme: "kept", or stage and reason."""
    pages, pictures = defaultdict(set), defaultdict(set)
    for path in Path(out).rglob("*.dropped.parquet"):
        for row in pq.read_table(path, columns=["unit", "url", "stage", "reason"]).to_pylist():
            found = pages if row["unit"] == "page" else pictures
            found[bare(row["url"])].add(f"{row['stage']}: {row['reason']}")
    from m3w_builder.shards import samples

    for path in Path(out, "shards").glob("*.tar"):
        for one, _ in samples(str(path)):
            pages[bare(one.url)].add("kept")
            for image in one.images:
                pictures[bare(image.url)].add("kept")
    return pages, pictures


def bare(url: str) -> str:
    return url.split("://", 1)[-1]


COPY = (
    "exact_duplicate",
    "pixel_duplicate",
    "near_duplicate",
    "duplicate_text",
    "near_duplicate_text",
    "contained",
    "duplicate_url",
)


def outcome(one: set[str], other: set[str]) -> str:
    """What a build made of a pair that is one thing."""
    copies = sorted({fate.split(": ")[1] for fate in one | other if fate.split(": ")[-1] in COPY})
    if not one or not other:
        return "one is not in any content"
    if any(fate == "extract: outside_content" for fate in one | other) and "kept" not in one & other and not copies:
        return "one is taken for furniture (outside_content)"
    if "kept" in one and "kept" in other:
        return "both stay"
    if copies:
        return "one goes as " + "/".join(copies)
    gone = one if "kept" not in one else other
    return "one goes before that: " + "/".join(sorted(fate for fate in gone if fate != "kept"))[:80]


def build_outcomes(web: Web, folder: str) -> dict[str, Any]:
    """The planted cases against what a build made of them."""
    source = Path(folder, "web.warc.gz")
    archive(web, source)
    summary = built(str(source), os.path.join(folder, "build"))
    pages, pictures = fates(os.path.join(folder, "build"))
    truth = web.truth
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in truth["pairs"]:
        table[f"picture, {pair['kind']}"][outcome(pictures[pair["a"]], pictures[pair["b"]])] += 1
    for pair in truth["text_duplicates"]:
        table[f"page, {pair['kind']}"][outcome(pages[pair["a"]], pages[pair["b"]])] += 1
    singles: Iterable[tuple[str, str]] = (
        *((entry["url"], "boilerplate on every page") for entry in truth["boilerplate"]),
        *((url, "tracking pixel") for url in truth["tracking"]),
        *((entry["url"], f"bad file, {entry['kind']} (wanted: {entry['expect']})") for entry in truth["bad_files"]),
    )
    for url, case in singles:
        found = pictures[url]
        table[case]["kept" if "kept" in found else "/".join(sorted(found)) or "not in any content"] += 1
    return {
        "table": {case: dict(counts) for case, counts in table.items()},
        "faults": summary.ledger.faults(),
        "kept_pages": summary.ledger["write"].pages.kept,
        "kept_pictures": summary.ledger["write"].pictures.kept,
        "near_texts": summary.ledger["page_duplicates"].pages.dropped,
        "near_pictures": summary.ledger["picture_duplicates"].pictures.dropped,
        "cpu_seconds": round(summary.cpu_seconds, 1),
    }


def sample_outcomes(folder: str, pages: int) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """The sample web built, and its own truth's judgement, by case; and its plain pictures."""
    web, out = os.path.join(folder, "web"), os.path.join(folder, "build")
    truth = sampleweb.generate(web, pages, processes=1)
    sampleweb.write_warc(web, os.path.join(folder, "warc"))
    summary = built(os.path.join(folder, "warc", "*.warc.gz"), out)
    _, pictures = fates(out)
    table: dict[str, Counter[str]] = defaultdict(Counter)
    originals = []
    for url, entry in truth["pictures"].items():
        found = pictures[bare(url)]
        said = "kept" if "kept" in found else "/".join(sorted(found)) or "not in any content"
        table[f"{entry['case']} (wanted: {entry['fate']})"][said[:70]] += 1
        path = Path(web, "sites", bare(url))
        if entry["case"] == "plain" and path.is_file():
            originals.append((url, path.read_bytes()))
    for entry in truth["pages"].values():
        table.setdefault(f"page: {entry['case']} (wanted: {entry['fate']})", Counter())
    verdict = sampleweb.compare(web, out)
    return {
        "table": {case: dict(counts) for case, counts in sorted(table.items()) if counts},
        "as_planted": verdict.text,
        "faults": summary.ledger.faults(),
    }, originals


def large(body: bytes, least: int) -> bool:
    """Whether it is a picture, still and whole, whose shorter side has `least` px."""
    if sniff(body) not in ("jpeg", "png", "webp"):
        return False
    try:
        picture = Image.open(io.BytesIO(body))
        picture.load()
    except Exception:
        return False
    return min(picture.size) >= least and max(picture.size) <= 3000


def show(facts: dict[str, Any]) -> None:
    made = facts["variants"]
    print(f"variants of {made['originals']} pictures, found as copies within {RADIUS} bits")
    for name, row in made["variants"].items():
        print(
            f"  {name:22} recall {row['recall']:.3f}  by phash alone {row['recall_phash']:.3f}, "
            f"by dhash alone {row['recall_dhash']:.3f}"
        )
    for name, row in made["classes"].items():
        print(f"  {name:22} recall {row['recall']:.4f}  precision {row['precision']:.4f}")
    if "planted" in facts:
        found = facts["planted"]
        print(f"planted pairs among {found['pictures']} pictures, within {RADIUS} bits: {found['near_pairs']}")
        for kind, row in sorted(found["kinds"].items()):
            print(
                f"  {kind:22} {row['found']} of {row['pairs']}{'  (hard)' if row['hard'] else ''}  bits {row['bits']}"
            )
    for case, counts in facts["build"]["table"].items():
        print(f"  {case:60} " + "; ".join(f"{number} {what}" for what, number in sorted(counts.items())))
    print({name: value for name, value in facts["build"].items() if name != "table"})


def failures(facts: dict[str, Any]) -> list[str]:
    missed = []
    for name in WANTED:
        row = facts["variants"]["classes"][name]
        missed += [f"{name}: {what} {row[what]}, goal {GOAL}" for what in ("recall", "precision") if row[what] < GOAL]
    missed += [f"books: {fault}" for fault in facts["build"]["faults"]]
    return missed


def main() -> int:
    parser = bench.options(__doc__, quick="60 pages, 40 pictures")
    parser.add_argument("--web", help="a folder of hosts with planted.json")
    parser.add_argument("--pages", type=int, default=400, help="pages of the sample web, without --web")
    arguments = parser.parse_args()
    most = 40 if arguments.quick else 150
    with tempfile.TemporaryDirectory() as folder:
        facts: dict[str, Any] = {}
        if arguments.web:
            web = Web.of(Path(arguments.web))
            facts["planted"] = planted(web)
            facts["build"] = build_outcomes(web, folder)
            originals = [(name, body) for name, body in web.pictures() if web.truth["host"] not in name]
        else:
            facts["build"], originals = sample_outcomes(folder, 60 if arguments.quick else arguments.pages)
        least = 256 if arguments.web else 128  # a quarter of 256 px is still no icon; the sample web's are smaller
        good = sorted(
            (pair for pair in originals if large(pair[1], least)), key=lambda pair: hashlib.md5(pair[1]).digest()
        )
        facts["variants"] = variants(good[:most])
    show(facts)
    missed = failures(facts)
    bench.write(arguments.json, {**facts, "missed_goals": missed}, "numpy", "pillow", "opencv-python-headless")
    return bench.exit_code(missed)


if __name__ == "__main__":
    sys.exit(main())
