"""Runs of letters: the passes find what the plain patterns for the same find."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.extract import runs

ANY = b"\1" * len(runs.table(()))
FLAT = frozenset(("br", "p"))
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")


@given(st.text(alphabet="adAD-_ 9\u212aK", max_size=30))
def test_words_are_the_runs_of_letters_with_humps_parted(name: str) -> None:
    found = [(run.start(), run.group().lower()) for run in re.finditer("[A-Z]*[a-z]+|[A-Z]+", name)]
    assert runs.words(name, ANY) == found
    assert [run for _, run in found] == re.findall("[a-z]+", runs.humps(name.replace("\u212a", " ")))
    assert runs.words(name, runs.table(["ad"])) == [one for one in found if one[1] == "ad"]
    assert runs.words(name, runs.table(["adda"])) == [one for one in found if one[1].startswith("adda")]


@given(st.text(alphabet="aZ-_ 9é\u212aÉ", max_size=30))
def test_humps_are_parted(name: str) -> None:
    assert runs.humps(name) == re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


@given(st.text(alphabet="a \n\xa0\u2003\x1c漢\u200b", max_size=20))
def test_signs_are_what_splitting_leaves(text: str) -> None:
    assert runs.signs(text) == len("".join(text.split()))
    assert runs.is_line(text) == (text != "" and text == " ".join(text.split()))


@given(
    st.lists(st.sampled_from(["<a>", "</a>", "<P>", "<br", "<x-1 a=b>", "</x-1>", "<", "</", "x", " ", "<é>", "<1>"])),
    st.integers(0, 4),
)
def test_nesting_is_that_of_the_tags(parts: list[str], most: int) -> None:
    depth = found = 0
    for closes, tag in TAG.findall("".join(parts)):
        if tag.lower() not in FLAT:
            depth = max(0, depth - 1) if closes else depth + 1
            found = found or (depth if depth > most else 0)
    assert (
        runs.nesting("".join(parts).encode(), {int.from_bytes(tag.encode(), "big") for tag in FLAT}, most, 10) == found
    )


def test_options_are_counted_in_any_case_of_letters() -> None:
    page = b"<select><option>a<OPTION>b</option><optIon x=1>c<optional>"
    assert runs.nesting(page, {int.from_bytes(b"option", "big")}, 9, 3) == 0
    assert runs.nesting(page, {int.from_bytes(b"option", "big")}, 9, 2) == -3
