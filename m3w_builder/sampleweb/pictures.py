"""Makes the picture files of a sample web, on several cores."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np

from m3w_builder.errors import BuildError
from m3w_builder.sampleweb.forms import FORMS, decoded, gradients, phash, scaled
from m3w_builder.sampleweb.scene import render
from m3w_builder.sampleweb.site import File

APART = 7
"""Bits by which the perceptual hashes of any two scenes differ at least; their gradient hashes too, where the former
differ by fewer than `LOOSE`."""
LOOSE = 16

_MANY = 300
"""Scenes from which further processes pay."""


def place(folder: Path, host: str, path: str) -> Path:
    """Where the body of an address lies: a folder's is its index.html, queries do not count."""
    path = path.partition("?")[0]
    return folder / "sites" / host / (path + "index.html" if path.endswith("/") else path).lstrip("/")


def write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


@dataclass(slots=True)
class Job:
    """Scenes to be drawn, each with all its files; by a scene's seed, which of its pictures is wanted."""

    folder: Path
    scenes: list[list[File]]
    salts: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Made:
    """The hashes of each scene by its seed; by how many bits the perceptual one of each copy differs, by its URL."""

    hashes: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Perceptual, of gradients."""
    distances: dict[str, int] = field(default_factory=dict)

    def add(self, other: Made) -> None:
        self.hashes |= other.hashes
        self.distances |= other.distances


def write_all(folder: Path, files: Sequence[File], processes: int) -> dict[str, int]:
    """Make all pictures; where two scenes came out too much alike, one of them again, otherwise.

    Files of one scene stand side by side. The answer says of each copy's URL by how many bits its
    perceptual hash differs from the original's. Raises BuildError where a process fails.
    """
    made = Made()
    salts: dict[int, int] = {}
    todo = list(files)
    for _ in range(20):
        scenes = [list(group) for _, group in groupby(todo, key=lambda file: file.scene.seed)]
        if processes > 1 and len(scenes) >= _MANY:
            shares = [Job(folder, scenes[start::processes], salts) for start in range(processes)]
            for part in _elsewhere(shares):
                made.add(part)
        else:
            made.add(make(Job(folder, scenes, salts)))
        again = too_close(made.hashes)
        if not again:
            break
        salts |= {seed: salts.get(seed, 0) + 1 for seed in again}
        todo = [file for file in files if file.scene.seed in again]
    return made.distances


def _elsewhere(jobs: list[Job]) -> list[Made]:
    """The jobs, each in a process of its own.

    Plain subprocesses: those of multiprocessing import the caller's main module again, and a script
    without a guard would start itself for ever.
    """
    command = [sys.executable, "-m", "m3w_builder.sampleweb", "draw"]
    running = []
    for job in jobs:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        pickle.dump(job, process.stdin)
        process.stdin.close()
        running.append(process)
    made = []
    for process in running:
        assert process.stdout is not None
        answer = process.stdout.read()
        if process.wait():
            raise BuildError("sample web: a process that draws pictures failed; its error stands above")
        made.append(pickle.loads(answer))
    return made


def make(job: Job) -> Made:
    """Write the files of some scenes."""
    made = Made()
    for files in job.scenes:
        scene = files[0].scene
        pixels = render(scene, job.salts.get(scene.seed, 0))
        made.hashes[scene.seed] = (mine := phash(pixels)), gradients(pixels)
        for file in files:
            form = FORMS[file.form]
            assert form.write is not None  # files are made of forms that have bytes
            body = form.write(pixels if file.scale == 1 else scaled(pixels, file.scale))
            write(place(job.folder, file.host, file.path), body)
            if form.keep == "group" and file.planted:
                made.distances[file.url] = (phash(decoded(body)) ^ mine).bit_count()
    return made


def too_close(hashes: dict[int, tuple[int, int]]) -> set[int]:
    """Seeds of scenes that look like one with a smaller seed: their hashes are nearer than `APART`."""
    seeds = sorted(hashes)
    signs = []
    for which in (0, 1):
        words = np.array([hashes[seed][which] for seed in seeds], dtype=">u8")
        signs.append(np.unpackbits(words.view(np.uint8).reshape(len(seeds), 8), axis=1).astype(np.float32) * 2 - 1)
    close: set[int] = set()
    for start in range(0, len(seeds), 2048):
        # The product of signs is 64 less twice the bits that differ.
        looks, steps = (bits[start : start + 2048] @ bits[: start + 2048].T for bits in signs)
        alike = (looks > 64 - 2 * APART) | ((steps > 64 - 2 * APART) & (looks > 64 - 2 * LOOSE))
        rows, columns = np.nonzero(alike)
        close.update(seeds[start + row] for row, column in zip(rows, columns, strict=True) if column < start + row)
    return close


def draw() -> None:
    """Take a pickled Job from standard input, write its files, give a pickled Made to standard output."""
    import cv2

    cv2.setNumThreads(1)  # the processes share the cores among themselves
    sys.stdout.buffer.write(pickle.dumps(make(pickle.load(sys.stdin.buffer))))
