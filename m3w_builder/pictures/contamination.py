"""Drops pictures that stand in an evaluation set, by perceptual hash and embedding, or on a block list."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import ClassVar

from m3w_builder.classes import dataclass
from m3w_builder.pictures.hashes import dhash, phash
from m3w_builder.pictures.lists import exact_list, gradient_list, near_list, set_name
from m3w_builder.pictures.picture import Picture
from m3w_builder.stage import Drop


@dataclass(frozen=True, slots=True)
class Contamination:
    """Drops pictures that look like one of an evaluation set: perceptual and gradient hashes, as near duplicates are
    told, and embeddings where there are any.

    Flamingo's authors took the pictures near to evaluation sets out of their pair sets and not out of M3W
    (arXiv 2204.14198, A.3). `m3w decontaminate-index` makes a list: `p` and 16 hex digits a line for the perceptual
    hash, `d` and twice 16 for the gradient hash and the perceptual one beside it, `e` and 16 for the signs of an
    embedding, which are asked where the filter `embedding` stands before this one.
    """

    name: ClassVar[str] = "picture_contamination"
    reasons: ClassVar[Mapping[str, str]] = {
        "listed_picture": "a list holds a picture that looks the same",
        "listed_embedding": "a list holds a picture whose embedding points the same way",
    }

    lists: tuple[str, ...] = ()
    """Evaluation sets, any fsspec URL: hash lists, or folders and tars, of which the build makes lists first. The file
    or folder's name without its ending is the set's name."""
    max_distance: int = 4
    """Largest Hamming distance, of 64 bits, at which two pictures are the same one; by gradients, where the hashes of
    frequencies too are within three times as many."""
    max_embedding_distance: int = 4
    """The same for the signs of embeddings."""

    def check(self) -> None:
        """Read the lists; raises ConfigError where one is not there."""
        for name in self.lists:
            near_list(name, "p", self.max_distance)

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        assert picture.array is not None
        mine = phash(picture.array, picture.box)
        gradients = dhash(picture.array, picture.box)
        for name in self.lists:
            distance = near_list(name, "p", self.max_distance).distance(mine)
            distance = min(distance, gradient_list(name, self.max_distance).distance(gradients, mine))
            if distance <= self.max_distance:
                return Drop("listed_picture", set_name(name), distance, self.max_distance)
            if picture.embedding is not None:
                distance = near_list(name, "e", self.max_embedding_distance).distance(picture.embedding)
                if distance <= self.max_embedding_distance:
                    return Drop("listed_embedding", set_name(name), distance, self.max_embedding_distance)
        return picture


@dataclass(frozen=True, slots=True)
class Blocked:
    """Drops pictures on block lists: by the sha256 of the bytes as they came, or by perceptual hash.

    A list is a text file: `s` and 64 hex digits, or `p` and 16, a line; lines of any other beginning are comments.
    """

    name: ClassVar[str] = "blocked"
    reasons: ClassVar[Mapping[str, str]] = {
        "blocked_bytes": "a list holds the sha256 of these bytes",
        "blocked_look": "a list holds a perceptual hash within max_distance bits",
    }

    lists: tuple[str, ...] = ()
    """Block lists, any fsspec URL."""
    max_distance: int = 4
    """Largest Hamming distance, of 64 bits, at which two pictures are the same one."""

    def check(self) -> None:
        """Read the lists; raises ConfigError where one is not there."""
        for name in self.lists:
            exact_list(name)

    def __call__(self, batch: Sequence[Picture], /) -> list[Picture | Drop]:
        return [self.judge(picture) for picture in batch]

    def judge(self, picture: Picture) -> Picture | Drop:
        assert picture.array is not None
        digest = hashlib.sha256(picture.body).hexdigest()
        mine = phash(picture.array, picture.box)
        for name in self.lists:
            if digest in exact_list(name):
                return Drop("blocked_bytes", set_name(name))
            distance = near_list(name, "p", self.max_distance).distance(mine)
            if distance <= self.max_distance:
                return Drop("blocked_look", set_name(name), distance, self.max_distance)
        return picture
