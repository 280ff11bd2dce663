"""A set's hash list drops what stands in the set, changed a little, and nothing else."""

import io
import json
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from m3w_builder import config, pictures, text
from m3w_builder.decontaminate import index, resolve
from m3w_builder.dedup import alike
from m3w_builder.document import Document, Text
from m3w_builder.errors import ConfigError
from m3w_builder.pictures import Picture, PicturesConfig, decode
from m3w_builder.pictures.lists import FAR, LOOSER, near
from m3w_builder.stage import Drop

QUESTION = "How many red boats lie in the harbour of the small town behind the long stone pier today?"


def drawing(shift: int, size: tuple[int, int] = (300, 200)) -> Image.Image:
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for at in range(4):
        left, top = (at * 70 + shift) % 240, (at * 37 + 2 * shift) % 150
        box = [value * size[0] / 300 for value in (left, top, left + 50, top + 40)]
        draw.ellipse(box, fill=(250 - 50 * at, 40 * at, 90))
    return picture


def encoded(picture: Image.Image, name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, name, **options)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["folder", "tar"])
def test_a_set_keeps_its_pictures_and_texts_out(tmp_path, form: str) -> None:
    files = {"a.png": encoded(drawing(0), "PNG"), "a.json": json.dumps({"qa": [{"question": QUESTION}]}).encode()}
    source = tmp_path / form
    if form == "folder":
        source.mkdir()
        for name, body in files.items():
            (source / name).write_bytes(body)
    else:
        with tarfile.open(source, "w") as tar:
            for name, body in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(body)
                tar.addfile(member, io.BytesIO(body))
    out = str(tmp_path / "harbour-vqa.hashes")
    assert index(str(source), out) == (1, len(QUESTION.split()) - 12)

    stage = pictures.STAGES["picture_contamination"](lists=(out,))
    for body, dropped in [
        (encoded(drawing(0, (150, 100)), "JPEG", quality=60), True),
        (encoded(drawing(55), "PNG"), False),
    ]:
        one = decode("u", body, PicturesConfig())
        assert isinstance(one, Picture)
        (answer,) = stage([one])
        assert isinstance(answer, Drop) == dropped
        assert not dropped or answer.detail == "harbour-vqa"

    stage = text.STAGES["contamination"](lists=(out,))
    held = Document("u", [Text(f"A quiz: {QUESTION.upper()} And more.")])
    free = Document("u", [Text("How many red boats lie in the bay of the small town behind the long pier?")])
    answers = stage([held, free])
    assert isinstance(answers[0], Drop) and answers[0].detail == "harbour-vqa"
    assert answers[1] is free


def test_a_cropped_picture_is_found_by_its_gradients(tmp_path) -> None:
    (tmp_path / "set").mkdir()
    whole = drawing(0, (900, 600))
    (tmp_path / "set" / "a.png").write_bytes(encoded(whole, "PNG"))
    new, old = tmp_path / "new.hashes", tmp_path / "old.hashes"
    index(str(tmp_path / "set"), str(new))
    # As lists were made before they held gradients.
    old.write_text("".join(line for line in new.read_text().splitlines(True) if not line.startswith("d ")))
    one = decode("u", encoded(whole.crop((27, 18, 873, 582)), "JPEG"), PicturesConfig())
    other = decode("u", encoded(drawing(55), "PNG"), PicturesConfig())
    same = decode("u", encoded(whole, "JPEG"), PicturesConfig())
    answers = {
        name.stem: pictures.STAGES["picture_contamination"](lists=(str(name),))([one, other, same])
        for name in (new, old)
    }
    assert [isinstance(answer, Drop) for answer in answers["new"]] == [True, False, True]
    assert [isinstance(answer, Drop) for answer in answers["old"]] == [False, False, True]


@given(st.integers(0, 1000), st.integers(0, 6))
def test_a_list_finds_what_comparing_with_all_of_it_finds(seed: int, radius: int) -> None:
    random = np.random.default_rng(seed)
    hashes, also = random.integers(0, 1 << 64, (2, 40), dtype=np.uint64)
    asked = hashes[:20].copy(), also[:20].copy()
    for side, most in zip(asked, (radius + 3, LOOSER * radius + 3), strict=True):
        for _ in range(most):
            turned = np.uint64(1) << random.integers(0, 64, 20).astype(np.uint64)
            side ^= np.where(random.integers(0, 2, 20) > 0, turned, np.uint64(0))
    for value, other in zip(*(side.tolist() for side in asked), strict=True):
        bits = np.bitwise_count(hashes ^ np.uint64(value))
        second = np.bitwise_count(also ^ np.uint64(other)) <= LOOSER * radius
        for found, close in (
            (near(hashes, radius).distance(value), bits <= radius),
            (near(hashes, radius, also).distance(value, other), (bits <= radius) & second),
        ):
            assert found == (bits[close].min() if close.any() else FAR)


