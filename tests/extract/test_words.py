"""The names of parts: the cheap tests before the patterns change nothing of what the patterns find."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.extract import runs, words
from m3w_builder.extract.pieces import new_block
from m3w_builder.extract.weigh import goodness

_RUNS = (
    "post page nav navbar menu side bar sidebar related relatedPosts read more comment comments list ads ad content "
    "entry meta e body widget social share skip link links mw editsection row header 12 x replies Footer siteHeader"
)
RUNS = st.sampled_from(_RUNS.split())
ANY = b"\1" * len(runs.table(()))
NAMES = st.lists(st.tuples(RUNS, st.sampled_from(["-", "_", " ", "", "__"])), max_size=6).map(
    lambda parts: "".join(run + mark for run, mark in parts)
)


@given(NAMES)
def test_names_say_what_the_patterns_find_in_them(name: str) -> None:
    parted = words.apart(name)
    found = words.BAD.search(parted)
    whole = not words.WHOLE.isdisjoint(re.findall("[a-z]+", parted))
    plain = found.group() if found and not (len(found.group()) < 5 and whole) else ""
    assert words.furniture_name(name) == (plain, bool(words.COMMENTS.search(parted)))


def _spelled(parsed: list[tuple[int, object]]) -> list[str]:
    """What a pattern without classes matches, of what repeats none and one."""
    found = [""]
    for kind, what in parsed:
        match str(kind), what:
            case "LITERAL", int(sign):
                ends = [chr(sign)]
            case "BRANCH", (_, list(branches)):
                ends = [end for branch in branches for end in _spelled(branch)]
            case "SUBPATTERN", (*_, inside):
                ends = _spelled(inside)
            case "MAX_REPEAT", (_, _, inside):
                ends = ["", *_spelled(inside)]
            case _:  # a look around, or \\w
                ends = [""]
        found = [begin + end for begin in found for end in ends]
    return found


def test_every_name_of_furniture_begins_as_one() -> None:
    names = [name for pattern in (words.BAD, words.COMMENTS) for name in _spelled(re._parser.parse(pattern.pattern))]
    assert len(names) > 200
    assert [name for name in names if runs.words(name, words.BEGINNINGS)[:1] != runs.words(name, ANY)[:1]] == []


@given(st.from_regex(words.ARTICLE, fullmatch=True), st.from_regex(words.POSTS, fullmatch=True))
def test_stems_stand_in_all_names_of_articles_and_posts(article: str, post: str) -> None:
    assert words.is_article(article)
    assert words.is_post(post)


_NOISE = (
    "Read more|continue reading|Share|share this on X|tweet|PRINT|email|e-mail|advertisement|sponsored|Ad|ads|AD:|reply"
    "|like|li\u212ae|comments (3)|more replies|click to enlarge it|skip to content|back to top|top|next|previous|prev"
    "|loading...|menus"
    "|home|menu|search|\u017fearch|sign in|sign up|log in|login|subscribe now|follow us|related posts|you may also like"
    "|[edit]|edit|quote|permalink|report|save|copy link|123|7|»|—|#"
)


@given(st.one_of(st.text(max_size=9), st.sampled_from(_NOISE.split("|"))))
def test_no_line_of_noise_is_passed_by_for_its_beginning(line: str) -> None:
    assert words.is_noise(line) == (words.NOISE.match(line) is not None)


_DATES_TEXT = (
    "2021 -\n05 .01|1/2/99|10:15|Mar 3|3rd March|5分钟前|an hour ago|3d ago|Yesterday|4 of 5|v1.2|\u0661:\u0662\u0663"
)
_DATES = st.sampled_from(_DATES_TEXT.split("|"))


@given(st.lists(st.one_of(_DATES, st.text("a1 :/-\n", max_size=6))).map(" ".join))
def test_no_line_with_a_date_is_passed_by(line: str) -> None:
    beside = words._NO_LETTERS.sub("", words._BESIDE_DATES.sub("", words._DATE.sub("", line)))
    assert words.is_about(line) == (words._DATE.search(line) is not None and len(beside) <= words.ABOUT)


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("Posted by Ann on 3 May 2021", True),
        ("an hour ago", True),
        ("2021-05-03 10:11", True),
        ("In May we sailed", False),
    ],
)
def test_lines_about_dates(line: str, about: bool) -> None:
    assert words.is_about(line) is about


def test_a_sign_of_a_dense_script_says_as_much_as_two_letters() -> None:
    def weight(text: str) -> float:
        return goodness(new_block(text, "paragraph", 0, 0, 0))

    assert weight("汉" * 100) == weight("ab" * 100)
    assert weight("é" * 100) == weight("e" * 100)


_PARTS = "t q qa ask a s forum threads topic-1 discussions status p/7 T QA Forums x the cat news 12 questions"
_SIGNS = "/ . ? = & - _"
PARTS = st.tuples(st.sampled_from(_PARTS.split()), st.sampled_from([*_SIGNS.split(), ""]))
ADDRESSES = st.lists(PARTS, max_size=5).map(
    lambda parts: "https://site.example/" + "".join(part + mark for part, mark in parts)
)


@given(ADDRESSES)
def test_an_address_is_a_discussions_where_the_pattern_finds_one_in_it(address: str) -> None:
    assert words.is_thread(address) == (words.THREAD.search(address) is not None)


_CONSENTS = "cookie Cookies CONSENT GDPR Datenschutz privacy Prywatno privacidad con co pro 隐私 Персональных words"
CONSENTS = st.lists(st.sampled_from(_CONSENTS.split()) | st.text(max_size=9), max_size=9).map(" ".join)


@given(CONSENTS, st.integers(0, 310))
def test_words_of_consent_are_found_wherever_they_stand_in_a_texts_beginning(text: str, before: int) -> None:
    whole = "x" * before + text
    assert words.about_consent(whole) == words.has_any(whole[:300].lower(), words.CONSENTS)


_LINES = (
    "posted by on 5 12:30 pm January 3rd, 2020 2020-01-02 Wednesday Tues thurs yesterday 3 hours ago phone "
    "minutes 1.2.99 Mayor's Decades member since views replies reading 5th 12 _posted the quick brown 2年 前"
)
LINES = st.lists(st.sampled_from(_LINES.split()) | st.text(max_size=5), max_size=8).map(" ".join)


@given(LINES)
def test_a_line_is_about_its_neighbour_where_the_patterns_leave_few_letters(line: str) -> None:
    left = words._NO_LETTERS.sub("", words._BESIDE_DATES.sub("", words._DATE.sub("", line)))
    assert words.is_about(line) == (words._DATE.search(line) is not None and len(left) <= words.ABOUT)
