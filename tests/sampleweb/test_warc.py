"""WARC files of a sample web: what a crawler would have brought home, the same bytes every time."""

from pathlib import Path

from m3w_builder import sampleweb, sources


def read(paths):
    source = sources.SourceConfig(warc=sources.WarcSource(paths=paths))
    for part in sources.plan(source, ""):
        yield from sources.read(part.input, sources.ReadLimits())


def test_pages_and_pictures_are_read_back(web, truth, tmp_path):
    paths = sampleweb.write_warc(web, tmp_path, files=3)
    assert len(paths) == 3
    records = list(read(paths))
    pages = {record.url for record in records if isinstance(record, sources.Page)}
    archived = {record.url for record in records if isinstance(record, sources.Archived)}
    wanted = {
        url for url, page in truth["pages"].items() if page["fate"] in ("kept", "group") and page["case"] != "tracked"
    }
    assert wanted <= pages
    assert not {url for url, page in truth["pages"].items() if page["fate"] == "absent"} & pages
    kept = {
        url for url, picture in truth["pictures"].items() if picture["fate"] == "kept" and picture["case"] == "plain"
    }
    assert len(kept - archived) <= 15  # those of pages that robots.txt refuses are no content of any kept page
    assert not any("/closed/" in url for url in archived)


def test_without_pictures_there_are_none(web, tmp_path):
    records = list(read(sampleweb.write_warc(web, tmp_path, pictures=False)))
    assert not any(isinstance(record, sources.Archived) for record in records)
    assert sum(isinstance(record, sources.Page) for record in records) > 140


def test_the_same_web_gives_the_same_bytes(web, tmp_path):
    first = sampleweb.write_warc(web, tmp_path / "a", files=2)
    second = sampleweb.write_warc(web, tmp_path / "b", files=2)
    for one, other in zip(first, second, strict=True):
        assert Path(one).read_bytes() == Path(other).read_bytes()
