"""Scenes: what the words name is what the pixels show."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from m3w_builder.sampleweb.scene import COLOURS, GROUNDS, PATTERNS, SIDES, Scene, draw_scene, render, stands_out
from m3w_builder.sampleweb.shapes import SHAPES, outline

PLAIN = Scene("snow", "ball", "blue", 1, "plain", "", "", "", 128, 128, 7)


def near(pixels, colour, reach=60):
    """Which pixels are about of a colour."""
    return np.linalg.norm(pixels.astype(float) - COLOURS[colour], axis=2) < reach


def test_the_same_seed_gives_the_same_pixels_and_another_salt_others():
    assert np.array_equal(render(PLAIN), render(PLAIN))
    assert not np.array_equal(render(PLAIN), render(PLAIN, salt=1))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_outline_fits_its_square(shape):
    assert all(np.abs(part).max() <= 1.25 for part in outline(shape))


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_ground_lets_six_colours_or_more_stand_out(ground):
    assert sum(stands_out(colour, ground) for colour in COLOURS) >= 6


@pytest.mark.parametrize("colour", [colour for colour in COLOURS if stands_out(colour, "fog")])
def test_the_thing_has_the_colour_that_is_told(colour):
    share = near(render(replace(PLAIN, ground="fog", colour=colour, shape="box")), colour).mean()
    assert share > 0.2


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_there_are_as_many_things_as_told(count):
    import cv2

    for seed in range(5):
        mask = near(render(replace(PLAIN, count=count, seed=seed)), "blue", 90).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        assert (stats[1:, cv2.CC_STAT_AREA] > 60).sum() == count


@pytest.mark.parametrize("side", SIDES)
def test_the_second_thing_is_on_the_side_that_is_told(side):
    for seed in range(5):
        scene = replace(PLAIN, second_shape="box", second_colour="red", side=side, seed=seed)
        pixels = render(scene)
        (y1, x1), (y2, x2) = (np.argwhere(near(pixels, colour, 80)).mean(axis=0) for colour in ("blue", "red"))
        offset = {"left": x1 - x2, "right": x2 - x1, "above": y1 - y2, "below": y2 - y1}
        assert offset[side] > 20


def test_patterns_change_the_thing_and_nothing_else_is_told():
    pictures = {pattern: render(replace(PLAIN, pattern=pattern)) for pattern in PATTERNS}
    assert near(pictures["plain"], "blue").sum() > 1.2 * near(pictures["striped"], "blue").sum()
    assert near(pictures["plain"], "blue").sum() > 1.2 * near(pictures["spotted"], "blue").sum()
    assert set(PLAIN.to_json()) == {"ground", "shape", "colour", "count", "pattern"}


def test_many_thousands_of_combinations_come_up():
    rng = Random(1)
    told = {tuple(draw_scene(rng).to_json().values()) for _ in range(3000)}
    assert len(told) > 2900
