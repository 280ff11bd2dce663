"""Generation: the same bytes from the same seed, files for all that the truth names, pictures unlike each other."""

import hashlib
import re
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

from m3w_builder import sampleweb
from m3w_builder.sampleweb.forms import decoded, gradients, phash
from m3w_builder.sampleweb.pictures import place


def digest(folder):
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


def file_of(web, url):
    parts = urlsplit(url)
    return place(web, parts.netloc, unquote(parts.path))


def test_the_same_seed_gives_the_same_bytes_in_one_process_or_two(tmp_path):
    for name, seed, processes in (("a", 5, 1), ("b", 5, 2), ("c", 6, 1)):
        sampleweb.generate(tmp_path / name, pages=130, seed=seed, processes=processes)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


def test_every_page_lies_there_with_its_text(web, truth):
    for url, page in truth["pages"].items():
        if page["fate"] not in ("kept", "group"):
            continue
        body = file_of(web, url).read_bytes()
        charset = re.search(rb"charset=\"?([\w-]+)", body)[1].decode()
        html = body.decode(charset).replace("&amp;", "&")
        for item in page["items"]:
            if "text" in item and item.get("kind") not in ("list", "table"):
                assert item["text"] in html, url


def test_every_page_has_its_furniture(web, truth):
    for url, page in truth["pages"].items():
        if page["fate"] in ("kept", "group"):
            html = file_of(web, url).read_bytes()
            for mark in (
                b"logo.png",
                b"metrics.sample.test/p.gif",
                b"ads.sample.test/banner-",
                b"/about.html",
                b"/private/",
            ):
                assert mark in html, (url, mark)


def test_picture_files_lie_there_unless_they_are_planted_as_gone(web, truth):
    for url, picture in truth["pictures"].items():
        there = picture["case"] not in ("gone", "failing", "circle", "moved") and "p.gif?" not in url
        if picture["case"] == "furniture" or there:
            assert file_of(web, url.partition("?")[0]).exists(), url


def test_eleven_idioms_in_six_languages(truth):
    assert len({host["idiom"] for host in truth["hosts"].values()}) == 11
    assert truth["languages"] == ["en", "ru", "zh", "ja", "ar", "he"]


def test_old_character_sets_are_used_and_declared(web, truth):
    url = next(url for url, page in truth["pages"].items() if page["language"] == "ru" and page["fate"] == "kept")
    body = file_of(web, url).read_bytes()
    assert b'<meta charset="windows-1251">' in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()


def test_pictures_that_are_not_planted_copies_are_unlike(web, truth):
    """No two of different scenes come within 4 of 64 bits, the usual limit of perceptual deduplication; by gradients
    neither, where they are within 12 by frequencies."""
    urls = [
        url for url, picture in truth["pictures"].items() if picture["fate"] == "kept" and picture["case"] == "plain"
    ]
    pixels = [decoded(file_of(web, url).read_bytes()) for url in urls]
    by_frequency, by_gradient = (np.array([made(one) for one in pixels], np.uint64) for made in (phash, gradients))
    looks = np.bitwise_count(by_frequency[:, None] ^ by_frequency)
    steps = np.bitwise_count(by_gradient[:, None] ^ by_gradient)
    scenes = [truth["pictures"][url]["scene"] for url in urls]
    for first, second in np.argwhere(np.triu((looks <= 4) | ((steps <= 4) & (looks <= 12)), 1)):
        assert scenes[first] == scenes[second], (urls[first], urls[second])


def test_copies_are_told_with_their_distance(truth):
    copies = [picture for picture in truth["pictures"].values() if picture["case"].startswith("copy_")]
    assert {picture["case"] for picture in copies} == {
        "copy_exact",
        "copy_reencoded",
        "copy_webp",
        "copy_resized",
        "copy_enlarged",
        "copy_cropped",
    }
    assert all(0 <= picture["distance"] <= 16 for picture in copies)
    assert all(picture["distance"] <= 2 for picture in copies if picture["case"] != "copy_cropped")
