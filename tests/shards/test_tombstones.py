"""What is taken down is told by URL, host, bytes and looks; lists and files say it too."""

import pytest

from m3w_builder.document import Document, Image
from m3w_builder.shards import tombstones
from m3w_builder.shards.tombstones import Tombstones

SHA = "ab" * 32


def document(*images):
    return Document("http://a.b.example/1", list(images), "0" * 32, "a.b.example")


def look(body):
    return [SHA], "00000000000000ff"


@pytest.mark.parametrize(
    ("stones", "gone"),
    [
        (Tombstones(urls={"http://a.b.example/1"}), True),
        (Tombstones(urls={"http://a.b.example/"}), False),
        (Tombstones(hosts={"b.example"}), True),
        (Tombstones(hosts={"example"}), True),
        (Tombstones(hosts={"x.a.b.example"}), False),
        (Tombstones(hosts={".example"}), False),
    ],
)
def test_a_page_goes_by_its_url_or_a_host_above_it(stones, gone):
    assert stones.judge(document(Image("http://p/")), 1)[0] is gone


@pytest.mark.parametrize(
    ("distance", "phash", "gone"),
    [
        (0, "00000000000000ff", True),
        (0, "00000000000000fe", False),
        (2, "00000000000000fc", True),
        (2, "00000000000000f8", False),
        (64, "", False),
    ],
)
def test_near_copies_go_by_the_distance_of_their_hashes(distance, phash, gone):
    stones = Tombstones(looks={"00000000000000ff": distance})
    assert stones.picture("http://p/", SHA, phash) is gone


def test_a_document_goes_whole_where_too_few_pictures_are_left():
    one, two = Image("http://p/1"), Image("http://p/2")
    stones = Tombstones(images={"http://p/1"})
    assert stones.judge(document(one, two), 1) == (False, [one])
    assert stones.judge(document(one, two), 2) == (True, [one])
    assert stones.judge(document(one), 0) == (False, [one])


def test_what_is_added_leaves_the_distance_of_others_as_it_was(tmp_path):
    build = str(tmp_path)
    tombstones.add(build, Tombstones(looks={"00000000000000ff": 0}))
    tombstones.add(build, Tombstones({"http://u/"}, {"h"}, {SHA}, {"0000000000000000": 8}))
    assert tombstones.read(build) == Tombstones(
        {"http://u/"}, {"h"}, {SHA}, {"00000000000000ff": 0, "0000000000000000": 8}
    )


def test_an_image_is_a_url_a_sum_a_hash_or_a_file(tmp_path):
    file = tmp_path / "picture.jpg"
    file.write_bytes(b"picture")
    assert tombstones.of_image("http://p/1", 0, look).images == {"http://p/1"}
    assert tombstones.of_image(SHA.upper(), 0, look).images == {SHA}
    assert tombstones.of_image("00000000000000FF", 3, look).looks == {"00000000000000ff": 3}
    assert tombstones.of_image(str(file), 4, look) == Tombstones(images={SHA}, looks={"00000000000000ff": 4})
    with pytest.raises(ValueError, match="no file"):
        tombstones.of_image(str(tmp_path / "none.jpg"), 0, look)


def test_a_list_names_one_a_line():
    lines = ["# asked on Monday", "", "url http://a/1", "host B.example", f"image {SHA}"]
    assert tombstones.of_lines(lines, 0, look) == Tombstones({"http://a/1"}, {"b.example"}, {SHA})
    with pytest.raises(ValueError, match="line 2: 'http://a/1'"):
        tombstones.of_lines(["url http://a/0", "http://a/1"], 0, look)
