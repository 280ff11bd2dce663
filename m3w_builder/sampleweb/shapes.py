"""Outlines of the things that scenes show, as polygons in the square from -1 to 1, y downwards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Outline = NDArray[np.float64]

SHAPES = ("ball", "box", "star", "heart", "cross", "ring", "moon", "flower", "house", "tree", "fish", "boat")


@cache
def outline(shape: str) -> tuple[Outline, ...]:
    """The polygons of a shape; where they overlap, the inner one is a hole (even-odd)."""
    if shape in _POINTS:
        return tuple(np.array(points, dtype=np.float64) for points in _POINTS[shape])
    return _CURVES[shape]()


def _polar(radius: Outline, turn: Outline) -> Outline:
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


def _turns(count: int) -> Outline:
    return np.linspace(0, 2 * np.pi, count, endpoint=False)


def _ball() -> tuple[Outline, ...]:
    turn = _turns(36)
    return (_polar(np.full(36, 0.95), turn),)


def _ring() -> tuple[Outline, ...]:
    turn = _turns(36)
    return _polar(np.full(36, 1.0), turn), _polar(np.full(36, 0.52), turn)


def _star() -> tuple[Outline, ...]:
    turn = _turns(10) - np.pi / 2
    return (_polar(np.where(np.arange(10) % 2 == 0, 1.05, 0.45), turn),)


def _flower() -> tuple[Outline, ...]:
    turn = _turns(60)
    return _polar(0.72 + 0.33 * np.cos(5 * turn), turn), _polar(np.full(12, 0.22), _turns(12))


def _heart() -> tuple[Outline, ...]:
    turn = _turns(40)
    x = 16 * np.sin(turn) ** 3
    y = -(13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn))
    return (np.stack([x / 16.5, y / 16.5 - 0.08], axis=1),)


def _moon() -> tuple[Outline, ...]:
    outer = np.linspace(0.25 * np.pi, 1.75 * np.pi, 30)
    inner = np.linspace(1.68 * np.pi, 0.32 * np.pi, 24)
    bow = _polar(np.full(24, 0.8), inner) + np.array([0.42, 0.0])
    return (np.concatenate([_polar(np.full(30, 1.0), outer), bow]) + np.array([0.2, 0.0]),)


def _fish() -> tuple[Outline, ...]:
    turn = np.linspace(0.13 * np.pi, 1.87 * np.pi, 30)
    body = np.stack([0.72 * np.cos(turn) - 0.22, 0.52 * np.sin(turn)], axis=1)
    tail = np.array([[1.0, -0.6], [0.82, 0.0], [1.0, 0.6]])
    return np.concatenate([body, tail]), _polar(np.full(8, 0.09), _turns(8)) + np.array([-0.6, -0.12])


_CURVES = {
    "ball": _ball,
    "ring": _ring,
    "star": _star,
    "flower": _flower,
    "heart": _heart,
    "moon": _moon,
    "fish": _fish,
}

_CROSS = (
    (-0.32, -1), (0.32, -1), (0.32, -0.32), (1, -0.32), (1, 0.32), (0.32, 0.32),
    (0.32, 1), (-0.32, 1), (-0.32, 0.32), (-1, 0.32), (-1, -0.32), (-0.32, -0.32),
)  # fmt: skip
_TREE = (
    (0, -1.05), (0.5, -0.35), (0.28, -0.35), (0.72, 0.2), (0.4, 0.2), (0.9, 0.7), (0.18, 0.7), (0.18, 1.05),
    (-0.18, 1.05), (-0.18, 0.7), (-0.9, 0.7), (-0.4, 0.2), (-0.72, 0.2), (-0.28, -0.35), (-0.5, -0.35),
)  # fmt: skip
_POINTS: dict[str, list[Sequence[tuple[float, float]]]] = {
    "box": [[(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]],
    "cross": [_CROSS],
    "house": [
        [(-1, -0.15), (0, -1), (1, -0.15), (0.78, -0.15), (0.78, 0.95), (-0.78, 0.95), (-0.78, -0.15)],
        [(-0.2, 0.95), (-0.2, 0.35), (0.2, 0.35), (0.2, 0.95)],
    ],
    "tree": [_TREE],
    "boat": [
        [(-1, 0.3), (1, 0.3), (0.65, 0.9), (-0.65, 0.9)],
        [(-0.05, -1), (0.75, 0.15), (-0.05, 0.15)],
        [(-0.15, -0.75), (-0.15, 0.15), (-0.7, 0.15)],
    ],
}
