"""The comparison: silent about a perfect build, and told of every way in which a build can be wrong."""

import copy
import io
import json
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from m3w_builder import sampleweb


def perfect(truth, languages=("en", "ru", "zh", "ja", "ar", "he")):
    """The documents and dropped rows of a build in which everything is as planted."""
    documents, dropped, groups, shown = {}, [], set(), set()
    for url, page in truth["pages"].items():
        if page["fate"] in ("kept", "group") and page["language"] not in languages:
            dropped.append(("page", url, "language", "other_language"))
        elif page["fate"] == "dropped":
            dropped.append(("page", url, "somewhere", page["reasons"][0]))
        elif page["fate"] == "group" and page["group"] in groups:
            dropped.append(("page", url, "page_duplicates", "duplicate_text"))
        elif page["fate"] != "absent":
            groups.add(page.get("group"))
            items = [
                item
                for item in page["items"]
                if "image" not in item or _stays(truth["pictures"][item["image"]], shown, dropped, item["image"])
            ]
            documents[url] = {"url": url, "items": items}
    return documents, dropped


def _stays(picture, shown, dropped, url):
    if picture["fate"] == "dropped":
        dropped.append(("picture", url, "somewhere", picture["reasons"][0]))
        return False
    if picture["fate"] == "group":
        # A crop may lie beyond the limit: then each copy stays.
        if picture["group"] in shown and picture.get("distance", 0) <= 4:
            dropped.append(("picture", url, "picture_duplicates", "near_duplicate"))
            return False
        shown.add(picture["group"])
    return True


def build(folder, documents, dropped, **config):
    """A build's folder as far as the comparison reads it."""
    for name in ("pages", "pictures", "shards"):
        (folder / name).mkdir(parents=True)
    languages = ["en", "ru", "zh", "ja", "ar", "he"]
    stages = [{"language": {"languages": languages}}, {"length": {}}, {"repetition": {}}]
    (folder / "config.yaml").write_text(yaml.safe_dump({"text": stages, "dedup": {"max_distance": 4}, **config}))
    columns = zip(*dropped, strict=True)
    table = pa.table(dict(zip(("unit", "url", "stage", "reason"), map(list, columns), strict=True)))
    pq.write_table(table, folder / "pages" / "000000.dropped.parquet")
    with tarfile.open(folder / "shards" / "train-000000-00000.tar", "w") as tar:
        for number, document in enumerate(documents if isinstance(documents, list) else documents.values()):
            body = json.dumps(document).encode()
            member = tarfile.TarInfo(f"{number:032}.json")
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return str(folder)


def test_a_perfect_build_is_as_planted(web, truth, tmp_path):
    comparison = sampleweb.compare(web, build(tmp_path / "build", *perfect(truth)))
    assert comparison.ok, comparison.text
    assert comparison.text == (
        f"{len(truth['pages'])} of {len(truth['pages'])} pages and "
        f"{len(truth['pictures'])} of {len(truth['pictures'])} pictures as planted"
    )


def kept(truth, case="plain", pictures=1):
    """A kept page of a case that shows as many plain pictures or more."""
    for url, page in truth["pages"].items():
        images = [truth["pictures"][item["image"]]["fate"] for item in page.get("items", ()) if "image" in item]
        if (page["fate"], page["case"], set(images)) == ("kept", case, {"kept"}) and len(images) >= pictures:
            return url
    raise AssertionError("no such page")


def a_page_is_missing(truth, documents, dropped):
    documents.pop(kept(truth))
    return "is missing (never seen)"


def a_page_went_for_nothing(truth, documents, dropped):
    url = kept(truth)
    documents.pop(url)
    dropped.append(("page", url, "length", "too_short"))
    return "is missing (length: too_short)"


def a_page_stands_twice(truth, documents, dropped):
    documents["again"] = documents[kept(truth)]
    return "more than once"


def an_unknown_page_is_there(truth, documents, dropped):
    documents["x"] = {"url": "http://elsewhere.test/", "items": []}
    return "has no such page"


def a_bad_page_is_there(truth, documents, dropped):
    url = next(url for url, page in truth["pages"].items() if page["case"] == "without_pictures")
    documents[url] = {"url": url, "items": [{"text": "words"}]}
    return "should not"


def a_page_went_for_another_reason(truth, documents, dropped):
    index = next(i for i, row in enumerate(dropped) if truth["pages"].get(row[1], {}).get("case") == "foreign")
    dropped[index] = ("page", dropped[index][1], "length", "too_long")
    return "for another reason (length: too_long)"


def a_dropped_page_is_not_in_the_books(truth, documents, dropped):
    dropped[:] = [row for row in dropped if truth["pages"].get(row[1], {}).get("case") != "empty_page"]
    return "never seen"


