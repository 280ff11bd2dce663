"""The plan: every case is planted, the truth can be told for each, and nothing is alike by chance."""

from collections import Counter

import pytest

from m3w_builder.document import Document, Text
from m3w_builder.sampleweb import plan
from m3w_builder.sampleweb.forms import FORMS
from m3w_builder.sampleweb.idioms import IDIOMS
from m3w_builder.text import STAGES


@pytest.fixture(scope="module")
def web():
    return plan.make(600, 1)


@pytest.mark.parametrize("pages", [150, 600])
def test_every_case_is_planted(pages):
    made = plan.make(pages, 2)
    cases = Counter(page.case for page in made.pages())
    assert set(plan.PAGE_CASES) <= set(cases)
    assert set(FORMS) <= {shot.form for page in made.pages() for shot in page.shots}
    assert cases["plain"] > pages * 0.5


@pytest.mark.parametrize(("pages", "hosts"), [(0, 1), (150, 1), (400, 2), (1599, 2), (1600, 3), (4000, 3), (6400, 4)])
def test_hosts_grow_slowly_with_pages(pages, hosts):
    assert plan.hosts_per_idiom(pages) == hosts
    assert len(plan.make_sites(pages)) == hosts * len(IDIOMS)


@pytest.mark.parametrize("pages", [0, 1, 11, 40])
def test_a_tiny_web_has_as_many_pages_as_asked(pages):
    assert sum(page.path != "/about.html" for page in plan.make(pages, 0).pages()) == pages


def test_every_address_is_one_page_or_one_picture(web):
    pages = [page.url for page in web.pages()]
    assert len(set(pages)) == len(pages)
    scenes = {}
    for page in web.pages():
        for shot in page.shots:
            assert scenes.setdefault(shot.file.url, shot.file) == shot.file


def test_paragraphs_stand_on_one_page_alone_but_for_copies(web):
    seen = {}
    for page in web.pages():
        for block in page.blocks:
            if block.kind == "paragraph" and page.fate == "kept" and len(block.text) > 40:
                assert seen.setdefault(block.text, page.url) == page.url


def test_a_kept_page_always_keeps_a_picture_of_its_own(web):
    for page in web.pages():
        if page.fate in ("kept", "group"):
            assert any(shot.form == "plain" and not shot.group for shot in page.shots), page.url


def test_a_picture_is_told_of_between_itself_and_the_next_one(web):
    """What the shape's colour is stands after its picture, and before the next, on every English page."""
    for page in web.pages():
        if page.fate != "kept" or page.language != "en":
            continue
        shot = None
        told = ""
        for block in [*page.blocks]:
            if block.shot:
                assert shot is None or shot.file.scene.colour in told, page.url
                shot, told = block.shot, ""
            else:
                told += block.text
        assert shot is None or shot.file.scene.colour in told


def test_sensible_filters_let_every_kept_page_through(web):
    stages = [
        STAGES["language"](languages=("en", "ru", "zh", "ja", "ar", "he")),
        STAGES["length"](),
        STAGES["repetition"](),
    ]
    for page in web.pages():
        if page.fate in ("kept", "group"):
            blocks = [Text(" ".join(block.parts) or block.text, block.kind) for block in page.blocks if not block.shot]
            for stage in stages:
                (answer,) = stage([Document(page.url, blocks)])
                assert isinstance(answer, Document), (page.url, answer)


@pytest.mark.parametrize(
    ("case", "stage"), [("too_short", "length"), ("repetitive", "repetition"), ("foreign", "language")]
)
def test_planted_bad_text_is_caught_by_the_filter_it_is_planted_for(web, case, stage):
    judge = STAGES[stage](**({"languages": ("en", "ru", "zh", "ja", "ar", "he")} if stage == "language" else {}))
    found = 0
    for page in web.pages():
        if page.case == case:
            found += 1
            blocks = [Text(" ".join(block.parts) or block.text, block.kind) for block in page.blocks if not block.shot]
            assert not isinstance(judge([Document(page.url, blocks)])[0], Document)
    assert found
