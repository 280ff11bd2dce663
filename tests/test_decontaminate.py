"""A set's hash list drops what stands in the set, changed a little, and nothing else."""

import io
import json
import tarfile

import pytest
from PIL import Image, ImageDraw

from m3w_builder import pictures, text
from m3w_builder.decontaminate import index
from m3w_builder.document import Document, Text
from m3w_builder.errors import ConfigError
from m3w_builder.pictures import Picture, PicturesConfig, decode
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


def test_nothing_to_hash_is_an_error_that_says_so(tmp_path) -> None:
    with pytest.raises(ConfigError, match="neither a folder nor a tar"):
        index(str(tmp_path / "none"), str(tmp_path / "out"))
    with pytest.raises(ConfigError, match="holds no picture"):
        index(str(tmp_path), str(tmp_path / "out"))
