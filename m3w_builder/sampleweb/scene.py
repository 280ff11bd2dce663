"""Scenes: what a picture shows, drawn from a seed, and the pixels that show it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from m3w_builder.sampleweb.shapes import SHAPES, outline

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (205, 35, 40),
    "orange": (245, 135, 25),
    "yellow": (250, 215, 45),
    "green": (40, 150, 65),
    "blue": (40, 85, 210),
    "purple": (130, 60, 165),
    "pink": (245, 140, 190),
    "brown": (120, 70, 35),
    "white": (246, 246, 246),
    "black": (28, 28, 28),
}
"""Colours that a scene names, RGB."""

GROUNDS: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "grass": ((105, 170, 80), (155, 205, 115)),
    "sand": ((228, 203, 152), (205, 176, 122)),
    "snow": ((228, 234, 241), (198, 210, 228)),
    "sea": ((55, 145, 165), (115, 195, 205)),
    "night": ((18, 22, 55), (48, 46, 98)),
    "sky": ((140, 195, 240), (205, 228, 246)),
    "brick": ((168, 96, 80), (148, 82, 68)),
    "wood": ((180, 134, 88), (150, 106, 66)),
    "paper": ((242, 240, 224), (226, 224, 208)),
    "fog": ((158, 162, 167), (194, 196, 200)),
    "sunset": ((243, 155, 95), (176, 88, 122)),
}
"""Grounds on which things stand: the two colours between which they shade, RGB."""

PATTERNS = ("plain", "striped", "spotted")
SIDES = ("left", "right", "above", "below")
SIZES = ((128, 128), (144, 108), (108, 144), (150, 100), (120, 96), (112, 112), (160, 120), (132, 104))
"""Width and height in px."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`count` things of one shape and colour on a ground, perhaps a small second thing on one `side` of them.

    `second_shape`, `second_colour` and `side` are all "" where there is none. `seed` settles what no
    word tells: exact places, turns, light and grain.
    """

    ground: str
    shape: str
    colour: str
    count: int
    pattern: str
    second_shape: str
    second_colour: str
    side: str
    width: int
    height: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """What the words may tell."""
        names = ("ground", "shape", "colour", "count", "pattern", "second_shape", "second_colour", "side")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def stands_out(colour: str, ground: str) -> bool:
    """Whether a thing of this colour is plainly seen on this ground: RGB distance of 95 to both of its shades."""
    return all(math.dist(COLOURS[colour], shade) >= 95 for shade in GROUNDS[ground])


def draw_scene(rng: Random, size: tuple[int, int] | None = None) -> Scene:
    """A scene by chance."""
    ground = rng.choice(list(GROUNDS))
    colours = [colour for colour in COLOURS if stands_out(colour, ground)]
    colour = rng.choice(colours)
    shape = rng.choice(SHAPES)
    second = rng.random() < 0.6
    width, height = size or rng.choice(SIZES)
    return Scene(
        ground=ground,
        shape=shape,
        colour=colour,
        count=rng.choices((1, 2, 3, 4), (5, 4, 3, 2))[0],
        pattern=rng.choices(PATTERNS, (5, 2, 2))[0],
        second_shape=rng.choice([other for other in SHAPES if other != shape]) if second else "",
        second_colour=rng.choice([other for other in colours if other != colour]) if second else "",
        side=rng.choice(SIDES) if second else "",
        width=width,
        height=height,
        seed=rng.getrandbits(48),
    )


def render(scene: Scene, salt: int = 0) -> Pixels:
    """The picture, (height, width, 3) RGB. Another `salt` gives another picture of the same words."""
    rng = np.random.default_rng([scene.seed, salt])
    canvas = _ground(scene, rng)
    main, second = _regions(scene)
    for x, y, radius in _places(scene, main, rng):
        _thing(canvas, scene.shape, scene.colour, scene.pattern, (x, y, radius), rng)
    if second:
        _thing(canvas, scene.second_shape, scene.second_colour, "plain", second, rng)
    canvas *= np.clip(1 + 0.09 * _field(scene, rng, 3), 0.75, 1.25)[..., None]  # light falls on all
    return np.clip(canvas, 0, 255, out=canvas).astype(np.uint8)


def _field(scene: Scene, rng: np.random.Generator, cells: int) -> Plane:
    """A smooth field of mean 0 and deviation about 1."""
    coarse = rng.standard_normal((cells, cells), dtype=np.float32)
    return cv2.resize(coarse, (scene.width, scene.height), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def _ground(scene: Scene, rng: np.random.Generator) -> Plane:
    """The ground: a shade in a chance direction, clouds of light and dark, and the material's own texture.

    The clouds are what keeps perceptual hashes of different scenes apart; they change lightness only,
    so that the colour stays what its name says.
    """
    x = np.arange(scene.width, dtype=np.float32)[None, :]
    y = np.arange(scene.height, dtype=np.float32)[:, None]
    turn = rng.uniform(0, 2 * math.pi)
    corners = np.array([[0.0, math.cos(turn)], [math.sin(turn), math.cos(turn) + math.sin(turn)]], dtype=np.float32)
    corners = (corners - corners.min()) / np.ptp(corners)
    first, last = (np.array(shade, dtype=np.float32) for shade in GROUNDS[scene.ground])
    shades = first + (last - first) * corners[..., None]
    canvas = cv2.resize(shades, (scene.width, scene.height), interpolation=cv2.INTER_LINEAR)
    grain = np.float32(13) * _field(scene, rng, int(rng.integers(4, 8)))
    grain += _texture(scene.ground, x, y, rng)
    canvas += grain[..., None]
    return canvas  # type: ignore[no-any-return]


def _texture(ground: str, x: Plane, y: Plane, rng: np.random.Generator) -> Any:
    """Light and dark by which a material is known, for a row of x and a column of y in px."""
    step = float(rng.uniform(9, 16))
    shift = float(rng.uniform(0, 50))
    if ground == "brick":
        row = np.floor(y / step)
        return -45.0 * ((y % step < 2) | ((x + row % 2 * step + shift) % (2 * step) < 2))
    if ground == "wood":
        return 12 * np.sin((y + 4 * np.sin(x / 23 + shift)) * np.float32(2 * math.pi / step))
    if ground == "paper":
        return -32.0 * (((x + shift) % step < 1.2) | ((y + shift) % step < 1.2))
    if ground == "sea":
        return 11 * np.sin((y + 3 * np.sin(x / step * 2 + shift)) * np.float32(2 * math.pi / step))
    shape = (y.shape[0], x.shape[1])
    if ground == "night":
        return 130.0 * (rng.random(shape, dtype=np.float32) > 0.994)
    deviation = {"grass": 14, "sand": 7}.get(ground, 3)
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(deviation)


Circle = tuple[float, float, float]
"""x, y and radius in px."""


def _regions(scene: Scene) -> tuple[tuple[float, float, float, float], Circle | None]:
    """Where the main things may stand (left, top, right, bottom) and where the second one stands."""
    w, h = float(scene.width), float(scene.height)
    radius = 0.145 * min(w, h)
    strip = 2.4 * radius
    if scene.side == "left":
        return (strip, 0, w, h), (1.15 * radius, h / 2, radius)
    if scene.side == "right":
        return (0, 0, w - strip, h), (w - 1.15 * radius, h / 2, radius)
    if scene.side == "above":
        return (0, strip, w, h), (w / 2, 1.15 * radius, radius)
    if scene.side == "below":
        return (0, 0, w, h - strip), (w / 2, h - 1.15 * radius, radius)
    return (0, 0, w, h), None


def _places(scene: Scene, region: tuple[float, float, float, float], rng: np.random.Generator) -> list[Circle]:
    """One circle a main thing: in a row along the longer side, four in two rows."""
    left, top, right, bottom = region
    width, height = right - left, bottom - top
    columns, rows = {1: (1, 1), 2: (2, 1), 3: (3, 1), 4: (2, 2)}[scene.count]
    if height > width * 1.1 or (scene.count == 3 and rng.random() < 0.3):
        columns, rows = rows, columns
    cell_w, cell_h = width / columns, height / rows
    radius = 0.44 * min(cell_w, cell_h) * rng.uniform(0.8, 1.0)
    free_x, free_y = cell_w / 2 - radius * 1.08, cell_h / 2 - radius * 1.08
    places = []
    for row in range(rows):
        for column in range(columns):
            x = left + (column + 0.5) * cell_w + rng.uniform(-1, 1) * max(free_x, 0)
            y = top + (row + 0.5) * cell_h + rng.uniform(-1, 1) * max(free_y, 0)
            places.append((x, y, radius))
    return places


def _thing(canvas: Plane, shape: str, colour: str, pattern: str, at: Circle, rng: np.random.Generator) -> None:
    """Paint one thing, with an outline that parts it from any ground."""
    x, y, radius = at
    turn = rng.uniform(-0.25, 0.25)
    spin = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    margin = int(radius * 1.25) + 2
    left, top = max(int(x) - margin, 0), max(int(y) - margin, 0)
    window = canvas[top : int(y) + margin, left : int(x) + margin]
    mask = np.zeros(window.shape[:2], dtype=np.uint8)
    points = [np.round((part @ spin * radius + (x - left, y - top)) * 16).astype(np.int32) for part in outline(shape)]
    cv2.fillPoly(mask, points, 255, cv2.LINE_AA, 4)
    edge = np.zeros_like(mask)
    cv2.polylines(edge, points, True, 255, max(1, int(radius / 14)), cv2.LINE_AA, 4)
    paint = np.array(COLOURS[colour], dtype=np.float32)
    dark = paint.sum() < 150
    fill = np.broadcast_to(paint, window.shape)
    if pattern != "plain":
        other = paint + (np.float32(255) - paint) * 0.62 if paint.mean() < 170 else paint * 0.45
        fill = np.where(_marks(pattern, window.shape[:2], radius, rng)[..., None], other, paint)
    cover = (mask.astype(np.float32) / 255)[..., None]
    line = (edge.astype(np.float32) / 255)[..., None] * 0.75
    window += (fill - window) * cover
    window += (np.float32(225 if dark else 25) - window) * line


def _marks(pattern: str, shape: tuple[int, int], radius: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which pixels of a window bear the second shade."""
    x = np.arange(shape[1], dtype=np.float32)[None, :]
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    turn = float(rng.uniform(0, math.pi))
    along = x * math.cos(turn) + y * math.sin(turn)
    step = max(radius * 0.55, 4.0)
    if pattern == "striped":
        return along % step < step * 0.42  # type: ignore[no-any-return]
    across = y * math.cos(turn) - x * math.sin(turn)
    return (along % step - step / 2) ** 2 + (across % step - step / 2) ** 2 < (step * 0.27) ** 2  # type: ignore[no-any-return]
