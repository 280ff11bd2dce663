"""A passage shows where the words stand that were asked for."""

import pytest

from m3w_builder.report.passages import PASSAGE, passage

LONG = "word " * 500


@pytest.mark.parametrize(
    ("text", "asked", "marked"),
    [
        (f"{LONG} the old lighthouse. {LONG}", "lightH", ["lighthouse"]),
        (f"{LONG} the old lighthouse. {LONG}", '"old lighthouse"', ["old lighthouse"]),
        (f"{LONG} Café au lait {LONG}", "cafe", ["Café"]),
        (f"{LONG} 灯台の隣に{LONG}", "台の", ["台の"]),
        (f"{LONG} at 14:30, sharp {LONG}", "14:30", ["14:30"]),
        (f"{LONG} keeper and lighthouse {LONG}", "lighthouse keeper", ["keeper", "lighthouse"]),
        (f"{LONG}", "nowhere", []),
        (f"{LONG}", '"', []),
        ("snowhere", "nowhere", []),
        ("", "nowhere", []),
        ("(a|b)* and more", "(a|b)*", ["a|b"]),
    ],
)
def test_what_was_asked_for_is_marked(text, asked, marked):
    found = passage(text, asked)
    assert [part for part, hit in found if hit] == marked
    assert len("".join(part for part, _ in found)) <= PASSAGE + 2


def test_a_passage_is_a_part_of_the_text():
    text = f"{LONG}İstanbul'da bir ﬁne lighthouse ǅ {LONG}"
    shown = "".join(part for part, _ in passage(text, "lighthouse"))
    assert shown.strip("…") in text
