"""The paper's sequences: marks, who sees which picture (figure 7), windows, labels."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.document import Document, Image, Text, Video
from m3w_builder.shards.window import NOTHING, Marked, Sampling, draw, line, looks_at, of_hugging_face, window

PAD, BOS, IMAGE, EOC = 0, 1, 2, 3
TOKENIZER = Marked(lambda text: [ord(letter) + 10 for letter in text if letter.isalpha()], PAD, BOS, IMAGE, EOC)


def page(shape):
    """A document of a shape such as "ab.c.": letters are texts, dots are pictures."""
    items, pictures = [], 0
    for letter in shape:
        if letter == ".":
            items.append(Image(f"http://x/{pictures}", part=f"{pictures}.jpg"))
            pictures += 1
        else:
            items.append(Text(letter))
    return Document("http://x/", items)


def shown(tokens):
    return "".join({BOS: "^", IMAGE: "#", EOC: "|"}.get(token) or chr(token - 10) for token in tokens)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("a.b.c", "^a|#b|#c|"),
        (".a", "^#a|"),
        ("a.", "^a|#|"),
        ("..", "^#|#|"),
        ("abc", "^abc|"),
        ("", "^|"),
    ],
)
def test_an_end_of_chunk_stands_before_every_picture_and_at_the_end(shape, expected):
    assert shown(line(page(shape), TOKENIZER).tokens) == expected


# Figure 7 of the paper, token by token: "<BOS>Cute pics<EOC><image>My puppy<EOC><image>My cat<EOC>".
@pytest.mark.parametrize(
    ("shape", "tokens", "previous", "following"),
    [
        ("ab.cd.ef", "^ab|#cd|#ef|", "----00001111", "00001111----"),
        (".ab", "^#ab|", "-0000"[:5], "0----"),
        ("ab.", "^ab|#|", "----00", "0000--"),
        ("a..b", "^a|#|#b|", "---00111", "00011---"),
        ("ab", "^ab|", "----", "----"),
    ],
)
def test_a_token_sees_the_picture_of_the_paper_s_figure(shape, tokens, previous, following):
    whole = line(page(shape), TOKENIZER)
    assert shown(whole.tokens) == tokens
    for to_next, expected in ((False, previous), (True, following)):
        seen = looks_at(whole.places, len(whole.tokens), to_next)
        assert "".join("-" if index < 0 else str(index) for index in seen) == expected


def test_only_indices_move_when_texts_look_ahead():
    whole = line(page("ab.cd.ef"), TOKENIZER)
    sampling = Sampling(blind_labels=True)
    back, ahead = (window(whole, 0, to_next, sampling, IMAGE) for to_next in (False, True))
    assert (back.tokens_T == ahead.tokens_T).all()
    assert (back.labels_T == ahead.labels_T).all()
    assert back.parts == ahead.parts == ["0.jpg", "1.jpg"]


def test_no_loss_on_marks_nor_where_no_picture_is_seen():
    whole = line(page("ab.cd"), TOKENIZER)
    labels = window(whole, 0, False, Sampling(), IMAGE).labels_T
    assert [label == NOTHING for label in labels] == [True] * 5 + [False] * 3
    labels = window(whole, 0, False, Sampling(blind_labels=True), IMAGE).labels_T
    assert [label == NOTHING for label in labels] == [False] * 4 + [True] + [False] * 3


def test_a_window_ends_before_the_picture_that_is_one_too_many():
    drawn = window(line(page("a.b.c.d"), TOKENIZER), 0, False, Sampling(max_pictures=2), IMAGE)
    assert shown(drawn.tokens_T) == "^a|#b|#c|"
    assert drawn.parts == ["0.jpg", "1.jpg"]


def test_text_whose_picture_stands_outside_the_window_sees_none():
    whole = line(page("a.bcdef.g"), TOKENIZER)  # ^a|#bcdef|#g|
    drawn = window(whole, 5, False, Sampling(length=8), IMAGE)
    assert shown(drawn.tokens_T) == "cdef|#g|"
    assert drawn.looks_at_T.tolist() == [-1] * 5 + [0] * 3
    assert drawn.parts == ["1.jpg"]


def test_marks_that_a_page_forges_are_left_out():
    forging = Marked(lambda text: [IMAGE, 50, EOC], PAD, BOS, IMAGE, EOC)
    assert line(page("a.b"), forging).tokens == [BOS, 50, EOC, IMAGE, 50, EOC]


def test_other_media_are_passed_over():
    one = page("a.b")
    one.items.insert(1, Video("http://x/v"))
    assert shown(line(one, TOKENIZER).tokens) == "^a|#b|"


@given(st.text("abc.", max_size=60), st.integers(4, 20), st.integers(1, 3), st.integers(0, 99))
def test_a_drawn_window_is_whole(shape, length, most, seed):
    whole = line(page(shape), TOKENIZER)
    sampling = Sampling(length, most)
    drawn = draw(whole, sampling, str(seed), IMAGE)
    if drawn is None:
        # Sixteen draws may miss a rare start that has something to learn; where every start has, none can.
        assert not whole.places or any(nothing_to_learn(whole, sampling, seed))
        return
    count = (drawn.tokens_T == IMAGE).sum()
    assert len(drawn.tokens_T) == len(drawn.looks_at_T) == len(drawn.labels_T) <= length
    assert 1 <= count == len(drawn.parts) <= most
    assert drawn.looks_at_T.max() < count
    assert (drawn.labels_T[1:] != NOTHING).any()
    assert shown(drawn.tokens_T) in shown(whole.tokens)


def nothing_to_learn(whole, sampling, seed):
    """Of each start with a picture in its window."""
    to_next = random.Random(str(seed)).random() < sampling.next_probability
    for start in range(max(0, len(whole.tokens) - sampling.length) + 1):
        drawn = window(whole, start, to_next, sampling, IMAGE)
        if drawn.parts:
            yield not (drawn.labels_T[1:] != NOTHING).any()


def test_windows_begin_anywhere_and_half_look_ahead():
    whole = line(page("abcdefghij.klmnopqrst.uvwxyz"), TOKENIZER)
    drawn = [draw(whole, Sampling(12), str(seed), IMAGE) for seed in range(400)]
    assert len({shown(one.tokens_T) for one in drawn}) > 12
    ahead = sum(one.looks_at_T[0] >= 0 and one.tokens_T[0] != IMAGE for one in drawn)
    assert 120 < ahead < 280


def test_the_same_seed_draws_the_same():
    whole = line(page("abc.def.ghi"), TOKENIZER)
    one, two, other = (draw(whole, Sampling(6), seed, IMAGE) for seed in ("s", "s", "t"))
    assert one.tokens_T.tolist() == two.tokens_T.tolist() != other.tokens_T.tolist()


@pytest.mark.parametrize("wrong", [{"length": 3}, {"max_pictures": 0}, {"next_probability": 1.5}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError):
        Sampling(**wrong)


def test_a_hugging_face_tokenizer_gets_the_marks_that_it_lacks():
    from tokenizers import Tokenizer, models, pre_tokenizers

    backend = Tokenizer(models.WordLevel({"a": 0, "boat": 1, "<|endoftext|>": 2, "[UNK]": 3}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    marked = of_hugging_face(backend)
    assert marked.end_of_text == 2
    assert marked.encode("a boat") == [0, 1]
    marks = {marked.pad, marked.end_of_text, marked.image, marked.end_of_chunk}
    assert len(marks) == 4 and max(marks) == backend.get_vocab_size() - 1
    found = line(Document("http://a/", [Text("a boat <image>"), Image("http://p/", part="0.jpg")]), marked)
    assert found.tokens == [2, 0, 1, marked.end_of_chunk, marked.image, marked.end_of_chunk]