def test_a_listed_picture_is_told_as_a_duplicate_is() -> None:
    assert LOOSER == alike.LOOSER


def test_nothing_to_hash_is_an_error_that_says_so(tmp_path) -> None:
    with pytest.raises(ConfigError, match="neither a folder nor a tar"):
        index(str(tmp_path / "none"), str(tmp_path / "out"))
    with pytest.raises(ConfigError, match="holds no picture"):
        index(str(tmp_path), str(tmp_path / "out"))


def test_sets_named_in_a_config_become_lists_in_the_build(tmp_path) -> None:
    folder = tmp_path / "harbour-vqa"
    folder.mkdir()
    (folder / "a.png").write_bytes(encoded(drawing(0), "PNG"))
    (folder / "a.txt").write_text(QUESTION)
    blocked = tmp_path / "bad.txt"
    blocked.write_text("p 0123456789abcdef\n")

    def resolved() -> config.Config:
        return resolve(
            config.parse(
                {
                    "source": {"folder": {"path": str(tmp_path), "base_url": "http://a.example/"}},
                    "text": [{"contamination": {"lists": [str(folder)]}}],
                    "pictures": {
                        "filters": [
                            {"picture_contamination": {"lists": [str(folder)]}},
                            {"blocked": {"lists": [str(blocked)]}},
                        ]
                    },
                }
            ),
            str(tmp_path / "build"),
        )

    first = resolved()
    config.check(first)
    assert resolved() == first
    (answer,) = first.text[0]([Document("u", [Text(QUESTION)])])
    assert isinstance(answer, Drop) and answer.detail == "harbour-vqa"
    one = decode("u", encoded(drawing(0), "JPEG"), PicturesConfig())
    (answer,) = first.pictures.filters[0]([one])
    assert isinstance(answer, Drop) and answer.detail == "harbour-vqa"
    # What a set holds is in the list's name: a changed one is another config, and reruns what depends on it.
    (folder / "b.txt").write_text("Another question of this set, long enough to be told from others?")
    second = resolved()
    assert second.text[0] != first.text[0] and second.pictures.filters[1] == first.pictures.filters[1]
    blocked.write_text("p 0123456789abcdee\n")
    assert resolved().pictures.filters[1] != first.pictures.filters[1]
    blocked.unlink()
    with pytest.raises(ConfigError, match="there is no file or folder"):
        resolved()


def test_lists_of_words_are_copied_and_those_of_the_package_are_named(tmp_path) -> None:
    words = tmp_path / "mine.txt"
    words.write_text("harbour\n")
    source = {"folder": {"path": str(tmp_path), "base_url": "http://a.example/"}}
    given = {"source": source, "text": [{"bad_words": {"lists": ["adult", str(words)], "max_share": 0.0}}]}
    stage = resolve(config.parse(given), str(tmp_path / "build")).text[0]
    words.unlink()
    assert stage.lists[0] == "adult"
    answers = stage([Document("u", [Text("the harbour")], language="en"), Document("u", [Text("the pier")])])
    assert [isinstance(answer, Drop) for answer in answers] == [True, False]


def test_a_list_may_hold_embeddings_too(tmp_path, tiny_clip) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.png").write_bytes(encoded(Image.new("RGB", (80, 80), (200, 30, 30)), "PNG"))
    out = str(tmp_path / "colours.hashes")
    embedding = pictures.STAGES["embedding"](tiny_clip)
    assert index(str(tmp_path / "set"), out, embedding) == (1, 0)
    stage = pictures.STAGES["picture_contamination"](lists=(out,), max_distance=1)
    # Half the sheet is striped: no longer alike by perceptual hash, but still a red sheet.
    striped = Image.new("RGB", (80, 80), (200, 30, 30))
    for row in range(0, 40, 4):
        striped.paste((170, 20, 20), (0, row, 80, row + 2))
    one = decode("u", encoded(striped, "PNG"), PicturesConfig(filters=(embedding,)))
    (answer,) = stage([one])
    assert answer is one
    embedding([one])
    (answer,) = stage([one])
    assert isinstance(answer, Drop) and (answer.reason, answer.detail) == ("listed_embedding", "colours")
