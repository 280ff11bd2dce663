"""A small finished build with hostile text in it, made by the project's own writers."""

import hashlib
import io

import pyarrow as pa
import pytest
from PIL import Image as Pillow

from m3w_builder import config as configs
from m3w_builder import job, sampleweb, shards, storage
from m3w_builder.document import Audio, Document, Image, Source, Text, Video, make_key
from m3w_builder.ledger import Ledger
from m3w_builder.passes.books import DROPPED_SCHEMA
from m3w_builder.report.statistics import Statistics
from m3w_builder.shards import ShardsConfig

SCRIPT = "<script>window.pwned=1</script>"
HOSTILE = Document(
    "http://evil.test/?q=<img src=x onerror=window.pwned=1>",
    host="evil.test",
    title=f'{SCRIPT}"onmouseover="window.pwned=1',
    language="en",
    licence="=HYPERLINK(1)",
    rights=[SCRIPT],
    author=SCRIPT,
    items=[
        Text(f"{SCRIPT} {{{{ 7*7 }}}} and a dozen more words so that it reads like a text of some length"),
        Text(f"a{SCRIPT} | b\nc | d", "table"),
        Text(SCRIPT, "heading", 2),
        Video("javascript:window.pwned=1", provider=SCRIPT),
        Audio("data:text/html,<script>window.pwned=1</script>", title="x"),
    ],
)


def jpeg(number: int) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (80 + number, 64), (number * 9 % 256, 90, 120)).save(out, "JPEG")
    return out.getvalue()


def pictured(number: int, body: bytes, kind: str = "jpeg") -> Image:
    return Image(
        f"http://host{number % 3}.test/{number}.jpg",
        alt='"><script>window.pwned=1</script>',
        width=80 + number,
        height=64,
        format=kind,
        bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        scores={"similarity": number / 20},
    )


def made() -> list[tuple[Document, list[bytes]]]:
    samples = []
    for number in range(12):
        body = jpeg(number)
        one = Document(
            f"http://host{number % 3}.test/page{number}",
            [Text(f"About lighthouse number{number}"), pictured(number, body), Text("More of it follows here.")],
            host=f"host{number % 3}.test",
            language="de" if number % 4 == 0 else "en",
            title=f"Lighthouse {number}",
            scores={"confidence": number / 12},
        )
        samples.append((one, [body]))
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.pwned=1'/>"
    HOSTILE.items[5:] = [pictured(99, drawing, "svg")]
    samples.append((HOSTILE, [drawing]))
    for one, _ in samples:
        one.source = Source("some.warc.gz", 7, "digest", "2024-05-01T00:00:00Z")
        one.key = make_key(one.url, one.source)
    return samples


@pytest.fixture(scope="session")
def build(tmp_path_factory) -> str:
    base = str(tmp_path_factory.mktemp("builds") / "small")
    statistics, ledger = Statistics(), Ledger()
    samples = made()
    for one, _ in samples:
        statistics.add_document(one)
    storage.make_folder(f"{base}/shards")
    written = shards.write(samples, f"{base}/shards", "000000", ShardsConfig())
    ledger["length"].pages.kept = ledger["write"].pages.kept = 13
    ledger["length"].pages.drop("too_short", 2)
    ledger["length"].pictures.kept = ledger["write"].pictures.kept = 13
    ledger["size"].pages.kept = ledger["size"].pictures.kept = 13
    rows = [
        {"unit": "page", "url": f"http://host0.test/short{n}{SCRIPT}", "stage": "length", "reason": "too_short",
         "detail": SCRIPT, "value": 3.0, "limit": 50.0}
        for n in range(2)
    ]  # fmt: skip
    storage.write_table(f"{base}/shards/000000.dropped.parquet", pa.Table.from_pylist(rows, schema=DROPPED_SCHEMA))
    receipt = {
        "pass": "shards", "partition": 0, "ledger": ledger.to_json(), "seconds": 1.5, "cpu_seconds": 1.0,
        "peak_mb": 100.0, "stats": {"documents": statistics.to_json()},
        "outputs": {name: value for shard in written for name, value in shard.outputs("shards").items()},
    }  # fmt: skip
    storage.write_json(f"{base}/shards/000000.json", receipt)
    storage.write_json(f"{base}/ledger.json", ledger.to_json())
    storage.write_bytes(f"{base}/config.yaml", f"name: {SCRIPT}\n".encode())
    storage.write_table(f"{base}/plan.parquet", pa.table({"number": [0]}))
    return base


@pytest.fixture(scope="session")
def sample_build(tmp_path_factory) -> str:
    """A real build of the WARC files of a very small sample web."""
    folder = tmp_path_factory.mktemp("sample")
    sampleweb.generate(folder / "web", 14, 2, processes=1)
    paths = sampleweb.write_warc(folder / "web", folder, files=2)
    config = configs.parse(
        {
            "source": {"warc": {"paths": paths}},
            "fetch": {"resolve": {"*": "127.0.0.1:9"}, "retries": 0},
            "text": [{"language": {"languages": ["en", "ru", "zh", "ja", "ar", "he"]}}, "length"],
            "pictures": {"filters": [{"size": {"min_side": 104}}]},
            "cluster": {"kind": "serial"},
        }
    )
    assert job.run(config, str(folder / "build"), "quiet") == 0
    return str(folder / "build")
