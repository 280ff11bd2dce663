"""What was taken down and must not come back: pages by URL, hosts, pictures by URL, bytes or looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import reduce
from pathlib import Path
from typing import Any

from m3w_builder import storage
from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Image

Look = Callable[[bytes], tuple[Iterable[str], str]]
"""What a picture's bytes are known by: the sha256 of what may be stored of them, and their perceptual hash."""

_SHA256, _PHASH = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{16}")


@dataclass(slots=True)
class Tombstones:
    """Pages, hosts with all below them, and pictures."""

    urls: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    """Pictures' URLs, or the sha256 of their stored bytes (64 hex digits)."""
    looks: dict[str, int] = field(default_factory=dict)
    """Perceptual hashes (16 hex digits), each with the bits in which a picture's may differ and still be meant."""

    def __bool__(self) -> bool:
        return bool(self.urls or self.hosts or self.images or self.looks)

    def page(self, url: str, host: str) -> bool:
        """Whether the whole page is to go."""
        labels = host.split(".")
        return url in self.urls or any(".".join(labels[start:]) in self.hosts for start in range(len(labels)))

    def picture(self, url: str, sha256: str, phash: str) -> bool:
        """Whether a picture is to go."""
        if url in self.images or sha256 in self.images:
            return True
        if not self.looks or not phash:
            return False
        bits = int(phash, 16)
        return any((int(one, 16) ^ bits).bit_count() <= distance for one, distance in self.looks.items())

    def judge(self, document: Document, min_pictures: int) -> tuple[bool, list[Image]]:
        """Whether the page goes, and the pictures that go of it.

        A document that loses a picture and has fewer than `min_pictures` left goes whole.
        """
        gone = [image for image in document.images if self.picture(image.url, image.sha256, image.phash)]
        if self.page(document.url, document.host):
            return True, gone
        return bool(gone) and len(document.images) - len(gone) < min_pictures, gone

    def with_(self, other: Tombstones) -> Tombstones:
        """These and others; of one perceptual hash the larger distance holds."""
        looks = {one: max(self.looks.get(one, 0), other.looks.get(one, 0)) for one in {*self.looks, *other.looks}}
        return Tombstones(self.urls | other.urls, self.hosts | other.hosts, self.images | other.images, looks)

    def to_json(self) -> dict[str, Any]:
        lists = {name: sorted(getattr(self, name)) for name in ("urls", "hosts", "images")}
        return {**lists, "looks": dict(sorted(self.looks.items()))}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Tombstones:
        return cls(set(said["urls"]), set(said["hosts"]), set(said["images"]), dict(said["looks"]))


def read(build: str) -> Tombstones:
    """What was taken down of a build so far."""
    url = storage.join(build, "tombstones.json")
    return Tombstones.from_json(storage.read_json(url)) if storage.exists(url) else Tombstones()


def add(build: str, asked: Tombstones) -> None:
    """Remember these too."""
    storage.write_json(storage.join(build, "tombstones.json"), read(build).with_(asked).to_json())


def of_image(name: str, distance: int, look: Look) -> Tombstones:
    """A picture named by its URL, its sha256, its perceptual hash, or a local file that shows it.

    A file means its very bytes, and all that looks like it: what a build stores may have been encoded anew.
    Raises ValueError where it is none of these.
    """
    if "://" in name:
        return Tombstones(images={name})
    if _SHA256.fullmatch(name.lower()):
        return Tombstones(images={name.lower()})
    if _PHASH.fullmatch(name.lower()):
        return Tombstones(looks={name.lower(): distance})
    if not Path(name).is_file():
        raise ValueError(f"image '{name}' is no URL, no sha256, no perceptual hash of 16 hex digits, and no file")
    sums, phash = look(Path(name).read_bytes())
    return Tombstones(images=set(sums), looks={phash: distance})


def of_lines(lines: Iterable[str], distance: int, look: Look) -> Tombstones:
    """What a list names, one a line: `url …`, `host …` or `image …`; blank lines and those of # are passed over.

    Raises ValueError, with the line's number, at any other.
    """
    asked: list[Tombstones] = []
    for number, line in enumerate(lines, 1):
        kind, _, value = line.strip().partition(" ")
        value = value.strip()
        try:
            if not kind or kind.startswith("#"):
                continue
            if kind not in ("url", "host", "image") or not value:
                raise ValueError(f"'{line.strip()[:80]}': wants url, host or image and what is meant")
            asked.append(
                Tombstones(urls={value}) if kind == "url"
                else Tombstones(hosts={value.lower()}) if kind == "host"
                else of_image(value, distance, look)
            )  # fmt: skip
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return reduce(Tombstones.with_, asked, Tombstones())
