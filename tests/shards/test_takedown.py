"""What is taken down is gone from shards, index and books, and nothing else is touched."""

import pyarrow as pa
import pytest

from m3w_builder import shards, storage
from m3w_builder.errors import BuildError
from m3w_builder.ledger import Ledger
from m3w_builder.shards import ShardsConfig
from m3w_builder.shards.takedown import TAKEN_DOWN, read_tombstones, takedown

DROPPED = pa.schema(
    [(name, pa.string()) for name in ("unit", "url", "page", "doc", "stage", "reason", "detail")]
    + [("value", pa.float64()), ("limit", pa.float64())]
)


@pytest.fixture
def build(tmp_path, samples):
    """Two bundles with receipts and books, as pass 3 leaves them."""
    out = str(tmp_path / "build")
    whole = Ledger()
    for bundle in range(2):
        mine = samples[bundle * 10 : bundle * 10 + 10]
        books = Ledger()
        books["write"].pages.kept, books["write"].pictures.kept = len(mine), sum(len(bodies) for _, bodies in mine)
        made = shards.write(mine, f"{out}/shards", f"{bundle:06d}", ShardsConfig(validation=0.0))
        dropped = f"shards/{bundle:06d}.dropped.parquet"
        storage.write_table(f"{out}/{dropped}", pa.Table.from_pylist([], schema=DROPPED))
        outputs = {name: entry for shard in made for name, entry in shard.outputs("shards").items()}
        receipt = {"pass": "shards", "partition": bundle, "outputs": outputs, "ledger": books.to_json()}
        storage.write_json(f"{out}/shards/{bundle:06d}.json", receipt)
        whole.add(books)
    storage.write_json(f"{out}/ledger.json", whole.to_json())
    return out


def held(build):
    return [one for name in tars(build) for one, _ in shards.samples(f"{build}/shards/{name}")]


def tars(build):
    return [name for name in storage.names(f"{build}/shards") if name.endswith(".tar")]


def assert_whole(build):
    """Shards that check, receipts that tell their sums, books that count them and the dropped rows."""
    total = Ledger()
    for name in tars(build):
        assert shards.check(f"{build}/shards/{name}").faults == []
        receipt = storage.read_json(f"{build}/shards/{name.split('-')[1]}.json")
        for output, said in receipt["outputs"].items():
            url = f"{build}/{output}"
            assert said == {"bytes": storage.size(url), "sha256": storage.sha256(url)}
        total.add(Ledger.from_json(receipt["ledger"]))
    assert storage.read_json(f"{build}/ledger.json") == total.to_json()
    documents = held(build)
    count = total["write"]
    assert count.pages.kept == len(documents)
    assert count.pictures.kept == sum(len(one.images) for one in documents)
    rows = [
        row
        for name in storage.names(f"{build}/shards")
        if name.endswith(".dropped.parquet")
        for row in storage.read_table(f"{build}/shards/{name}").to_pylist()
    ]
    assert sum(row["unit"] == "page" for row in rows) == sum(count.pages.dropped.values())
    assert sum(row["unit"] == "picture" for row in rows) == sum(count.pictures.dropped.values())


def test_a_page_goes_by_its_url_and_only_its_shard_is_written_again(build, samples):
    first, second = tars(build)
    before = storage.sha256(f"{build}/shards/{second}")
    url = samples[3][0].url
    taken = takedown(build, urls=[url])
    assert (taken.pages, taken.pictures, taken.shards) == ([url], [], [first])
    assert url not in {one.url for one in held(build)}
    assert len(held(build)) == 19
    assert storage.sha256(f"{build}/shards/{second}") == before
    assert_whole(build)


def test_a_host_goes_with_all_below_it(build, samples):
    gone = [document.url for document, _ in samples if document.host == "host3.example"]
    assert sorted(takedown(build, hosts=["HOST3.example"]).pages) == sorted(gone)
    assert_whole(build)
    takedown(build, hosts=["example"])
    assert held(build) == []
    assert_whole(build)


@pytest.mark.parametrize("by", ["url", "sha256"])
def test_a_picture_goes_and_its_document_stays(build, samples, by):
    document = samples[12][0]
    image = document.images[0]
    taken = takedown(build, images=[getattr(image, by)])
    assert taken.pictures == [(image.url, document.url)]
    left = next(one for one in held(build) if one.key == document.key)
    assert [one.url for one in left.images] == [document.images[1].url]
    assert left.images[0].part.startswith("0.")
    assert left.text == document.text
    assert_whole(build)


def test_a_document_left_without_pictures_goes(build, samples):
    document = samples[12][0]
    taken = takedown(build, images=[image.url for image in document.images])
    assert taken.pages == [document.url]
    assert_whole(build)


def test_near_copies_go_by_hash_distance(build, samples):
    image = samples[0][0].images[0]
    image.phash = "00000000000000ff"
    stones = read_tombstones(build)
    stones.images, stones.distance = {"00000000000000fc"}, 2
    assert stones.picture(image)
    stones.distance = 1
    assert not stones.picture(image)


def test_a_dry_run_tells_and_touches_nothing(build, samples):
    before = {name: storage.sha256(f"{build}/shards/{name}") for name in storage.names(f"{build}/shards")}
    url = samples[3][0].url
    assert takedown(build, urls=[url], dry_run=True).pages == [url]
    assert {name: storage.sha256(f"{build}/shards/{name}") for name in storage.names(f"{build}/shards")} == before
    assert not storage.exists(f"{build}/tombstones.json")


def test_tombstones_are_kept_and_added_to(build, samples):
    takedown(build, urls=[samples[3][0].url])
    takedown(build, hosts=["host5.example"])
    stones = read_tombstones(build)
    assert stones.page(samples[3][0])
    assert stones.page(samples[5][0])
    assert not stones.page(samples[4][0])
    ledger = Ledger.from_json(storage.read_json(f"{build}/ledger.json"))
    assert ledger["write"].pages.dropped == {TAKEN_DOWN: 4}


def test_a_folder_that_is_no_build_is_told(tmp_path):
    with pytest.raises(BuildError, match="no finished build"):
        takedown(str(tmp_path), urls=["http://x/"])