def both_copies_of_a_page_are_there(truth, documents, dropped):
    url = next(row[1] for row in dropped if row[3] == "duplicate_text")
    page = truth["pages"][url]
    documents[url] = {"url": url, "items": page["items"]}
    return "2 of its 2 copies"


def no_copy_of_a_page_is_there(truth, documents, dropped):
    url = next(url for url in documents if truth["pages"][url]["fate"] == "group")
    documents.pop(url)
    return "0 of its 2 copies"


def pictures_changed_places(truth, documents, dropped):
    items = documents[kept(truth, pictures=2)]["items"]
    first, second = [place for place, item in enumerate(items) if "image" in item][:2]
    items[first], items[second] = items[second], items[first]
    return "lacks http"


def a_picture_is_missing(truth, documents, dropped):
    items = documents[kept(truth)]["items"]
    items.remove(next(item for item in items if "image" in item))
    return "lacks http"


def a_picture_moved_behind_its_text(truth, documents, dropped):
    items = documents[kept(truth)]["items"]
    place = next(place for place, item in enumerate(items) if "image" in item)
    items[place], items[place + 1] = items[place + 1], items[place]
    return "has more words than it should"


def a_logo_is_there(truth, documents, dropped):
    url = kept(truth)
    documents[url]["items"].append({"image": "http://ads.sample.test/banner-1.jpg"})
    return "not expected there"


def a_bad_picture_is_there(truth, documents, dropped):
    url = next(
        url
        for url, page in truth["pages"].items()
        if page["fate"] == "kept"
        and any(truth["pictures"].get(item.get("image"), {}).get("case") == "small" for item in page["items"])
    )
    documents[url]["items"] = truth["pages"][url]["items"]
    return "which should have gone"


def words_are_lost(truth, documents, dropped):
    items = documents[kept(truth)]["items"]
    items.remove([item for item in items if "text" in item and "kind" not in item][-1])
    return "lacks or changes"


def boilerplate_came_along(truth, documents, dropped):
    documents[kept(truth)]["items"].append({"text": "All rights reserved."})
    return "has more words than it should: 'All rights reserved'"


def a_picture_went_for_another_reason(truth, documents, dropped):
    index = next(i for i, row in enumerate(dropped) if row[0] == "picture" and row[3] in ("undecodable", "empty"))
    dropped[index] = ("picture", dropped[index][1], "size", "too_small")
    return "for another reason (size: too_small)"


def both_exact_copies_of_a_picture_are_there(truth, documents, dropped):
    for url, page in truth["pages"].items():
        if url in documents and any(
            truth["pictures"].get(item.get("image"), {}).get("case") == "copy_exact" for item in page["items"]
        ):
            documents[url]["items"] = page["items"]
    return "2 of its 2 copies"


@pytest.mark.parametrize(
    "damage",
    [
        a_page_is_missing,
        a_page_went_for_nothing,
        a_page_stands_twice,
        an_unknown_page_is_there,
        a_bad_page_is_there,
        a_page_went_for_another_reason,
        a_dropped_page_is_not_in_the_books,
        both_copies_of_a_page_are_there,
        no_copy_of_a_page_is_there,
        pictures_changed_places,
        a_picture_is_missing,
        a_picture_moved_behind_its_text,
        a_logo_is_there,
        a_bad_picture_is_there,
        words_are_lost,
        boilerplate_came_along,
        a_picture_went_for_another_reason,
        both_exact_copies_of_a_picture_are_there,
    ],
)
def test_it_tells_when(damage, web, truth, tmp_path):
    documents, dropped = (copy.deepcopy(part) for part in perfect(truth))
    told = damage(truth, documents, dropped)
    comparison = sampleweb.compare(web, build(tmp_path / "build", documents, dropped))
    assert not comparison.ok
    assert told in comparison.text


def test_languages_that_the_config_does_not_want_may_go(web, truth, tmp_path):
    documents, dropped = perfect(truth, languages=("en",))
    config = {"text": [{"language": {"languages": ["en"]}}, {"length": {}}, {"repetition": {}}]}
    comparison = sampleweb.compare(web, build(tmp_path / "build", documents, dropped, **config))
    assert comparison.ok, comparison.text


def test_captions_may_lie_in_the_picture(web, truth, tmp_path):
    documents, dropped = perfect(truth)
    url = next(url for url in documents if "news-1" in url and truth["pages"][url]["case"] == "plain")
    items = []
    for item in documents[url]["items"]:
        if item.get("kind") == "caption":
            items[-1] = {**items[-1], "caption": item["text"]}
        else:
            items.append(item)
    documents[url]["items"] = items
    assert sampleweb.compare(web, build(tmp_path / "build", documents, dropped)).ok
