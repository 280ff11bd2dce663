"""The quality rules, the paragraph rules, personal data and word lists: each at both sides of its limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.document import Document, Image, Text
from m3w_builder.stage import Drop
from m3w_builder.text import STAGES
from m3w_builder.text.paragraphs import punctuation, sentences
from m3w_builder.text.pii import Pii, iban, luhn
from m3w_builder.text.quality import FineWeb
from m3w_builder.text.words import BadWords

PROSE = (
    "The harbour was quiet when the boats came back, and nobody on the pier said a word about the storm. "
    "An old man with a dog watched them, and he counted the masts to be sure that all of them had come home."
)
CHINESE = "船回来的时候，港口很安静，码头上没有人说起那场风暴。一个老人带着一条狗看着它们，数着桅杆。"


def document(*texts: str | Text, language: str = "en", url: str = "http://a.example/") -> Document:
    return Document(url, [Text(text) if isinstance(text, str) else text for text in texts], language=language)


def reason(stage: str, *texts: str | Text, **settings: object) -> str:
    (answer,) = STAGES[stage](**settings)([document(*texts)])
    if isinstance(answer, Drop):
        assert answer.reason in STAGES[stage].reasons
        return answer.reason
    return "kept"


@pytest.mark.parametrize(
    ("stage", "texts", "expected"),
    [
        ("quality", (PROSE,), "kept"),
        ("quality", ("ab cd ef of to " * 9,), "word_length"),
        ("quality", ("incomprehensibilities misunderstandings of the " * 9,), "word_length"),
        ("quality", (PROSE + " #one #two #three #four #five",), "symbols"),
        ("quality", (PROSE + " ..." * 5,), "symbols"),
        ("quality", tuple(f"- {PROSE}" for _ in range(5)), "bullets"),
        ("quality", (PROSE, f"{PROSE[:60]}…"), "ellipses"),
        ("quality", (PROSE + " 1234" * 40,), "few_letters"),
        ("quality", ("Boats came home quietly. Nobody spoke. Storms passed. Dogs watched.",), "few_stop_words"),
        ("quality", (CHINESE,), "few_stop_words"),  # said to be English, which it is not
        ("quality", ("",), "kept"),
        ("fineweb", (PROSE,), "kept"),
        ("fineweb", (CHINESE,), "kept"),
        ("fineweb", tuple(f"{PROSE[:60]} {n}" for n in range(9)), "few_sentences"),
        (
            "fineweb",
            (PROSE, "Subscribe to our newsletter, it is free and it comes every week.") * 2,
            "duplicate_line_characters",
        ),
        ("fineweb", ("Home.", "News.", "Contact us.", PROSE), "short_lines"),
        ("c4", (PROSE,), "kept"),
        ("c4", (PROSE + " Lorem ipsum dolor.",), "lorem_ipsum"),
        ("c4", ("Too short.", "We use cookies on this site, as everybody does."), "few_sentences"),
        ("obelics", (PROSE,), "kept"),
        ("obelics", (CHINESE,), "too_few_words"),  # said to be English: few function words in its paragraph
        ("obelics", ("Only a few words, really.",), "too_few_words"),
        ("obelics", tuple(f"{PROSE} {n}" for n in range(60)), "too_many_words"),
        ("obelics", tuple(PROSE[:99] for _ in range(9)), "repeated_characters"),
        ("obelics", (PROSE, PROSE), "repeated_words"),
        ("obelics", (PROSE.replace(",", "").replace(".", ""),), "too_few_words"),
        ("obelics", (Text(PROSE.replace(",", "").replace(".", ""), "caption"),), "little_punctuation"),
        ("obelics", (PROSE, Text("a1 = b2 + c3; d4 = e5 - f6; g7 = (h8 ** i9) % j10", "code")), "special_characters"),
    ],
)
def test_a_rule_keeps_and_drops(stage: str, texts: tuple, expected: str) -> None:
    assert reason(stage, *texts) == expected


def test_rules_made_for_english_are_not_asked_of_other_languages() -> None:
    (answer,) = STAGES["quality"]()([document(CHINESE, language="zh")])
    assert isinstance(answer, Document)


def test_c4_takes_out_paragraphs_and_nothing_else() -> None:
    one = document(
        Text("News", "heading", 1),
        PROSE,
        "Share this",
        Text("a = {1}", "code"),
        "This site uses cookies to be nicer to you.",
    )
    one.items.append(Image("http://a.example/1.jpg"))
    (answer,) = STAGES["c4"]()([one])
    assert [getattr(item, "text", "picture") for item in answer.items] == ["News", PROSE, "a = {1}", "picture"]
    assert reason("c4", PROSE, "He wrote f{x} and it was so, again.", curly_bracket=True) == "curly_bracket"


def test_obelics_takes_out_poor_paragraphs() -> None:
    (answer,) = STAGES["obelics"]()([document(PROSE, "two words", "###### ====== $$$$ ++ !! @@ ## %% &&")])
    assert answer.text == PROSE


def test_fineweb_counts_shorter_lines_in_scripts_without_spaces() -> None:
    assert isinstance(FineWeb()([document("船回来的时候港口很安静码头上没有人。", language="zh")])[0], Document)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Write to jane.doe+x@mail.museum.org today", "Write to email@example.com today"),
        ("Paid with 4111 1111 1111 1111 then", "Paid with 0000 0000 0000 0001 then"),
        ("Order 4111 1111 1111 1112 is no card", "Order 4111 1111 1111 1112 is no card"),
        ("IBAN DE89 3704 0044 0532 0130 00, thanks", "IBAN XX00 0000 0000 0000, thanks"),
        ("IBAN DE88 3704 0044 0532 0130 00", "IBAN DE88 3704 0044 0532 0130 00"),
        ("It came from 8.8.8.8 at night", "It came from 192.0.2.1 at night"),
        ("Ask 2a00:1450:4001:82b::200e for it", "Ask 192.0.2.1 for it"),
        ("At 2001:10:30 std::fill calls a::b and abcd::1", "At 2001:10:30 std::fill calls a::b and abcd::1"),
        ("Routers sit at 192.168.0.1, version 1.2.3.4.5", "Routers sit at 192.168.0.1, version 1.2.3.4.5"),
        ("Call +44 20 7946 0958 now", "Call +1 555 0100 now"),
        ("Call (212) 555-0123 now", "Call +1 555 0100 now"),
        ("From 1998-2004, 10 000 000 people, 3.14159265358979", "From 1998-2004, 10 000 000 people, 3.14159265358979"),
        ("user@localhost and @handle", "user@localhost and @handle"),
    ],
)
def test_personal_data_are_replaced_and_numbers_are_not(text: str, cleaned: str) -> None:
    one = document(text)
    one.items.append(Image("u", alt=text, caption=text))
    (answer,) = Pii()([one])
    assert answer.items[0].text == answer.items[1].alt == answer.items[1].caption == cleaned
    assert ("pii" in answer.scores) == (text != cleaned)
    (again,) = Pii()([answer])
    assert again.items[0].text == cleaned


def test_personal_data_may_drop_the_document() -> None:
    (answer,) = Pii(action="drop")([document("a@b.org, c@d.org")])
    assert (answer.reason, answer.detail, answer.value) == ("personal_data", "email", 2)
    assert isinstance(Pii(kinds=("card",), action="drop")([document("a@b.org")])[0], Document)


@given(st.integers(0, 10**15 - 1))
def test_luhn_finds_any_single_wrong_digit(number: int) -> None:
    digits = f"{number:015d}"
    check = next(digit for digit in "0123456789" if luhn(digits + digit))
    assert sum(luhn(digits + digit) for digit in "0123456789") == 1
    assert not luhn(f"{(int(digits[0]) + 1) % 10}{digits[1:]}{check}")


def test_iban_checks() -> None:
    assert iban("GB82 WEST 1234 5698 7654 32")
    assert not iban("GB82 WEST 1234 5698 7654 33")


@given(st.text(max_size=300))
def test_no_text_makes_a_stage_raise(text: str) -> None:
    for name, stage in STAGES.items():
        if name not in ("language", "toxicity"):
            stage()([document(text, Text(text, "list"))])


def test_bad_words_are_whole_words(tmp_path) -> None:
    def url(address: str) -> str:
        (answer,) = BadWords()([document(PROSE, url=address)])
        return answer.reason if isinstance(answer, Drop) else "kept"

    assert url("http://www.sussex.example/middlesex/essex") == "kept"
    assert url("http://a.example/SEX-and-more/") == "url_word"
    words = tmp_path / "words.txt"
    words.write_text("# a comment\nStorm\n")
    stage = BadWords(lists=(str(words),))
    assert stage([document(PROSE)])[0].reason == "text_words"
    assert isinstance(stage([document("The calm sea.")])[0], Document)


def test_the_language_is_that_of_the_text_and_not_of_its_heading() -> None:
    german = "Der Hafen war ruhig, als die Boote zurückkamen, und niemand auf dem Steg sprach über den Sturm. " * 4
    heading = "The GNU Image Manipulation Program: introduction and preface to the user's manual"
    (answer,) = STAGES["language"]()([document(Text(heading, "heading", 1), german)])
    assert answer.language == "de"


def test_punctuation_is_what_obelics_counts():
    assert punctuation('He said: "a well-known (old) boat, no?"') == 3 / (3 + 8)
    assert punctuation("船回来了，港口很安静。") == 2 / (2 + 9)


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("The boat came. Nobody saw it! Who would?", "paragraph", 3),
        ("It cost 3.50 at www.a.example in all.", "paragraph", 1),
        ("He said: \u201cNo.\u201d And left", "paragraph", 1),
        ("no mark at all", "paragraph", 1),
        ("no mark at all", "list", 0),
        ("Read this first. Then that.", "list", 2),
        ("船回来了。港口很安静。", "paragraph", 2),
        ("One. Two.", "code", 0),
    ],
)
def test_sentences_are_told_by_their_ends(text, kind, number):
    assert sentences(Text(text, kind=kind)) == number
